"""From a gesture on the canvas to operations: what a new step begins as, pasting, tidying up."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from flowengine.editing import Add, Clip, Connect, Move, Op, Put, clip, fresh_ids, near, paste
from flowengine.flow import Flow
from flowengine.graph import entry, exits_of
from flowengine.nodes import Ask, Node, Trigger, Wait
from web.drawing.layers import back_links, columns
from web.drawing.names import NONE, Names
from web.drawing.order import make_slots, sort_layers
from web.drawing.place import place
from web.drawing.shapes import Box, Link
from web.editor.board import snap
from web.problems import Problem
from web.texts import Texts, _

Json = dict[str, Any]
Point = tuple[float, float]

UNANSWERED = "PT23H"


def fresh(kind: str, t: Texts, names: Names = NONE, flow: str = "") -> Json:
    """A new node of a kind without its id: as little as it can be, and ready to be filled in.

    What it must name is the first that there is; where there is none, check says so.
    """
    other = names.first("flow", "outro", but=flow)
    text = [{"kind": "text", "text": t(_("Escreva aqui a sua mensagem."))}]
    question = [{"kind": "text", "text": t(_("Escreva aqui a sua pergunta."))}]
    written = {"left": "{{ message.text }}", "op": "is_not_empty"}
    kinds: dict[str, Json] = {
        "trigger": {"on": {"kind": "keyword", "words": [t(_("oi"))]}},
        "message": {"contents": text},
        "ask": {"contents": question, "expect": {"kind": "text"}},
        "wait": {"expect": {"kind": "any"}},
        "condition": {"cases": [{"id": "a", "when": written}]},
        "set": {"assign": []},
        "tag": {},
        "delay": {"for": "PT1H"},
        "hours": {"schedule": names.first("schedule", "loja")},
        "split": {"variants": [{"id": "a"}, {"id": "b"}]},
        "loop": {"each": {"expr": "[]"}},
        "http": {"url": "https://"},
        "ai_reply": {"instructions": t(_("Responda em poucas palavras, com simpatia."))},
        "transfer": {"to": {"queue": names.first("queue", "geral")}},
        "flow": {"flow": other},
        "start": {"flow": other},
        "cancel": {"key": ""},
        "notify": {"name": "aviso"},
        "consent": {"purpose": "marketing", "give": True},
        "end": {},
    }
    if kind not in kinds:
        raise Problem(_("Não existe este tipo de passo: {kind}."), kind=kind)
    return {"type": kind, **kinds[kind]}


class Joint(Struct, frozen=True):
    """Where a new step is joined: after an exit, and before the step that the exit led to."""

    source: str = ""
    exit: str = ""
    target: str = ""
    room: tuple[Move, ...] = ()
    """Cards that stand elsewhere then, as the browser that measured them says."""


def add(
    flow: Flow, kind: str, at: Point, joint: Joint, t: Texts, names: Names = NONE
) -> tuple[Op, ...]:
    """A new step, joined to what it was dropped from or put between."""
    id = fresh_ids(flow, [kind.replace("_", "-")])[0]
    node = msgspec.convert({"id": id, **fresh(kind, t, names, flow.key)}, Node)
    ops: list[Op] = [Add(node=node, at=(snap(at[0]), snap(at[1])))]
    if joint.source and not isinstance(node, Trigger):
        ops.append(Connect(from_=joint.source, exit=joint.exit or "next", to=id))
        onward = first_exit(flow, node)
        if joint.target and onward:
            ops.append(Connect(from_=id, exit=onward, to=joint.target))
            there = {each.id for each in flow.nodes}
            ops += [move for move in joint.room if move.id in there]
    return tuple(ops)


def timed(flow: Flow, ops: Sequence[Op]) -> tuple[Op, ...]:
    """A line from "no reply" starts its timer: 23 hours, while WhatsApp takes free replies."""
    nodes = {node.id: node for node in flow.nodes}
    done: list[Op] = []
    for op in ops:
        if isinstance(op, Connect) and op.exit == "timeout":
            node = nodes.get(op.from_)
            if isinstance(node, Ask | Wait) and not node.timeout:
                done.append(Put(node=msgspec.structs.replace(node, timeout=UNANSWERED)))
        done.append(op)
    return tuple(done)


def first_exit(flow: Flow, node: Node) -> str:
    """The first exit that a node needs, "" where it has none."""
    with_it = msgspec.structs.replace(flow, nodes=(*flow.nodes, node))
    ways = exits_of(with_it, [node])[node.id]
    return next((way.id for way in ways if way.required), ways[0].id if ways else "")


def read_clip(raw: str) -> Clip:
    """What was copied; a problem where the clipboard holds something else."""
    try:
        piece = msgspec.json.decode(raw, type=Clip)
    except (msgspec.DecodeError, RecursionError):
        raise Problem(
            _("Não há passos de um fluxo na área de transferência."),
            mend=_("Selecione passos, copie com Ctrl+C e cole de novo."),
        ) from None
    held = {node.id for node in piece.nodes}
    lost = next((edge for edge in piece.edges if {edge.from_, edge.to} - held), None)
    if lost is not None or len(held) < len(piece.nodes):
        raise Problem(
            _("O que foi colado não está inteiro: há linhas sem os seus passos, ou ids repetidos."),
            mend=_("Copie os passos de novo; se veio de um arquivo, confira-o na importação."),
        )
    return msgspec.structs.replace(piece, at={id: at for id, at in piece.at.items() if near(at)})


def duplicate(flow: Flow, ids: Sequence[str], at: Mapping[str, Point]) -> tuple[Op, ...]:
    """Copies of steps, a little to the right and below."""
    piece = msgspec.structs.replace(clip(flow, ids), at={id: at[id] for id in ids if id in at})
    left = min((x for x, _y in piece.at.values()), default=0.0)
    top = min((y for _x, y in piece.at.values()), default=0.0)
    return paste(flow, piece, (left + 32, top + 32))


class Size(Struct, frozen=True):
    """How a card was measured in the browser: `inlet` and `ports` are heights below its top."""

    w: float
    h: float
    inlet: float
    ports: dict[str, float]


def tidy(flow: Flow, sizes: Mapping[str, Size]) -> tuple[Op, ...]:
    """Everything from left to right; each exit's target as near to its height as can be."""
    for size in sizes.values():
        if not near((size.w, size.h)) or not near(
            (size.inlet, max(size.ports.values(), default=0))
        ):
            raise Problem(_("Um passo não pode ser tão grande."), place="sizes")
    boxes = {
        node.id: Box(node.id, size.w, size.h, size.inlet, size.ports)
        for node in flow.nodes
        if (size := sizes.get(node.id)) is not None
    }
    links = [
        Link(edge.from_, edge.exit, edge.to)
        for edge in flow.edges
        if edge.from_ in boxes and edge.to in boxes and edge.exit in boxes[edge.from_].ports
    ]
    roots = [node.id for node in flow.nodes if isinstance(node, Trigger)]
    first = entry(flow)
    roots += [first] if first in boxes else []
    back = back_links(list(boxes.values()), links, roots)
    column = columns(list(boxes.values()), links, back)
    layers, steps, through = make_slots(boxes, links, column, back)
    layout = place(boxes, links, sort_layers(layers, steps, boxes), steps, through, back)
    return tuple(Move(id=id, at=(snap(x), snap(y))) for id, (x, y) in layout.places.items())
