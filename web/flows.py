"""Flows: the list, one flow as a drawing with its review, its JSON, its versions."""

from collections.abc import Sequence

import msgspec
from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from msgspec import Struct

from flowengine.document import MAX_BYTES, pretty
from flowengine.flow import Flow
from flowengine.issue import Issue
from flowengine.state import encode
from flowengine.store import channels, flows
from flowengine.store import workspace as workspaces
from flowengine.store.database import Transaction
from flowengine.store.flows import Draft, FlowRow
from flowengine.workspace import parse_workspace
from web.bundle import furnish, read_bundle, write_bundle
from web.drawing import Drawing, draw
from web.editor.beginning import first_draft
from web.editor.pasting import read_pasted
from web.editor.suite import title_of
from web.editor.talks import keep_pasted
from web.forms import read_form
from web.htmx import go_to
from web.problems import Problem
from web.publishing import (
    publish,
    read_flow,
    save,
    worst_by_node,
)
from web.render import render
from web.request import AnyRequest, me, texts, workspace
from web.reviews import Reviews
from web.texts import Texts, _

LARGEST_ZIP = 8 * 1024 * 1024


BROUGHT = _("{n} fluxo importado como rascunho. | {n} fluxos importados como rascunhos.")

LONGEST = 100_000
"""Characters of a text that is pasted to begin with."""


class FlowLine(Struct, frozen=True):
    """A flow in the list: `errors` and `warnings` of its draft, the channels it answers on."""

    row: FlowRow
    errors: int
    warnings: int
    channels: tuple[str, ...]


class Folder(Struct, frozen=True):
    """Flows of the list that somebody put together; `name` is "" for those in none."""

    name: str
    flows: tuple[FlowLine, ...]


class FlowsPage(Struct, frozen=True):
    folders: tuple[Folder, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(folder.name for folder in self.folders if folder.name)


class Head(Struct, frozen=True):
    """What every page of one flow shows above its tabs. `titles`: of the steps, by their ids."""

    row: FlowRow
    channels: tuple[str, ...]
    issues: tuple[Issue, ...]
    titles: dict[str, str] = {}

    @property
    def errors(self) -> int:
        return sum(issue.severity == "error" for issue in self.issues)

    @property
    def warnings(self) -> int:
        return sum(issue.severity == "warning" for issue in self.issues)


class FlowPage(Struct, frozen=True):
    head: Head
    drawing: Drawing


class JsonPage(Struct, frozen=True):
    head: Head
    document: str
    rev: int


class Flows(Controller):
    """Everything under /flows."""

    path = "/flows"
    include_in_schema = False

    @get()
    async def index(self, request: AnyRequest) -> Response[object]:
        async with workspace(request) as transaction:
            rows = await flows.flows(transaction)
            answering = await answering_channels(transaction)
            drafts = [await flows.draft(transaction, row.key) for row in rows]
            found = await reviews(request).of(transaction, drafts, language(request))
            lines = [
                line_of(row, issues, answering) for row, issues in zip(rows, found, strict=True)
            ]
        return render(request, "flows/index.html", FlowsPage(folders_of(lines)))

    @post()
    async def create(self, request: AnyRequest) -> Response[object]:
        """A new flow that answers its own name: something to begin from."""
        form = await read_form(request)
        name, pasted = form.text("name", longest=80), form.raw("pasted", "").strip()[:LONGEST]
        t = texts(request)
        todo, prompt = t(_("Escreva aqui a resposta para {title}.")), t(_("Escolha uma opção:"))
        flow = begun(name, pasted, todo, prompt, t) if pasted else first_draft(name, t)
        async with workspace(request) as transaction:
            if any(row.key == flow.key for row in await flows.flows(transaction)):
                raise Problem(_("Já existe um fluxo com este nome."), status=409, place="name")
            await save(transaction, flow, 0, me(request).id)
            if pasted:
                said = ("oi", *read_pasted(pasted, prompt, todo).said)
                await keep_pasted(request, transaction, flow.key, said, t(_("Como foi colado")))
        return go_to(request, f"/flows/{flow.key}/edit", _("Fluxo criado."))

    @post("/import")
    async def import_flow(self, request: AnyRequest) -> Response[object]:
        """A document from a file becomes the draft of its key, and is published if asked for; a
        zip brings many, and the names that they use."""
        form = await read_form(request)
        uploads = form.files("file")
        if not uploads:
            raise Problem(_("Escolha um arquivo .json ou .zip."), place="file")
        if len(uploads) == 1 and uploads[0].filename.lower().endswith(".zip"):
            return await self.unpack(request, await uploads[0].read(LARGEST_ZIP + 1))
        found = [await document_of(upload) for upload in uploads]
        async with workspace(request) as transaction:
            for flow in found:
                await save(transaction, flow, None, me(request).id)
        if len(found) > 1:
            return go_to(request, "/flows", texts(request)(BROUGHT, n=len(found)))
        flow = found[0]
        if form.flag("publish"):
            async with workspace(request) as transaction:
                await publish(transaction, flow, language(request), me(request).id)
            return go_to(request, f"/flows/{flow.key}", _("Fluxo importado e publicado."))
        return go_to(request, f"/flows/{flow.key}", _("Fluxo importado como rascunho."))

    async def unpack(self, request: AnyRequest, raw: bytes) -> Response[object]:
        """All of it or nothing: the drafts, and what the workspace lacks of the names they use.

        Queues and schedules are an admin's, by a zip as by their pages.
        """
        bundle = read_bundle(raw)
        async with workspace(request) as transaction:
            if bundle.workspace is not None:
                admin = me(request).role in ("admin", "owner")
                await furnish(transaction, bundle.workspace, rooms=admin)
            for flow in bundle.flows:
                await save(transaction, flow, None, me(request).id)
        return go_to(request, "/flows", texts(request)(BROUGHT, n=len(bundle.flows)))

    @get("/export.zip")
    async def pack(self, request: AnyRequest) -> Response[bytes]:
        """The whole workspace: every draft, and the names that flows use."""
        async with workspace(request) as transaction:
            rows = await flows.flows(transaction)
            drafts = [(await flows.draft(transaction, row.key)).document for row in rows]
            names = parse_workspace(encode(await workspaces.workspace(transaction)))
        body = write_bundle([read_flow(each) for each in drafts], names)
        headers = {"Content-Disposition": 'attachment; filename="flowengine.zip"'}
        return Response(body, media_type="application/zip", headers=headers)

    @get("/{key:str}")
    async def page(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        async with workspace(request) as transaction:
            draft = await flows.draft(transaction, key)
            head = await head_of(request, transaction, draft)
        drawing = draw(read_flow(draft.document), texts(request), worst_by_node(head.issues))
        return render(request, "flows/page.html", FlowPage(head, drawing))

    @get("/{key:str}/json")
    async def json_page(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        async with workspace(request) as transaction:
            draft = await flows.draft(transaction, key)
            head = await head_of(request, transaction, draft)
        document = pretty(read_flow(draft.document)).decode()
        return render(request, "flows/json.html", JsonPage(head, document, draft.rev))

    @post("/{key:str}/json")
    async def save_json(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        form = await read_form(request)
        async with workspace(request) as transaction:
            await flows.draft(transaction, key)
        flow = read_flow(form.raw("document").encode())
        if flow.key != key:
            raise Problem(
                _("A chave do documento é outra: {key}."),
                place="/key",
                mend=_("A chave de um fluxo não muda. Importe o documento como outro fluxo."),
                key=flow.key,
            )
        async with workspace(request) as transaction:
            await save(transaction, flow, int(form.text("rev")), me(request).id)
        return go_to(request, f"/flows/{key}", _("Rascunho guardado."))

    @post("/{key:str}/unpublish")
    async def take_back(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        async with workspace(request) as transaction:
            await flows.unpublish(transaction, key)
        return go_to(request, f"/flows/{key}", _("O fluxo não responde mais a mensagens novas."))

    @get("/{key:str}/export")
    async def export(self, request: AnyRequest, key: FromPath[str]) -> Response[bytes]:
        async with workspace(request) as transaction:
            draft = await flows.draft(transaction, key)
        return download(f"{key}.flow.json", pretty(read_flow(draft.document)))

    @post("/{key:str}/remove")
    async def remove(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        async with workspace(request) as transaction:
            await flows.unpublish(transaction, key)
            await flows.remove_flow(transaction, key)
        return go_to(request, "/flows", _("Fluxo removido."))


def folders_of(lines: Sequence[FlowLine]) -> tuple[Folder, ...]:
    """The list by folders, those by name; flows in none come first."""
    found: dict[str, list[FlowLine]] = {}
    for line in lines:
        found.setdefault(line.row.folder, []).append(line)
    return tuple(Folder(name, tuple(found[name])) for name in sorted(found, key=str.casefold))


async def document_of(upload: UploadFile) -> Flow:
    """The flow in a file; a problem that names the file where there is none."""
    if not upload.filename.lower().endswith(".json"):
        words = _("{file} não é um fluxo: traga arquivos .json, ou um .zip sozinho.")
        raise Problem(words, place="file", file=upload.filename)
    try:
        return read_flow(await upload.read(MAX_BYTES + 1))
    except Problem as problem:
        words = _("{file} não foi importado, nem os outros: {why}")
        why = f"{problem.detail} ({problem.place})" if problem.place else problem.detail
        raise Problem(
            words, place="file", mend=problem.mend, file=upload.filename, why=why
        ) from None


def language(request: AnyRequest) -> str:
    return texts(request).language


def download(name: str, body: bytes) -> Response[bytes]:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, media_type="application/json", headers=headers)


async def head_of(request: AnyRequest, transaction: Transaction, draft: Draft) -> Head:
    row = next(row for row in await flows.flows(transaction) if row.key == draft.key)
    answering = await answering_channels(transaction)
    (issues,) = await reviews(request).of(transaction, [draft], language(request))
    flow, t = read_flow(draft.document), texts(request)
    titles = {issue.node: title_of(flow, issue.node, t) for issue in issues if issue.node}
    return Head(row, channels_of(row, answering), issues, titles)


def reviews(request: AnyRequest) -> Reviews:
    found: Reviews = request.app.state.reviews
    return found


async def answering_channels(transaction: Transaction) -> list[tuple[str, tuple[str, ...]]]:
    """Each channel's name and the flows that it is bound to (none: all that are published)."""
    return [
        (channel.name, await channels.bound_flows(transaction, channel.id))
        for channel in await channels.channels(transaction)
    ]


def channels_of(row: FlowRow, answering: list[tuple[str, tuple[str, ...]]]) -> tuple[str, ...]:
    if row.version is None:
        return ()
    return tuple(name for name, bound in answering if not bound or row.key in bound)


def line_of(
    row: FlowRow, issues: tuple[Issue, ...], answering: list[tuple[str, tuple[str, ...]]]
) -> FlowLine:
    head = Head(row, channels_of(row, answering), issues)
    return FlowLine(row, head.errors, head.warnings, head.channels)


def begun(name: str, text: str, todo: str, prompt: str, t: Texts) -> Flow:
    """A flow that begins as what somebody pasted: a menu, rows of a table, a chat."""
    plain = first_draft(name, t)
    made = read_pasted(text, prompt, todo)
    trigger = {"id": "inicio", "type": "trigger", "on": {"kind": "keyword", "words": ["oi"]}}
    document = {
        "format": "flowengine/1",
        "key": plain.key,
        "name": name,
        "nodes": [trigger, *made.nodes],
        "edges": [{"from": "inicio", "to": made.first}, *made.edges],
    }
    return read_flow(msgspec.json.encode(document))
