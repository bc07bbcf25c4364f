"""What flows call by name: put, changed, removed; and all of it as workspace.json."""

from collections.abc import Awaitable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from flowengine.store import (
    accounts,
    assets,
    constants,
    fields,
    flows,
    knowledge,
    model_profiles,
    queues,
    schedules,
    secrets,
    tags,
    templates,
    tenants,
)
from flowengine.store.database import Database
from flowengine.store.errors import InUse, NotFound
from flowengine.store.transaction import Transaction
from flowengine.store.vault import Vault
from flowengine.store.workspace import workspace
from flowengine.workspace import parse_workspace
from tests.services.postgres import Database as Urls
from tests.services.postgres import on_both
from tests.store.conftest import Place
from tests.store.filled import fill
from tests.store.test_flows import new

HOURS = b'{"timezone":"America/Sao_Paulo","weekly":{"mon":[["09:00","18:00"]]}}'
TEMPLATE = b'{"name":"lembrete","language":"pt_BR","body":"Oi {{1}}","params":["1"]}'


async def furnish(transaction: Transaction, vault: Vault) -> None:
    await schedules.put_schedule(transaction, "comercial", "Comercial", HOURS)
    await queues.put_queue(transaction, "suporte", "Suporte", "comercial")
    await fields.put_field(transaction, "cidade", "Cidade", "text")
    await tags.put_tag(transaction, "vip", "VIP", "#c00")
    await constants.put_constant(transaction, "taxa", Decimal("1.10"))
    await secrets.put_secret(transaction, vault, "erp", "s3nha")
    await model_profiles.put_model_profile(transaction, vault, "padrao", b'{"key": "k3y"}')
    await templates.put_template(transaction, "lembrete", "pt_BR", "utility", TEMPLATE)
    await knowledge.put_base(transaction, "manual", "Manual")
    await flows.publish(transaction, new("menu"))
    await flows.save_draft(transaction, "rascunho", "Rascunho", b"{}", "h")


async def test_the_document_is_what_the_engine_reads(
    store: Database, bia: Place, vault: Vault
) -> None:
    async with store.web(bia.tenant) as transaction:
        await furnish(transaction, vault)
        document = await workspace(transaction, lambda raw: {"outcomes": [str(len(raw))]})

    raw = encode(document)
    read = parse_workspace(raw)
    assert read.name == "Loja de Bia"
    assert read.queues["suporte"].schedule == "comercial"
    assert read.schedules["comercial"].weekly.mon == (("09:00", "18:00"),)
    assert (read.fields["cidade"].type, read.fields["cidade"].title) == ("text", "Cidade")
    assert read.tags == ("vip",)
    assert read.constants == {"taxa": Decimal("1.10")}
    assert (read.secrets, read.profiles) == (("erp",), ("padrao",))
    assert read.knowledge == ("manual",)
    assert read.templates[0].params == ("1",)
    assert list(read.flows) == ["menu"]
    assert read.flows["menu"].outcomes == (str(len(new("menu").document)),)
    assert read.opt_out == ("parar",)
    assert b"s3nha" not in raw
    assert b"k3y" not in raw


async def test_an_empty_workspace_is_a_document_too(store: Database, bia: Place) -> None:
    async with store.web(bia.tenant) as transaction:
        read = parse_workspace(encode(await workspace(transaction)))
    assert (read.queues, read.flows, read.tags) == ({}, {}, ())


async def test_everything_can_be_changed_and_removed(
    store: Database, bia: Place, vault: Vault
) -> None:
    async with store.web(bia.tenant) as transaction:
        await furnish(transaction, vault)
        await furnish(transaction, vault)
        await fields.put_field(transaction, "cidade", "Onde mora", "text")
        assert [each.name for each in await fields.fields(transaction)] == ["Onde mora"]
        with pytest.raises(NotFound):
            await schedules.schedule(transaction, "noturno")
        await queues.put_queue(transaction, "suporte", "Ajuda", None)
        assert (await queues.queue(transaction, "suporte")).schedule is None
        gone: list[tuple[Any, ...]] = [
            (fields.remove_field, "cidade"),
            (tags.remove_tag, "vip"),
            (constants.remove_constant, "taxa"),
            (secrets.remove_secret, "erp"),
            (model_profiles.remove_model_profile, "padrao"),
            (knowledge.remove_base, "manual"),
            (templates.remove_template, "lembrete", "pt_BR"),
            (queues.remove_queue, "suporte"),
            (schedules.remove_schedule, "comercial"),
        ]
        for remove, *key in gone:
            done: Awaitable[None] = remove(transaction, *key)
            await done
            with pytest.raises(NotFound):
                await remove(transaction, *key)


@on_both
async def test_hours_that_a_queue_keeps_stay(store: Database, bia: Place, vault: Vault) -> None:
    async with store.web(bia.tenant) as transaction:
        await furnish(transaction, vault)
    with pytest.raises(InUse):
        async with store.web(bia.tenant) as transaction:
            await schedules.remove_schedule(transaction, "comercial")
    with pytest.raises(NotFound):
        async with store.web(bia.tenant) as transaction:
            await queues.put_queue(transaction, "outra", "Outra", "noturno")


async def test_a_queue_where_somebody_waits_stays(
    store: Database, database: Urls, bia: Place
) -> None:
    await fill(database.owner, bia.tenant, bia.owner)
    async with store.worker() as transaction:
        await transaction.run("UPDATE conversations SET owner = 'queue', owner_id = 'chave'")
    async with store.web(bia.tenant) as transaction:
        with pytest.raises(InUse):
            await queues.remove_queue(transaction, "chave")


async def test_only_members_take_a_queues_conversations(
    store: Database, bia: Place, davi: Place
) -> None:
    async with store.worker(bia.tenant) as transaction:
        caio = await accounts.make_user(transaction, "caio@example.com", "Caio")
        await accounts.join(transaction, caio.id, "agent")
    async with store.web(bia.tenant) as transaction:
        await queues.put_queue(transaction, "suporte", "Suporte")
        everybody = [bia.owner, caio.id, davi.owner, uuid4()]
        queue = await queues.set_queue_members(transaction, "suporte", everybody)
        assert set(queue.members) == {bia.owner, caio.id}
        queue = await queues.set_queue_members(transaction, "suporte", [caio.id])
        assert queue.members == (caio.id,)
        await accounts.leave(transaction, caio.id)
        assert (await queues.queue(transaction, "suporte")).members == ()


async def test_a_removed_tag_is_taken_from_contacts(
    store: Database, database: Urls, bia: Place
) -> None:
    await fill(database.owner, bia.tenant, bia.owner)
    async with store.web(bia.tenant) as transaction:
        await tags.put_tag(transaction, "um", "Um")
        await tags.remove_tag(transaction, "um")
        assert await transaction.value("SELECT tags FROM contacts") == []


async def test_equal_files_are_kept_once(store: Database, bia: Place, davi: Place) -> None:
    async with store.worker(bia.tenant) as transaction:
        one = "sha256:aa"
        places = [await assets.reserve(transaction) for _ in range(2)]
        for place, name in zip(places, ("a.png", "b.png"), strict=True):
            asset = assets.Asset(one, "image/png", 5, name, datetime.now(UTC))
            assert await assets.put_asset(transaction, place, asset) is (place == places[0])
        found = await assets.asset(transaction, one)
        assert found is not None
        assert (found.place, found.name) == (places[0], "a.png")
        assert len(await assets.assets(transaction)) == 1
    async with store.web(davi.tenant) as transaction:
        assert await assets.asset(transaction, one) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda t: constants.put_constant(t, "x", 1),
        lambda t: schedules.put_schedule(t, "x", "X", HOURS),
        lambda t: queues.put_queue(t, "x", "X"),
        lambda t: fields.put_field(t, "x", "X", "text"),
        lambda t: tags.put_tag(t, "x", "X"),
        lambda t: templates.put_template(t, "x", "pt_BR", "utility", b"{}"),
        lambda t: secrets.put_secret(t, Vault([bytes(32)]), "x", "y"),
        lambda t: model_profiles.put_model_profile(t, Vault([bytes(32)]), "x", b"{}"),
        lambda t: tenants.set_default_queue(t, "geral"),
    ],
)
async def test_workers_learn_of_every_change(store: Database, bia: Place, change: Any) -> None:
    async with store.worker() as transaction:
        before = await tenants.revisions(transaction, [bia.tenant])
    async with store.web(bia.tenant) as transaction:
        await change(transaction)
    async with store.worker() as transaction:
        assert await tenants.revisions(transaction, [bia.tenant]) != before


def encode(document: dict[str, Any]) -> bytes:
    return msgspec.json.Encoder(decimal_format="number").encode(document)
