"""One edit of a draft: the operations done, the draft kept, and what that changed on the canvas."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from litestar import Response
from markupsafe import escape
from msgspec import Struct

from flowengine.editing import EditRefused, Move, Op, apply
from flowengine.errors import FlowError
from flowengine.flow import Flow
from flowengine.nodes import Node
from flowengine.store import flows
from flowengine.store.accounts import ROLES
from flowengine.store.errors import Stale
from web.editor.board import Board, Line, Mark, Step, make_board, places
from web.forms import Form
from web.problems import Problem
from web.publishing import read_flow, save
from web.render import render_part
from web.request import AnyRequest, me, texts, workspace
from web.texts import _

Make = Callable[[Flow], Sequence[Op]]


class Part(Struct, frozen=True):
    """An element of the canvas by its id, as it is now; without `html` it is gone."""

    id: str
    html: str = ""


class Applied(Struct, frozen=True):
    """What an edit did. `inverse`: the operations that undo it, as JSON. `added`: new steps."""

    rev: int
    label: str
    inverse: str
    parts: list[Part]
    added: list[str]


async def edit(request: AnyRequest, key: str, form: Form, make: Make) -> Response[Applied]:
    """Change the draft that the browser knows (`rev`), and say what that did to the canvas."""
    t = texts(request)
    async with workspace(request) as transaction:
        draft = await flows.draft(transaction, key)
        rev = form.raw("rev", "")
        if str(draft.rev) != rev:
            raise Stale(draft.rev)
        old = read_flow(draft.document)
        settled = settle(old, places(old, t))
        try:
            wanted = await asyncio.to_thread(make, old)
            done = apply(old, (*settled, *wanted) if wanted else ())
        except EditRefused as refused:
            raise Problem(refused.message, place=refused.path, mend=refused.fix) from None
        except FlowError as error:
            raise Problem(error.message, place=error.path, mend=error.fix) from None
        saved = draft
        if wanted:
            saved = await save(transaction, done.flow, draft.rev, me(request).id)
    before = make_board(old, t, places(old, t))
    # A wait's exits come from what leads to it, so it may change where it was not touched.
    kept = {
        id: step
        for id, step in before.steps.items()
        if id not in done.nodes and step.type != "wait"
    }
    after = make_board(done.flow, t, places(done.flow, t), kept)
    inverse = done.inverse[: len(done.inverse) - len(settled)] if wanted else ()
    parts = changes(request, before, after)
    if done.flow.name != old.name:
        parts.append(name_part(done.flow))
    answer = Applied(
        saved.rev,
        form.raw("what", ""),
        msgspec.json.encode(inverse).decode(),
        parts,
        [id for id in after.steps if id not in before.steps],
    )
    return Response(answer, media_type="application/json")


def settle(flow: Flow, at: dict[str, tuple[float, float]]) -> tuple[Op, ...]:
    """The places that nobody chose yet are kept with the first edit: cards must not jump later."""
    return tuple(Move(id=id, at=where) for id, where in at.items() if id not in flow.view.nodes)


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
