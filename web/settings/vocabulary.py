"""The words that flows share: contact fields, tags, constants, and secrets that none can read."""

from decimal import Decimal, InvalidOperation
from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from msgspec import Struct

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
from web.request import AnyRequest, services, workspace
from web.settings.names import read_key, read_name
from web.texts import _
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


class FieldsPage(Struct, frozen=True):
    fields: tuple[Field, ...]
    types: dict[str, str]
    used: Used


class TagsPage(Struct, frozen=True):
    tags: tuple[Tag, ...]
    used: Used


class ConstantsPage(Struct, frozen=True):
    constants: tuple[Constant, ...]
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
        async with workspace(request) as transaction:
            await fields.put_field(
                transaction, read_name(form.text("key")), form.text("name", longest=80), kind
            )
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
        async with workspace(request) as transaction:
            await tags.put_tag(
                transaction, read_key(form.text("key")), form.text("name", longest=80)
            )
        return go_to(request, "/settings/tags", _("Etiqueta guardada."))

    @post("/tags/{key:str}/remove")
    async def remove_tag(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        async with workspace(request) as transaction:
            await tags.remove_tag(transaction, key)
        return go_to(request, "/settings/tags", _("Etiqueta removida."))

    @get("/constants")
    async def constants_page(self, request: AnyRequest) -> Response[object]:
        async with workspace(request) as transaction:
            by = await used(transaction, "constant")
            page = ConstantsPage(await constants.constants(transaction), by)
        return render(request, "settings/constants.html", page)

    @post("/constants")
    async def put_constant(self, request: AnyRequest) -> Response[object]:
        form = await read_form(request)
        value = constant_value(form.text("value", longest=4000), form.text("type", "text"))
        async with workspace(request) as transaction:
            await constants.put_constant(transaction, read_name(form.text("key")), value)
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
        async with workspace(request) as transaction:
            await secrets.put_secret(
                transaction, services(request).vault, read_key(form.text("key")), form.raw("value")
            )
        return go_to(request, "/settings/secrets", _("Segredo guardado."))

    @post("/secrets/{key:str}/remove")
    async def remove_secret(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        async with workspace(request) as transaction:
            await secrets.remove_secret(transaction, key)
        return go_to(request, "/settings/secrets", _("Segredo removido."))


def constant_value(text: str, kind: str) -> Any:
    """A constant as it was typed: a text, or a number where it is said to be one."""
    if kind != "number":
        return text
    try:
        return Decimal(text.replace(",", "."))
    except InvalidOperation:
        raise Problem(_("O valor não é um número."), place="value") from None
