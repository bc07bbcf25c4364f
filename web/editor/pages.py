"""The editor's routes: the page, every edit of the draft, a step's form.

An edit is answered with exactly what changed on the canvas and with the operations that undo it.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from flowengine.editing import EditRefused, Move, Op, Put, apply, clip, paste, read_ops
from flowengine.errors import FlowError
from flowengine.flow import Flow
from flowengine.issue import Issue
from flowengine.nodes import Node
from flowengine.store import flows
from flowengine.store.accounts import ROLES
from flowengine.store.database import Transaction
from flowengine.store.errors import Stale
from web.editor import steps
from web.editor.board import Board, Line, Step, make_board, places
from web.editor.fields import Shown, fill, from_json, plain, show
from web.editor.steps import Joint, Size
from web.forms import Form, read_form
from web.htmx import html_response
from web.kinds import KINDS
from web.problems import Problem
from web.publishing import read_flow, review, save, surroundings
from web.render import render, render_part
from web.request import AnyRequest, me, texts, workspace
from web.texts import _

PALETTE: tuple[tuple[str, tuple[str, ...]], ...] = (
    (_("Conversar"), ("message", "ask", "wait", "ai_reply")),
    (_("Decidir"), ("condition", "hours", "split", "loop", "delay")),
    (_("Agir"), ("set", "tag", "http", "notify", "consent", "start", "cancel")),
    (_("Começar e terminar"), ("trigger", "flow", "transfer", "end")),
)

Make = Callable[[Flow], tuple[Op, ...]]


class EditorPage(Struct, frozen=True):
    key: str
    name: str
    rev: int
    published: int | None
    changed: bool
    board: Board
    may_edit: bool
    palette: tuple[tuple[str, tuple[str, ...]], ...] = PALETTE


class StepForm(Struct, frozen=True):
    """What the inspector shows of a step."""

    key: str
    node: Node
    step: Step
    fields: tuple[Shown, ...]
    json: str
    offers: bool
    may_edit: bool


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


class Editor(Controller):
    """Everything under /flows/KEY/edit."""

    path = "/flows/{key:str}/edit"
    include_in_schema = False

    @get()
    async def page(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        async with workspace(request) as transaction:
            draft = await flows.draft(transaction, key)
            row = next(row for row in await flows.flows(transaction) if row.key == key)
        flow, t = read_flow(draft.document), texts(request)
        board = make_board(flow, t, places(flow, t))
        page = EditorPage(
            key, flow.name, draft.rev, row.version, row.changed, board, may_edit(request)
        )
        return render(request, "editor/page.html", page)

    @get("/issues")
    async def issues(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        """What check says of the draft now: a list whose lines lead to their steps."""
        async with workspace(request) as transaction:
            draft = await flows.draft(transaction, key)
            around = await surroundings(transaction)
        t = texts(request)
        flow = read_flow(draft.document)
        found: tuple[Issue, ...] = (await review(flow, around, t.language)).issues
        titles = {node.id: node.title or t(KINDS[_tag(node)].label) for node in flow.nodes}
        return html_response(
            render_part(request, "editor/_issues.html", issues=found, titles=titles, key=key)
        )

    @post("/ops")
    async def ops(self, request: AnyRequest, key: FromPath[str]) -> Response[Applied]:
        """Operations as the canvas says them, or as an earlier edit's inverse said them."""
        form = await read_form(request)
        return await edit(request, key, form, lambda _flow: read_ops(form.raw("ops").encode()))

    @post("/add")
    async def add(self, request: AnyRequest, key: FromPath[str]) -> Response[Applied]:
        """A new step, alone, after an exit, or on an edge."""
        form, t = await read_form(request), texts(request)
        joint = Joint(form.raw("from", ""), form.raw("exit", ""), form.raw("to", ""))
        make: Make = lambda flow: steps.add(flow, form.text("type"), point(form), joint, t)  # noqa: E731
        return await edit(request, key, form, make)

    @post("/paste")
    async def paste(self, request: AnyRequest, key: FromPath[str]) -> Response[Applied]:
        """What was copied here, in another flow or in another tab."""
        form = await read_form(request)
        piece = steps.read_clip(form.raw("clip"))
        return await edit(request, key, form, lambda flow: paste(flow, piece, point(form)))

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
            raise Problem(str(error), place="sizes") from None
        return await edit(request, key, form, lambda flow: steps.tidy(flow, sizes))

    @get("/clip")
    async def clip(self, request: AnyRequest, key: FromPath[str]) -> Response[bytes]:
        """The steps whose ids are asked for, as the clipboard takes them."""
        ids = request.query_params.getall("id", [])
        async with workspace(request) as transaction:
            flow = read_flow((await flows.draft(transaction, key)).document)
        at = places(flow, texts(request))
        piece = msgspec.structs.replace(clip(flow, ids), at={id: at[id] for id in ids if id in at})
        return Response(msgspec.json.encode(piece), media_type="application/json")

    @get("/steps/{node:str}")
    async def step(
        self, request: AnyRequest, key: FromPath[str], node: FromPath[str]
    ) -> Response[object]:
        """A step's form."""
        async with workspace(request) as transaction:
            flow = read_flow((await flows.draft(transaction, key)).document)
            form = await step_form(request, transaction, flow, node)
        return html_response(render_part(request, "editor/_step.html", form=form))

    @post("/steps/{node:str}")
    async def change_step(
        self, request: AnyRequest, key: FromPath[str], node: FromPath[str]
    ) -> Response[Applied]:
        """What was typed in a step's form, or written as its JSON."""
        form = await read_form(request)

        def put(flow: Flow) -> tuple[Op, ...]:
            old = node_of(flow, node)
            raw = form.raw("json", "")
            new = from_json(old, raw) if raw else fill(old, form)
            return (Put(node=new),) if new != old else ()

        return await edit(request, key, form, put)


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
    after = make_board(done.flow, t, places(done.flow, t))
    inverse = done.inverse[: len(done.inverse) - len(settled)] if wanted else ()
    answer = Applied(
        saved.rev,
        form.raw("what", ""),
        msgspec.json.encode(inverse).decode(),
        changes(request, key, before, after),
        [id for id in after.steps if id not in before.steps],
    )
    return Response(answer, media_type="application/json")


def settle(flow: Flow, at: dict[str, tuple[float, float]]) -> tuple[Op, ...]:
    """The places that nobody chose yet are kept with the first edit: cards must not jump later."""
    return tuple(Move(id=id, at=where) for id, where in at.items() if id not in flow.view.nodes)


def changes(request: AnyRequest, key: str, before: Board, after: Board) -> list[Part]:
    """The cards and lines that are new, gone or look different."""
    parts = [Part(f"n-{id}") for id in before.steps if id not in after.steps]
    parts += [Part(id) for id in before.lines if id not in after.lines]
    for id, step in after.steps.items():
        if before.steps.get(id) != step:
            parts.append(Part(f"n-{id}", card(request, step)))
    for id, line in after.lines.items():
        if before.lines.get(id) != line:
            parts.append(Part(id, edge(request, line)))
    return parts


def card(request: AnyRequest, step: Step) -> str:
    return render_part(request, "editor/_card.html", step=step)


def edge(request: AnyRequest, line: Line) -> str:
    return render_part(request, "editor/_line.html", line=line)


async def step_form(request: AnyRequest, transaction: Transaction, flow: Flow, id: str) -> StepForm:
    t = texts(request)
    node = node_of(flow, id)
    around = await surroundings(transaction)
    names = {row.key: row.name for row in await flows.flows(transaction)}
    step = make_board(flow, t, places(flow, t)).steps[id]
    fields = tuple(show(node, around.workspace, names, t))
    text = msgspec.json.format(msgspec.json.encode(plain(node)), indent=2).decode()
    offers = step.type in ("message", "ask") and any(
        content["kind"] in ("text", "buttons", "list") for content in plain(node)["contents"]
    )
    return StepForm(flow.key, node, step, fields, text, offers, may_edit(request))


def node_of(flow: Flow, id: str) -> Node:
    found = next((node for node in flow.nodes if node.id == id), None)
    if found is None:
        raise Problem(_("Este passo não existe mais."), status=404)
    return found


def may_edit(request: AnyRequest) -> bool:
    """Whether the page offers changes; whether they are taken is for access.py to say."""
    return ROLES.index(me(request).role) >= ROLES.index("designer")


def point(form: Form) -> tuple[float, float]:
    """Where on the canvas, in its pixels."""
    try:
        return float(form.raw("x")), float(form.raw("y"))
    except ValueError:
        raise Problem(_("O lugar precisa de dois números."), place="x") from None


def _tag(node: Any) -> str:
    return str(node.__struct_config__.tag)
