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
    """Joins an exit of a node to the next node; an exit has at most one edge.

    - `from`: the node that is left.
    - `to`: the node that is entered.
    - `exit`: which of its exits.
    """

    from_: Key = field(name="from")
    to: Key
    exit: str = "next"


class View(Doc, frozen=True, kw_only=True):
    """Looks only: nothing here changes what the flow does, or its logic's hash.

    - `nodes`: where each card stands, as [x, y].
    - `notes`: notes on the canvas.
    - `frames`: frames on the canvas.
    """

    nodes: dict[str, tuple[float, float]] = {}
    notes: tuple[dict[str, Any], ...] = ()
    frames: tuple[dict[str, Any], ...] = ()


class Flow(Doc, frozen=True, kw_only=True):
    """The document. Where a field is left out, its default counts and is not written.

    - `format`: always "flowengine/1".
    - `key`: names the flow in its workspace, for ever.
    - `name`: for people.
    - `nodes`: the nodes, at most 5,000; their order means nothing.
    - `language`: the language of its texts, as a tag.
    - `timezone`: an IANA name; times without an offset are read there.
    - `variables`: values that an execution keeps; each flow of the stack has its own.
    - `inputs`: what it is started or called with.
    - `outputs`: what it gives back to a flow that calls it.
    - `start`: where it begins when no trigger chose it (left out: the node after the only
      trigger).
    - `settings`: what holds for the whole flow.
    - `edges`: what joins exits to nodes.
    - `translations`: other languages: language, node, JSON Pointer below the node, text; "es-MX"
      falls back to "es", then to the flow's own.
    - `view`: looks only.
    """

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
