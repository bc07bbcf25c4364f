"""API keys: made once, shown once, revoked for ever."""

from collections.abc import Mapping

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from flowengine.store import accounts, api_keys
from flowengine.store.api_keys import ApiKey
from flowengine.store.database import Transaction
from flowengine.store.origins import allowed_origins, set_allowed_origins
from web.access import areas
from web.forms import as_uuid, read_form
from web.htmx import go_to
from web.origins import origin_of
from web.problems import Problem
from web.render import render
from web.request import AnyRequest, me, workspace
from web.settings.people import given_roles, may_give
from web.texts import _

MOST_ORIGINS = 50


class KeysPage(Struct, frozen=True):
    """`secret` is the new key's text: this is the only time that it is shown. `origins`: sites
    whose pages may ask the API. `people`: names of who is here, by id as text."""

    keys: tuple[ApiKey, ...]
    roles: tuple[str, ...]
    origins: tuple[str, ...] = ()
    secret: str = ""
    areas: tuple[str, ...] = ()
    people: Mapping[str, str] = {}


class ApiKeys(Controller):
    path = "/settings/keys"
    include_in_schema = False

    @get()
    async def page(self, request: AnyRequest) -> Response[object]:
        async with workspace(request) as transaction:
            page = await page_of(request, transaction)
        return render(request, "settings/keys.html", page)

    @post()
    async def make(self, request: AnyRequest) -> Response[object]:
        form = await read_form(request)
        role, chosen = form.text("role"), form.many("area")
        may_give(request, role)
        unknown = [each for each in chosen if each not in areas()]
        if unknown:
            raise Problem(_("A API não tem esta parte."), place="area")
        async with workspace(request) as transaction:
            _key, secret = await api_keys.make_api_key(
                transaction, form.text("name", longest=80), role, me(request).id, chosen
            )
            page = await page_of(request, transaction, secret)
        return render(request, "settings/keys.html", page)

    @post("/origins")
    async def origins(self, request: AnyRequest) -> Response[object]:
        """The sites whose pages may ask the API from a browser, one a line."""
        form = await read_form(request)
        sites: list[str] = []
        for line in form.lines("origins"):
            site = origin_of(line)
            if site is None:
                raise Problem(
                    _("Isto não é o endereço de um site: {site}"),
                    place="origins",
                    mend=_("Escreva só o começo, como https://loja.exemplo.com.br."),
                    site=line,
                )
            sites.append(site)
        async with workspace(request) as transaction:
            await set_allowed_origins(transaction, list(dict.fromkeys(sites))[:MOST_ORIGINS])
        return go_to(request, "/settings/keys", _("Sites guardados."))

    @post("/{key:str}/revoke")
    async def revoke(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        async with workspace(request) as transaction:
            await api_keys.revoke_api_key(transaction, as_uuid(key))
        return go_to(request, "/settings/keys", _("Chave revogada."))


async def page_of(request: AnyRequest, transaction: Transaction, secret: str = "") -> KeysPage:
    return KeysPage(
        keys=await api_keys.api_keys(transaction),
        roles=given_roles(request),
        origins=await allowed_origins(transaction),
        secret=secret,
        areas=areas(),
        people={
            str(each.id): each.name or each.email for each in await accounts.members(transaction)
        },
    )
