"""Merging two contacts by page and by program, after somebody said that they mean it."""

from uuid import UUID

from connectors.simulator import Saying
from flowengine.store import auditing
from tests.web.living import wait_for
from tests.web.site import Site
from tests.web.test_erasure import talk

OTHER = "+5511900002222"


async def conflict(site: Site, *people: UUID) -> None:
    async with site.database.worker(site.bia.tenant) as transaction:
        await transaction.run(
            "UPDATE contacts SET conflict = true WHERE id = ANY($1::uuid[])", list(people)
        )


async def test_the_page_shows_conflicts_and_merges_after_a_clear_yes(site: Site) -> None:
    ana, room = await talk(site)
    await conflict(site, ana, site.bia.contact)
    admin = await site.client(site.bia, "admin")
    index = (await admin.get("/contacts")).text
    assert "2 contatos podem ser a mesma pessoa" in index
    page = (await admin.get(f"/contacts/{site.bia.contact}")).text
    assert f'value="{ana}"' in page
    form = {"other": str(ana)}
    assert (await admin.post(f"/contacts/{site.bia.contact}/merge", data=form)).status_code == 422
    sure = form | {"sure": "yes"}
    assert (await admin.post(f"/contacts/{ana}/merge", data=sure)).status_code == 422
    done = await admin.post(f"/contacts/{site.bia.contact}/merge", data=sure)
    assert done.status_code == 303, done.text
    assert "podem ser a mesma pessoa" not in (await admin.get("/contacts")).text
    moved = (await admin.get(f"/contacts/{ana}")).text  # asked for by the old id
    assert "Ana bia" in moved
    assert f"/conversations/{room}" in moved

    async def told() -> bool:
        return "os dois são um só" in (await admin.get(f"/conversations/{room}")).text

    assert await wait_for(told)
    agent = await site.client(site.bia, "agent")
    assert "/merge" not in (await agent.get(f"/contacts/{ana}")).text


async def test_by_phone_and_a_phone_that_nobody_has(site: Site) -> None:
    ana, _room = await talk(site)
    admin = await site.client(site.bia, "admin")
    path = f"/contacts/{ana}/merge"
    nobody = await admin.post(path, data={"other": "(11) 90000-9999", "sure": "yes"})
    assert nobody.status_code == 422
    done = await admin.post(path, data={"other": "(11) 90000-0009", "sure": "yes"})
    assert done.status_code == 303, done.text


async def test_a_program_merges_and_the_log_tells_it(site: Site) -> None:
    ana, _room = await talk(site)
    program = await site.program(site.bia, "admin")
    path = f"/api/v1/contacts/{site.bia.contact}/merge"
    done = await program.post(path, json={"other": str(ana)})
    assert done.status_code == 200, done.text
    assert (done.json()["moved"], done.json()["joined"]) == (1, 0)
    assert (await program.post(path, json={"other": str(ana)})).status_code == 404
    assert (await program.get(f"/api/v1/contacts/{ana}")).json()["id"] == str(site.bia.contact)
    async with site.database.web(site.bia.tenant) as transaction:
        page = await auditing.changes(transaction, auditing.Sought("contacts"))
    assert [each.became["other"] for each in page.items if each.action == "merged"] == [str(ana)]


async def test_another_workspace_s_contact_cannot_be_drawn_in(site: Site) -> None:
    program = await site.program(site.bia, "admin")
    path = f"/api/v1/contacts/{site.bia.contact}/merge"
    answer = await program.post(path, json={"other": str(site.davi.contact)})
    assert answer.status_code == 404


async def test_an_ended_conversation_leads_to_the_one_that_goes_on(site: Site) -> None:
    ana, room = await talk(site)
    site.network.say(site.bia.number, OTHER, Saying(text="oi", name="Ana de novo"))
    await site.network.settled(site.bia.number)
    program = await site.program(site.bia, "admin")

    async def other() -> str | None:
        rooms = (await program.get("/api/v1/conversations")).json()["items"]
        return next((each["contact"] for each in rooms if each["contact"] != str(ana)), None)

    second = await wait_for(other)
    rooms = (await program.get(f"/api/v1/conversations?contact={second}")).json()["items"]
    answer = await program.post(f"/api/v1/contacts/{ana}/merge", json={"other": second})
    assert answer.json()["joined"] == 1
    owner = await site.client(site.bia)
    page = (await owner.get(f"/conversations/{rooms[0]['id']}")).text
    assert f'href="/conversations/{room}">Juntada a outra conversa' in page
