"""Proofs about translations: every text translated, in its place, as short and as telling."""

from collections.abc import Iterator
from itertools import groupby

from flowengine.check.finding import Finding, pointer
from flowengine.check.static_text import is_template, static_text
from flowengine.check.subject import Subject, nearest
from flowengine.translations import Gap, gaps, phrases_of, said


def translations(subject: Subject) -> Iterator[Finding]:
    """Each language that the flow has; texts that one lacks are told once a node."""
    yield from _own(subject)
    by_node = groupby(gaps(subject.flow), lambda gap: (gap.language, gap.node))
    for (language, node), found in by_node:
        listed = list(found)
        missing = [gap for gap in listed if gap.why == "missing"]
        if missing:
            yield _missing(subject, language, node, missing)
        yield from (_wrong(subject, gap) for gap in listed if gap.why != "missing")
    yield from _too_long(subject)


def _own(subject: Subject) -> Iterator[Finding]:
    """A translation into the language that the flow speaks itself: nothing reads it."""
    flow = subject.flow
    for language, nodes in flow.translations.items():
        if nodes and language.replace("_", "-").lower() == flow.language.lower():
            values = {"language": language, "count": str(len(nodes))}
            path = pointer("translations", language)
            yield Finding("translation_of_own", path=path, values=values)


def _missing(subject: Subject, language: str, node: str, missing: list[Gap]) -> Finding:
    total = sum(phrase.needed for phrase in phrases_of(subject.nodes[node]))
    first = missing[0]
    values = {
        "language": language,
        "count": str(len(missing)),
        "total": str(total),
        "text": _short(first.text),
        "own": subject.flow.language,
    }
    return Finding("missing_translation", node, path=subject.path(node) + first.path, values=values)


def _wrong(subject: Subject, gap: Gap) -> Finding:
    here = pointer("translations", gap.language, gap.node)
    values = {"language": gap.language, "name": gap.path}
    match gap.why:
        case "names":
            values = {**values, "text": _short(gap.text), "names": ", ".join(gap.names)}
            code = "translation_names"
        case "unfit":
            code = "unfit_translation"
        case _ if not gap.path:
            values = {"name": gap.node, "near": nearest(gap.node, subject.nodes)}
            return Finding("unknown_node", path=here, values=values)
        case _:
            code = "translates_nothing"
    return Finding(code, gap.node, path=here + pointer(gap.path), values=values)


def _too_long(subject: Subject) -> Iterator[Finding]:
    """Other languages need more room: «Reagendar» is «Reschedule appointment»."""
    for language, nodes in subject.flow.translations.items():
        for node, texts in nodes.items():
            spoken = phrases_of(subject.nodes[node]) if node in subject.nodes else ()
            for phrase in spoken:
                words = said(texts, phrase) or ""
                length = len(static_text(words))
                if phrase.longest and length > phrase.longest:
                    code = "too_long_at_least" if is_template(words) else "too_long"
                    path = pointer("translations", language, node, phrase.path)
                    values = {"length": str(length), "limit": str(phrase.longest)}
                    yield Finding(code, node, path=path, values=values)


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 40 else f"{words[:39]}…"
