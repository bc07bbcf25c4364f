"""The cards of a drawing: what stands on each, where on the card, and how high it gets."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from flowengine.flow import Flow
from flowengine.graph import LABELS, Exit, all_exits, fallback
from flowengine.nodes import Ask, Condition, Node, Wait
from web.comparing import in_short
from web.drawing.names import NONE, Names
from web.drawing.says import called, duration, says
from web.drawing.shapes import Box
from web.drawing.words import clip, wrap
from web.kinds import KINDS, Kind
from web.marks import unmarked
from web.texts import Texts

WIDTH = 248.0
HEAD = 48.0
LINE = 17.0
ROW = 26.0
PAD = 12.0
ROOM = WIDTH - 2 * PAD


class Row(Struct, frozen=True):
    """An exit on a card: `kind` is choice, soft (no reply, else), fail or plain; `y` its middle.

    `port`: joined, loose (it should lead somewhere) or "" (another exit takes it).
    """

    id: str
    label: str
    kind: str
    y: float
    port: str


class Piece(Struct, frozen=True):
    """A line of words on a card at the height of its base line. `kind`: bubble, line or save."""

    text: str
    kind: str
    y: float


class Card(Struct, frozen=True):
    """A node as it is drawn; all heights count from the card's top. `title` may be ""."""

    id: str
    kind: Kind
    title: str
    tip: str
    pieces: tuple[Piece, ...]
    bubble: tuple[float, float] | None
    rows: tuple[Row, ...]
    height: float
    worst: str

    def box(self) -> Box:
        ports = {row.id: row.y for row in self.rows}
        return Box(self.id, WIDTH, self.height, HEAD / 2, ports)


def make_cards(flow: Flow, t: Texts, worst: Mapping[str, str], names: Names = NONE) -> list[Card]:
    """One card a node, in document order. `worst`: node to "error" or "warning" of its issues."""
    wired = {(edge.from_, edge.exit) for edge in flow.edges}
    ways = all_exits(flow)
    return [
        card_of(node, ways[node.id], wired, t, worst.get(node.id, ""), names) for node in flow.nodes
    ]


def card_of(
    node: Node,
    ways: Sequence[Exit],
    wired: set[tuple[str, str]],
    t: Texts,
    worst: str,
    names: Names,
) -> Card:
    """Exits that lead nowhere are left out where that is allowed: they would only be noise."""
    said = says(node, t, names)
    pieces: list[Piece] = []
    y, bubble = HEAD, None
    if said.bubble:
        lines = wrap(unmarked(said.bubble), 12, ROOM - 20, 3)
        bubble = (y, len(lines) * LINE + 13)
        pieces += [Piece(line, "bubble", y + 18 + LINE * i) for i, line in enumerate(lines)]
        y += bubble[1] + 8
    if said.line:
        lines = wrap(said.line, 12, ROOM, 2)
        pieces += [Piece(line, "line", y + 11 + LINE * i) for i, line in enumerate(lines)]
        y += len(lines) * LINE + 7
    if said.save:
        saved = clip(t("guarda em {name}", name=said.save), 11.5, ROOM)
        pieces.append(Piece(saved, "save", y + 11))
        y += LINE + 5
    shown = [way for way in ways if way.required or (node.id, way.id) in wired]
    rows: list[Row] = []
    single = len(shown) == 1 and shown[0].id == "next"
    if single:
        rows.append(Row("next", "", "plain", HEAD / 2, port_of(node, "next", wired)))
    else:
        y += 4 if shown else 0
        for way in shown:
            label = label_of(way, node, t)
            port = port_of(node, way.id, wired)
            rows.append(Row(way.id, label, look_of(way.id), y + ROW / 2, port))
            y += ROW
        y += 4 if shown else 0
    tag = str(node.__struct_config__.tag)
    kind = KINDS[tag]
    return Card(
        node.id,
        kind,
        clip(node.title, 12.5, ROOM - 40),
        f"{called(node, t, names)} ({node.id})",
        tuple(pieces),
        bubble,
        tuple(rows),
        max(y, HEAD),
        worst,
    )


def port_of(node: Node, exit: str, wired: set[tuple[str, str]]) -> str:
    if (node.id, exit) in wired:
        return "joined"
    instead = fallback(node, exit)
    return "" if instead and (node.id, instead) in wired else "loose"


def label_of(way: Exit, node: Node, t: Texts) -> str:
    label = t(way.label) if way.id in LABELS else way.label  # the author's words stay as they are
    if isinstance(node, Condition):
        label = unnamed_case(way, node, t) or label
    if way.id == "timeout" and isinstance(node, Ask | Wait) and node.timeout:
        label = t("Sem resposta em {time}", time=duration(node.timeout, t))
    return clip(label, 12, ROOM - 24)


def unnamed_case(way: Exit, node: Condition, t: Texts) -> str:
    """A case without a name is called by its condition."""
    case = next((case for case in node.cases if way.id == f"case:{case.id}"), None)
    return in_short(case.when, t) if case and not case.label else ""


def look_of(exit: str) -> str:
    if exit.startswith(("choice:", "case:", "variant:", "outcome:")):
        return "choice"
    if exit in ("failed", "invalid", "unavailable", "limit"):
        return "fail"
    if exit in ("timeout", "else", "closed", "empty", "unsure", "handoff"):
        return "soft"
    return "plain"
