"""Flows: the list, one flow as a drawing with its review, its JSON, its versions."""

from collections.abc import Container, Sequence

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from msgspec import Struct
from msgspec.structs import replace

from flowengine.document import pretty
from flowengine.flow import Flow
from flowengine.issue import Issue
from flowengine.store import channels, flows
from flowengine.store.database import Transaction
from flowengine.store.flows import Draft, FlowRow
from web.bundle import readable
from web.drawing import Drawing, draw
from web.editor.beginning import first_draft, free_key
from web.editor.pasting import Pasted, Words, lines_of, read_pasted
from web.editor.suite import title_of
from web.editor.talks import keep_pasted
from web.forms import read_form
from web.htmx import go_to
from web.named import names_of
from web.problems import Problem
from web.publishing import (
    read_flow,
    save,
    worst_by_node,
)
from web.render import render
from web.request import AnyRequest, me, texts, workspace
from web.reviews import UNREADABLE, Reviews
from web.texts import Texts, _

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
    def broken(self) -> bool:
        """The draft cannot be read."""
        return any(issue.code == UNREADABLE for issue in self.issues)

    @property
    def errors(self) -> int:
        return sum(issue.severity == "error" for issue in self.issues)

    @property
    def warnings(self) -> int:
        return sum(issue.severity == "warning" for issue in self.issues)


class FlowPage(Struct, frozen=True):
    head: Head
    drawing: Drawing


class BrokenPage(Struct, frozen=True):
    head: Head


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
            found = await reviews(request).of(transaction, rows, language(request))
            lines = [
                line_of(row, issues, answering) for row, issues in zip(rows, found, strict=True)
            ]
        return render(request, "flows/index.html", FlowsPage(folders_of(lines)))

    @post()
    async def create(self, request: AnyRequest) -> Response[object]:
        """A new flow that answers its own name: something to begin from."""
        form = await read_form(request)
        name, whole = form.text("name", longest=80), form.raw("pasted", "").strip()
        pasted, t = whole[:LONGEST], texts(request)
        made = read_pasted(pasted, words_of(t)) if pasted else None
        async with workspace(request) as transaction:
            taken = {row.key for row in await flows.flows(transaction)}
            past = await flows.past_keys(transaction)
            flow = begun(name, made, t, taken) if made else first_draft(name, t, taken)
            if flow.key in past:
                flow = replace(flow, key=free_key(flow.key, taken | past))
            if flow.key in taken:
                raise Problem(_("Já existe um fluxo com este nome."), status=409, place="name")
            await save(transaction, flow, 0, me(request).id)
            if made:
                said = (t(_("oi")), *made.said)
                await keep_pasted(request, transaction, flow.key, said, t(_("Como foi colado")))
        left = [*(made.left if made else ()), *lines_of(whole[LONGEST:])]
        return go_to(request, f"/flows/{flow.key}/edit", created(left, t, made))

    @get("/{key:str}")
    async def page(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        """Its drawing; of a draft that cannot be read, what can be done about it."""
        async with workspace(request) as transaction:
            draft = await flows.draft(transaction, key)
            head, names = await head_of(request, transaction, draft), await names_of(transaction)
        if head.broken:
            return render(request, "flows/broken.html", BrokenPage(head))
        flow, worst = read_flow(draft.document), worst_by_node(head.issues)
        drawing = draw(flow, texts(request), worst, names)
        return render(request, "flows/page.html", FlowPage(head, drawing))

    @get("/{key:str}/json")
    async def json_page(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        async with workspace(request) as transaction:
            draft = await flows.draft(transaction, key)
            head = await head_of(request, transaction, draft)
        document = draft.document if head.broken else pretty(read_flow(draft.document))
        shown = document.decode(errors="replace")
        return render(request, "flows/json.html", JsonPage(head, shown, draft.rev))

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
            await save(transaction, flow, form.number("rev"), me(request).id)
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
        try:
            return download(f"{key}.flow.json", readable(read_flow(draft.document)))
        except Problem:  # as it is: somebody may mend it by hand
            return download(f"{key}.flow.json", draft.document)

    @post("/{key:str}/remove")
    async def remove(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        async with workspace(request) as transaction:
            await flows.unpublish(transaction, key)
            await flows.remove_flow(transaction, key)
        return go_to(request, "/flows", _("Fluxo removido."))


def folders_of(lines: Sequence[FlowLine]) -> tuple[Folder, ...]:
    """The list by folders, those by name; flows in none come last, so that a folder is never below
    a hundred of them."""
    found: dict[str, list[FlowLine]] = {}
    for line in lines:
        found.setdefault(line.row.folder, []).append(line)
    names = sorted(found, key=lambda name: (not name, name.casefold()))
    return tuple(Folder(name, tuple(found[name])) for name in names)


def language(request: AnyRequest) -> str:
    return texts(request).language


def download(name: str, body: bytes) -> Response[bytes]:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, media_type="application/json", headers=headers)


async def head_of(request: AnyRequest, transaction: Transaction, draft: Draft) -> Head:
    row = next(row for row in await flows.flows(transaction) if row.key == draft.key)
    answering = await answering_channels(transaction)
    (issues,) = await reviews(request).of(transaction, [row], language(request))
    named = [issue.node for issue in issues if issue.node]
    flow, t = read_flow(draft.document) if named else None, texts(request)
    titles = {node: title_of(flow, node, t) for node in named} if flow else {}
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


def words_of(t: Texts) -> Words:
    """What a skeleton says by itself, in the reader's language."""
    return Words(
        t(_("Escolha uma opção:")),
        t(_("Escreva aqui a resposta para {title}.")),
        t(_("Mais opções")),
        t(_("Ver opções")),
        t(_("atendido")),
    )


def created(left: Sequence[str], t: Texts, made: Pasted | None = None) -> str:
    """What is said of a new flow; of what was pasted whose part it speaks, what is not there, and
    of what had no room how much and the first."""
    said = [t(_("Fluxo criado."))]
    if left:
        words = _(
            "Fluxo criado. Ficou de fora: {what} | Fluxo criado. {n} ficaram de fora: {what} …"
        )
        said = [t(words, n=len(left), what=left[0][:60])]
    if made and made.bot:
        said.append(t(_("O robô fala no lugar de {name}."), name=made.bot))
    if made and made.missing:
        gone = _("{n} mídia ou mensagem apagada não veio. | {n} mídias ou apagadas não vieram.")
        said.append(t(gone, n=made.missing))
    return " ".join(said)


def begun(name: str, made: Pasted, t: Texts, taken: Container[str] = ()) -> Flow:
    """A flow that begins as what somebody pasted: a menu, rows of a table, a chat."""
    plain = first_draft(name, t, taken)
    word = t(_("oi"))
    trigger = {"id": "inicio", "type": "trigger", "on": {"kind": "keyword", "words": [word]}}
    document = {
        "format": "flowengine/1",
        "key": plain.key,
        "name": name,
        "language": t.language,
        "nodes": [trigger, *made.nodes],
        "edges": [{"from": "inicio", "to": made.first}, *made.edges],
    }
    return read_flow(msgspec.json.encode(document))
