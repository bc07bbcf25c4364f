"""Changed numbers, the two forms of a number, and what providers tell of a channel's health."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest

from flowengine.messages import (
    Arrived,
    Identity,
    Inbound,
    Moved,
    Notice,
    Parsed,
    ProviderEvent,
    Sender,
)
from flowengine.store import contacts
from flowengine.store.arrivals import Delivery, receive
from flowengine.store.channel_news import channel_news, worst
from flowengine.store.channels import add_channel
from flowengine.store.contacts import Contact
from flowengine.store.database import Database
from flowengine.store.identities import Seen, resolve
from flowengine.store.phones import other_form
from flowengine.store.vault import Vault
from tests.store.conftest import Place

OLD, NEW = Identity("phone", "+5511999990001"), Identity("phone", "+5511999990009")
WAS, NOW = Identity("bsuid", "BR.1"), Identity("bsuid", "BR.2")


@pytest.fixture
async def channel(store: Database, bia: Place, vault: Vault) -> UUID:
    async with store.web(bia.tenant) as transaction:
        return (await add_channel(transaction, vault, "cloud", "Loja", "1", b"{}")).id


async def take(store: Database, place: Place, channel: UUID, *events: ProviderEvent) -> None:
    async with store.worker() as transaction:
        await receive(transaction, [Delivery(place.tenant, channel, Parsed(events))])


async def who(store: Database, place: Place, identity: Identity) -> Contact | None:
    async with store.web(place.tenant) as transaction:
        id = await contacts.contact_of(transaction, identity)
        return None if id is None else await contacts.contact(transaction, id)


def says(key: str, *ids: Identity) -> Arrived:
    message = Inbound(key, datetime(2026, 3, 2, tzinfo=UTC), text="oi")
    return Arrived(f"message:{key}", Sender(ids, "Ana"), message)


async def test_a_changed_number_leads_to_the_same_person(
    store: Database, bia: Place, channel: UUID
) -> None:
    await take(store, bia, channel, says("1", OLD, WAS))
    ana = await who(store, bia, OLD)
    moved = Moved("message:2", (OLD, WAS), (NEW, NOW))
    await take(store, bia, channel, moved, says("3", NEW))
    await take(store, bia, channel, moved)  # doubled

    assert ana is not None
    found = [await who(store, bia, identity) for identity in (OLD, NEW, WAS, NOW)]
    assert [each and each.id for each in found] == [ana.id] * 4
    assert [each and (each.phone, each.conflict) for each in found] == [(NEW.value, False)] * 4


async def test_a_number_that_is_somebody_elses_already_is_flagged_not_merged(
    store: Database, bia: Place, channel: UUID
) -> None:
    await take(store, bia, channel, says("1", OLD), says("2", NEW))
    await take(store, bia, channel, Moved("message:3", (OLD,), (NEW,)))

    one, other = await who(store, bia, OLD), await who(store, bia, NEW)
    assert one is not None
    assert other is not None
    assert one.id != other.id
    assert (one.conflict, other.conflict) == (True, True)
    assert (one.phone, other.phone) == (OLD.value, NEW.value)


async def test_nobody_is_made_of_a_stranger_who_moves(
    store: Database, bia: Place, channel: UUID
) -> None:
    await take(store, bia, channel, Moved("message:1", (OLD,), (NEW,)))
    assert await who(store, bia, OLD) is None
    assert await who(store, bia, NEW) is None


@pytest.mark.parametrize(
    ("phone", "other"),
    [
        ("+5511999990001", "+551199990001"),
        ("+551199990001", "+5511999990001"),
        ("+551133334444", ""),  # a landline
        ("+5511333344444", ""),
        ("+5215512345678", "+525512345678"),
        ("+525512345678", "+5215512345678"),
        ("+5491123456789", "+541123456789"),
        ("+541123456789", "+5491123456789"),
        ("+351912345678", ""),
        ("+16505550100", ""),
        ("5511999990001", ""),
        ("", ""),
    ],
)
def test_the_other_form_of_a_number(phone: str, other: str) -> None:
    assert other_form(phone) == other
    assert not other or other_form(other) == phone


async def test_one_number_in_two_forms_is_one_person(store: Database, bia: Place) -> None:
    async def seen(value: str) -> UUID:
        async with store.worker() as transaction:
            ids = (Identity("phone", value),)
            return (await resolve(transaction, Seen(bia.tenant, ids))).contact_id

    forms = ("+5511988880002", "+551188880002")
    at_once = await asyncio.gather(*(seen(form) for form in forms * 3))
    assert len(set(at_once)) == 1
    assert await seen("+525512345678") == await seen("+5215512345678")
    assert await seen("+551133334444") != await seen("+5511933334444")


async def test_two_who_are_known_by_the_two_forms_are_flagged_not_merged(
    store: Database, bia: Place
) -> None:
    first, second = Identity("phone", "+5511988880002"), Identity("phone", "+551188880002")
    async with store.worker() as transaction:
        a = await resolve(transaction, Seen(bia.tenant, (WAS, first)))
        b = await resolve(transaction, Seen(bia.tenant, (NOW,)))
        found = await resolve(transaction, Seen(bia.tenant, (NOW, second)))
    assert found.contact_id == b.contact_id
    assert found.conflict == (a.contact_id,)


async def test_what_is_told_of_a_channels_health(
    store: Database, bia: Place, davi: Place, channel: UUID
) -> None:
    def told(key: str, subject: str, level: str) -> Notice:
        return Notice(key, subject, {"event": key}, level)

    await take(store, bia, channel, told("a", "account_update", "stop"), told("b", "x", ""))
    async with store.web(bia.tenant) as transaction:
        news = await channel_news(transaction, channel)
        assert [(each.subject, each.level, each.body) for each in news] == [
            ("account_update", "stop", {"event": "a"})
        ]
        assert worst(news) == news[0]
    await take(store, bia, channel, told("c", "account_update", "good"), told("d", "t", "warning"))
    async with store.web(bia.tenant) as transaction:
        bad = worst(await channel_news(transaction, channel))
        assert bad is not None
        assert bad.subject == "t"
    async with store.web(davi.tenant) as transaction:
        assert await channel_news(transaction, channel) == ()
