"""A rehearsal in lines for people: conversations that part in the same way are told together."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, cast

from msgspec import Struct

from flowengine.apart import apart
from flowengine.languages import family
from flowengine.rehearsal.findings import Parting, Rehearsal, Rehearsed
from flowengine.rehearsal.words import WORDS, Words
from flowengine.state import encode

LONGEST = 60
"""Characters of a value that a line shows."""


class Group(Struct, frozen=True):
    """Conversations that part in the same way: `what` in words, `example`: one's execution.

    `seq`: the journal's row in which that one parts.
    """

    count: int
    node: str
    what: str
    example: str
    seq: int = 0


def groups(rehearsal: Rehearsal, language: str = "pt-BR") -> list[Group]:
    """The ways in which the conversations of a `rehearsal` part, told in a `language`, the most
    frequent first. Cost: as `describe`.
    """
    words = WORDS[family(language)]
    return [
        Group(len(alike), first.node, _told(first, words), alike[0].execution, first.seq)
        for alike in _grouped(rehearsal.parted)
        if (first := alike[0].partings[0])
    ]


def describe(rehearsal: Rehearsal, language: str = "pt-BR") -> list[str]:
    """A rehearsal as lines: a headline, then the ways in which conversations part, the most
    frequent first. `language`: pt, en or es, as a tag. Cost: linear in the partings."""
    words = WORDS[family(language)]
    if not rehearsal.played:
        return [words.nothing]
    left_out = Counter(each.skipped for each in rehearsal.played if each.skipped)
    lines = [
        words.headline.format(
            total=len(rehearsal.played) - left_out.total(),
            same=len(rehearsal.same),
            parted=len(rehearsal.parted),
            skipped=left_out.total(),
        )
    ]
    for alike in _grouped(rehearsal.parted):
        lines.extend(_group(alike, words))
    lines.extend(words.skipped[why].format(count=n) for why, n in sorted(left_out.items()))
    if rehearsal.lacking:
        lines.append(words.lacking.format(names=", ".join(rehearsal.lacking)))
    return lines


def _grouped(parted: tuple[Rehearsed, ...]) -> list[list[Rehearsed]]:
    """By where and how they part first; values of variables and texts may differ."""
    found: dict[tuple[str, ...], list[Rehearsed]] = {}
    for each in parted:
        first = each.partings[0]
        way = [first.what, first.node, first.name]
        if first.what in ("exit", "route", "outcome"):
            way += [str(first.recorded), str(first.rehearsed)]
        found.setdefault(tuple(way), []).append(each)
    return sorted(found.values(), key=lambda group: -len(group))


def _group(alike: list[Rehearsed], words: Words) -> Iterator[str]:
    one = alike[0]
    first = one.partings[0]
    what = _told(first, words)
    yield words.parted.format(count=len(alike), node=first.node, what=what)
    example = words.example.format(execution=one.execution, seq=first.seq, step=first.step)
    yield f"    {example}"
    for other in one.partings[1:]:
        yield f"    {words.also.format(what=_told(other, words))}"


def _told(parting: Parting, words: Words) -> str:
    recorded, rehearsed = apart(_flat(parting.recorded), _flat(parting.rehearsed), LONGEST)
    said = parting.what == "send"
    return words.whats[parting.what].format(
        name=parting.name,
        recorded=_shown(parting.recorded, recorded, words, said),
        rehearsed=_shown(parting.rehearsed, rehearsed, words, said),
    )


def _shown(value: Any, text: str, words: Words, said: bool) -> str:
    """What was said stands between the marks of speech; nothing is no speech."""
    if value is None:
        return words.none
    return f"«{text}»" if said else text


def _flat(value: Any) -> str:
    """A value in a line: a text as it is, an object by what matters most of it."""
    if value is None:
        return ""
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        known = [
            fields[key] for key in ("type", "node", "status", "outcome", "text") if key in fields
        ]
        value = " ".join(map(str, known)) if known else encode(fields).decode()
    text = value if isinstance(value, str) else encode(value).decode()
    return " ".join(text.split())
