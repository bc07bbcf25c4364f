"""One edit of a draft: the operations done, the draft kept, and what that changed on the canvas."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from litestar import Response
from markupsafe import escape
from msgspec import Struct

from flowengine.editing import EditRefused, Move, Op, Seen, SetFlow, apply, clash, sign
from flowengine.errors import FlowError
from flowengine.flow import Flow
from flowengine.nodes import Node
from flowengine.store.accounts import ROLES
from flowengine.store.errors import Stale
from web.editor.board import Board, Line, Mark, Step
from web.editor.known import drawn_now, keep
from web.forms import Form
from web.kinds import KINDS
from web.problems import Problem
from web.render import render_part
from web.request import AnyRequest, me, texts, workspace
from web.texts import Texts, _

Make = Callable[[Flow], Sequence[Op]]


class Part(Struct, frozen=True):
    """An element of the canvas by its id, as it is now; without `html` it is gone."""

    id: str
    html: str = ""


class Applied(Struct, frozen=True):
    """What an edit did. `inverse`: the operations that undo it, as JSON. `added`: new steps.
    `behind`: others had gone on, so that more is other than `parts` says. `signs`: of the parts of
    the flow that the inverse sets, as they are now.
    """

    rev: int
    label: str
    inverse: str
    parts: list[Part]
    added: list[str]
    behind: bool = False
    signs: dict[str, str] = {}


TRIES = 4
"""Edits of others that may come between reading a draft and writing it, before one gives up."""


async def edit(
    request: AnyRequest, key: str, form: Form, make: Make, *, told: bool = False
) -> Response[Applied]:
    """Change a draft, and say what that did to the canvas.

    The browser says which draft it knows (`rev`) and how the things that it touches stand there
    (`seen`). Where others went on meanwhile, what they left alone is changed all the same; a
    problem names what they did not. `told`: the operations are the browser's own.
    """
    for turn in range(TRIES):
        try:
            return await _edit(request, key, form, make, told)
        except Stale:
            if not form.raw("seen", "") or turn == TRIES - 1:
                raise
    raise AssertionError("the last try returns or raises")


async def _edit(
    request: AnyRequest, key: str, form: Form, make: Make, told: bool
) -> Response[Applied]:
    t = texts(request)
    async with workspace(request) as transaction:
        at, known = await drawn_now(transaction, key, t)
        rev, seen = form.raw("rev", ""), read_seen(form)
        behind = str(at) != rev
        if behind and seen is None:
            raise Stale(at)
        old, before = known.flow, known.board
        settled = settle(old, before)
        try:
            wanted = await asyncio.to_thread(make, old)
            done = apply(old, (*settled, *wanted) if wanted else ())
        except EditRefused as refused:
            raise Problem(refused.message, place=refused.path, mend=refused.fix) from None
        except FlowError as error:
            raise Problem(error.message, place=error.path, mend=error.fix) from None
        now = known
        if wanted and seen is not None:
            refuse_clash(old, done.flow, seen, told, t)
        if wanted:
            # A wait's exits come from what leads to it: it may change where it was not touched.
            same = {
                id: step
                for id, step in before.steps.items()
                if id not in done.nodes and step.type != "wait"
            }
            at, now = await keep(transaction, done.flow, known, same, t, at, me(request).id)
    after = now.board
    inverse = done.inverse[: len(done.inverse) - len(settled)] if wanted else ()
    parts = changes(request, before, after)
    if done.flow.name != old.name:
        parts.append(name_part(done.flow))
    answer = Applied(
        at,
        form.raw("what", ""),
        msgspec.json.encode(inverse).decode(),
        parts,
        [id for id in after.steps if id not in before.steps],
        behind,
        {
            f"/{op.part}": sign(getattr(now.flow, op.part))
            for op in inverse
            if isinstance(op, SetFlow)
        },
    )
    return Response(answer, media_type="application/json")


def read_seen(form: Form) -> dict[str, Seen] | None:
    """How the browser saw what it touches; None where it does not say."""
    raw = form.raw("seen", "")
    if not raw:
        return None
    try:
        return msgspec.json.decode(raw, type=dict[str, Seen])
    except msgspec.DecodeError as error:
        raise Problem(str(error), place="seen") from None


def refuse_clash(old: Flow, new: Flow, seen: Mapping[str, Seen], told: bool, t: Texts) -> None:
    """A problem where the edit would write over what somebody did meanwhile."""
    thing = clash(old, new, seen, told=told)
    if not thing:
        return
    node = next((node for node in old.nodes if node.id == thing), None)
    kind = KINDS[tag_of(node)].label if node else _("Ajustes do fluxo")
    raise Problem(
        _("Outra pessoa mudou «{what}» neste momento; isto não foi feito."),
        status=409,
        place=thing,
        mend=_("Veja como ficou e, se ainda quiser, faça de novo."),
        what=(node.title if node else "") or t(kind),
    )


def settle(flow: Flow, board: Board) -> tuple[Op, ...]:
    """The places that nobody chose yet are kept with the first edit: cards must not jump later."""
    known = flow.view.nodes
    return tuple(
        Move(id=id, at=(step.x, step.y)) for id, step in board.steps.items() if id not in known
    )


def changes(request: AnyRequest, before: Board, after: Board) -> list[Part]:
    """The cards and lines that are new, gone or look different."""
    parts = [Part(f"n-{id}") for id in before.steps if id not in after.steps]
    parts += [Part(id) for id in before.lines if id not in after.lines]
    for id, step in after.steps.items():
        if before.steps.get(id) != step:
            parts.append(Part(f"n-{id}", card(request, step)))
    for id, line in after.lines.items():
        if before.lines.get(id) != line:
            parts.append(Part(id, edge(request, line)))
    parts += [Part(f"mark-{id}") for id in before.marks if id not in after.marks]
    for id, mark in after.marks.items():
        if before.marks.get(id) != mark:
            parts.append(mark_part(request, mark))
    return parts


def name_part(flow: Flow) -> Part:
    """The flow's name above the canvas."""
    return Part("flow-name", f'<h1 id="flow-name">{escape(flow.name)}</h1>')


def mark_part(request: AnyRequest, mark: Mark) -> Part:
    return Part(f"mark-{mark.id}", render_part(request, "editor/_mark.html", mark=mark))


def card(request: AnyRequest, step: Step) -> str:
    return render_part(request, "editor/_card.html", step=step)


def edge(request: AnyRequest, line: Line) -> str:
    return render_part(request, "editor/_line.html", line=line)


def node_of(flow: Flow, id: str) -> Node:
    found = next((node for node in flow.nodes if node.id == id), None)
    if found is None:
        raise Problem(_("Este passo não existe mais."), status=404)
    return found


def may_edit(request: AnyRequest) -> bool:
    """Whether the page offers changes; whether they are taken is for access.py to say."""
    return ROLES.index(me(request).role) >= ROLES.index("designer")


def tag_of(node: Any) -> str:
    return str(node.__struct_config__.tag)
