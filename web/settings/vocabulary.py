"""The words that flows share: contact fields, tags, constants, and secrets that none can read."""

from decimal import Decimal
from typing import Any

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from flowengine.state import encode
from flowengine.store import constants, fields, secrets, tags
from flowengine.store.constants import Constant
from flowengine.store.fields import Field
from flowengine.store.secrets import SecretName
from flowengine.store.tags import Tag
from flowengine.values import TYPES
from web.forms import read_form
from web.htmx import go_to
from web.problems import Problem
from web.render import render
from web.request import AnyRequest, services, texts, workspace
from web.settings.names import key_from, name_from, refuse_taken
from web.texts import Texts, _
from web.typed import typed_number
from web.used import Used, used

FIELD_TYPES = {
    "text": _("Texto"),
    "number": _("Número"),
    "boolean": _("Sim ou não"),
    "date": _("Data"),
    "datetime": _("Data e hora"),
    "list": _("Lista"),
    "object": _("Objeto"),
}


CONSTANT_TYPES = {
    "text": _("Texto"),
    "number": _("Número"),
    "boolean": _("Sim ou não"),
    "json": _("Lista ou objeto (JSON)"),
}
YES, NO = ("sim", "sí", "si", "yes", "true"), ("não", "nao", "no", "false")


class FieldsPage(Struct, frozen=True):
    fields: tuple[Field, ...]
    types: dict[str, str]
    used: Used


class TagsPage(Struct, frozen=True):
    tags: tuple[Tag, ...]
    used: Used


class ConstantLine(Struct, frozen=True):
    """A constant as it is shown and typed: `type` as in `CONSTANT_TYPES`."""

    key: str
    name: str
    value: str
    type: str


class ConstantsPage(Struct, frozen=True):
    lines: tuple[ConstantLine, ...]
    types: dict[str, str]
    used: Used


class SecretsPage(Struct, frozen=True):
    secrets: tuple[SecretName, ...]
    used: Used


class Vocabulary(Controller):
    path = "/settings"
    include_in_schema = False

    @get("/fields")
    async def fields_page(self, request: AnyRequest) -> Response[object]:
        async with workspace(request) as transaction:
            by = await used(transaction, "field")
            page = FieldsPage(await fields.fields(transaction), FIELD_TYPES, by)
        return render(request, "settings/fields.html", page)

    @post("/fields")
    async def put_field(self, request: AnyRequest) -> Response[object]:
        form = await read_form(request)
        kind = form.text("type")
        if kind not in TYPES:
            raise Problem(_("Este tipo de campo não existe."), place="type")
        key = name_from(form)
        async with workspace(request) as transaction:
            refuse_taken(form, key, [each.key for each in await fields.fields(transaction)])
            await fields.put_field(transaction, key, form.text("name", longest=80), kind)
        return go_to(request, "/settings/fields", _("Campo guardado."))

    @post("/fields/{key:str}/remove")
    async def remove_field(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        async with workspace(request) as transaction:
            await fields.remove_field(transaction, key)
        return go_to(request, "/settings/fields", _("Campo removido."))

    @get("/tags")
    async def tags_page(self, request: AnyRequest) -> Response[object]:
        async with workspace(request) as transaction:
            page = TagsPage(await tags.tags(transaction), await used(transaction, "tag"))
        return render(request, "settings/tags.html", page)

    @post("/tags")
    async def put_tag(self, request: AnyRequest) -> Response[object]:
        form = await read_form(request)
        key = key_from(form)
        async with workspace(request) as transaction:
            refuse_taken(form, key, [each.key for each in await tags.tags(transaction)])
            await tags.put_tag(transaction, key, form.text("name", longest=80))
        return go_to(request, "/settings/tags", _("Etiqueta guardada."))

    @post("/tags/{key:str}/remove")
    async def remove_tag(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        async with workspace(request) as transaction:
            await tags.remove_tag(transaction, key)
        return go_to(request, "/settings/tags", _("Etiqueta removida."))

    @get("/constants")
    async def constants_page(self, request: AnyRequest) -> Response[object]:
        async with workspace(request) as transaction:
            by, t = await used(transaction, "constant"), texts(request)
            lines = tuple(line_of(each, t) for each in await constants.constants(transaction))
        page = ConstantsPage(lines, CONSTANT_TYPES, by)
        return render(request, "settings/constants.html", page)

    @post("/constants")
    async def put_constant(self, request: AnyRequest) -> Response[object]:
        form = await read_form(request)
        key = name_from(form)
        value = constant_value(form.text("value", longest=4000), form.text("type", "text"))
        async with workspace(request) as transaction:
            there = await constants.constants(transaction)
            refuse_taken(form, key, [each.key for each in there])
            await constants.put_constant(transaction, key, value)
        return go_to(request, "/settings/constants", _("Constante guardada."))

    @post("/constants/{key:str}/remove")
    async def remove_constant(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        async with workspace(request) as transaction:
            await constants.remove_constant(transaction, key)
        return go_to(request, "/settings/constants", _("Constante removida."))

    @get("/secrets")
    async def secrets_page(self, request: AnyRequest) -> Response[object]:
        async with workspace(request) as transaction:
            by = await used(transaction, "secret")
            page = SecretsPage(await secrets.secret_names(transaction), by)
        return render(request, "settings/secrets.html", page)

    @post("/secrets")
    async def put_secret(self, request: AnyRequest) -> Response[object]:
        """Written, never shown again: the web's own role cannot read it back."""
        form = await read_form(request)
        key = key_from(form)
        async with workspace(request) as transaction:
            there = await secrets.secret_names(transaction)
            refuse_taken(form, key, [each.key for each in there])
            await secrets.put_secret(transaction, services(request).vault, key, form.raw("value"))
        return go_to(request, "/settings/secrets", _("Segredo guardado."))

    @post("/secrets/{key:str}/remove")
    async def remove_secret(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        async with workspace(request) as transaction:
            await secrets.remove_secret(transaction, key)
        return go_to(request, "/settings/secrets", _("Segredo removido."))


def kept_number(text: str) -> Decimal:
    """A number that can be kept; a problem where the text is none."""
    found = typed_number(text)
    if found is None:
        raise Problem(_("O valor não é um número."), place="value")
    return found


def constant_value(text: str, kind: str) -> Any:
    """A constant as it was typed; a problem where the text is no value of that type."""
    match kind:
        case "number":
            return kept_number(text)
        case "boolean":
            if text.lower() not in (*YES, *NO):
                raise Problem(_("Escreva sim ou não."), place="value")
            return text.lower() in YES
        case "json":
            try:
                return msgspec.json.Decoder(float_hook=kept_number).decode(text)
            except msgspec.DecodeError:
                raise Problem(
                    _("O valor não é uma lista nem um objeto em JSON."),
                    place="value",
                    mend=_('Escreva como ["a", "b"] ou {"loja": "Centro"}.'),
                ) from None
        case _:
            return text


def line_of(constant: Constant, t: Texts) -> ConstantLine:
    """A constant with its present value as one would type it."""
    value, name = constant.value, constant.key.replace("_", " ").strip()
    named = name[:1].upper() + name[1:]
    match value:
        case bool():
            return ConstantLine(constant.key, named, t("sim") if value else t("não"), "boolean")
        case int() | float() | Decimal():
            return ConstantLine(constant.key, named, str(value).replace(".", ","), "number")
        case str():
            return ConstantLine(constant.key, named, value, "text")
        case _:
            return ConstantLine(constant.key, named, encode(value).decode(), "json")
