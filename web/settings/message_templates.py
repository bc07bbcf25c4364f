"""Message templates: what the provider approved, as flows may send it outside the 24 hours.

They are read from the account of a channel, or written down by hand; nothing is submitted to it.
"""

import re

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from flowengine.contents import TemplateReply
from flowengine.store import channels, templates
from flowengine.store.channels import Channel
from flowengine.store.templates import StoredTemplate
from flowengine.workspace import Template
from web.forms import Form, read_form
from web.htmx import go_to
from web.problems import Problem
from web.render import render
from web.request import AnyRequest, texts, workspace
from web.templating import has_templates, take_over
from web.texts import _
from web.used import Used, used

HERE = "/settings/templates"
NAME = re.compile(r"[a-z0-9_]{1,512}")
LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")
PLACE = re.compile(r"\{\{\s*([a-z][a-z0-9_]*|[1-9][0-9]?)\s*\}\}")
BODY = 1024
BUTTON = 25
BUTTONS = 10

CATEGORIES = {
    "utility": _("Utilidade: avisos que a pessoa espera"),
    "marketing": _("Marketing: ofertas e novidades"),
    "authentication": _("Autenticação: códigos"),
}
HEADERS = {
    "none": _("sem cabeçalho"),
    "text": _("texto"),
    "image": _("imagem"),
    "video": _("vídeo"),
    "document": _("documento"),
}
STATES = {
    "approved": _("aprovado"),
    "pending": _("em análise"),
    "rejected": _("recusado"),
    "paused": _("pausado"),
}
OTHERS = {
    "disabled": _("desativado"),
    "deleted": _("apagado no provedor"),
    "pending_deletion": _("sendo apagado"),
    "in_appeal": _("em recurso"),
    "locked": _("bloqueado"),
    "limit_exceeded": _("acima do limite"),
    "archived": _("arquivado"),
}
"""States that only a provider gives."""

QUALITIES = {
    "green": _("qualidade alta"),
    "yellow": _("qualidade média"),
    "red": _("qualidade baixa"),
}


class TemplateLine(Struct, frozen=True):
    """A template as its form shows it; `buttons`: one a line."""

    template: Template
    status: str
    buttons: str
    account: str = ""
    quality: str = ""
    reason: str = ""


class TemplatesPage(Struct, frozen=True):
    lines: tuple[TemplateLine, ...]
    categories: dict[str, str]
    headers: dict[str, str]
    states: dict[str, str]
    qualities: dict[str, str]
    used: Used
    sources: tuple[Channel, ...]


class MessageTemplates(Controller):
    path = HERE
    include_in_schema = False

    @get()
    async def page(self, request: AnyRequest) -> Response[object]:
        async with workspace(request) as transaction:
            stored = await templates.templates(transaction)
            by = await used(transaction, "template")
            sources = [each for each in await channels.channels(transaction) if has_templates(each)]
        lines = tuple(map(_line, stored))
        states = STATES | OTHERS
        page = TemplatesPage(lines, CATEGORIES, HEADERS, states, QUALITIES, by, tuple(sources))
        return render(request, "settings/templates.html", page)

    @post()
    async def put(self, request: AnyRequest) -> Response[object]:
        form = await read_form(request)
        template = read_template(form)
        status = form.text("status", "approved")
        if status not in STATES:
            raise Problem(_("Esta situação não existe."), place="status")
        async with workspace(request) as transaction:
            await templates.put_template(
                transaction,
                template.name,
                template.language,
                template.category,
                msgspec.json.encode(template),
                status,
            )
        return go_to(request, HERE, _("Modelo guardado."))

    @post("/sync")
    async def sync(self, request: AnyRequest) -> Response[object]:
        """Take over what the account of a channel has."""
        form = await read_form(request)
        done = await take_over(request, form.text("channel"))
        t = texts(request)
        words = t(
            _("{found} modelos na conta: {added} novos, {changed} mudados, {gone} apagados."),
            **msgspec.structs.asdict(done),
        )
        return go_to(request, HERE, words)

    @post("/{language:str}/{name:str}/remove")
    async def remove(
        self, request: AnyRequest, language: FromPath[str], name: FromPath[str]
    ) -> Response[object]:
        account = request.query_params.get("account")
        async with workspace(request) as transaction:
            await templates.remove_template(transaction, name, language, account)
        return go_to(request, HERE, _("Modelo removido."))


def read_template(form: Form) -> Template:
    """The template that a form says. Raises `Problem` at its field."""
    name, language = form.text("name", longest=512), form.text("language", "pt_BR")
    body = form.text("body", longest=BODY)
    if not NAME.fullmatch(name):
        raise Problem(
            _("“{text}” não serve de nome de modelo."),
            place="name",
            mend=_("Copie o do provedor: letras minúsculas sem acento, números e _."),
            text=name,
        )
    if not LANGUAGE.fullmatch(language):
        raise Problem(
            _("“{text}” não é um idioma de modelo."),
            place="language",
            mend=_("Escreva como pt_BR, en_US ou es."),
            text=language,
        )
    category, header = form.text("category", "utility"), form.text("header", "none")
    if category not in CATEGORIES or header not in HEADERS:
        raise Problem(_("Esta opção não existe."), place="category")
    buttons = read_buttons(form.lines("buttons"))
    document = {
        "name": name,
        "language": language,
        "category": category,
        "params": places(body),
        "buttons": buttons,
        "body": body,
        "header": header,
    }
    return msgspec.convert(document, Template)


def places(body: str) -> tuple[str, ...]:
    """The names, or the numbers from 1 on, that a body leaves open. Raises `Problem`."""
    found = list(dict.fromkeys(PLACE.findall(body)))
    numbers = [each for each in found if each.isdigit()]
    if len(PLACE.findall(body)) != body.count("{{"):
        raise Problem(
            _("Um {{ do texto não é de uma variável."),
            place="body",
            mend=_("Escreva {{1}}, {{2}} … ou {{nome}}."),
        )
    if numbers and (
        len(numbers) != len(found) or sorted(map(int, numbers)) != list(range(1, len(numbers) + 1))
    ):
        raise Problem(
            _("As variáveis do texto não formam uma sequência."),
            place="body",
            mend=_("Ou todas são números a partir de {{1}}, ou todas são nomes."),
        )
    return tuple(sorted(numbers, key=int)) if numbers else tuple(found)


def read_buttons(lines: list[str]) -> tuple[TemplateReply, ...]:
    """Quick replies, a title a line; their ids are their places. Raises `Problem`."""
    if len(lines) > BUTTONS or any(len(each) > BUTTON for each in lines):
        raise Problem(
            _("Um modelo tem até {most} botões, de até {longest} letras."),
            place="buttons",
            most=BUTTONS,
            longest=BUTTON,
        )
    return tuple(TemplateReply(id=f"b{n}", title=each) for n, each in enumerate(lines, start=1))


def _line(stored: StoredTemplate) -> TemplateLine:
    template = msgspec.json.decode(stored.document, type=Template)
    titles = "\n".join(each.title for each in template.buttons)
    return TemplateLine(
        template, stored.status, titles, stored.account, stored.quality, stored.reason
    )
