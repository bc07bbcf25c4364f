"""The store on a fresh database, with the cast: Bia's workspace, and that of Davi, a stranger."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest
from msgspec import Struct

from flowengine.store import accounts, tenants
from flowengine.store.database import Database
from flowengine.store.vault import Vault, new_key
from tests.services import postgres as services

DAY = timedelta(days=1)


class Place(Struct, frozen=True):
    """A workspace and its owner."""

    tenant: UUID
    owner: UUID


@pytest.fixture
async def store(database: services.Database) -> AsyncIterator[Database]:
    opened = await Database.open(database.web, database.worker)
    yield opened
    await opened.close()


@pytest.fixture
async def bia(store: Database) -> Place:
    return await settle(store, "bia", "Bia")


@pytest.fixture
async def davi(store: Database) -> Place:
    return await settle(store, "davi", "Davi")


@pytest.fixture
def vault() -> Vault:
    return Vault([new_key()])


async def settle(store: Database, slug: str, name: str) -> Place:
    async with store.worker() as transaction:
        tenant = await tenants.create_tenant(
            transaction, slug, f"Loja de {name}", opt_out_words=("parar",), opt_out_text="Pronto."
        )
        here = transaction.of(tenant.id)
        owner = await accounts.make_user(here, f"{slug}@example.com", name)
        await accounts.join(here, owner.id, "owner")
        return Place(tenant.id, owner.id)
