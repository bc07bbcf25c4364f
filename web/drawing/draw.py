"""From a flow to its drawing."""

from collections.abc import Mapping

from msgspec import Struct

from flowengine.flow import Flow
from flowengine.graph import entry
from flowengine.nodes import Trigger
from web.drawing.cards import WIDTH, Card, look_of, make_cards
from web.drawing.layers import back_links, columns
from web.drawing.names import NONE, Names
from web.drawing.order import make_slots, sort_layers
from web.drawing.place import place
from web.drawing.shapes import Link
from web.texts import Texts

MARGIN = 28.0


class PlacedCard(Struct, frozen=True):
    card: Card
    x: float
    y: float


class Line(Struct, frozen=True):
    """An edge: its SVG path and look (plain, choice, soft, fail, back)."""

    path: str
    look: str
    source: str
    target: str


class Drawing(Struct, frozen=True):
    """All that the template needs; the box that it draws is `width` by `height` pixels."""

    cards: tuple[PlacedCard, ...]
    lines: tuple[Line, ...]
    width: float
    height: float
    card_width: float = WIDTH
    margin: float = MARGIN


def draw(flow: Flow, t: Texts, worst: Mapping[str, str] = {}, names: Names = NONE) -> Drawing:
    """A flow's drawing. Edges that lead nowhere are left out (check names them).

    Cost: 6 nodes about a millisecond, 100 nodes some tens of them.
    """
    cards = make_cards(flow, t, worst, names)
    boxes = {card.id: card.box() for card in cards}
    links = [
        Link(edge.from_, edge.exit, edge.to)
        for edge in flow.edges
        if edge.from_ in boxes and edge.to in boxes
    ]
    first = entry(flow)
    roots = [node.id for node in flow.nodes if isinstance(node, Trigger)]
    if first in boxes:
        roots.append(first)
    back = back_links(list(boxes.values()), links, roots)
    column = columns(list(boxes.values()), links, back)
    layers, steps, through = make_slots(boxes, links, column, back)
    layers = sort_layers(layers, steps, boxes)
    layout = place(boxes, links, layers, steps, through, back)
    placed = tuple(PlacedCard(card, *layout.places[card.id]) for card in cards)
    lines = tuple(
        Line(
            route.path,
            "back" if route.back else look_of(route.link.exit),
            route.link.source,
            route.link.target,
        )
        for route in layout.routes
    )
    return Drawing(placed, lines, layout.width + 2 * MARGIN, layout.height + 2 * MARGIN)
