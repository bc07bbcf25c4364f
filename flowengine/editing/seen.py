"""Two people at one draft: whether an edit fits what the draft has become since it was seen.

The browser says of each thing that its edit touches how it stood there (`Seen`). What stands so
still may be changed, whatever else happened meanwhile; all else is a clash, which is said and
never done. So no edit undoes another's without a word, and edits of different things go through.
"""

import hashlib
from collections.abc import Iterator, Mapping, Set
from typing import Any, get_args

import msgspec
from msgspec import Struct

from flowengine.editing.ops import Part, Point
from flowengine.flow import Flow
from flowengine.nodes import Node

_encoder = msgspec.json.Encoder(decimal_format="number", order="deterministic")

Spot = tuple[str, str]
"""An exit: node and exit."""


class Seen(Struct, frozen=True):
    """How a thing stood where an edit of it was made: a node, "mark-ID", or "/part" of the flow.

    `mark` is of its content (`mark_of`, `sign`), `at` its place. `exits`: where each of its lines
    led. `into`: the exits that led to it. `start`: the flow began at it.
    """

    mark: str = ""
    at: Point | None = None
    exits: dict[str, str] = {}
    into: tuple[Spot, ...] = ()
    start: bool = False


def sign(value: Any) -> str:
    """A short hash of any JSON value or struct."""
    return hashlib.blake2s(_encoder.encode(value), digest_size=6).hexdigest()


def mark_of(flow: Flow, node: Node) -> str:
    """A short hash of all that `node` says in `flow`, in every language. Cost: ~4 µs."""
    texts = [said.get(node.id) for said in flow.translations.values()]
    return sign((node, texts) if any(texts) else node)


def see(flow: Flow, id: str) -> Seen:
    """How the thing called `id` stands in `flow`, as a browser that shows it would say.

    Cost: linear in the flow's nodes and edges.
    """
    if id.startswith("/"):
        return Seen(sign(getattr(flow, id[1:])))
    marks = _marks(flow)
    if id in marks:
        return Seen(sign(marks[id]))
    node = next((node for node in flow.nodes if node.id == id), None)
    if node is None:
        return Seen()
    return Seen(
        mark_of(flow, node),
        flow.view.nodes.get(id),
        {edge.exit: edge.to for edge in flow.edges if edge.from_ == id},
        tuple((edge.from_, edge.exit) for edge in flow.edges if edge.to == id),
        flow.start == id,
    )


def clash(now: Flow, after: Flow, seen: Mapping[str, Seen], *, told: bool = False) -> str:
    """The first thing that an edit from `now` to `after` changes though it is another than was
    seen, as `Seen` names it; "" where all fits.

    `told`: the operations came from the browser as they are (an undo), so that whatever they change
    must have been seen. Else they were made from `now` itself, and what nobody spoke of (the place
    of a card that is tidied up, a variable that a step declares) is as it should be.
    Cost: linear in the flow, a hash for each node that changes.
    """
    return next(_strange(now, after, seen, told), "")


def _strange(now: Flow, after: Flow, seen: Mapping[str, Seen], told: bool) -> Iterator[str]:
    for thing, mark in (*_contents(now, after), *_noted(now, after)):
        if _another(seen.get(thing), mark, told):
            yield thing
    there = {node.id for node in after.nodes}
    for part, mark in _parts(now, after):
        begins = seen.get(now.start or "") if part == "/start" else None
        if part not in seen and begins and begins.start and now.start not in there:
            continue  # it goes with the step that it named
        if _another(seen.get(part), mark, told):
            yield part
    for id, at in now.view.nodes.items():
        found = seen.get(id)
        if found and found.at != at and id in there and after.view.nodes.get(id) != at:
            yield id
    yield from _lines(now, after, seen, told)


def _another(found: Seen | None, mark: str, told: bool) -> bool:
    return told if found is None else found.mark != mark


def _contents(now: Flow, after: Flow) -> Iterator[tuple[str, str]]:
    """Nodes that are there before the edit and other, or gone, after it; with their marks."""
    there = {node.id: node for node in after.nodes}
    said = _said_otherwise(now, after)
    for node in now.nodes:
        if there.get(node.id) is node and node.id not in said:
            continue
        mark = mark_of(now, node)
        if node.id not in there or mark != mark_of(after, there[node.id]):
            yield node.id, mark


def _said_otherwise(now: Flow, after: Flow) -> set[str]:
    """Nodes that a language has other words for."""
    found: set[str] = set()
    for language in now.translations.keys() | after.translations.keys():
        before, then = (flow.translations.get(language, {}) for flow in (now, after))
        found |= {id for id in before.keys() | then.keys() if before.get(id) != then.get(id)}
    return found


def _parts(now: Flow, after: Flow) -> Iterator[tuple[str, str]]:
    for part in get_args(Part):
        before = getattr(now, part)
        if before != getattr(after, part):
            yield f"/{part}", sign(before)


def _noted(now: Flow, after: Flow) -> Iterator[tuple[str, str]]:
    there = _marks(after)
    for thing, mark in _marks(now).items():
        if there.get(thing) != mark:
            yield thing, sign(mark)


def _marks(flow: Flow) -> dict[str, dict[str, Any]]:
    marks = (*flow.view.notes, *flow.view.frames)
    return {f"mark-{mark.get('id', '')}": mark for mark in marks}


def _lines(now: Flow, after: Flow, seen: Mapping[str, Seen], told: bool) -> Iterator[str]:
    """Exits whose line is another, or gone, and was not seen as it was."""
    before, then = _moved_spots(now, after)
    for spot in before.keys() | then.keys():
        (source, exit), was = spot, before.get(spot, ())
        if was == then.get(spot, ()):
            continue
        found = seen.get(source)
        if found is not None and found.exits.get(exit) == (was[0] if was else None):
            continue
        if was and all(to in seen and spot in seen[to].into for to in was):
            continue  # it goes with the step that it led to
        if found is not None or (was and told):
            yield source


def _moved_spots(
    now: Flow, after: Flow
) -> tuple[dict[Spot, tuple[str, ...]], dict[Spot, tuple[str, ...]]]:
    """Where exits led and lead, of those with an edge that is not the very same in both."""
    if now.edges == after.edges:
        return {}, {}
    both = {id(edge) for edge in now.edges} & {id(edge) for edge in after.edges}
    moved = {(edge.from_, edge.exit) for edge in (*now.edges, *after.edges) if id(edge) not in both}
    return _spots(now, moved), _spots(after, moved)


def _spots(flow: Flow, wanted: Set[Spot]) -> dict[Spot, tuple[str, ...]]:
    found: dict[Spot, tuple[str, ...]] = {}
    for edge in flow.edges if wanted else ():
        spot = (edge.from_, edge.exit)
        if spot in wanted:
            found[spot] = (*found.get(spot, ()), edge.to)
    return found
