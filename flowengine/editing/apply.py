"""What each operation does to a draft, and what undoes it."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import singledispatchmethod
from typing import Any, get_type_hints

import msgspec
from msgspec import Struct

from flowengine.editing.ops import (
    Add,
    Connect,
    Disconnect,
    Mark,
    Move,
    Op,
    Put,
    Remove,
    SetFlow,
    Translate,
    Unmark,
)
from flowengine.errors import FlowError
from flowengine.flow import Edge, Flow, View
from flowengine.graph import exits_of
from flowengine.nodes import Node


class EditRefused(FlowError):
    """An operation does not fit the draft, so nothing was done. `path`: "/3/id" in the fourth."""


class Edited(Struct, frozen=True):
    """A draft after an edit.

    `inverse` undoes it: applied to `flow` it gives the draft before, byte for byte. `nodes` are the
    ids of nodes that are new, changed, moved or otherwise linked, and still there.
    """

    flow: Flow
    inverse: tuple[Op, ...]
    nodes: frozenset[str]


def apply(flow: Flow, ops: Sequence[Op]) -> Edited:
    """Do all of `ops` in order, or none of them.

    Raises `EditRefused` for one that does not fit: an id that is taken or unknown, a value of the
    wrong shape. Cost: ~10 µs, and ~0.1 µs a node of the flow.
    """
    desk = _Desk(flow)
    for index, op in enumerate(ops):
        try:
            desk.do(op)
        except FlowError as error:
            path = f"/{index}{error.path}"
            raise EditRefused(error.message, path, error.fix, error.code, error.values) from None
    return Edited(desk.flow(), tuple(reversed(desk.undo)), frozenset(desk.standing()))


_PARTS = get_type_hints(Flow, include_extras=True)


class _Desk:
    """The draft taken apart into lists while it is worked on.

    `undo` grows by the inverse of each step, and is read backwards.
    """

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._nodes = list(flow.nodes)
        self._ids = {node.id for node in flow.nodes}
        self._edges = list(flow.edges)
        self._places = dict(flow.view.nodes)
        self._marks = {"notes": list(flow.view.notes), "frames": list(flow.view.frames)}
        self._said = {language: dict(nodes) for language, nodes in flow.translations.items()}
        self._parts: dict[str, Any] = {}
        self.undo: list[Op] = []
        self.touched: set[str] = set()

    def standing(self) -> set[str]:
        """The touched nodes that are still there."""
        return self.touched & self._ids

    def flow(self) -> Flow:
        view = View(
            nodes=self._places,
            notes=tuple(self._marks["notes"]),
            frames=tuple(self._marks["frames"]),
        )
        return msgspec.structs.replace(
            self._flow,
            nodes=tuple(self._nodes),
            edges=tuple(self._edges),
            translations={language: nodes for language, nodes in self._said.items() if nodes},
            view=view,
            **self._parts,
        )

    @singledispatchmethod
    def do(self, op: Op) -> None:
        raise TypeError(op)

    @do.register
    def _(self, op: Add) -> None:
        if op.node.id in self._ids:
            raise FlowError(
                f"There is a node «{op.node.id}» already",
                "/node/id",
                "Choose another.",
                "id_taken",
                {"name": op.node.id},
            )
        _insert(self._nodes, op.node, op.place)
        self._ids.add(op.node.id)
        self.undo.append(Remove(id=op.node.id))
        self.touched.add(op.node.id)
        if op.at is not None:
            self._places[op.node.id] = op.at

    @do.register
    def _(self, op: Put) -> None:
        place = self._place(op.node.id, "/node/id")
        if not op.exact:
            gone = self._exits(self._nodes[place]) - self._exits(op.node)
            for exit in sorted(gone):
                self._unlink(op.node.id, exit)
        self.undo.append(Put(node=self._nodes[place], exact=True))
        self._nodes[place] = op.node
        self.touched.add(op.node.id)

    @do.register
    def _(self, op: Remove) -> None:
        place = self._place(op.id)
        for edge in [edge for edge in self._edges if op.id in (edge.from_, edge.to)]:
            self._unlink(edge.from_, edge.exit)
        for language in [one for one, nodes in self._said.items() if op.id in nodes]:
            self.do(Translate(language=language, node=op.id))
        if self._part("start") == op.id:
            self.do(SetFlow(part="start"))
        node = self._nodes.pop(place)
        self._ids.discard(op.id)
        at = self._places.pop(op.id, None)
        self.undo.append(Add(node=node, at=at, place=place))
        self.touched.discard(op.id)

    @do.register
    def _(self, op: Move) -> None:
        self._known(op.id, "/id")
        self.undo.append(Move(id=op.id, at=self._places.get(op.id)))
        if op.at is None:
            self._places.pop(op.id, None)
        else:
            self._places[op.id] = op.at
        self.touched.add(op.id)

    @do.register
    def _(self, op: Connect) -> None:
        self._known(op.from_, "/from")
        self._known(op.to, "/to")
        kept = None if op.exact else self._unlink(op.from_, op.exit)
        edge = Edge(from_=op.from_, exit=op.exit, to=op.to)
        _insert(self._edges, edge, op.place if op.place is not None else kept)
        self.undo.append(Disconnect(from_=op.from_, exit=op.exit))
        self.touched |= {op.from_, op.to}

    @do.register
    def _(self, op: Disconnect) -> None:
        self._unlink(op.from_, op.exit)

    @do.register
    def _(self, op: SetFlow) -> None:
        before = self._part(op.part)
        try:
            value = msgspec.convert(op.value, _PARTS[op.part])
        except msgspec.ValidationError as error:
            raise FlowError(str(error), "/value", "", "wrong_here") from None
        if op.part == "start" and value is not None:
            self._known(value, "/value")
        plain = msgspec.to_builtins(before, builtin_types=(Decimal,))
        self.undo.append(SetFlow(part=op.part, value=plain))
        self._parts[op.part] = value

    @do.register
    def _(self, op: Translate) -> None:
        self._known(op.node, "/node")
        nodes = self._said.setdefault(op.language, {})
        self.undo.append(Translate(language=op.language, node=op.node, texts=nodes.get(op.node)))
        if op.texts:
            nodes[op.node] = op.texts
        else:
            nodes.pop(op.node, None)
        self.touched.add(op.node)

    @do.register
    def _(self, op: Mark) -> None:
        id = op.mark.get("id")
        if not isinstance(id, str) or not id:
            raise FlowError("A note or frame needs an id", "/mark/id", "")
        marks = self._marks[op.what]
        place = _mark_place(marks, id)
        if place is None:
            _insert(marks, op.mark, op.place)
            self.undo.append(Unmark(what=op.what, id=id))
        else:
            self.undo.append(Mark(what=op.what, mark=marks[place]))
            marks[place] = op.mark

    @do.register
    def _(self, op: Unmark) -> None:
        marks = self._marks[op.what]
        place = _mark_place(marks, op.id)
        if place is None:
            said = f"There is no «{op.id}» on the canvas"
            raise FlowError(said, "/id", "Reload the page.", "no_mark")
        self.undo.append(Mark(what=op.what, mark=marks.pop(place), place=place))

    # -- looking -----------------------------------------------------------------------------------

    def _known(self, id: str, path: str) -> None:
        if id not in self._ids:
            said = f"There is no node «{id}»"
            raise FlowError(said, path, "Reload the page.", "no_step", {"name": id})

    def _place(self, id: str, path: str = "/id") -> int:
        self._known(id, path)
        return next(place for place, node in enumerate(self._nodes) if node.id == id)

    def _part(self, part: str) -> Any:
        return self._parts.get(part, getattr(self._flow, part))

    def _exits(self, node: Node) -> frozenset[str]:
        """The exits that a node would have here: a `wait`'s come from what leads to it."""
        others = [other for other in self._nodes if other.id != node.id]
        flow = msgspec.structs.replace(
            self._flow, nodes=(*others, node), edges=tuple(self._edges), start=None
        )
        return frozenset(exit.id for exit in exits_of(flow, [node])[node.id])

    def _unlink(self, node: str, exit: str) -> int | None:
        """Take an exit's edges away; gives where the first stood."""
        places = [
            place
            for place, edge in enumerate(self._edges)
            if (edge.from_, edge.exit) == (node, exit)
        ]
        for place in reversed(places):
            edge = self._edges.pop(place)
            self.undo.append(Connect(from_=node, exit=exit, to=edge.to, place=place, exact=True))
            self.touched |= {node, edge.to}
        return min(places, default=None)


def _insert(items: list[Any], item: Any, place: int | None) -> None:
    items.insert(len(items) if place is None else place, item)


def _mark_place(marks: Iterable[dict[str, Any]], id: str) -> int | None:
    return next((place for place, mark in enumerate(marks) if mark.get("id") == id), None)
