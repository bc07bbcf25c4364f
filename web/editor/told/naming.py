"""What a designer calls the places of a flow: its steps, exits, fields, and other flows."""

from collections.abc import Iterator, Sequence
from functools import cached_property

from msgspec import Struct

from flowengine.flow import Flow
from flowengine.graph import LABELS, Exit, all_exits
from flowengine.nodes import Ask, Condition, Node, Transfer, Wait
from web.drawing.cards import unnamed_case
from web.drawing.says import opening
from web.editor.flow_form import flow_pieces
from web.editor.forms.filling import form_of
from web.editor.forms.naming import known_of
from web.editor.forms.pieces import Around, Field, Group, Note, Piece, Rows
from web.editor.told.times import spoken
from web.kinds import KINDS
from web.publishing import Surroundings
from web.texts import Texts, _
from web.value_names import FIRST, LAST, in_words


class Spot(Struct, frozen=True):
    """A place of a form and how one finds it: "Botão 2", "Título"."""

    at: str
    labels: tuple[str, ...]


class Naming:
    """Looks names up for the findings of one flow in one language."""

    def __init__(self, flow: Flow, around: Surroundings, t: Texts) -> None:
        self.flow, self.surroundings, self.t = flow, around, t
        self.nodes: dict[str, Node] = {}
        for node in flow.nodes:
            self.nodes.setdefault(node.id, node)
        self._spots: dict[str, tuple[Spot, ...]] = {}

    @cached_property
    def ways(self) -> dict[str, tuple[Exit, ...]]:
        return all_exits(self.flow)

    @cached_property
    def around(self) -> Around:
        names = self.surroundings.workspace
        flows = {key: flow.name for key, flow in self.surroundings.others.items()}
        return Around(self.t, known_of(self.flow, names, self.t), names, flows)

    def step(self, id: str) -> str:
        """A step's title, else what kind it is; "" where there is none."""
        node = self.nodes.get(id)
        if node is None:
            return ""
        return node.title or self.t(KINDS[str(node.__struct_config__.tag)].label)

    def exit(self, node: str, exit: str) -> str:
        """An exit as its card shows it; one that is not there by what its author called it."""
        way = next((each for each in self.ways.get(node, ()) if each.id == exit), None)
        found = self.nodes.get(node)
        if way is None or found is None:
            return exit.rpartition(":")[2]
        if exit == "timeout" and isinstance(found, Ask | Wait | Transfer) and found.timeout:
            return self.t(_("Sem resposta em {time}"), time=spoken(found.timeout, self.t))
        if isinstance(found, Condition) and (words := unnamed_case(way, found, self.t)):
            return words
        return self.t(way.label) if exit in LABELS else way.label

    def flow_name(self, key: str) -> str:
        """Another flow by its name."""
        other = self.flow if key == self.flow.key else self.surroundings.others.get(key)
        return other.name if other is not None else key

    def step_of(self, place: str) -> str:
        """A step, or "flow/step" of another flow, by names."""
        key, slash, id = place.partition("/")
        other = self.surroundings.others.get(key)
        if not slash or other is None:
            return self.told(place.rpartition("/")[2]) or place
        return f"{Naming(other, self.surroundings, self.t).told(id) or id} ({other.name})"

    def step_or_flow(self, place: str) -> str:
        return self.step_of(place) if "/" in place else self.flow_name(place)

    def told(self, id: str) -> str:
        """A step, with the beginning of what it says where only its kind is its name."""
        node = self.nodes.get(id)
        if node is None or node.title:
            return self.step(id)
        short = opening(node, self.t)
        return f"{self.step(id)}: {short}" if short else self.step(id)

    def place(self, node: str, path: str) -> str:
        """A place of the document by what leads to it in its form: «Botão 2 › Título»."""
        labels = self.labels(node, path)
        return f"«{' › '.join(labels)}»" if labels else f"«{self.step(node) or self.flow.name}»"

    def labels(self, node: str, path: str) -> tuple[str, ...]:
        """The labels of the field at a path, or of what is nearest around it."""
        at = below(path)
        held = (spot for spot in self.spots(node) if at == spot.at or at.startswith(f"{spot.at}/"))
        best = max(held, key=lambda spot: len(spot.at), default=None)
        return best.labels if best is not None else ()

    def spots(self, node: str) -> tuple[Spot, ...]:
        if node not in self._spots:
            found = self.nodes.get(node)
            pieces = form_of(found, self.around) if found else flow_pieces(self.flow, self.around)
            note = Spot("/note", (self.t(_("Anotação para a equipe")),))
            self._spots[node] = (*spots_in(pieces, (), self.t), note)
        return self._spots[node]


def below(path: str) -> str:
    """A path below its node or translation: what the pieces of a form are placed by."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]
    if parts[:1] == ["translations"]:
        return parts[3] if len(parts) > 3 else ""
    return "/" + "/".join(parts[2:]) if parts[:1] == ["nodes"] else path


def spots_in(pieces: Sequence[Piece], inside: tuple[str, ...], t: Texts) -> Iterator[Spot]:
    """Every place of a form that has a label, with the labels that lead to it."""
    for piece in pieces:
        match piece:
            case Field():
                at = piece.at.replace("#to", "/to").replace("#delay", "")
                yield Spot(at, joined(inside, piece.label))
            case Rows():
                yield from rows_in(piece, inside, t)
            case Group():
                if piece.at:
                    yield Spot(piece.at, joined(inside, piece.label))
                named = joined(inside, piece.label) if piece.look == "when" else inside
                yield from spots_in(piece.pieces, named, t)
            case Note():
                pass


def rows_in(rows: Rows, inside: tuple[str, ...], t: Texts) -> Iterator[Spot]:
    """A list and its items; of several that are called alike each is told by its number."""
    if rows.label:
        yield Spot(rows.at, joined(inside, rows.label))
    called = [item.label for item in rows.items]
    for number, item in enumerate(rows.items, 1):
        label = item.label or rows.label or (t(_("Linha {n}"), n=number) if len(called) > 1 else "")
        twice = called.count(item.label) > 1 and (item.label or rows.label)
        here = joined(inside, f"{label} {number}" if twice else label)
        yield Spot(item.at, here)
        yield from spots_in(item.pieces, here, t)


def joined(inside: tuple[str, ...], label: str) -> tuple[str, ...]:
    """Labels on the way, none twice in a row."""
    label = label.strip()
    return inside if not label or inside[-1:] == (label,) else (*inside, label)


def plain(text: str, t: Texts) -> str:
    """A text without braces and the marks around its names."""
    return in_words(text, t).replace(FIRST, "").replace(LAST, "")
