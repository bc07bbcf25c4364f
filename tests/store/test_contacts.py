"""Contacts, the ids that lead to them, and what they consented to."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal

import pytest

from flowengine.messages import Identity
from flowengine.store import consents, contacts
from flowengine.store.consents import ALL
from flowengine.store.database import Database
from flowengine.store.errors import NotFound
from flowengine.store.identities import Resolved, Seen, resolve, resolve_all
from tests.store.conftest import Place

PHONE = Identity("phone", "+5511999990001")
BSUID = Identity("bsuid", "BR.1", "portfolio")
LID = Identity("lid", "77", "account")


async def seen(store: Database, place: Place, *identities: Identity, name: str = "") -> Resolved:
    async with store.worker() as transaction:
        return await resolve(transaction, Seen(place.tenant, identities, name))


async def test_a_new_person_is_made_once_however_many_write_at_once(
    store: Database, bia: Place
) -> None:
    found = await asyncio.gather(*(seen(store, bia, PHONE, BSUID, name="Ana") for _ in range(6)))

    assert len({each.contact_id for each in found}) == 1
    assert sum(each.made for each in found) == 1
    async with store.web(bia.tenant) as transaction:
        ana = await contacts.contact(transaction, found[0].contact_id)
        assert (ana.name, ana.phone, ana.conflict) == ("Ana", PHONE.value, False)
        assert await contacts.identities(transaction, ana.id) == (PHONE, BSUID)
        assert await contacts.contact_of(transaction, BSUID) == ana.id
        assert await contacts.contact_of(transaction, Identity("bsuid", "BR.1", "other")) is None


async def test_every_new_id_is_added_and_a_name_only_where_there_was_none(
    store: Database, bia: Place
) -> None:
    first = await seen(store, bia, BSUID)
    second = await seen(store, bia, BSUID, PHONE, name="Ana")
    third = await seen(store, bia, PHONE, LID, name="Outro nome")

    assert {first.contact_id, second.contact_id, third.contact_id} == {first.contact_id}
    async with store.web(bia.tenant) as transaction:
        ana = await contacts.contact(transaction, first.contact_id)
        assert (ana.name, ana.phone) == ("Ana", PHONE.value)
        assert len(await contacts.identities(transaction, ana.id)) == 3


async def test_ids_of_two_people_are_flagged_never_merged(store: Database, bia: Place) -> None:
    ana = await seen(store, bia, BSUID)
    old = await seen(store, bia, PHONE)

    both = await seen(store, bia, PHONE, BSUID)

    assert both == Resolved(ana.contact_id, made=False, conflict=(old.contact_id,))
    async with store.worker() as transaction:
        found = await contacts.contacts_by_id(transaction, [ana.contact_id, old.contact_id])
        assert [each.conflict for each in found.values()] == [True, True]
        assert await contacts.identities(transaction.of(bia.tenant), old.contact_id) == (PHONE,)


async def test_workspaces_know_the_same_person_apart(
    store: Database, bia: Place, davi: Place
) -> None:
    async with store.worker() as transaction:
        here, there, again = await resolve_all(
            transaction,
            [Seen(bia.tenant, (PHONE,)), Seen(davi.tenant, (PHONE,)), Seen(bia.tenant, (PHONE,))],
        )

    assert here.contact_id == again.contact_id != there.contact_id
    assert (here.made, there.made, again.made) == (True, True, False)


async def test_batches_that_share_people_do_not_wait_in_a_circle(
    store: Database, bia: Place
) -> None:
    people = [Identity("phone", f"+55119{n:08}") for n in range(40)]

    async def batch(order: Sequence[Identity]) -> None:
        async with store.worker() as transaction:
            await resolve_all(transaction, [Seen(bia.tenant, (each,)) for each in order])

    await asyncio.gather(*(batch(people if n % 2 else people[::-1]) for n in range(6)))

    async with store.web(bia.tenant) as transaction:
        assert len((await contacts.contacts(transaction, limit=100)).items) == 40


async def test_nobody_without_an_id(store: Database, bia: Place) -> None:
    with pytest.raises(ValueError, match="without any id"):
        await seen(store, bia, name="Ana")


async def test_what_postgresql_refuses_in_a_name_does_not_lose_the_message(
    store: Database, bia: Place
) -> None:
    ana = await seen(store, bia, PHONE, name="A\x00na\ud800")
    async with store.web(bia.tenant) as transaction:
        assert (await contacts.contact(transaction, ana.contact_id)).name == "Ana?"
        changed = await contacts.change_contact(
            transaction, ana.contact_id, fields={"nota": ["a\x00", {"b\x00": "c\x00"}]}
        )
        assert changed.fields == {"nota": ["a", {"b": "c"}]}


async def test_changing_a_contact(store: Database, bia: Place) -> None:
    ana = (await seen(store, bia, PHONE, name="Ana")).contact_id
    async with store.web(bia.tenant) as transaction:
        await contacts.change_contact(
            transaction,
            ana,
            fields={"pontos": Decimal("1.50"), "cidade": "SP"},
            add_tags=["b", "a"],
        )
        changed = await contacts.change_contact(
            transaction,
            ana,
            name="Ana Maria",
            fields={"cidade": None, "idade": 30},
            add_tags=["c"],
            remove_tags=["b", "x"],
        )
        assert changed.fields == {"pontos": Decimal("1.50"), "idade": 30}
        assert changed.tags == ("a", "c")
        assert changed.name == "Ana Maria"
        assert (await contacts.set_owner(transaction, ana, bia.owner)).owner_id == bia.owner
        assert (await contacts.set_owner(transaction, ana, None)).owner_id is None


async def test_two_who_change_different_fields_both_keep_theirs(
    store: Database, bia: Place
) -> None:
    ana = (await seen(store, bia, PHONE)).contact_id

    async def change(key: str) -> None:
        async with store.web(bia.tenant) as transaction:
            await contacts.change_contact(transaction, ana, fields={key: 1}, add_tags=[key])

    await asyncio.gather(*(change(key) for key in "abcd"))

    async with store.web(bia.tenant) as transaction:
        whole = await contacts.contact(transaction, ana)
        assert set(whole.fields) == set(whole.tags) == set("abcd")


async def test_the_list_is_searched_and_paged(store: Database, bia: Place, davi: Place) -> None:
    for n, name in enumerate(["Ana", "Ânia", "100% Bruno", "Caio_1", "Caio"]):
        await seen(store, bia, Identity("phone", f"+551199999000{n}"), name=name)
    stranger = await seen(store, davi, PHONE, name="Ana")

    async with store.web(bia.tenant) as transaction:

        async def names(search: str = "", tag: str = "") -> list[str]:
            page = await contacts.contacts(transaction, search=search, tag=tag)
            return [each.name for each in page.items]

        assert await names("an") == ["Ana"]
        assert await names("100%") == ["100% Bruno"]
        assert await names("_") == ["Caio_1"]
        assert await names("9990-004") == ["Caio"]
        assert await names("zzz") == []
        first = await contacts.contacts(transaction, limit=2)
        second = await contacts.contacts(transaction, limit=2, cursor=first.next)
        third = await contacts.contacts(transaction, limit=2, cursor=second.next)
        pages = [each.name for page in (first, second, third) for each in page.items]
        assert pages == ["Caio", "Caio_1", "100% Bruno", "Ânia", "Ana"]
        assert third.next is None
        await contacts.change_contact(transaction, first.items[0].id, add_tags=["vip"])
        assert await names(tag="vip") == ["Caio"]
        with pytest.raises(NotFound):
            await contacts.contact(transaction, stranger.contact_id)


async def test_consent_is_given_withdrawn_and_proved(store: Database, bia: Place) -> None:
    ana = (await seen(store, bia, PHONE)).contact_id

    async def says(purpose: str, given: bool) -> None:
        async with store.worker(bia.tenant) as transaction:
            await consents.record_consent(transaction, ana, purpose, given, "sim", "flow")

    async def may(purpose: str) -> bool:
        async with store.web(bia.tenant) as transaction:
            return await consents.may_send(transaction, ana, purpose)

    assert (await may(""), await may("marketing")) == (True, False)
    await says("marketing", True)
    assert (await may("marketing"), await may("utility")) == (True, False)
    await says(ALL, False)
    assert (await may(""), await may("marketing")) == (True, False)
    await says("marketing", True)  # after the opt-out: they changed their mind
    assert await may("marketing")
    await says("marketing", False)
    assert not await may("marketing")
    async with store.web(bia.tenant) as transaction:
        standing = await consents.consents(transaction, ana)
        assert [(each.purpose, each.given) for each in standing] == [
            (ALL, False),
            ("marketing", False),
        ]
        log = await consents.consent_log(transaction, ana)
        assert [each.given for each in log] == [False, True, False, True]
        assert {(each.proof, each.source) for each in log} == {("sim", "flow")}
