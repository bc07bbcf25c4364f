"""Channels: what the web may know of them, what workers may, and how caches learn of a change."""

from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from flowengine.store import channels
from flowengine.store.database import Database
from flowengine.store.errors import NotFound, Taken
from flowengine.store.vault import Vault
from tests.store.conftest import Place

SETTINGS = b'{"token": "t"}'


async def add(
    store: Database, vault: Vault, place: Place, address: str = "123"
) -> channels.Channel:
    async with store.web(place.tenant) as transaction:
        return await channels.add_channel(
            transaction, vault, "cloud", "Loja", address, SETTINGS, rate=80
        )


async def test_a_channel_is_found_from_its_webhook(
    store: Database, vault: Vault, bia: Place
) -> None:
    channel = await add(store, vault, bia)

    async with store.worker() as transaction:
        assert await channels.channel_anywhere(transaction, channel.id) == channel
        assert await channels.channel_settings(transaction, vault, channel.id) == SETTINGS
        assert await channels.channel_anywhere(transaction, uuid4()) is None


async def test_a_number_is_connected_once(
    store: Database, vault: Vault, bia: Place, davi: Place
) -> None:
    channel = await add(store, vault, bia)
    await add(store, vault, davi)  # another workspace may try

    with pytest.raises(Taken):
        await add(store, vault, bia)
    async with store.web(bia.tenant) as transaction:
        await channels.remove_channel(transaction, channel.id)
    await add(store, vault, bia)


async def test_a_removed_channel_is_gone_with_its_tokens(
    store: Database, vault: Vault, bia: Place
) -> None:
    channel = await add(store, vault, bia)
    async with store.web(bia.tenant) as transaction:
        await channels.remove_channel(transaction, channel.id)
        with pytest.raises(NotFound):
            await channels.remove_channel(transaction, channel.id)
        with pytest.raises(NotFound):
            await channels.channel(transaction, channel.id)
        assert await channels.channels(transaction) == ()
    async with store.worker() as transaction:
        assert await channels.channel_anywhere(transaction, channel.id) is None
        assert await transaction.value("SELECT settings FROM channels") == b""
        with pytest.raises(NotFound):
            await channels.channel_settings(transaction, vault, channel.id)


async def test_caches_learn_of_changes_and_removals(
    store: Database, vault: Vault, bia: Place
) -> None:
    channel = await add(store, vault, bia)
    async with store.worker() as transaction:
        mark = await transaction.now()
        assert await channels.channels_changed_since(transaction, mark) == ()
    async with store.web(bia.tenant) as transaction:
        await channels.change_channel(transaction, vault, channel.id, name="Nova", state="paused")
    async with store.worker() as transaction:
        (changed,) = await channels.channels_changed_since(transaction, mark)
        assert (changed.name, changed.state, changed.rate) == ("Nova", "paused", 80)
    async with store.web(bia.tenant) as transaction:
        await channels.remove_channel(transaction, channel.id)
    async with store.worker() as transaction:
        (changed,) = await channels.channels_changed_since(transaction, mark)
        assert changed.state == "removed"


async def test_trouble_ends_with_new_settings(store: Database, vault: Vault, bia: Place) -> None:
    channel = await add(store, vault, bia)
    async with store.worker() as transaction:
        until = await transaction.now() + timedelta(hours=1)
        await channels.suspend_channel(transaction, channel.id, until, "auth")
    async with store.web(bia.tenant) as transaction:
        troubled = await channels.channel(transaction, channel.id)
        assert (troubled.trouble, troubled.next_send_at) == ("auth", until)
        kept = await channels.change_channel(transaction, vault, channel.id, name="Outra")
        assert kept.trouble == "auth"
        mended = await channels.change_channel(transaction, vault, channel.id, settings=b"{}")
        assert (mended.trouble, mended.next_send_at) == ("", None)
        with pytest.raises(ValueError, match="removed"):
            await channels.change_channel(transaction, vault, channel.id, state="removed")
    async with store.worker() as transaction:
        await channels.suspend_channel(transaction, channel.id, until, "auth")
        await channels.revive_channel(transaction, channel.id)
        revived = await channels.channel_anywhere(transaction, channel.id)
        assert revived is not None
        assert (revived.trouble, revived.next_send_at) == ("", None)


async def test_a_stranger_cannot_bind_change_or_remove(
    store: Database, vault: Vault, bia: Place, davi: Place
) -> None:
    channel = await add(store, vault, bia)
    async with store.web(davi.tenant) as transaction:
        with pytest.raises(NotFound):
            await channels.change_channel(transaction, vault, channel.id, name="Minha")
        with pytest.raises(NotFound):
            await channels.remove_channel(transaction, channel.id)
        with pytest.raises(NotFound):
            await channels.bind_flows(transaction, channel.id, [])


async def test_the_web_cannot_read_settings(store: Database, vault: Vault, bia: Place) -> None:
    channel = await add(store, vault, bia)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with store.web(bia.tenant) as transaction:
            await channels.channel_settings(transaction, vault, channel.id)
