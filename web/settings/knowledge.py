"""Knowledge bases: what language models are shown. Lists, passages, imports, and a try."""

from typing import get_args

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery
from msgspec import Struct

from flowengine.errors import FlowError
from flowengine.knowledge import LONGEST_TEXT, LONGEST_TITLE, Paragraph, read_paragraphs
from flowengine.messages import Passage
from flowengine.store import knowledge
from flowengine.store.knowledge import Base, Language, Stored
from web.forms import Form, read_form
from web.htmx import go_to
from web.problems import Problem
from web.refused import Refused
from web.render import render
from web.request import AnyRequest, workspace
from web.settings.names import key_from, refuse_taken
from web.texts import _
from web.used import Used, UsedBy, used

LANGUAGES: dict[Language, str] = {
    "pt": _("Português"),
    "es": _("Espanhol"),
    "en": _("Inglês"),
    "other": _("Outro"),
}

LARGEST = 2_000_000
"""Bytes of an imported file."""

AT_ONCE = 100
"""Passages on one page."""


class BasesPage(Struct, frozen=True):
    bases: tuple[Base, ...]
    languages: dict[Language, str]
    used: Used


class BasePage(Struct, frozen=True):
    """`more`: the number after which the next page begins, 0 at the end. `found`: what the
    question `asked` would be shown; None: nothing was asked."""

    base: Base
    passages: tuple[Stored, ...]
    more: int
    languages: dict[Language, str]
    used: tuple[UsedBy, ...]
    asked: str
    found: tuple[Passage, ...] | None


class Knowledge(Controller):
    path = "/settings/knowledge"
    include_in_schema = False

    @get()
    async def page(self, request: AnyRequest) -> Response[object]:
        async with workspace(request) as transaction:
            page = BasesPage(
                await knowledge.bases(transaction), LANGUAGES, await used(transaction, "knowledge")
            )
        return render(request, "settings/knowledge.html", page)

    @post()
    async def put(self, request: AnyRequest) -> Response[object]:
        form = await read_form(request)
        key = key_from(form)
        async with workspace(request) as transaction:
            refuse_taken(form, key, [each.key for each in await knowledge.bases(transaction)])
            await knowledge.put_base(
                transaction, key, form.text("name", longest=80), read_language(form)
            )
        return go_to(request, f"/settings/knowledge/{key}", _("Base guardada."))

    @get("/{key:str}")
    async def base_page(
        self,
        request: AnyRequest,
        key: FromPath[str],
        after: FromQuery[int] = 0,
        asked: FromQuery[str] = "",
    ) -> Response[object]:
        async with workspace(request) as transaction:
            base = await knowledge.base(transaction, key)
            listed = await knowledge.passages(transaction, key, after, AT_ONCE + 1)
            by = await used(transaction, "knowledge")
            found = await knowledge.fitting(transaction, [key], asked) if asked.strip() else None
        more = listed[AT_ONCE - 1].number if len(listed) > AT_ONCE else 0
        page = BasePage(base, listed[:AT_ONCE], more, LANGUAGES, by.get(key, ()), asked, found)
        return render(request, "settings/knowledge_base.html", page)

    @post("/{key:str}/remove")
    async def remove(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        async with workspace(request) as transaction:
            await knowledge.remove_base(transaction, key)
        return go_to(request, "/settings/knowledge", _("Base removida."))

    @post("/{key:str}/import")
    async def bring(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        """A text or a table, behind what is there or in its place."""
        async with workspace(request) as transaction:
            await knowledge.base(transaction, key)
        form = await read_form(request)
        upload = form.file("file")
        if upload is None:
            raise Problem(_("Escolha um arquivo."), place="file")
        raw = await upload.read(LARGEST + 1)
        table = upload.filename.lower().endswith((".csv", ".tsv"))
        added = read_file(raw, table)
        async with workspace(request) as transaction:
            await knowledge.add_passages(transaction, key, added, replace=form.flag("replace"))
        return go_to(request, f"/settings/knowledge/{key}", _("Trechos importados."))

    @post("/{key:str}/passages")
    async def add(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        form = await read_form(request)
        async with workspace(request) as transaction:
            await knowledge.add_passages(transaction, key, [read_passage(form)])
        return go_to(request, f"/settings/knowledge/{key}", _("Trecho guardado."))

    @post("/{key:str}/passages/{number:int}")
    async def change(
        self, request: AnyRequest, key: FromPath[str], number: FromPath[int]
    ) -> Response[object]:
        form = await read_form(request)
        async with workspace(request) as transaction:
            await knowledge.put_passage(transaction, key, number, read_passage(form))
        return go_to(request, f"/settings/knowledge/{key}", _("Trecho guardado."))

    @post("/{key:str}/passages/{number:int}/remove")
    async def remove_passage(
        self, request: AnyRequest, key: FromPath[str], number: FromPath[int]
    ) -> Response[object]:
        async with workspace(request) as transaction:
            await knowledge.remove_passage(transaction, key, number)
        return go_to(request, f"/settings/knowledge/{key}", _("Trecho removido."))


def read_passage(form: Form) -> Paragraph:
    """One passage as it was typed."""
    return Paragraph(
        form.text("title", "", longest=LONGEST_TITLE), form.text("text", longest=LONGEST_TEXT)
    )


def read_language(form: Form) -> Language:
    """Whose words the base's are."""
    said = form.text("language", "pt")
    for language in get_args(Language):
        if language == said:
            return language
    raise Problem(_("Este idioma não existe."), place="language")


def read_file(raw: bytes, table: bool) -> tuple[Paragraph, ...]:
    """What an imported file says; a problem where it cannot be read."""
    if len(raw) > LARGEST:
        raise Problem(_("O arquivo é grande demais: até 2 MB."), status=413, place="file")
    try:
        return read_paragraphs(raw, table)
    except FlowError as error:
        raise Refused(error) from None
