"""The operations of the editor, as JSON: `{"op": "move", "id": "nome", "at": [80, 120]}`.

`place` is an index in the document's own list (None: the end): what undoes a removal puts the
piece back exactly where it was, so that the bytes are the old ones.
"""

from decimal import Decimal
from typing import Any, Literal

import msgspec
from msgspec import Struct, field

from flowengine.errors import FlowError
from flowengine.nodes import Node
from flowengine.values import Key

Point = tuple[float, float]
"""Where a card's upper left corner stands, in pixels of the canvas at 100 %."""


class Doing(
    Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="op",
):
    """The base of every operation."""


class Add(Doing, tag="add", frozen=True, kw_only=True):
    """A new node; its id must be free (`fresh_ids`). `at` None: the drawing finds a place."""

    node: Node
    at: Point | None = None
    place: int | None = None


class Put(Doing, tag="put", frozen=True, kw_only=True):
    """A node's new content, under the same id. Edges of exits that it no longer has go with them.

    `exact`: no edge goes; an inverse says so, for it names every edge itself.
    """

    node: Node
    exact: bool = False


class Remove(Doing, tag="remove", frozen=True, kw_only=True):
    """A node, its edges in and out, its place and its translations."""

    id: Key


class Move(Doing, tag="move", frozen=True, kw_only=True):
    """Where a card stands; None takes its place away."""

    id: Key
    at: Point | None = None


class Connect(Doing, tag="connect", frozen=True, kw_only=True):
    """An exit leads to a node; the edge that it had before is replaced.

    `exact`: whatever it had before stays (an imported draft may have two edges at an exit).
    """

    from_: Key = field(name="from")
    to: Key
    exit: str = "next"
    place: int | None = None
    exact: bool = False


class Disconnect(Doing, tag="disconnect", frozen=True, kw_only=True):
    """An exit leads nowhere."""

    from_: Key = field(name="from")
    exit: str = "next"


Part = Literal[
    "name", "language", "timezone", "variables", "inputs", "outputs", "start", "settings"
]
"""What of the flow itself can be set."""


class SetFlow(Doing, tag="flow", frozen=True, kw_only=True):
    """One part of the flow itself, as the document writes it."""

    part: Part
    value: Any = None


class Translate(Doing, tag="translate", frozen=True, kw_only=True):
    """A node's texts in a language, by their JSON Pointer; None takes the entry away."""

    language: str
    node: Key
    texts: dict[str, Any] | None = None


Marks = Literal["notes", "frames"]


class Mark(Doing, tag="mark", frozen=True, kw_only=True):
    """A note or frame on the canvas, new or in place of the one with the same `id`."""

    what: Marks
    mark: dict[str, Any]
    place: int | None = None


class Unmark(Doing, tag="unmark", frozen=True, kw_only=True):
    """A note or frame goes away."""

    what: Marks
    id: str


FARTHEST = 1_000_000
"""Pixels from the canvas's origin that a card may stand: farther ones fit into no view."""

Op = Add | Put | Remove | Move | Connect | Disconnect | SetFlow | Translate | Mark | Unmark

MAX_OPS = 20_000
"""Operations in one edit: a paste of the largest flow with all its edges."""

FAR = "A step would stand farther than the canvas reaches"


def near(at: Point) -> bool:
    """Whether a place is on the canvas; one that is no number is not."""
    return all(abs(value) <= FARTHEST for value in at)


_decoder = msgspec.json.Decoder(tuple[Op, ...], float_hook=Decimal)


def read_ops(raw: bytes) -> tuple[Op, ...]:
    """The operations that `raw` (a JSON list) says.

    Raises `FlowError` with the path of the first mistake. Cost: ~2 µs an operation.
    """
    try:
        ops = _decoder.decode(raw)
    except msgspec.DecodeError as error:
        said, _, at = str(error).partition(" - at `$")
        at = at.rstrip("`").replace(".", "/")
        raise FlowError(said, at, "Reload the page.", "no_edit") from None
    for place, op in enumerate(ops):
        if isinstance(op, Add | Move) and op.at is not None and not near(op.at):
            raise FlowError(FAR, f"/{place}/at", "Put it nearer.", "too_far")
    if len(ops) > MAX_OPS:
        said = f"{len(ops)} operations at once; at most {MAX_OPS} are taken"
        raise FlowError(said, "", "", "too_many_edits")
    return ops
