"""Dead letters and scheduled messages as people and programs handle them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx

from connectors.simulator import Saying
from flowengine.messages import Refused
from flowengine.store import conversations
from flowengine.store.burying import bury
from tests.web.living import wait_for
from tests.web.site import Site

ANA = "+5511900001111"
LATER = (datetime.now(UTC) + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")


async def room(site: Site) -> str:
    """A conversation in which the bot has said something."""
    site.network.say(site.bia.number, ANA, Saying(text="oi", name="Ana"))
    await site.network.settled(site.bia.number)

    async def found() -> str:
        async with site.database.web(site.bia.tenant) as transaction:
            page = await conversations.conversations(transaction)
            return str(page.items[0].id) if page.items and page.items[0].preview else ""

    return await wait_for(found)


async def letter(site: Site, conversation: str) -> str:
    """What it said could not be delivered after all."""

    async def taken() -> UUID | None:
        async with site.database.worker() as transaction:
            return await transaction.value(
                "SELECT id FROM messages WHERE conversation_id = $1 AND direction = 'out' "
                "AND status = 'read' LIMIT 1",
                UUID(conversation),
            )

    id = await wait_for(taken)
    assert id is not None
    async with site.database.worker() as transaction:
        await bury(transaction, {id: Refused("unreachable", permanent=True, code="131026")})
        await transaction.run("UPDATE messages SET status = 'failed' WHERE id = $1", id)
    return str(id)


async def status(site: Site, id: str) -> str:
    async with site.database.worker() as transaction:
        return await transaction.value("SELECT status FROM messages WHERE id = $1", UUID(id))


async def test_a_letter_is_shown_with_its_reason_and_sent_again(site: Site) -> None:
    id = await letter(site, await room(site))
    person = await site.client(site.bia, "agent")
    page = await person.get("/settings/dead-letters")
    assert "não dá para alcançar esta pessoa por ali (131026)" in page.text
    assert "Como posso ajudar?" in page.text
    answer = await person.post(f"/settings/dead-letters/{id}/retry")
    assert answer.status_code == 303

    async def arrived() -> bool:
        return await status(site, id) in ("sent", "delivered", "read")

    assert await wait_for(arrived)
    assert "Tudo foi entregue" in (await person.get("/settings/dead-letters")).text


async def test_letters_by_the_api_all_of_a_reason_or_one(site: Site) -> None:
    id = await letter(site, await room(site))
    program = await site.program(site.bia, "agent")
    items = (await program.get("/api/v1/dead-letters")).json()["items"]
    assert [(each["id"], each["reason"], each["error"]["code"]) for each in items] == [
        (id, "unreachable", "131026")
    ]
    other = await program.post("/api/v1/dead-letters/retry", json={"reason": "billing"})
    assert (other.status_code, other.json()) == (202, {"count": 0})
    dismissed = await program.post(f"/api/v1/dead-letters/{id}/dismiss")
    assert dismissed.json() == {"count": 1}
    assert (await program.post("/api/v1/dead-letters/retry", json={})).json() == {"count": 0}
    settled = (await program.get("/api/v1/dead-letters?settled=true")).json()["items"]
    assert settled[0]["settled_how"] == "dismissed"


async def test_a_message_is_scheduled_changed_and_cancelled_on_pages(site: Site) -> None:
    conversation = await room(site)
    person = await site.client(site.bia, "agent")
    form = {"text": "Até quinta!", "at": LATER, "key": "k1"}
    for _ in range(2):  # a second click makes nothing
        answer = await person.post(f"/conversations/{conversation}/schedule", data=form)
        assert answer.status_code == 303
    assert "Até quinta!" in (await person.get(f"/conversations/{conversation}")).text
    listed = (await person.get("/scheduled")).text
    assert listed.count("Até quinta!") == 1
    program = await site.program(site.bia)
    item = (await program.get("/api/v1/scheduled-messages")).json()["items"][0]
    assert (item["zone"], item["local_time"], item["version"]) == ("America/Sao_Paulo", LATER, 1)
    path = f"/scheduled/{item['id']}"
    assert "Até quinta!" in (await person.get(path)).text
    await person.post(path, data={"text": "Até sexta!", "at": LATER, "version": "1"})
    old = await person.post(f"{path}/cancel", data={"version": "1"})
    assert old.status_code == 409
    assert (await person.post(f"{path}/cancel", data={"version": "2"})).status_code == 303
    assert "Até sexta!" in (await person.get("/scheduled?state=cancelled")).text


async def test_times_are_read_on_the_asked_clock_and_refused_with_the_mend(site: Site) -> None:
    conversation = await room(site)
    program = await site.program(site.bia, "agent")

    async def ask(**more: str) -> httpx.Response:
        body = {"conversation": conversation, "text": "Oi", **more}
        return await program.post("/api/v1/scheduled-messages", json=body)

    made = (await ask(at=LATER, zone="Asia/Tokyo")).json()
    due = datetime.fromisoformat(made["due_at"])
    assert due.astimezone(UTC).strftime("%Y-%m-%dT%H:%M") == (
        datetime.fromisoformat(LATER) - timedelta(hours=9)
    ).strftime("%Y-%m-%dT%H:%M")
    for wrong in ({"at": "amanhã"}, {"at": "2020-01-01T10:00"}, {"at": LATER, "zone": "Lua"},
                  {"at": "2099-01-01T10:00"}):  # fmt: skip
        answer = await ask(**wrong)
        assert answer.status_code in (400, 409, 422), wrong
        assert answer.json()["detail"]
