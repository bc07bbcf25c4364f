"""Linked devices: their keys are sealed, one process writes them, and they go when they must."""

from uuid import UUID

import pytest

from flowengine.messages import Identity
from flowengine.store import channels, linked
from flowengine.store.cleaning import clean
from flowengine.store.database import Database
from flowengine.store.erasing import erase
from flowengine.store.errors import NotFound, Unsealed
from flowengine.store.identities import Seen, resolve
from flowengine.store.ids import new_id
from flowengine.store.resealing import reseal
from flowengine.store.vault import Vault, new_key
from tests.services import postgres as services
from tests.services.postgres import on_both
from tests.store.conftest import Place

pytestmark = on_both


async def connect(store: Database, place: Place, vault: Vault, address: str = "1") -> UUID:
    async with store.web(place.tenant) as transaction:
        added = await channels.add_channel(transaction, vault, "baileys", "Loja", address, b"{}")
    return added.id


async def put(store: Database, vault: Vault, channel: UUID, owner: str, **keys: bytes) -> bool:
    async with store.worker() as transaction:
        return await linked.put_keys(transaction, vault, channel, owner, dict(keys))


async def test_only_who_holds_a_device_writes_its_keys(
    store: Database, bia: Place, vault: Vault
) -> None:
    channel = await connect(store, bia, vault)
    assert not await put(store, vault, channel, "n1", creds=b"1")
    async with store.worker() as transaction:
        await linked.hold(transaction, channel, "n1")
    assert await put(store, vault, channel, "n1", creds=b"1", pre=b"2")
    async with store.worker() as transaction:
        await linked.hold(transaction, channel, "n2")
    assert not await put(store, vault, channel, "n1", creds=b"stale")
    assert not await put(store, vault, channel, "", creds=b"nobody")
    async with store.worker() as transaction:
        assert await linked.put_keys(transaction, vault, channel, "n2", {"pre": None, "b": b"3"})
        found = await linked.keys(transaction, vault, channel, ["creds", "pre", "b", "c"])
        assert found == {"creds": b"1", "b": b"3"}
        assert not await linked.wipe(transaction, channel, "n1")
        assert await linked.let_go(transaction, channel, "n2")
        assert not await linked.let_go(transaction, channel, "n2")
        with pytest.raises(NotFound):
            await linked.hold(transaction, new_id(), "n1")


async def test_which_channels_there_are_to_connect(
    store: Database, bia: Place, davi: Place, vault: Vault
) -> None:
    first, second = await connect(store, bia, vault), await connect(store, davi, vault)
    async with store.worker() as transaction:
        await linked.hold(transaction, first, "n1")
        await linked.put_keys(transaction, vault, first, "n1", {"creds": b"1"})
        await linked.halt(transaction, first, "replaced")
        found = {each.channel_id: each for each in await linked.devices(transaction, "baileys")}
        assert (found[first].linked, found[first].halted) == (True, "replaced")
        assert (found[second].linked, found[second].halted) == (False, "")
        assert found[second].tenant_id == davi.tenant
        assert await linked.wipe(transaction, first, "n1")
        (gone, _other) = sorted(
            await linked.devices(transaction, "baileys"), key=lambda d: d.channel_id != first
        )
        assert not gone.linked


async def test_a_removed_channel_keeps_no_key(store: Database, bia: Place, vault: Vault) -> None:
    channel = await connect(store, bia, vault)
    async with store.worker() as transaction:
        await linked.hold(transaction, channel, "n1")
    assert await put(store, vault, channel, "n1", creds=b"1")
    async with store.web(bia.tenant) as transaction:
        await channels.remove_channel(transaction, channel)
    assert not await put(store, vault, channel, "n1", creds=b"1")
    async with store.worker() as transaction:
        assert await transaction.value("SELECT count(*) FROM device_keys") == 0
        assert await linked.devices(transaction, "baileys") == ()


async def test_a_device_that_nobody_used_for_a_month_is_forgotten(
    store: Database, bia: Place, vault: Vault
) -> None:
    old, used = await connect(store, bia, vault, "1"), await connect(store, bia, vault, "2")
    async with store.worker() as transaction:
        for channel in (old, used):
            await linked.hold(transaction, channel, "n1")
            await linked.put_keys(transaction, vault, channel, "n1", {"creds": b"1"})
        await transaction.run("UPDATE linked_devices SET used_at = now() - interval '31 days'")
        await linked.touch(transaction, [used])
        await clean(transaction)
        rows = await transaction.rows("SELECT channel_id FROM device_keys")
        assert [row["channel_id"] for row in rows] == [used]


async def test_what_was_sent_is_kept_for_two_weeks(
    store: Database, bia: Place, vault: Vault
) -> None:
    channel = await connect(store, bia, vault)
    names = ["creds", "sent:A", "media:B"]
    async with store.worker() as transaction:
        await linked.hold(transaction, channel, "n1")
        await linked.put_keys(transaction, vault, channel, "n1", dict.fromkeys(names, b"1"))
        for days, left in ((13, names), (15, ["creds", "media:B"]), (31, ["creds"])):
            await transaction.run(
                "UPDATE device_keys SET at = now() - make_interval(days => $1)", days
            )
            await clean(transaction)
            assert sorted(await linked.keys(transaction, vault, channel, names)) == sorted(left)


async def test_an_erased_person_leaves_no_key(store: Database, bia: Place, vault: Vault) -> None:
    channel = await connect(store, bia, vault)
    ana = (Identity("phone", "+5511999990001"), Identity("lid", "77123", "5511"))
    other = "session:155119999900012.0"
    names = ["session:5511999990001.0", "session:77123_1.0", other, "creds"]
    async with store.worker(bia.tenant) as transaction:
        await linked.hold(transaction, channel, "n1")
        await linked.put_keys(transaction, vault, channel, "n1", dict.fromkeys(names, b"1"))
        seen = Seen(bia.tenant, ana)
        found = await resolve(transaction, seen)
        await erase(transaction, found.contact_id)
        left = await linked.keys(transaction, vault, channel, names)
        assert sorted(left) == ["creds", other]


async def test_a_new_key_of_the_vault_seals_them_anew(store: Database, bia: Place) -> None:
    old, new = new_key(), new_key()
    channel = await connect(store, bia, Vault([new]))
    async with store.worker() as transaction:
        await linked.hold(transaction, channel, "n1")
        await linked.put_keys(transaction, Vault([old]), channel, "n1", {"creds": b"1", "b": b"2"})
        with pytest.raises(Unsealed):
            await linked.keys(transaction, Vault([new]), channel, ["creds"])
        assert await reseal(transaction, Vault([new, old])) == 2
        assert await reseal(transaction, Vault([new, old])) == 0
        assert await linked.keys(transaction, Vault([new]), channel, ["b"]) == {"b": b"2"}


async def test_one_process_at_a_time_holds_a_device(database: services.Database) -> None:
    channel = new_id()
    here, there = linked.Holding(database.worker), linked.Holding(database.worker)
    try:
        assert await here.take(channel)
        assert await here.take(channel)
        assert not await there.take(channel)
        await here.give(channel)
        assert await there.take(channel)
        assert await there.alive() == {channel}
        await there.close()  # as a process that dies
        assert await there.alive() == frozenset()
        assert await here.take(channel)
    finally:
        await here.close()
        await there.close()
