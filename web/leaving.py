"""Somebody leaves a workspace: what they made for programs is named first, and kept or revoked."""

from collections.abc import Sequence

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from flowengine.store import accounts, api_keys, auditing, sessions
from flowengine.store.accounts import ROLES, Member
from flowengine.store.api_keys import ApiKey
from flowengine.store.database import Transaction
from web.access import ACCESS, COOKIE
from web.forms import as_uuid, read_form
from web.htmx import go_to
from web.render import render
from web.request import AnyRequest, me, services, workspace
from web.settings.people import given_roles, may_give
from web.sign_in import SESSION, signed_in
from web.texts import _


class LeavingPage(Struct, frozen=True):
    """Who would go, and the keys that they made. `last`: the only owner, who cannot go.
    `may_keep`: roles of the keys that the reader may leave valid."""

    person: Member
    keys: tuple[ApiKey, ...]
    may_keep: tuple[str, ...]
    last: bool = False


class Leaving(Controller):
    """Both ways out: taken out by an admin, or by oneself."""

    include_in_schema = False

    @get("/settings/people/{user:str}/remove")
    async def removal(self, request: AnyRequest, user: FromPath[str]) -> Response[object]:
        async with workspace(request) as transaction:
            person = await accounts.member(transaction, as_uuid(user))
            page = await page_of(request, transaction, person)
        may_give(request, page.person.role)
        return render(request, "settings/leaving.html", page)

    @post("/settings/people/{user:str}/remove")
    async def remove(self, request: AnyRequest, user: FromPath[str]) -> Response[object]:
        """Their keys end with them, but for those that the form says are to stay."""
        form = await read_form(request)
        async with workspace(request) as transaction:
            person = await accounts.member(transaction, as_uuid(user))
            may_give(request, person.role)
            await let_go(transaction, person, form.many("keep"), kept_roles(request))
        if person.id == me(request).id:
            return await elsewhere(request)
        return go_to(request, "/settings/people", _("Pessoa removida do espaço."))

    @get("/workspace/leave")
    async def leave_page(self, request: AnyRequest) -> Response[object]:
        async with workspace(request) as transaction:
            person = await accounts.member(transaction, me(request).id)
            page = await page_of(request, transaction, person)
        return render(request, "settings/leaving.html", page)

    @post("/workspace/leave")
    async def leave(self, request: AnyRequest) -> Response[object]:
        form = await read_form(request)
        async with workspace(request) as transaction:
            person = await accounts.member(transaction, me(request).id)
            await let_go(transaction, person, form.many("keep"), kept_roles(request))
        return await elsewhere(request)


async def page_of(request: AnyRequest, transaction: Transaction, person: Member) -> LeavingPage:
    owners = [each.id for each in await accounts.members(transaction) if each.role == "owner"]
    keys = await api_keys.live_keys_of(transaction, person.id)
    return LeavingPage(person, keys, kept_roles(request), last=owners == [person.id])


def kept_roles(request: AnyRequest) -> tuple[str, ...]:
    """Roles of the keys that the reader may leave valid: those that they could make one of now."""
    least = ACCESS["POST /settings/keys"]
    return given_roles(request) if ROLES.index(me(request).role) >= ROLES.index(least) else ()


async def let_go(
    transaction: Transaction, person: Member, kept: Sequence[str], roles: Sequence[str]
) -> None:
    """Out they go, and their keys with them; `kept`: ids of those that stay, if they are of `roles`
    that who does this may give. Raises `LastOwner`.

    A key that they made since the page was shown is on no list, and ends.
    """
    stay: list[str] = []
    ended: list[str] = []
    for key in await api_keys.live_keys_of(transaction, person.id):
        if str(key.id) in kept and key.role in roles:
            stay.append(key.name)
            continue
        await api_keys.revoke_api_key(transaction, key.id)
        ended.append(key.name)
    told = {"keys_revoked": ended, "keys_kept": stay}
    await auditing.note(
        transaction,
        "memberships",
        str(person.id),
        "left",
        became={name: keys for name, keys in told.items() if keys},
        was={"name": person.name or person.email},
    )
    await accounts.leave(transaction, person.id)


async def elsewhere(request: AnyRequest) -> Response[object]:
    """Who left goes on in another of their workspaces; who has none is signed out."""
    who = me(request)
    database = services(request).database
    async with database.visitor() as transaction:
        for place in await accounts.places(transaction, who.id):
            token = await sessions.open_session(transaction, who.id, place.tenant_id, SESSION)
            return signed_in(request, token, "/")
    answer = go_to(request, "/sign-in")
    answer.delete_cookie(COOKIE)
    return answer
