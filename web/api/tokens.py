"""Signing a user in: a short access token, and a refresh token that gives the next one."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, post
from litestar.params import JSONBody
from msgspec import Meta, Struct

from flowengine.store import accounts, grants
from flowengine.store.accounts import Place, User
from flowengine.store.database import Database
from flowengine.store.grants import Grant
from web.problems import Problem
from web.request import AnyRequest, SignedIn, caller, services
from web.sign_in import attempts_of, hashed, knock, let_in, whose
from web.texts import _
from web.tokens import LIFETIME, Claims

REFRESH = timedelta(days=30)


class SignInBody(Struct, frozen=True, forbid_unknown_fields=True):
    """`workspace`: its slug; left out, the only one, or the first that they belong to."""

    email: Annotated[str, Meta(max_length=200)]
    password: Annotated[str, Meta(max_length=1000)]
    workspace: str = ""


class RefreshBody(Struct, frozen=True, forbid_unknown_fields=True):
    refresh_token: Annotated[str, Meta(max_length=200)]


class Tokens(Struct, frozen=True):
    """`access_token` goes into `Authorization: Bearer …` for `expires_in` seconds. `refresh_token`
    is good once, within thirty days."""

    access_token: str
    refresh_token: str
    expires_in: int
    role: str
    workspace: UUID
    token_type: str = "Bearer"  # noqa: S105 - the word of RFC 6750


class ApiTokens(Controller):
    path = "/tokens"
    tags = ["tokens"]

    @post(security=[{}])
    async def sign_in(self, request: AnyRequest, data: JSONBody[SignInBody]) -> Tokens:
        """Sign a user in by e-mail and password."""
        database = services(request).database
        doors = attempts_of(request, data.email.lower())
        tried = await knock(database, doors)
        if tried is None:
            raise Problem(_("Muitas tentativas. Espere 15 minutos."), status=429)
        users, places = await found_users(database, data)
        user = await hashed(whose, data.password, users)
        if user is None:
            raise Problem(_("E-mail ou senha errados."), status=401)
        await let_in(database, tried)
        async with database.visitor() as transaction:
            place = places[user.id]
            id, token = await grants.open_grant(transaction, user.id, place.tenant_id, REFRESH)
        grant = Grant(id, place.tenant_id, user.id, user.email, user.name, place.role)
        return tokens(request, grant, token)

    @post("/refresh", security=[{}])
    async def refresh(self, request: AnyRequest, data: JSONBody[RefreshBody]) -> Tokens:
        """The next pair. A refresh token that was used before ends what it belongs to."""
        async with services(request).database.visitor() as transaction:
            found = await grants.refresh_grant(transaction, data.refresh_token, REFRESH)
        if found is None:
            raise Problem(_("Esta sessão acabou: entre de novo."), status=401)
        return tokens(request, *found)

    @delete(status_code=204)
    async def sign_out(self, request: AnyRequest) -> None:
        """End what the access token belongs to: both tokens are void at once."""
        who = caller(request)
        if not isinstance(who, SignedIn):
            raise Problem(_("Isto é para quem entrou com e-mail e senha."), status=403)
        async with services(request).database.web(who.tenant, who.id) as transaction:
            await grants.close_grant(transaction, who.grant)


async def found_users(database: Database, data: SignInBody) -> tuple[list[User], dict[UUID, Place]]:
    """Who has that address in the wanted workspace (or in any), and where they would be."""
    places: dict[UUID, Place] = {}
    async with database.visitor() as transaction:
        users = await accounts.users_by_email(transaction, data.email.lower())
    for user in users:
        async with database.visitor() as transaction:
            for place in await accounts.places(transaction, user.id):
                if data.workspace in ("", place.slug):
                    places.setdefault(user.id, place)
    return [user for user in users if user.id in places], places


def tokens(request: AnyRequest, grant: Grant, refresh: str) -> Tokens:
    signer = services(request).signer
    access = signer.sign(Claims(grant.user_id, grant.tenant_id, grant.id))
    return Tokens(access, refresh, int(LIFETIME.total_seconds()), grant.role, grant.tenant_id)
