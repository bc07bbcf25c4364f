"""What stands on the canvas: a card for each node, a line for each edge, and where they are."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from flowengine.editing import mark_of, near, sign
from flowengine.flow import Flow
from flowengine.graph import Exit, exits_of
from flowengine.nodes import Ask, Node, Trigger, Wait
from web.drawing import draw
from web.drawing.cards import label_of, look_of
from web.drawing.names import NONE, Names
from web.drawing.says import Says, says
from web.kinds import KINDS, Kind
from web.texts import Texts

GRID = 8

MARK = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""Ids of notes and frames that can be ids of elements."""


class Way(Struct, frozen=True):
    """An exit's row. `spare`: unwired and never needed, so only a chosen card shows it."""

    id: str
    label: str
    look: str
    spare: bool


class Step(Struct, frozen=True):
    """A node as its card shows it; equal steps look and say the same. `x`, `y` in pixels of the
    canvas; `mark` is of all that it says, also of what the card does not show. `start`: the flow
    names it as its first.
    """

    id: str
    type: str
    kind: Kind
    title: str
    said: Says
    ways: tuple[Way, ...]
    entry: bool
    x: float
    y: float
    mark: str = ""
    start: bool = False

    @property
    def straight(self) -> bool:
        """Whether `next` is all that one needs: its port is in the card's head, without a row."""
        first, *others = self.ways or (Way("", "", "", True),)
        return first.id == "next" and all(way.spare for way in others)

    @property
    def rows(self) -> tuple[Way, ...]:
        return self.ways[1:] if self.straight else self.ways


class Line(Struct, frozen=True):
    """An edge. `id` is a hash: exits hold characters that an element's id may not."""

    id: str
    source: str
    exit: str
    target: str
    look: str


class Mark(Struct, frozen=True):
    """A note or a frame. `what`: "notes" or "frames", as operations call it."""

    id: str
    what: str
    text: str
    x: float
    y: float
    w: float
    h: float
    mark: str = ""


class Board(Struct, frozen=True):
    steps: dict[str, Step]
    lines: dict[str, Line]
    marks: dict[str, Mark]


def make_board(
    flow: Flow,
    t: Texts,
    at: Mapping[str, tuple[float, float]],
    kept: Mapping[str, Step] | None = None,
    names: Names = NONE,
) -> Board:
    """The canvas of a flow whose cards stand `at` these places. Cost: ~15 µs a node.

    `kept`: steps that are known to look as before; theirs is under 1 µs.
    """
    kept = kept or {}
    fresh = {node.id: node for node in flow.nodes if node.id not in kept}
    ways = exits_of(flow, fresh.values())
    wired = {(edge.from_, edge.exit) for edge in flow.edges if edge.from_ in fresh}
    steps = {
        node.id: beginning(
            kept.get(node.id)
            or step_of(node, ways[node.id], wired, t, at[node.id], mark_of(flow, node), names),
            node.id == flow.start,
        )
        for node in flow.nodes
    }
    lines = (line_of(edge.from_, edge.exit, edge.to) for edge in flow.edges)
    return Board(steps, {line.id: line for line in lines}, marks_of(flow))


def beginning(step: Step, start: bool) -> Step:
    return step if step.start == start else msgspec.structs.replace(step, start=start)


def marks_of(flow: Flow) -> dict[str, Mark]:
    """Notes and frames; what a file says of them is free, so what is missing has a default."""
    found: dict[str, Mark] = {}
    for what, marks in (("frames", flow.view.frames), ("notes", flow.view.notes)):
        for mark in marks:
            id = str(mark.get("id", ""))
            if MARK.fullmatch(id):
                x, y = pair(mark.get("at"), (0.0, 0.0))
                w, h = pair(mark.get("size"), (240.0, 128.0))
                found[id] = Mark(id, what, str(mark.get("text", "")), x, y, w, h, sign(mark))
    return found


def pair(value: Any, default: tuple[float, float]) -> tuple[float, float]:
    try:
        found = msgspec.convert(value, tuple[float, float], strict=False)
    except msgspec.ValidationError:
        return default
    return found if near(found) else default


def step_of(
    node: Node,
    ways: Sequence[Exit],
    wired: set[tuple[str, str]],
    t: Texts,
    at: tuple[float, float],
    mark: str,
    names: Names,
) -> Step:
    tag = str(node.__struct_config__.tag)
    rows = tuple(
        Way(way.id, label_of(way, node, t), look_of(way.id), is_spare(node, way, wired))
        for way in ways
    )
    return Step(
        node.id,
        tag,
        KINDS[tag],
        node.title or t(KINDS[tag].label),
        says(node, t, names),
        rows,
        not isinstance(node, Trigger),
        *at,
        mark,
    )


def is_spare(node: Node, way: Exit, wired: set[tuple[str, str]]) -> bool:
    if way.required or (node.id, way.id) in wired:
        return False
    return not (way.id == "timeout" and isinstance(node, Ask | Wait) and node.timeout)


@lru_cache(maxsize=16_384)
def line_of(source: str, exit: str, target: str) -> Line:
    """A line; the same one again for a while, as each edit draws all of them."""
    return Line(line_id(source, exit), source, exit, target, look_of(exit))


def line_id(source: str, exit: str) -> str:
    return "e-" + hashlib.blake2s(f"{source}\0{exit}".encode(), digest_size=6).hexdigest()


def places(flow: Flow, t: Texts) -> Mapping[str, tuple[float, float]]:
    """Where every card stands: as the draft says, else where the drawing would put it."""
    known = {id: at for id, at in flow.view.nodes.items() if near(at)}
    if all(node.id in known for node in flow.nodes):
        return known
    drawn = {card.card.id: (snap(card.x), snap(card.y)) for card in draw(flow, t).cards}
    return {node.id: known.get(node.id, drawn[node.id]) for node in flow.nodes}


def snap(value: float) -> float:
    return float(round(value / GRID) * GRID)
