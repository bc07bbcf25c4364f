"""How the things that an edit changed stood before it, and stand after it.

A page may have made further edits already, of what it showed then. Where this edit found a thing as
the page knew it, the page knows how it stands now; where it found another, somebody had changed it,
and those edits must go on saying what they were made of.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from msgspec import Struct

from flowengine.editing import Op, SetFlow, sign
from flowengine.editing.ops import Point
from flowengine.flow import Flow
from web.editor.board import Line, Mark, Step
from web.editor.known import Drawn
from web.editor.parts import Element, element


class Stood(Struct, frozen=True, omit_defaults=True):
    """As in `Seen`."""

    mark: str = ""
    at: Point | None = None


class Turn(Struct, frozen=True, omit_defaults=True):
    """A step, a note ("mark-ID") or a part of the flow ("/part"), or a `line` (step and exit) by
    where it led. None: there was none, or is none any more."""

    was: Stood | str | None
    now: Stood | str | None
    id: str = ""
    line: tuple[str, str] | None = None


def turns(
    before: Drawn, after: Drawn, changed: Mapping[str, Element | None], inverse: Sequence[Op]
) -> list[Turn]:
    """For each of the elements that changed, and each part of the flow that was set."""
    found = (_turn(element(before, id), now) for id, now in changed.items())
    return [*(turn for turn in found if turn), *_parts(before.flow, after.flow, inverse)]


Told: TypeAlias = Turn | None


def _turn(was: Element | None, now: Element | None) -> Told:
    either = was or now
    match either:
        case Line():
            line = (either.source, either.exit)
            return Turn(_led(was), _led(now), line=line)
        case Step() | Mark():
            id = either.id if isinstance(either, Step) else f"mark-{either.id}"
            return Turn(_stood(was), _stood(now), id)
        case _:
            return None


def _led(line: Element | None) -> str | None:
    return line.target if isinstance(line, Line) else None


def _stood(it: Element | None) -> Stood | None:
    match it:
        case Step():
            return Stood(it.mark, (it.x, it.y))
        case Mark():
            return Stood(it.mark)
        case _:
            return None


def _parts(was: Flow, now: Flow, inverse: Iterable[Op]) -> list[Turn]:
    return [
        Turn(Stood(sign(getattr(was, op.part))), Stood(sign(getattr(now, op.part))), f"/{op.part}")
        for op in inverse
        if isinstance(op, SetFlow)
    ]
