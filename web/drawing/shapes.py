"""The words of a drawing: boxes joined by links, and where they end up. Lengths in CSS pixels."""

from msgspec import Struct


class Box(Struct, frozen=True):
    """Something to be placed. `ports`: height of each exit below the top; `inlet`: of the entry."""

    id: str
    width: float
    height: float
    inlet: float
    ports: dict[str, float]


class Link(Struct, frozen=True):
    """From an exit (port) of one box to another box; both must exist."""

    source: str
    exit: str
    target: str


class Slot(Struct, frozen=True):
    """A place in a layer: of a box, or of a link that passes through (`link` is its index)."""

    layer: int
    box: str = ""
    link: int = -1


class Step(Struct, frozen=True):
    """Two slots of neighbouring layers joined by a link; heights where it leaves and enters."""

    left: Slot
    right: Slot
    leaves: float = 0
    enters: float = 0


class Route(Struct, frozen=True):
    """How a link runs: an SVG path; `back` if it goes against the flow's direction."""

    link: Link
    path: str
    back: bool


class Layout(Struct, frozen=True):
    """The left upper corner of every box, the routes, and the size of it all."""

    places: dict[str, tuple[float, float]]
    routes: tuple[Route, ...]
    width: float
    height: float
