"""The editor's routes of drawing: the page, and every edit that a gesture makes.

An edit is answered with exactly what changed on the canvas and with the operations that undo it.
"""

from collections.abc import Sequence

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from flowengine.editing import Move, Op, clip, near, read_ops
from flowengine.flow import Flow
from flowengine.store import flows
from web.editor import steps
from web.editor.again import Applied
from web.editor.board import Board, places
from web.editor.checking import issues_of
from web.editor.drafts import edit, may_edit, tag_of
from web.editor.keeping import pasted
from web.editor.known import drawn_now
from web.editor.respoken import with_notice
from web.editor.steps import Joint, Size
from web.forms import Form, read_form
from web.htmx import html_response
from web.kinds import KINDS
from web.named import names_of
from web.problems import Problem
from web.publishing import around_flow
from web.refused import RELOAD
from web.render import render, render_part
from web.request import AnyRequest, texts, workspace
from web.texts import _

PALETTE: tuple[tuple[str, tuple[str, ...]], ...] = (
    (_("Conversar"), ("message", "ask", "wait", "ai_reply")),
    (_("Decidir"), ("condition", "hours", "split", "loop", "delay")),
    (_("Agir"), ("set", "tag", "http", "notify", "consent", "start", "cancel")),
    (_("Começar e terminar"), ("trigger", "flow", "transfer", "end")),
)


class EditorPage(Struct, frozen=True):
    key: str
    name: str
    rev: int
    published: int | None
    changed: bool
    board: Board
    may_edit: bool
    palette: tuple[tuple[str, tuple[str, ...]], ...] = PALETTE


class Editor(Controller):
    """Everything under /flows/KEY/edit."""

    path = "/flows/{key:str}/edit"
    include_in_schema = False

    @get()
    async def page(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        async with workspace(request) as transaction:
            rev, known = await drawn_now(transaction, key, texts(request))
            row = next(row for row in await flows.flows(transaction) if row.key == key)
        page = EditorPage(
            key,
            known.flow.name,
            rev,
            row.version,
            row.changed,
            known.board,
            may_edit(request),
        )
        return render(request, "editor/page.html", page)

    @get("/issues")
    async def issues(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        """What check says of the draft now: a list whose lines lead to their steps."""
        async with workspace(request) as transaction:
            _rev, known = await drawn_now(transaction, key, texts(request))
            around = await around_flow(transaction, known.flow)
        t, flow = texts(request), known.flow
        found = await issues_of(transaction.tenant, flow, around, t.language)
        titles = {node.id: node.title or t(KINDS[tag_of(node)].label) for node in flow.nodes}
        return html_response(
            render_part(request, "editor/_issues.html", issues=found, titles=titles, key=key)
        )

    @post("/ops")
    async def ops(self, request: AnyRequest, key: FromPath[str]) -> Response[Applied]:
        """Operations as the canvas says them, or as an earlier edit's inverse said them."""
        form = await read_form(request)
        return await edit(
            request,
            key,
            form,
            lambda flow: steps.timed(flow, read_ops(form.raw("ops").encode())),
            told=True,
        )

    @post("/add")
    async def add(self, request: AnyRequest, key: FromPath[str]) -> Response[Applied]:
        """A new step, alone, after an exit, or on an edge."""
        form, t = await read_form(request), texts(request)
        async with workspace(request) as transaction:
            names = await names_of(transaction)

        def make(flow: Flow) -> Sequence[Op]:
            moves = read_ops(form.raw("moves", "[]").encode())
            room = tuple(op for op in moves if isinstance(op, Move))
            joint = Joint(form.raw("from", ""), form.raw("exit", ""), form.raw("to", ""), room)
            made = steps.add(flow, form.text("type"), point(form), joint, t, names)
            return steps.timed(flow, made)

        return await edit(request, key, form, make)

    @post("/paste")
    async def paste(self, request: AnyRequest, key: FromPath[str]) -> Response[Applied]:
        """What was copied here, in another flow or in another tab; where that one speaks another
        language, what became of its words is said."""
        form, t = await read_form(request), texts(request)
        piece = steps.read_clip(form.raw("clip"))
        answer = await edit(request, key, form, lambda flow: pasted(flow, piece, point(form)))
        async with workspace(request) as transaction:
            flow = (await drawn_now(transaction, key, t))[1].flow
        answer.content = with_notice(answer.content, flow, piece, t)
        return answer

    @post("/duplicate")
    async def duplicate(self, request: AnyRequest, key: FromPath[str]) -> Response[Applied]:
        form, t = await read_form(request), texts(request)
        ids = form.many("id")
        return await edit(
            request, key, form, lambda flow: steps.duplicate(flow, ids, places(flow, t))
        )

    @post("/tidy")
    async def tidy(self, request: AnyRequest, key: FromPath[str]) -> Response[Applied]:
        """Lay everything out again, by the cards' sizes as the browser measured them."""
        form = await read_form(request)
        try:
            sizes = msgspec.json.decode(form.raw("sizes"), type=dict[str, Size])
        except msgspec.DecodeError as error:
            raise Problem(_("Esta mudança não pode ser lida."), mend=RELOAD) from error
        return await edit(request, key, form, lambda flow: steps.tidy(flow, sizes))

    @post("/clip", status_code=200)
    async def clip(self, request: AnyRequest, key: FromPath[str]) -> Response[bytes]:
        """Steps as the clipboard takes them; there may be more than an address holds."""
        ids = (await read_form(request)).lines("id")
        async with workspace(request) as transaction:
            flow = (await drawn_now(transaction, key, texts(request)))[1].flow
        at = places(flow, texts(request))
        piece = msgspec.structs.replace(clip(flow, ids), at={id: at[id] for id in ids if id in at})
        return Response(msgspec.json.encode(piece), media_type="application/json")


def point(form: Form) -> tuple[float, float]:
    """Where on the canvas, in its pixels."""
    try:
        at = float(form.raw("x")), float(form.raw("y"))
    except ValueError:
        raise Problem(_("O lugar precisa de dois números."), place="x") from None
    if not near(at):
        raise Problem(_("O lugar fica longe demais no desenho."), place="x")
    return at
