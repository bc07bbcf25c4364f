"""Comparing what a talk expects with what came, and saying the difference so it can be read."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

import msgspec
from msgspec import Struct

from flowengine.messages import (
    Audio,
    Buttons,
    Content,
    Document,
    HandOver,
    Image,
    List,
    Sticker,
    Tell,
    Template,
    Video,
)
from flowengine.offered import shown_choices
from flowengine.patterns import compile_pattern
from flowengine.state import encode
from flowengine.talks.format import EventMatch, Expected, TemplateMatch, TextMatch, TransferMatch

MEDIA = (Image, Audio, Video, Document, Sticker)


class Difference(Struct, frozen=True):
    """`what` was looked at, and the two values."""

    what: str
    expected: str
    got: str


def kind_of(content: Content) -> str:
    """The kind of a content: text, buttons, list …"""
    return str(content.__struct_config__.tag)


def text_of(content: Content) -> str | None:
    """The words of a content: its text or caption; None for what has none."""
    for field in ("text", "caption"):
        text = getattr(content, field, None)
        if isinstance(text, str):
            return text
    return None


def compare_send(expected: Expected, content: Content) -> list[Difference]:
    """Every way in which a send is not what was expected."""
    found: list[Difference] = []
    if expected.kind is not None and expected.kind != kind_of(content):
        found.append(Difference("kind", expected.kind, kind_of(content)))
    if expected.text is not None:
        found += compare_text("text", expected.text, text_of(content))
    if expected.buttons is not None:
        titles = _titles(content) if isinstance(content, Buttons | Template) else None
        found += _compare("buttons", list(expected.buttons), titles, kind_of(content))
    if expected.rows is not None:
        titles = _titles(content) if isinstance(content, List) else None
        found += _compare("rows", list(expected.rows), titles, kind_of(content))
    if expected.template is not None:
        found += _compare_template(expected.template, content)
    if expected.media is not None:
        found += _compare_media(expected.media, content)
    return found


def compare_text(what: str, expected: str | TextMatch, got: str | None) -> list[Difference]:
    """Exact, or by what it contains or matches."""
    said = show(got)
    if isinstance(expected, str):
        return [] if got == expected else [Difference(what, show(expected), said)]
    found: list[Difference] = []
    if expected.contains is not None and (got is None or expected.contains not in got):
        found.append(Difference(what, f"… {show(expected.contains)} …", said))
    if expected.matches is not None:
        pattern = compile_pattern(expected.matches)
        if got is None or pattern.search(got) is None:
            found.append(Difference(what, f"/{expected.matches}/", said))
    return found


def compare_transfer(expected: str | TransferMatch, given: HandOver | None) -> list[Difference]:
    """To whom the conversation went."""
    if given is None:
        return [Difference("transfer", show(expected), "no transfer")]
    target = given.to
    if isinstance(expected, str):
        name = target.queue or target.agent or ("owner" if target.owner else "")
        return [] if name == expected else [Difference("transfer", show(expected), show(name))]
    found: list[Difference] = []
    for field in ("queue", "agent", "owner"):
        wanted, got = getattr(expected, field), getattr(target, field)
        if wanted is not None and wanted != got:
            found.append(Difference(f"transfer.{field}", show(wanted), show(got)))
    if expected.briefing is not None:
        found += compare_text("transfer.briefing", expected.briefing, given.briefing)
    return found


def compare_event(expected: str | EventMatch, told: list[Tell]) -> list[Difference]:
    """What webhooks were told of, in any order."""
    name = expected if isinstance(expected, str) else expected.name
    named = [tell for tell in told if tell.name == name]
    if not named:
        names = ", ".join(tell.name for tell in told) or "no event"
        return [Difference("event", name, names)]
    if isinstance(expected, str) or expected.data is msgspec.UNSET:
        return []
    if any(_alike(expected.data, tell.data) for tell in named):
        return []
    return [Difference("event.data", show(expected.data), show(named[-1].data))]


def compare_variables(expected: Mapping[str, Any], got: Mapping[str, Any]) -> list[Difference]:
    """Those that are named; an unset variable is null."""
    return [
        Difference(f"variables.{name}", show(value), show(got.get(name)))
        for name, value in expected.items()
        if not _alike(value, got.get(name))
    ]


def show(value: object) -> str:
    """A value as JSON, for people."""
    if value is None:
        return "null"
    text = encode(value).decode()
    return text if len(text) <= 400 else text[:400] + "…"


def _titles(content: Content) -> list[str]:
    return [title for _, title in shown_choices(content)]


def _compare(what: str, expected: list[str], got: list[str] | None, kind: str) -> list[Difference]:
    if got is None:
        return [Difference(what, show(expected), f"a send of kind {kind}")]
    return [] if got == expected else [Difference(what, show(expected), show(got))]


def _compare_template(expected: str | TemplateMatch, content: Content) -> list[Difference]:
    if not isinstance(content, Template):
        return [Difference("template", show(expected), f"a send of kind {kind_of(content)}")]
    if isinstance(expected, str):
        expected = TemplateMatch(name=expected)
    found: list[Difference] = []
    for field in ("name", "language", "params"):
        wanted, got = getattr(expected, field), getattr(content, field)
        if wanted is not None and wanted != got:
            found.append(Difference(f"template.{field}", show(wanted), show(got)))
    return found


def _compare_media(expected: str, content: Content) -> list[Difference]:
    if not isinstance(content, MEDIA):
        return [Difference("media", expected, f"a send of kind {kind_of(content)}")]
    media = content.media
    if expected in (kind_of(content), media.asset, media.url):
        return []
    return [Difference("media", expected, f"{kind_of(content)} {media.asset or media.url}")]


def _alike(a: object, b: object) -> bool:
    """Equal as JSON: 5 is 5.0."""
    if isinstance(a, Decimal | int | float) and isinstance(b, Decimal | int | float):
        return not (isinstance(a, bool) ^ isinstance(b, bool)) and a == b
    if isinstance(a, dict) and isinstance(b, dict):
        left, right = cast("dict[str, Any]", a), cast("dict[str, Any]", b)
        return left.keys() == right.keys() and all(_alike(left[k], right[k]) for k in left)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        ours, theirs = list(cast("list[Any]", a)), list(cast("list[Any]", b))
        return len(ours) == len(theirs) and all(map(_alike, ours, theirs))
    return a == b
