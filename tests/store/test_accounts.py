"""People, their roles, how they sign in; keys of programs."""

import asyncio
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from flowengine.store import accounts, api_keys, sessions, tenants
from flowengine.store.database import Database
from flowengine.store.errors import LastOwner, NotFound, Taken
from tests.services.postgres import Database as Urls
from tests.store.conftest import DAY, Place


async def caio_joins(store: Database, place: Place, role: str) -> accounts.User:
    async with store.worker(place.tenant) as transaction:
        caio = await accounts.make_user(transaction, " Caio@Example.com", "Caio")
        await accounts.join(transaction, caio.id, role)
        return caio


async def let_in(store: Database, place: Place, user: accounts.User, role: str) -> None:
    """As the product's operator does, for one user in two workspaces."""
    async with store.worker(place.tenant) as transaction:
        await accounts.join(transaction, user.id, role)


async def test_each_workspace_answers_for_its_own_users(
    store: Database, bia: Place, davi: Place
) -> None:
    here = await caio_joins(store, bia, "agent")
    there = await caio_joins(store, davi, "owner")

    assert here.id != there.id
    assert here.email == there.email == "caio@example.com"
    assert await caio_joins(store, bia, "agent") == here


async def test_no_workspace_can_let_itself_into_anothers_user(
    store: Database, bia: Place, davi: Place
) -> None:
    """Or its admins could make a link for that user, and be them everywhere."""
    for act in (
        lambda transaction: accounts.join(transaction, bia.owner, "viewer"),
        lambda transaction: sessions.make_link(transaction, bia.owner, davi.tenant, DAY),
        lambda transaction: sessions.make_link(transaction, bia.owner, bia.tenant, DAY),
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with store.web(davi.tenant, davi.owner) as transaction:
                await act(transaction)
    caio = await caio_joins(store, bia, "agent")
    await let_in(store, davi, caio, "agent")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with store.web(davi.tenant, davi.owner) as transaction:
            await sessions.make_link(transaction, caio.id, davi.tenant, DAY)
    async with store.web(davi.tenant, davi.owner) as transaction:
        await accounts.set_role(transaction, caio.id, "designer")
        assert (await accounts.member(transaction, caio.id)).role == "designer"
        await accounts.leave(transaction, caio.id)


async def test_the_web_makes_its_own_users(store: Database, bia: Place) -> None:
    async with store.web(bia.tenant, bia.owner) as transaction:
        dora = await accounts.make_user(transaction, "dora@example.com", "Dora")
        await accounts.join(transaction, dora.id, "viewer")
        link = await sessions.make_link(transaction, dora.id, bia.tenant, DAY)
    async with store.visitor() as transaction:
        assert await sessions.take_link(transaction, link, DAY)


async def test_one_user_in_two_workspaces(store: Database, bia: Place, davi: Place) -> None:
    caio = await caio_joins(store, bia, "agent")
    await let_in(store, davi, caio, "designer")

    async with store.web(bia.tenant, caio.id) as transaction:
        places = await accounts.places(transaction, caio.id)
        assert [(place.slug, place.role) for place in places] == [
            ("bia", "agent"),
            ("davi", "designer"),
        ]
        assert [member.name for member in await accounts.members(transaction)] == ["Bia", "Caio"]


async def test_the_last_owner_stays(store: Database, bia: Place) -> None:
    caio = await caio_joins(store, bia, "owner")

    async def lower(user: UUID) -> None:
        async with store.web(bia.tenant) as transaction:
            await accounts.set_role(transaction, user, "viewer")

    both = await asyncio.gather(lower(bia.owner), lower(caio.id), return_exceptions=True)

    assert sum(isinstance(one, LastOwner) for one in both) == 1
    async with store.web(bia.tenant) as transaction:
        roles = sorted(member.role for member in await accounts.members(transaction))
        assert roles == ["owner", "viewer"]
        owner = next(m for m in await accounts.members(transaction) if m.role == "owner")
        with pytest.raises(LastOwner):
            await accounts.leave(transaction, owner.id)


async def test_unknown_roles_and_people_are_refused(
    store: Database, bia: Place, davi: Place
) -> None:
    async with store.web(bia.tenant) as transaction:
        with pytest.raises(ValueError, match="king"):
            await accounts.set_role(transaction, bia.owner, "king")
        with pytest.raises(NotFound):
            await accounts.member(transaction, davi.owner)
        with pytest.raises(NotFound):
            await accounts.user(transaction, davi.owner)
        with pytest.raises(NotFound):
            await accounts.leave(transaction, davi.owner)


async def test_a_workspaces_name_is_its_own(store: Database, bia: Place) -> None:
    with pytest.raises(Taken):
        async with store.worker() as transaction:
            await tenants.create_tenant(
                transaction, "bia", "Outra", opt_out_words=(), opt_out_text=""
            )
    async with store.web(bia.tenant) as transaction:
        changed = await tenants.change_tenant(transaction, name="Pet", purposes=["lembretes"])
        assert (changed.name, changed.purposes, changed.language) == (
            "Pet",
            ("lembretes",),
            "pt-BR",
        )


async def test_a_link_signs_in_once(store: Database, bia: Place) -> None:
    async with store.worker() as transaction:
        link = await sessions.make_link(transaction, bia.owner, bia.tenant, DAY)

    async def take() -> str | None:
        async with store.visitor() as transaction:
            return await sessions.take_link(transaction, link, DAY)

    tokens = [token for token in await asyncio.gather(*(take() for _ in range(4))) if token]

    assert len(tokens) == 1
    async with store.visitor() as transaction:
        session = await sessions.find_session(transaction, tokens[0])
        assert session is not None
        assert (session.email, session.role) == ("bia@example.com", "owner")
        assert (session.tenant_id, session.tenant_slug) == (bia.tenant, "bia")
        assert session.tenant_timezone == "America/Sao_Paulo"
        assert await sessions.find_session(transaction, tokens[0] + "x") is None
        assert await sessions.find_session(transaction, "\ud800") is None


async def test_links_and_sessions_run_out(store: Database, bia: Place) -> None:
    async with store.web(bia.tenant) as transaction:
        link = await sessions.make_link(transaction, bia.owner, bia.tenant, timedelta())
    async with store.visitor() as transaction:
        assert await sessions.take_link(transaction, link, DAY) is None
        token = await sessions.open_session(transaction, bia.owner, bia.tenant, timedelta())
        assert await sessions.find_session(transaction, token) is None


async def test_tokens_are_not_in_the_database(store: Database, database: Urls, bia: Place) -> None:
    async with store.visitor() as transaction:
        token = await sessions.open_session(transaction, bia.owner, bia.tenant, DAY)
        whole = await transaction.value("SELECT string_agg(s::text, '') FROM sessions s")

    assert len(whole) > 100
    assert token not in whole
    assert token.encode().hex() not in whole


async def test_signing_out(store: Database, bia: Place) -> None:
    async with store.visitor() as transaction:
        one = await sessions.open_session(transaction, bia.owner, bia.tenant, DAY)
        two = await sessions.open_session(transaction, bia.owner, bia.tenant, DAY)
        await sessions.close_session(transaction, one)
        assert await sessions.find_session(transaction, one) is None
        assert await sessions.find_session(transaction, two) is not None
        await sessions.close_sessions(transaction, bia.owner)
        assert await sessions.find_session(transaction, two) is None


async def test_signing_in_by_password_leads_where_one_was(
    store: Database, bia: Place, davi: Place
) -> None:
    caio = await caio_joins(store, bia, "agent")
    await let_in(store, davi, caio, "agent")
    await caio_joins(store, davi, "agent")  # a namesake
    async with store.web(bia.tenant, caio.id) as transaction:
        await accounts.set_password(transaction, caio.id, "hash")
    async with store.visitor() as transaction:
        found = await accounts.users_by_email(transaction, "CAIO@example.com ")
        assert [each.password_hash for each in found] == ["hash", None]
        token = await sessions.sign_in(transaction, found[0].id, DAY) or ""
        assert await sessions.move_session(transaction, token, davi.tenant)
    async with store.visitor() as transaction:
        token = await sessions.sign_in(transaction, caio.id, DAY) or ""
        session = await sessions.find_session(transaction, token)
        assert session is not None
        assert session.tenant_slug == "davi"


async def test_nobody_moves_into_a_workspace_that_is_not_theirs(
    store: Database, bia: Place, davi: Place
) -> None:
    async with store.visitor() as transaction:
        token = await sessions.open_session(transaction, bia.owner, bia.tenant, DAY)
        assert not await sessions.move_session(transaction, token, davi.tenant)


async def test_a_colleagues_password_cannot_be_set(store: Database, bia: Place) -> None:
    caio = await caio_joins(store, bia, "agent")
    async with store.web(bia.tenant, bia.owner) as transaction:
        with pytest.raises(NotFound):
            await accounts.set_password(transaction, caio.id, "hash")
        with pytest.raises(NotFound):
            await accounts.change_user(transaction, caio.id, name="X")


async def test_who_leaves_is_signed_out(store: Database, bia: Place) -> None:
    caio = await caio_joins(store, bia, "agent")
    async with store.visitor() as transaction:
        token = await sessions.open_session(transaction, caio.id, bia.tenant, DAY)
    async with store.web(bia.tenant) as transaction:
        await accounts.leave(transaction, caio.id)
    async with store.visitor() as transaction:
        assert await sessions.find_session(transaction, token) is None
        assert await sessions.sign_in(transaction, caio.id, DAY) is None


async def test_attempts_are_counted_in_their_window(store: Database) -> None:
    async with store.visitor() as transaction:
        tried = [await sessions.attempt(transaction, b"somebody", DAY, 3) for _ in range(4)]
        assert [at is not None for at in tried] == [True, True, True, False]
        assert await sessions.attempt(transaction, b"other", DAY, 3)
        assert tried[1] is not None
        await sessions.forgive_attempt(transaction, b"somebody", tried[1])
        assert await sessions.attempt(transaction, b"somebody", DAY, 3)
        assert not await sessions.attempt(transaction, b"somebody", DAY, 3)
        assert await sessions.attempt(transaction, b"somebody", timedelta(days=-1), 3)
        await sessions.forget_attempts(transaction, b"somebody")
        assert await sessions.attempt(transaction, b"somebody", DAY, 1)


async def test_a_programs_key(store: Database, bia: Place) -> None:
    async with store.web(bia.tenant) as transaction:
        key, secret = await api_keys.make_api_key(transaction, "ERP", "designer", bia.owner)
        assert secret.startswith(key.prefix)
    async with store.visitor() as transaction:
        found = await api_keys.find_api_key(transaction, secret)
        assert found is not None
        assert (found.tenant_id, found.role) == (bia.tenant, "designer")
        assert await api_keys.find_api_key(transaction, secret[:-1]) is None
    async with store.web(bia.tenant) as transaction:
        assert (await api_keys.api_keys(transaction))[0].last_used_at is not None
        await api_keys.revoke_api_key(transaction, key.id)
    async with store.visitor() as transaction:
        assert await api_keys.find_api_key(transaction, secret) is None
