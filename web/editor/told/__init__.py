"""Check's findings as a designer reads them: steps by their names, exits as their cards show them,
fields as the forms call them; no path, no code, no duration as the document writes it.

Programs and the command line keep the sentences of `flowengine.check.words`.
"""

import re
from collections.abc import Mapping

import msgspec

from flowengine.check import Finding, say
from flowengine.flow import Flow
from flowengine.issue import Issue
from web.editor.told.drawing_words import DRAWING
from web.editor.told.naming import Naming, plain
from web.editor.told.running_words import RUNNING
from web.editor.told.values import words_of
from web.publishing import Review, Surroundings
from web.texts import TEXTS, Texts, _

SENTENCES: Mapping[str, tuple[str, str]] = {**DRAWING, **RUNNING}
"""By code, and by "code/variant": what is wrong, and the mend. Codes that are not here have no
word of the document in the sentence that everybody gets."""

UNKNOWN = re.compile(r"there is no (?:function|filter|test) (\S+)")


def told(found: Review, around: Surroundings, language: str) -> tuple[Issue, ...]:
    """The issues of a review, each with a designer's sentence and mend. Cost: ~0.2 ms each."""
    if not found.issues:
        return ()
    naming = Naming(found.flow, around, TEXTS[language])
    return tuple(
        tell(issue, finding, naming)
        for issue, finding in zip(found.issues, found.findings, strict=True)
    )


def tell(issue: Issue, finding: Finding, naming: Naming) -> Issue:
    """One of them."""
    t = naming.t
    values = words_of(finding, naming)
    known = SENTENCES.get(variant(finding, naming.flow)) or SENTENCES.get(finding.code)
    if known is None:
        bare = msgspec.structs.replace(finding, node="", values={**finding.values, **values})
        message, fix = say(bare, t.language)
    else:
        near = values.get("near", "")
        values["near"] = t(_("Você quis dizer «{name}»?"), name=near) if near else ""
        message, fix = (filled(t, sentence, values) for sentence in known)
    return msgspec.structs.replace(issue, message=message, fix=fix)


def filled(t: Texts, sentence: str, values: Mapping[str, str]) -> str:
    """A sentence with its values, a capital at its beginning, one blank between its words."""
    said = " ".join(plain(t(sentence, **values), t).split())
    return said[:1].upper() + said[1:]


def variant(finding: Finding, flow: Flow) -> str:
    """Which of a code's sentences fits, where it has several."""
    code, path = finding.code, finding.path
    match code:
        case "unknown_node" if path.startswith("/translations"):
            return f"{code}/translations"
        case "unknown_node" if path.endswith("/of"):
            return f"{code}/of"
        case "unknown_node" if path.endswith("/from"):
            return f"{code}/from"
        case "keyword_conflict" if finding.values["name"].startswith("*"):
            return f"{code}/all"
        case "never_holds" if not finding.exit:
            return f"{code}/trigger"
        case "template_invalid" | "expression_invalid" | "condition_invalid":
            if finding.values["reason"] in ("too_long", "too_deep", "too_large"):
                return "invalid/too_much"
            return "invalid/unknown" if UNKNOWN.match(finding.values["why"]) else code
        case _:
            return code
