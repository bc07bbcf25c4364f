"""API keys: made once, shown once, revoked for ever."""

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from flowengine.store import api_keys
from flowengine.store.api_keys import ApiKey
from web.forms import as_uuid, read_form
from web.htmx import go_to
from web.render import render
from web.request import AnyRequest, me, workspace
from web.settings.people import given_roles, may_give
from web.texts import _


class KeysPage(Struct, frozen=True):
    """`secret` is the new key's text: this is the only time that it is shown."""

    keys: tuple[ApiKey, ...]
    roles: tuple[str, ...]
    secret: str = ""


class ApiKeys(Controller):
    path = "/settings/keys"
    include_in_schema = False

    @get()
    async def page(self, request: AnyRequest) -> Response[object]:
        async with workspace(request) as transaction:
            keys = await api_keys.api_keys(transaction)
        return render(request, "settings/keys.html", KeysPage(keys, given_roles(request)))

    @post()
    async def make(self, request: AnyRequest) -> Response[object]:
        form = await read_form(request)
        role = form.text("role")
        may_give(request, role)
        async with workspace(request) as transaction:
            _key, secret = await api_keys.make_api_key(
                transaction, form.text("name", longest=80), role, me(request).id
            )
            keys = await api_keys.api_keys(transaction)
        return render(request, "settings/keys.html", KeysPage(keys, given_roles(request), secret))

    @post("/{key:str}/revoke")
    async def revoke(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        async with workspace(request) as transaction:
            await api_keys.revoke_api_key(transaction, as_uuid(key))
        return go_to(request, "/settings/keys", _("Chave revogada."))
