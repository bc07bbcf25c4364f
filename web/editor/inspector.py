"""The inspector's routes: a step's form, what was typed in it, files for it, a call tried out."""

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from flowengine.editing import Op
from flowengine.flow import Flow
from flowengine.nodes import Http, Node
from flowengine.store import assets, flows
from flowengine.store.database import Transaction
from flowengine.translations import phrases_of
from web.editor.again import Applied
from web.editor.board import Step, make_board, places
from web.editor.drafts import edit, may_edit, node_of
from web.editor.forms.filling import fill, form_of, from_json, pretty
from web.editor.forms.naming import known_of
from web.editor.forms.pieces import Around, Pieces
from web.editor.forms.trying import Tried, holes_of, try_call
from web.editor.keeping import put_step
from web.editor.tongues import Tongue, line_values, tongue_lines, tongues
from web.forms import read_form
from web.htmx import html_response
from web.named import names_of
from web.problems import Problem
from web.publishing import read_flow, surroundings
from web.render import render_part
from web.request import AnyRequest, me, services, texts, workspace
from web.texts import _
from workers.spool import PIECE, Spool, TooLarge

MOST_FILE = 16 * 1024 * 1024
LARGEST_UPLOAD = MOST_FILE + 64 * 1024
"""A file in a form: the form's own lines come on top. Of anything larger nothing is read."""


class StepForm(Struct, frozen=True):
    """What the inspector shows of a step. `language`: whose texts, "" for the step itself."""

    key: str
    node: Node
    step: Step
    pieces: Pieces
    around: Around
    json: str
    may_edit: bool
    says: bool
    own: str = ""
    language: str = ""
    tongues: tuple[Tongue, ...] = ()
    holes: tuple[str, ...] = ()


class Kept(Struct, frozen=True):
    """An uploaded file, as flows name it."""

    hash: str
    name: str
    kind: str


class Inspector(Controller):
    """Everything that the form of a step needs."""

    path = "/flows/{key:str}/edit"
    include_in_schema = False

    @get("/steps/{node:str}")
    async def step(
        self, request: AnyRequest, key: FromPath[str], node: FromPath[str]
    ) -> Response[object]:
        """A step's form, or its texts in another language (`?language=`)."""
        language = request.query_params.get("language", "")
        async with workspace(request) as transaction:
            flow = read_flow((await flows.draft(transaction, key)).document)
            form = await step_form(request, transaction, flow, node, language)
        return html_response(render_part(request, "editor/_step.html", form=form))

    @post("/steps/{node:str}")
    async def change_step(
        self, request: AnyRequest, key: FromPath[str], node: FromPath[str]
    ) -> Response[Applied]:
        """What was typed in a step's form, in one of its languages, or written as its JSON."""
        form = await read_form(request)
        async with workspace(request) as transaction:
            draft = read_flow((await flows.draft(transaction, key)).document)
            around = await around_of(request, transaction, draft)

        def put(flow: Flow) -> tuple[Op, ...]:
            old = node_of(flow, node)
            language = form.raw("language", "")
            if language:
                return line_values(flow, old, language, form)
            raw = form.raw("json", "")
            new = from_json(old, raw) if raw else fill(old, form, around)
            return put_step(flow, old, new, form.raw("action", ""))

        return await edit(request, key, form, put)

    @post("/steps/{node:str}/try", status_code=200)
    async def try_step(
        self, request: AnyRequest, key: FromPath[str], node: FromPath[str]
    ) -> Response[object]:
        """The call of an `http` step, really made, with the values that were given for its gaps."""
        form = await read_form(request)
        async with workspace(request) as transaction:
            flow = read_flow((await flows.draft(transaction, key)).document)
            names = (await surroundings(transaction)).workspace
        found = node_of(flow, node)
        if not isinstance(found, Http):
            raise Problem(_("Só uma consulta HTTP pode ser testada aqui."), status=409)
        there = services(request)
        tried: Tried = await try_call(
            there.database, there.vault, there.guarded, me(request).tenant, flow, found, names, form
        )
        html = render_part(request, "editor/_tried.html", tried=tried)
        return html_response(html)

    @post("/files", request_max_body_size=LARGEST_UPLOAD)
    async def keep_file(self, request: AnyRequest, key: FromPath[str]) -> Response[Kept]:
        """A file for a message; the same bytes are kept once."""
        form = await read_form(request)
        async with workspace(request) as transaction:
            await flows.draft(transaction, key)
        upload = form.file("file")
        if upload is None:
            raise Problem(_("Escolha um arquivo."), place="file")
        with Spool(MOST_FILE) as spool:
            try:
                while piece := await upload.read(PIECE):
                    spool.write(piece)
            except TooLarge:
                raise Problem(
                    _("O arquivo é grande demais: até 16 MB."), status=413, place="file"
                ) from None
            said = upload.content_type or ""
            kept = await services(request).workers.files.keep(
                me(request).tenant, spool, upload.filename, said
            )
        body = Kept(kept.hash, upload.filename, kind_of(kept.mime))
        return Response(body, media_type="application/json")


async def step_form(
    request: AnyRequest, transaction: Transaction, flow: Flow, id: str, language: str
) -> StepForm:
    t = texts(request)
    node = node_of(flow, id)
    around = await around_of(request, transaction, flow)
    says = any(True for _phrase in phrases_of(node))
    pieces = tongue_lines(flow, node, language, t) if language else form_of(node, around)
    holes = holes_of(node) if isinstance(node, Http) else ()
    return StepForm(
        flow.key,
        node,
        make_board(alone(flow, node), t, places(alone(flow, node), t)).steps[id],
        pieces,
        around,
        pretty(node),
        may_edit(request),
        says,
        flow.language,
        language,
        tongues(flow, node) if says else (),
        holes,
    )


def alone(flow: Flow, node: Node) -> Flow:
    """The flow with one card only: its head is all that the form shows of it."""
    return msgspec.structs.replace(flow, nodes=(node,), edges=(), start=None)


async def around_of(request: AnyRequest, transaction: Transaction, flow: Flow) -> Around:
    """What the form may offer."""
    t = texts(request)
    names = (await surroundings(transaction)).workspace
    rows = {row.key: row.name for row in await flows.flows(transaction) if row.key != flow.key}
    files: dict[str, list[tuple[str, str]]] = {}
    for asset in await assets.assets(transaction):
        files.setdefault(kind_of(asset.mime), []).append(
            (asset.hash, asset.name or asset.hash[:20])
        )
    return Around(
        t,
        known_of(flow, names, t),
        names,
        rows,
        {kind: tuple(found) for kind, found in files.items()},
        await names_of(transaction),
    )


def kind_of(mime: str) -> str:
    """The kind of content that a file can be."""
    if mime == "image/webp":
        return "sticker"
    head = mime.partition("/")[0]
    return head if head in ("image", "video", "audio") else "document"
