"""Pieces of a flow on the clipboard, and how another flow (or the same) takes them in."""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from flowengine.editing.ops import Add, Connect, Op, Point, Translate
from flowengine.editing.respeak import Respoken, respeak
from flowengine.flow import Edge, Flow
from flowengine.nodes import Node, Wait
from flowengine.values import Doc

KIND = "flowengine/clip"


class Clip(Doc, frozen=True, kw_only=True):
    """Nodes with the edges among them, where they stood, and their translations, as plain JSON.

    `language`: what the nodes themselves speak; "" in a clip of before this was told.
    """

    format: str = KIND
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...] = ()
    at: dict[str, tuple[float, float]] = {}
    translations: dict[str, dict[str, dict[str, Any]]] = {}
    language: str = ""


class _Taken(Struct):
    """Ids in use, and the next number to try for each stem."""

    ids: set[str]
    next: dict[str, int]


def clip(flow: Flow, ids: Collection[str]) -> Clip:
    """What a copy of these nodes of `flow` puts on the clipboard. `ids` that are not there are left
    out. Cost: linear in the flow.
    """
    nodes = tuple(node for node in flow.nodes if node.id in ids)
    held = {node.id for node in nodes}
    return Clip(
        nodes=nodes,
        edges=tuple(edge for edge in flow.edges if edge.from_ in held and edge.to in held),
        at={id: at for id, at in flow.view.nodes.items() if id in held},
        translations={
            language: kept
            for language, texts in flow.translations.items()
            if (kept := {id: said for id, said in texts.items() if id in held})
        },
        language=flow.language,
    )


def respoken(flow: Flow, piece: Clip) -> Respoken:
    """What a clip (`piece`) says in `flow`, which may speak another language. Cost: ~20 µs a node
    where it does.
    """
    return respeak(
        piece.nodes, piece.translations, piece.language, flow.language, flow.translations
    )


def paste(flow: Flow, piece: Clip, at: Point) -> tuple[Op, ...]:
    """The operations that put a clip (`piece`) into `flow` under free ids, its upper left corner at
    `at`.

    What one pasted node says of another (`of`) follows the new id. Where the clip speaks another
    language, `respoken` says how its words stand. Cost: ~5 µs a node.
    """
    heard = respoken(flow, piece)
    new = dict(zip(
        (node.id for node in piece.nodes),
        fresh_ids(flow, [node.id for node in piece.nodes]),
        strict=True,
    ))  # fmt: skip
    left = min((x for x, _ in piece.at.values()), default=0.0)
    top = min((y for _, y in piece.at.values()), default=0.0)
    ops: list[Op] = []
    for node in heard.nodes:
        x, y = piece.at.get(node.id, (left, top))
        ops.append(Add(node=_named(node, new), at=(at[0] + x - left, at[1] + y - top)))
    for edge in piece.edges:
        ops.append(Connect(from_=new[edge.from_], exit=edge.exit, to=new[edge.to]))
    for language, texts in heard.translations.items():
        for id, said in ((id, said) for id, said in texts.items() if id in new):
            ops.append(Translate(language=language, node=new[id], texts=said))
    return tuple(ops)


def fresh_ids(flow: Flow, wanted: Sequence[str]) -> tuple[str, ...]:
    """A free id in `flow` for each of `wanted`, in their order: "nome", else "nome-2", "nome-3" …

    Cost: linear in the flow, and in the numbers that are taken.
    """
    taken = _Taken({node.id for node in flow.nodes}, {})
    return tuple(_fresh(taken, id) for id in wanted)


def _fresh(taken: _Taken, wanted: str) -> str:
    stem = wanted.rstrip("0123456789").rstrip("-") or wanted
    number = taken.next.get(stem, 2)
    found = wanted
    while found in taken.ids:
        found = f"{stem[:58]}-{number}"
        number += 1
    taken.next[stem] = number
    taken.ids.add(found)
    return found


def _named(node: Node, new: dict[str, str]) -> Node:
    node = msgspec.structs.replace(node, id=new[node.id])
    if isinstance(node, Wait) and node.of in new:
        node = msgspec.structs.replace(node, of=new[node.of])
    return node
