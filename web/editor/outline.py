"""The flow as a list: every step in reading order with its exits, for who does not see a canvas.

The same forms and the same edits: each exit has a select that says where it leads.
"""

from collections.abc import Iterator, Mapping, Sequence

from litestar import Controller, Response, get
from litestar.params import FromPath
from msgspec import Struct

from flowengine.flow import Flow
from flowengine.graph import entry, fallback
from flowengine.nodes import Node, Trigger
from flowengine.store import flows
from web.editor.board import Step, Way, make_board
from web.editor.drafts import may_edit
from web.htmx import html_response
from web.named import names_of
from web.publishing import read_flow
from web.render import render_part
from web.request import AnyRequest, texts, workspace

DEEPEST = 8
"""Levels of indentation that are shown; deeper ones stand at the last."""


class Leads(Struct, frozen=True):
    """An exit and the step that it leads to, "" for none. `instead`: what the card calls the exit
    that one without a line takes, where that has one."""

    way: Way
    to: str
    instead: str = ""


class Entry(Struct, frozen=True):
    """A step in the list. `number` is its place in the reading order, from 1."""

    number: int
    depth: int
    step: Step
    leads: tuple[Leads, ...]


class Outline(Struct, frozen=True):
    entries: tuple[Entry, ...]
    may_edit: bool


class OutlineRoutes(Controller):
    path = "/flows/{key:str}/edit"
    include_in_schema = False

    @get("/outline")
    async def outline(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        """The list as it is now."""
        async with workspace(request) as transaction:
            flow = read_flow((await flows.draft(transaction, key)).document)
            names = await names_of(transaction)
        board = make_board(flow, texts(request), dict.fromkeys(_ids(flow), (0.0, 0.0)), names=names)
        nodes = {node.id: node for node in flow.nodes}
        leads = {(edge.from_, edge.exit): edge.to for edge in flow.edges}
        entries = tuple(
            Entry(
                number,
                min(depth, DEEPEST),
                board.steps[id],
                tuple(_leads(nodes[id], board.steps[id].ways, leads)),
            )
            for number, (id, depth) in enumerate(reading_order(flow), 1)
        )
        page = Outline(entries, may_edit(request))
        return html_response(render_part(request, "editor/_outline.html", outline=page))


def _leads(
    node: Node, ways: Sequence[Way], leads: Mapping[tuple[str, str], str]
) -> Iterator[Leads]:
    labels = {way.id: way.label for way in ways}
    for way in ways:
        to, other = leads.get((node.id, way.id), ""), fallback(node, way.id)
        goes = not to and other is not None and (node.id, other) in leads
        yield Leads(way, to, labels.get(other or "", "") if goes else "")


def _ids(flow: Flow) -> list[str]:
    return [node.id for node in flow.nodes]


def reading_order(flow: Flow) -> Iterator[tuple[str, int]]:
    """Every step once with its depth: from each trigger on, first exits first; loose ones last."""
    onward: dict[str, list[str]] = {id: [] for id in _ids(flow)}
    for edge in flow.edges:
        onward.setdefault(edge.from_, []).append(edge.to)
    first = entry(flow)
    roots = [node.id for node in flow.nodes if isinstance(node, Trigger)]
    roots += ([first] if first else []) + _ids(flow)
    seen: set[str] = set()
    for root in roots:
        waiting = [(root, 0)]
        while waiting:
            id, depth = waiting.pop()
            if id in seen or id not in onward:
                continue
            seen.add(id)
            yield id, depth
            waiting += [(to, depth + 1) for to in reversed(onward[id])]
