"""Programs send messages: by channel, once for a key, later; by keys for parts of the API, and only
so often."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from connectors.simulator import Saying
from flowengine.store import api_keys
from tests.web.site import Site
from web.access import ACCESS, area_of, areas
from web.limits import ADDRESS_SECONDS, KEY_SECONDS, Limits

PHONE = "+5511900001111"
PATIENCE = 180.0


async def ana(site: Site) -> dict[str, str]:
    """Somebody who wrote, and may be written to: channel and contact."""
    site.network.say(site.bia.number, PHONE, Saying(text="oi", name="Ana"))
    await site.network.settled(site.bia.number)
    program = await site.program(site.bia, "viewer")
    rooms = (await program.get("/api/v1/conversations")).json()["items"]
    room = next(each for each in rooms if each["contact_name"] == "Ana")
    return {"channel": str(site.bia.channel), "contact": room["contact"]}


async def settled(program: httpx.AsyncClient, message: str) -> dict[str, Any]:
    """The message, once its provider has said what became of it."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = (await program.get(f"/api/v1/messages/{message}")).json()
            if found["status"] not in ("queued", "sending", "sent"):
                return found
            await asyncio.sleep(0.1)


CONTENTS: list[dict[str, Any]] = [
    {"text": "Seu pedido saiu."},
    {"content": {"kind": "text", "text": "Seu pedido saiu.", "preview_url": True}},
    {
        "content": {
            "kind": "image",
            "media": {"url": "https://example.com/a.png"},
            "caption": "Aqui",
        }
    },
    {"content": {"kind": "audio", "media": {"url": "https://example.com/a.ogg"}}},
    {"content": {"kind": "document", "media": {"url": "https://example.com/a.pdf"}}},
    {"content": {"kind": "template", "name": "aviso", "language": "pt_BR", "params": {"1": "Ana"}}},
]


@pytest.mark.parametrize("what", CONTENTS, ids=lambda what: str(what)[:40])
async def test_a_program_sends(site: Site, what: dict[str, Any]) -> None:
    to = await ana(site)
    program = await site.program(site.bia, "agent")
    answer = await program.post("/api/v1/messages", json={**to, **what})
    assert answer.status_code == 202, answer.text
    queued = answer.json()
    assert (queued["status"], queued["doubled"]) == ("queued", False)
    found = await settled(program, queued["id"])
    assert found["status"] in ("delivered", "read")
    assert found["conversation"] == queued["conversation"]
    assert found["provider_id"]
    room = (await program.get(f"/api/v1/conversations/{queued['conversation']}")).json()
    assert room["owner"] == "bot"  # the bot keeps the chat


async def test_the_same_key_says_it_once(site: Site) -> None:
    to = await ana(site)
    program = await site.program(site.bia, "agent")
    key = {"Idempotency-Key": "pedido-1"}
    body = {**to, "text": "Seu pedido saiu."}
    answers = [await program.post("/api/v1/messages", json=body, headers=key) for _ in range(3)]
    assert {each.json()["id"] for each in answers} == {answers[0].json()["id"]}
    assert [each.json()["doubled"] for each in answers] == [False, True, True]
    at_once = {"Idempotency-Key": "pedido-2"}
    many = await asyncio.gather(
        *(program.post("/api/v1/messages", json=body, headers=at_once) for _ in range(5))
    )
    assert len({each.json()["id"] for each in many}) == 1
    for each in (answers[0], many[0]):
        await settled(program, each.json()["id"])
    entries = site.network.transcript(site.bia.number, PHONE).entries
    said = [getattr(e.content, "text", "") for e in entries if e.side == "business"]
    assert said.count("Seu pedido saiu.") == 2


async def test_who_opted_out_hears_nothing(site: Site) -> None:
    to = await ana(site)
    site.network.say(site.bia.number, PHONE, Saying(text="parar", name="Ana"))
    await site.network.settled(site.bia.number)
    program = await site.program(site.bia, "agent")
    sent = (await program.post("/api/v1/messages", json={**to, "text": "Promoção!"})).json()
    found = await settled(program, sent["id"])
    assert found["status"] in ("failed", "dropped")
    assert "Promoção!" not in str(site.network.transcript(site.bia.number, PHONE).entries)


async def test_it_is_said_later_and_can_be_cancelled(site: Site) -> None:
    to = await ana(site)
    program = await site.program(site.bia, "agent")
    at = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    answer = await program.post("/api/v1/messages", json={**to, "text": "Amanhã!", "at": at})
    assert answer.status_code == 202
    planned = answer.json()
    assert planned["status"] == "scheduled"
    path = f"/api/v1/scheduled-messages/{planned['id']}"
    listed = (await program.get(path)).json()
    assert (listed["text"], listed["state"]) == ("Amanhã!", "waiting")
    gone = await program.delete(path, params={"version": listed["version"]})
    assert gone.json()["state"] == "cancelled"
    far = (datetime.now(UTC) + timedelta(days=91)).isoformat()
    refused = await program.post("/api/v1/messages", json={**to, "text": "?", "at": far})
    assert refused.status_code == 422


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"text": "  "}, 422),
        ({"text": "a", "content": {"kind": "text", "text": "b"}}, 422),
        ({"content": {"kind": "hologram"}}, 400),
        ({"text": "a" * 5000}, 400),
        ({"text": "a", "channel": "01890000-0000-7000-8000-000000000000"}, 404),
        ({"text": "a", "contact": "01890000-0000-7000-8000-000000000000"}, 404),
        ({"text": "a", "contact": None, "phone": "11 9999"}, 400),
        ({"text": "a", "contact": None}, 422),
        ({"text": "a", "colour": "blue"}, 400),
    ],
)
async def test_what_cannot_be_sent_is_said_plainly(
    site: Site, body: dict[str, Any], status: int
) -> None:
    to = {"channel": str(site.bia.channel), "contact": str(site.bia.contact)}
    program = await site.program(site.bia, "agent")
    answer = await program.post("/api/v1/messages", json={**to, **body})
    if body == {}:
        status = 422
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")


async def test_others_see_nothing_of_it(site: Site) -> None:
    to = await ana(site)
    program = await site.program(site.bia, "agent")
    sent = (await program.post("/api/v1/messages", json={**to, "text": "oi"})).json()
    davi = await site.program(site.davi, "owner")
    assert (await davi.get(f"/api/v1/messages/{sent['id']}")).status_code == 404
    assert (await davi.post("/api/v1/messages", json={**to, "text": "oi"})).status_code == 404
    viewer = await site.program(site.bia, "viewer")
    assert (await viewer.post("/api/v1/messages", json={**to, "text": "oi"})).status_code == 403
    assert (await viewer.get("/api/v1/messages/nada")).status_code == 404


# Keys for parts of the API


async def test_a_key_may_be_kept_to_parts_of_the_api(site: Site) -> None:
    to = await ana(site)
    async with site.database.web(site.bia.tenant) as transaction:
        key, secret = await api_keys.make_api_key(transaction, "loja", "agent", areas=["messages"])
    assert key.areas == ("messages",)
    program = site.stranger(Authorization=f"Bearer {secret}")
    sent = await program.post("/api/v1/messages", json={**to, "text": "oi"})
    assert sent.status_code == 202
    assert (await program.get(f"/api/v1/messages/{sent.json()['id']}")).status_code == 200
    for path in ("/api/v1/contacts", "/api/v1/flows", "/api/v1/scheduled-messages"):
        refused = await program.get(path)
        assert refused.status_code == 403
        assert "mend" in refused.json()


async def test_the_page_makes_such_a_key(site: Site) -> None:
    client = await site.client(site.bia)
    form = {"name": "loja", "role": "agent", "area": ["messages", "contacts"]}
    made = await client.post("/settings/keys", data=form)
    assert made.status_code in (200, 201)
    assert "messages, contacts" in made.text
    wrong = await client.post("/settings/keys", data={**form, "area": ["everything"]})
    assert wrong.status_code == 400 or wrong.status_code == 422


def test_every_route_of_the_api_is_in_an_area() -> None:
    paths = [route.partition(" ")[2] for route in ACCESS if " /api/v1/" in route]
    assert {area_of(path) for path in paths} - {"tokens"} == set(areas())
    assert {"messages", "contacts", "flows", "scheduled-messages"} <= set(areas())


# How often


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(("what", "seconds"), [("address", ADDRESS_SECONDS), ("key", KEY_SECONDS)])
async def test_so_many_at_once_then_at_an_even_pace(what: str, seconds: float) -> None:
    clock = Clock()
    limits = Limits(60, clock=clock, per_address=100, per_key=100)
    one, other = UUID(int=1), UUID(int=2)

    async def ask(who: UUID) -> float:
        if what == "address":
            return await limits.wait_address(str(who))
        return await limits.wait_key(who)

    assert [await ask(one) for _ in range(100)] == [0.0] * 100
    wait = await ask(one)
    assert wait == pytest.approx(seconds / 100)
    assert await ask(other) == 0
    clock.now += wait
    assert await ask(one) == 0
    assert await ask(one) > 0
    clock.now += seconds
    assert [await ask(one) for _ in range(100)] == [0.0] * 100


async def test_an_address_and_a_key_are_told_when_to_come_back(site: Site) -> None:
    services = site.boot.services
    assert services is not None
    limits = services.limits
    program = await site.program(site.bia, "viewer")
    try:
        limits.per_key = 3
        answers = [await program.get("/api/v1/flows") for _ in range(4)]
        assert [each.status_code for each in answers] == [200, 200, 200, 429]
        assert 1 <= int(answers[-1].headers["retry-after"]) <= KEY_SECONDS / 3
        other = await site.program(site.bia, "viewer")
        assert (await other.get("/api/v1/flows")).status_code == 200
        limits.per_key, limits.per_address = 0, 2
        tried = [await site.stranger().get("/api/v1/flows") for _ in range(3)]
        assert [each.status_code for each in tried] == [401, 401, 429]  # wrong keys count too
        assert int(tried[-1].headers["retry-after"]) >= 1
        assert (await site.stranger().get("/health")).status_code == 200
    finally:
        limits.per_key = limits.per_address = 0


async def test_none_is_any_number() -> None:
    limits = Limits(60, per_address=0, per_key=0)
    assert [await limits.wait_address("a") for _ in range(1000)] == [0.0] * 1000
