"""Erasing a person by page and by program, and what is said afterwards where they were."""

from uuid import UUID

from connectors.simulator import Saying
from flowengine.store import auditing, conversations
from tests.web.living import wait_for
from tests.web.site import Site

ANA = "+5511900001111"


async def talk(site: Site) -> tuple[UUID, UUID]:
    """Ana says hello; her contact and her conversation."""
    site.network.say(site.bia.number, ANA, Saying(text="oi", name="Ana"))
    await site.network.settled(site.bia.number)

    async def answered() -> tuple[UUID, UUID] | None:
        async with site.database.web(site.bia.tenant) as transaction:
            found = (await conversations.conversations(transaction)).items
        done = [each for each in found if "ajudar" in each.preview]
        return (done[0].contact_id, done[0].id) if done else None

    return await wait_for(answered)


async def changes(site: Site) -> list[tuple[str, str, str, int]]:
    async with site.database.web(site.bia.tenant) as transaction:
        page = await auditing.changes(transaction, auditing.Sought("contacts"))
    return [
        (each.actor.partition(":")[0], each.key, each.action, each.became.get("in", 0))
        for each in page.items
        if each.action == "erased"
    ]


async def test_a_page_erases_only_after_a_clear_yes(site: Site) -> None:
    contact, room = await talk(site)
    admin = await site.client(site.bia, "admin")
    page = await admin.get(f"/contacts/{contact}")
    assert "não dá para desfazer" in page.text
    assert f'action="/contacts/{contact}/erase"' in page.text
    agent = await site.client(site.bia, "agent")
    assert "/erase" not in (await agent.get(f"/contacts/{contact}")).text

    refused = await admin.post(f"/contacts/{contact}/erase", data={})
    assert refused.status_code == 422
    assert (await admin.get(f"/contacts/{contact}")).status_code == 200

    done = await admin.post(f"/contacts/{contact}/erase", data={"sure": "yes"})
    assert done.headers["location"].startswith("/contacts")
    for path in (f"/contacts/{contact}", f"/conversations/{room}"):
        gone = await admin.get(path)
        assert gone.status_code == 410, path
        assert "Apagado em" in gone.text
    again = await admin.post(f"/contacts/{contact}/erase", data={"sure": "yes"})
    assert again.status_code == 410
    assert "Ana" not in (await admin.get("/conversations")).text
    assert await changes(site) == [("user", str(contact), "erased", 1)]


async def test_a_program_erases_and_gets_the_numbers(site: Site) -> None:
    contact, room = await talk(site)
    program = await site.program(site.bia, "admin")
    done = await program.delete(f"/api/v1/contacts/{contact}")
    assert done.status_code == 200, done.text
    assert done.json()["counters"] | {"turns": 0} == {
        "conversations": 1, "in": 1, "out": 1, "turns": 0, "executions": 1,
    }  # fmt: skip
    for path in (
        f"contacts/{contact}",
        f"conversations/{room}",
        f"conversations/{room}/messages",
    ):
        gone = await program.get(f"/api/v1/{path}")
        assert gone.status_code == 410
        assert gone.json()["title"] == "Apagado"
    assert (await program.delete(f"/api/v1/contacts/{contact}")).status_code == 410
    assert await changes(site) == [("key", str(contact), "erased", 1)]


async def test_who_writes_again_is_somebody_new(site: Site) -> None:
    contact, _room = await talk(site)
    program = await site.program(site.bia, "admin")
    await program.delete(f"/api/v1/contacts/{contact}")
    again, _room = await talk(site)
    assert again != contact
