"""An invitation's page: in with a new password, or with the account that one has already.

Whether its address has an account is never told: who opens the link is asked the same either way,
and whoever invited sees the same person before and after.
"""

from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath

from flowengine.store import accounts, grants, invitations, sessions
from flowengine.store.accounts import User, fold_email
from flowengine.store.invitations import Invitation
from web.callers import find_me
from web.forms import read_form
from web.problems import SignInNeeded
from web.render import render
from web.request import AnyRequest, Me, services
from web.sign_in import (
    SESSION,
    LinkPage,
    attempts_of,
    hashed,
    knock,
    let_in,
    signed_in,
    take,
    whose,
)
from web.texts import _


class Invitations(Controller):
    """Its GET uses nothing up: previews of chats and letters open every link."""

    path = "/invite/{token:str}"
    include_in_schema = False

    @get()
    async def page(self, request: AnyRequest, token: FromPath[str]) -> Response[object]:
        return await shown(request, token)

    @post()
    async def enter(self, request: AnyRequest, token: FromPath[str]) -> Response[object]:
        """As the person whom it was made for."""
        session = await take(services(request).database, token)
        if session is None:
            return await shown(request, token)
        return signed_in(request, session, "/password")

    @post("/account")
    async def bring(self, request: AnyRequest, token: FromPath[str]) -> Response[object]:
        """With an account of the same address: who is signed in here, or by its password."""
        password = (await read_form(request)).raw("password", "")
        link = await looked(request, token)
        who = await signed_in_here(request)
        if link is None:
            return await shown(request, token)
        if not password and who is not None and is_same(who, link):
            return await self.come(request, token, who.id)
        doors = attempts_of(request, link.email)
        tried = await knock(services(request).database, doors)
        if tried is None:
            return await shown(request, token, _("Muitas tentativas. Espere 15 minutos."), 429)
        user = await hashed(whose, password, await others(request, link))
        if user is None:
            return await shown(request, token, _("Não há conta com este e-mail e esta senha."), 422)
        await let_in(services(request).database, tried)
        return await self.come(request, token, user.id)

    async def come(self, request: AnyRequest, token: str, account: UUID) -> Response[object]:
        """They proved who they are: the place is theirs, and their other sessions end.

        One of them may be somebody's who made a link for them in another workspace.
        """
        database = services(request).database
        async with database.worker() as transaction:
            link = await invitations.accept(transaction, token, account)
        if link is None:
            return await shown(request, token)
        async with database.visitor() as transaction:
            await sessions.close_sessions(transaction, account)
            session = await sessions.open_session(transaction, account, link.tenant_id, SESSION)
        async with database.web(link.tenant_id, account) as transaction:
            await grants.close_grants(transaction, account)
        return signed_in(request, session, "/")


async def shown(
    request: AnyRequest, token: str, problem: str = "", status: int = 200
) -> Response[object]:
    link = await looked(request, token)
    if link is None:
        return render(request, "link.html", LinkPage(token), status=410)
    who = await signed_in_here(request)
    same = who is not None and is_same(who, link)
    return render(request, "link.html", LinkPage(token, link, who, same, problem), status=status)


async def looked(request: AnyRequest, token: str) -> Invitation | None:
    async with services(request).database.worker() as transaction:
        return await invitations.invitation(transaction, token)


async def signed_in_here(request: AnyRequest) -> Me | None:
    try:
        return await find_me(request)
    except SignInNeeded:
        return None


def is_same(who: Me, link: Invitation) -> bool:
    """Whether they have the address of an invitation, by another account than was made for it."""
    return who.id != link.user_id and fold_email(who.email) == link.email


async def others(request: AnyRequest, link: Invitation) -> list[User]:
    """The accounts with the invited address, but for the one that the invitation made."""
    async with services(request).database.visitor() as transaction:
        users = await accounts.users_by_email(transaction, link.email)
    return [user for user in users if user.id != link.user_id]
