"""Flows that come as files and go as files: one document, many, or a whole workspace as a zip.

A file never takes the place of a draft without a word: who brings it says what becomes of those
that are there, and what was in them is kept (`flowengine.store.earlier_drafts`).
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress

from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromQuery
from msgspec import Struct
from msgspec.structs import replace

from flowengine.document import MAX_BYTES, whole_hash
from flowengine.flow import Flow
from flowengine.state import encode
from flowengine.store import flows
from flowengine.store import workspace as workspaces
from flowengine.store.database import Transaction
from flowengine.store.flows import Draft, FlowRow
from flowengine.workspace import Workspace, parse_workspace
from web.bundle import Along, furnish, read_bundle, write_bundle
from web.carrying import along_with, keep_beside, keep_files
from web.editor.callers import admit_callers
from web.editor.publish import admit_talks
from web.forms import Form, read_form
from web.htmx import go_to, html_response, is_htmx, partial, source_id
from web.placing import Choice, choices, place
from web.problems import Problem
from web.publishing import Blocked, publish, read_flow, save
from web.render import render_part
from web.request import AnyRequest, me, services, texts, workspace
from web.texts import Texts, _

LARGEST_ZIP = 64 * 1024 * 1024
SHOWN = 6
"""Names that the question tells."""

BROUGHT = _("{n} fluxo importado como rascunho. | {n} fluxos importados como rascunhos.")


class Brought(Struct, frozen=True):
    """What files bring. `zipped`: by one zip, perhaps with `names` of a workspace."""

    flows: tuple[Flow, ...]
    names: Workspace | None = None
    along: Along = Along()
    zipped: bool = False


class Standing(Struct, frozen=True):
    """The question: drafts that files would take the place of. `named`: those that its sentence
    tells, and how many `more` there are; `single`: one file, which needs no choice of its own."""

    rows: tuple[FlowRow, ...]
    named: tuple[str, ...]
    more: int
    single: bool


class Importing(Controller):
    """/flows/import and /flows/export.zip."""

    path = "/flows"
    include_in_schema = False

    @post("/import", request_max_body_size=LARGEST_ZIP)
    async def import_flows(self, request: AnyRequest) -> Response[object]:
        """Documents become drafts, and a single one is published if asked for; a zip brings the
        names that its flows use too. `over`: what becomes of the drafts that are there: `replace`,
        `copy` (the file comes in as another flow) or `new` (what is there stays); `over.KEY`: of
        one of them."""
        form = await read_form(request)
        brought = await brought_by(form, texts(request))
        files = services(request).workers.files
        async with workspace(request) as transaction:
            rows = {row.key: row for row in await flows.flows(transaction)}
            there = standing(brought.flows, rows)
            said = choices(form, there)
            if not all(said.values()):
                return asked(request, there, single=len(brought.flows) == 1)
            placed = place(brought.flows, brought.along, said, rows)
            found = placed.flows
            await keep_files(transaction.tenant, files, brought.along)
            if brought.names is not None:
                # Queues and schedules are an admin's, by a zip as by their pages.
                admin = me(request).role in ("admin", "owner")
                await furnish(transaction, brought.names, rooms=admin)
            for flow in before(found, placed.along, texts(request)):
                await save(transaction, flow, None, me(request).id)
            for flow in found:
                await save(transaction, flow, None, me(request).id)
            await keep_beside(transaction, placed.along, found, rows, me(request).id)
        if form.flag("publish") and len(found) == 1 and not brought.zipped:
            try:
                await publish_at_once(request, found[0])
            except Problem as problem:
                raise not_published(problem, texts(request)) from None
            return go_to(request, f"/flows/{found[0].key}", _("Fluxo importado e publicado."))
        if len(found) == 1 and not brought.zipped:
            return go_to(request, f"/flows/{found[0].key}", notice_of(said))
        return go_to(request, "/flows", texts(request)(BROUGHT, n=len(found)))

    @get("/export.zip")
    async def pack(
        self, request: AnyRequest, published: FromQuery[bool] = False
    ) -> Response[bytes]:
        """The whole workspace: every draft with its talks, files and folder, and the names that
        flows use. A draft that cannot be read goes along as it is. `published`: what is published
        too, where the draft is another."""
        async with workspace(request) as transaction:
            rows = await flows.flows(transaction)
            drafts = [await flows.draft(transaction, row.key) for row in rows]
            names = parse_workspace(encode(await workspaces.workspace(transaction)))
            whole, broken = readable_of(drafts)
            files = services(request).workers.files
            live = await published_of(transaction, rows) if published else []
            along = await along_with(transaction, files, whole, rows, live)
        headers = {"Content-Disposition": 'attachment; filename="flowengine.zip"'}
        body = await asyncio.to_thread(write_bundle, whole, names, along, broken)
        return Response(body, media_type="application/zip", headers=headers)


async def published_of(transaction: Transaction, rows: Sequence[FlowRow]) -> list[Flow]:
    """What is on the air of the flows whose drafts say something else; what cannot be read is not
    among them."""
    found: list[Flow] = []
    for row in rows:
        if row.changed and row.version is not None:
            with suppress(Problem):
                version = await flows.version(transaction, row.key, row.version)
                found.append(read_flow(version.document))
    return found


def before(found: Sequence[Flow], along: Along, t: Texts) -> list[Flow]:
    """What was published where these flows come from: saved before them, it stays among their
    earlier drafts, named as what it was."""
    now = {flow.key: whole_hash(flow) for flow in found}
    return [
        replace(flow, name=t(_("{name} (o publicado)"), name=flow.name[:70]))
        for flow in along.published
        if flow.key in now and whole_hash(flow) != now[flow.key]
    ]


def readable_of(drafts: Sequence[Draft]) -> tuple[list[Flow], dict[str, bytes]]:
    """The flows of drafts; and those that cannot be read, under names that nobody takes for one."""
    whole: list[Flow] = []
    broken: dict[str, bytes] = {}
    for draft in drafts:
        try:
            whole.append(read_flow(draft.document))
        except Problem:
            broken[f"unreadable/{draft.key}.txt"] = draft.document
    return whole, broken


async def brought_by(form: Form, t: Texts) -> Brought:
    """What the files of a form hold; a problem that names the one that cannot be read."""
    uploads = form.files("file")
    if not uploads:
        raise Problem(_("Escolha um arquivo .json ou .zip."), place="file")
    if len(uploads) == 1 and uploads[0].filename.lower().endswith(".zip"):
        bundle = await asyncio.to_thread(read_bundle, await uploads[0].read(LARGEST_ZIP + 1))
        return Brought(bundle.flows, bundle.workspace, bundle.along, zipped=True)
    found = [await document_of(upload, t) for upload in uploads]
    for key, times in Counter(flow.key for flow in found).items():
        if times > 1:
            raise Problem(_("Dois arquivos trazem o mesmo fluxo: {key}."), place="file", key=key)
    return Brought(tuple(found))


def standing(found: Sequence[Flow], rows: Mapping[str, FlowRow]) -> tuple[FlowRow, ...]:
    """The drafts that say something else than the file of their key."""
    both = ((flow, rows[flow.key]) for flow in found if flow.key in rows)
    return tuple(row for flow, row in both if row.draft_hash != whole_hash(flow))


def asked(request: AnyRequest, there: Sequence[FlowRow], *, single: bool) -> Response[object]:
    """The question, beside the form that was sent."""
    if not is_htmx(request):
        names = ", ".join(row.name for row in there[:SHOWN])
        raise Problem(
            _("Já existe aqui: {names}."),
            status=409,
            mend=_("Escolha se o rascunho é trocado, ou se o arquivo entra como outro fluxo."),
            names=names,
        )
    named = tuple(row.name for row in there[:SHOWN])
    question = Standing(tuple(there), named, max(0, len(there) - SHOWN), single)
    html = render_part(request, "flows/_import_over.html", question=question)
    return html_response(partial(f"#{source_id(request)}-error", "innerHTML", html))


def notice_of(said: Mapping[str, Choice]) -> str:
    if "replace" in said.values():
        return _("Fluxo importado. O rascunho de antes está em Versões.")
    return _("Fluxo importado como rascunho.")


def not_published(problem: Problem, t: Texts) -> Problem:
    """What kept a draft, which was saved, from being published: its findings, where it has some."""
    why = [part for part in problem.said(t) if part]
    if isinstance(problem, Blocked):
        errors = [each for each in problem.issues if each.severity == "error"]
        why = [f"{each.message} {each.fix}" for each in errors[:SHOWN]]
    return Problem(
        _("Importado como rascunho, e não publicado: {why}"),
        status=problem.status,
        place=problem.place,
        why=" ".join(why),
    )


async def publish_at_once(request: AnyRequest, flow: Flow) -> None:
    """The draft that was just saved answers from now on, if its check, its talks and the flows that
    call it let it."""
    async with workspace(request) as transaction:
        await admit_talks(request, transaction, flow.key)
        await admit_callers(transaction, flow, texts(request))
        await publish(transaction, flow, texts(request).language, me(request).id)


async def document_of(upload: UploadFile, t: Texts) -> Flow:
    """The flow in a file; a problem that names the file where there is none, in the language."""
    if not upload.filename.lower().endswith(".json"):
        words = _("{file} não é um fluxo: traga arquivos .json, ou um .zip sozinho.")
        raise Problem(words, place="file", file=upload.filename)
    try:
        return read_flow(await upload.read(MAX_BYTES + 1))
    except Problem as problem:
        words = _("{file} não foi importado, nem os outros: {why}")
        why = " ".join(part for part in problem.said(t) if part)
        raise Problem(words, place="file", file=upload.filename, why=why) from None
