"""A flow document as frozen types: what a designer draws, nothing of how it runs.

`flowengine.document` reads and writes it; `flowengine.release` compiles it.
"""

from typing import Any, Literal

from msgspec import field

from flowengine.declarations import Settings, Variable
from flowengine.nodes import Node
from flowengine.values import Doc, Key

FORMAT = "flowengine/1"


class Edge(Doc, frozen=True, kw_only=True):
    """Joins an exit of a node to the next node; an exit has at most one edge."""

    from_: Key = field(name="from")
    to: Key
    exit: str = "next"


class View(Doc, frozen=True, kw_only=True):
    """Looks only: where the cards stand, notes and frames on the canvas."""

    nodes: dict[str, tuple[float, float]] = {}
    notes: tuple[dict[str, Any], ...] = ()
    frames: tuple[dict[str, Any], ...] = ()


class Flow(Doc, frozen=True, kw_only=True):
    """The document. `start`: where it begins when no trigger chose it."""

    format: Literal["flowengine/1"]
    key: Key
    name: str
    nodes: tuple[Node, ...]
    language: str = "pt-BR"
    timezone: str = "America/Sao_Paulo"
    variables: tuple[Variable, ...] = ()
    inputs: tuple[Variable, ...] = ()
    outputs: tuple[Variable, ...] = ()
    start: Key | None = None
    settings: Settings = Settings()
    edges: tuple[Edge, ...] = ()
    translations: dict[str, dict[str, dict[str, Any]]] = {}
    view: View = View()
