"""Who may ask what of linked numbers: the service's door to their keys, the connector's front."""

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from connectors.baileys.signature import HEADER, sign
from connectors.fake_baileys import FakeBaileys, upsert
from flowengine.store import channels, linked
from flowengine.store.ids import new_id
from tests.workers.town import Town
from workers.handle import open_workers
from workers.linking.door import Door
from workers.linking.front import Front
from workers.linking.known import Channels, Known
from workers.linking.modules import NO_MODULES, NO_NODE, Lacking, find_modules, find_node
from workers.linking.serving import Answer, Asked

NODES = "secret-of-the-service-1"
SETTINGS = {"number": "+5511333344444", "consent": True}


class Behind:
    """What stands behind a front: a service that listens, or none."""

    def __init__(self, address: str = "", lacking: str = "") -> None:
        self.address, self.lacking = address, lacking
        self.begun: list[UUID] = []
        self.standings: dict[str, Any] = {"state": "needs_pairing", "attempts": 0}

    async def begin(self, known: Known) -> bool:
        self.begun.append(known.channel.id)
        return bool(self.address)

    async def standing(self, known: Known) -> dict[str, Any]:
        return self.standings


class Linked:
    """A town with two linked numbers, a door and what it was told."""

    def __init__(self, town: Town, door: Door, known: Channels, holding: linked.Holding) -> None:
        self.town, self.door, self.known, self.holding = town, door, known, holding
        self.halted: dict[UUID, str] = {}

    async def add(self, number: str) -> UUID:
        """A channel that was taken up."""
        place = self.town.place
        settings = msgspec.json.encode({**SETTINGS, "number": number})
        async with self.town.database.worker(place.tenant) as transaction:
            added = await channels.add_channel(
                transaction, self.town.vault, "baileys", number, number, settings
            )
        await self.known.furnish(place.tenant, added.id, "http://127.0.0.1:1")
        return added.id

    async def vault(self, channel: UUID, act: str, secret: str = NODES, **body: Any) -> Answer:
        raw = json.dumps(body).encode()
        target = f"/vault/sessions/{channel}/{act}"
        headers = {HEADER: sign(secret, "POST", target, raw)}
        return await self.door.handle(Asked("POST", target, headers, raw))

    async def tell(self, channel: UUID, *events: Any) -> Answer:
        raw = json.dumps({"session": str(channel), "seq": 1, "events": events}).encode()
        target = f"/events/{channel}"
        headers = {HEADER: sign(NODES, "POST", target, raw)}
        return await self.door.handle(Asked("POST", target, headers, raw))


@pytest.fixture
async def numbers(still: Town) -> AsyncIterator[Linked]:
    workers = await open_workers(still.settings, still.database, pumps=False, client=still.client)
    holding = linked.Holding(still.database.worker_dsn)
    known = Channels(still.database, still.vault, still.client)
    halted: dict[UUID, str] = {}
    door = Door(NODES, still.database, still.vault, known, workers, holding, halted.__setitem__)
    made = Linked(still, door, known, holding)
    made.halted = halted
    yield made
    await holding.close()
    await workers.stop()


def text(value: bytes) -> str:
    return base64.b64encode(value).decode()


async def test_the_service_keeps_its_keys_behind_the_door(numbers: Linked) -> None:
    channel = await numbers.add("+5511333344444")
    assert (
        await numbers.vault(channel, "put", owner="n1", put={"creds": text(b"1")})
    ).status == 409
    assert (await numbers.vault(channel, "lock", owner="n1")).status == 200
    put = {"creds": text(b"1"), "spool:1": text(b"2"), "session:1": text(b"3")}
    assert (await numbers.vault(channel, "put", owner="n1", put=put)).status == 200
    found = await numbers.vault(channel, "get", keys=["creds", "gone"])
    assert json.loads(found.body) == {"values": {"creds": text(b"1"), "gone": None}}
    assert (await numbers.vault(channel, "wipe", owner="n1")).status == 200
    found = await numbers.vault(channel, "get", keys=["creds", "spool:1"])
    assert json.loads(found.body) == {"values": {"creds": None, "spool:1": text(b"2")}}
    assert (await numbers.vault(channel, "wipe", owner="n1", all=True)).status == 200
    found = await numbers.vault(channel, "get", keys=["spool:1"])
    assert json.loads(found.body) == {"values": {"spool:1": None}}


async def test_one_holds_a_device_until_it_is_known_to_be_dead(numbers: Linked) -> None:
    channel = await numbers.add("+5511333344444")
    assert (await numbers.vault(channel, "lock", owner="n1")).status == 200
    assert (await numbers.vault(channel, "lock", owner="n2")).status == 409
    assert (await numbers.vault(channel, "lock", owner="n1")).status == 200  # a sign of life
    numbers.door.node_died()
    assert (await numbers.vault(channel, "lock", owner="n2")).status == 200
    assert (await numbers.vault(channel, "put", owner="n1", put={"a": text(b"x")})).status == 409
    another = linked.Holding(numbers.town.database.worker_dsn)
    try:
        assert not await another.take(channel)
        assert (await numbers.vault(channel, "unlock", owner="n2")).status == 200
        assert await another.take(channel)
        assert (await numbers.vault(channel, "lock", owner="n2")).status == 409
    finally:
        await another.close()
    assert (await numbers.vault(new_id(), "lock", owner="n2")).status == 409


async def test_nobody_else_opens_the_door(numbers: Linked) -> None:
    channel = await numbers.add("+5511333344444")
    assert (await numbers.vault(channel, "get", "another-secret", keys=["creds"])).status == 401
    assert (await numbers.door.handle(Asked("POST", "/x", {}, b""))).status == 401
    wrong: list[dict[str, Any]] = [
        {},
        {"keys": 1},
        {"owner": "n", "put": 1},
        {"owner": "n", "put": {"a": "?"}},
    ]
    for body in wrong:
        assert (await numbers.vault(channel, "put", **body)).status == 400
    assert (await numbers.vault(channel, "dance")).status == 404


async def test_what_is_heard_is_in_the_inbox_when_it_is_answered(numbers: Linked) -> None:
    channel = await numbers.add("+5511333344444")
    said = upsert("5511999990001@s.whatsapp.net", {"conversation": "oi"}, "3EB0A")
    event = {"kind": "messages.upsert", "data": {"type": "notify", "messages": [said]}}
    for _ in range(2):  # one may come twice
        assert (await numbers.tell(channel, event)).status == 200
    async with numbers.town.database.worker() as transaction:
        assert await transaction.value("SELECT count(*) FROM inbox") == 1
    assert (await numbers.tell(new_id(), event)).status == 200  # nobody is there to hear it


@pytest.mark.parametrize(
    "text", ['"\\ud800 oi"', '"\\u0000"', "[" * 5000 + "]" * 5000, '"' + "x" * 50 + '\xff"']
)
async def test_one_odd_message_stops_nothing(numbers: Linked, text: str) -> None:
    """Whatever a customer's phone put into it: it is taken once, and the next one is heard."""
    channel = await numbers.add("+5511333344444")
    key = '{"remoteJid":"5511999990001@s.whatsapp.net","fromMe":false,"id":"3EB0A"}'
    message = f'{{"key":{key},"messageTimestamp":1772460000,"message":{{"conversation":{text}}}}}'
    event = f'{{"kind":"messages.upsert","data":{{"messages":[{message}],"type":"notify"}}}}'
    raw = f'{{"session":"{channel}","seq":1,"events":[{event}]}}'.encode("latin-1")
    target = f"/events/{channel}"
    asked = Asked("POST", target, {HEADER: sign(NODES, "POST", target, raw)}, raw)
    assert (await numbers.door.handle(asked)).status == 200
    said = upsert("5511999990001@s.whatsapp.net", {"conversation": "oi"}, "3EB0B")
    good = {"kind": "messages.upsert", "data": {"type": "notify", "messages": [said]}}
    assert (await numbers.tell(channel, good)).status == 200
    async with numbers.town.database.worker() as transaction:
        heard = await transaction.value("SELECT count(*) FROM inbox")
        kept = await transaction.value("SELECT count(*) FROM webhook_dead")
    assert heard + kept == 2


async def test_what_cannot_be_read_just_now_is_told_again(numbers: Linked) -> None:
    channel = await numbers.add("+5511333344444")
    async with numbers.town.database.worker() as transaction:
        await transaction.run("UPDATE channels SET settings = 'x' WHERE id = $1", channel)
    assert (await numbers.tell(channel, {"kind": "call", "data": {}})).status == 503
    async with numbers.town.database.worker(numbers.town.place.tenant) as transaction:
        await channels.remove_channel(transaction, channel)
    assert (await numbers.tell(channel, {"kind": "call", "data": {}})).status == 200


async def test_what_a_person_must_mend_does_not_begin_by_itself(numbers: Linked) -> None:
    channel = await numbers.add("+5511333344444")

    def connection(state: str, reason: str = "") -> Any:
        return {"kind": "connection.update", "data": {"state": state, "reason": reason}}

    await numbers.tell(channel, connection("closed", "lost"), connection("stopped", "asked"))
    assert numbers.halted == {}
    await numbers.tell(channel, connection("stopped", "replaced"))
    assert numbers.halted == {channel: "replaced"}
    await numbers.tell(channel, connection("open"), None, "x")
    assert numbers.halted == {channel: ""}


@pytest.fixture
async def service() -> AsyncIterator[FakeBaileys]:
    service = FakeBaileys(NODES)
    await service.start()
    yield service
    await service.close()


async def ask(
    numbers: Linked, behind: Behind, channel: UUID, act: str, signer: UUID | None = None
) -> Answer:
    """`act`: "GET" or "POST pair", signed with the key of `signer` (the channel itself)."""
    method, _, path = act.partition(" ")
    known = await numbers.known.of(str(signer or channel))
    assert known is not None
    target = f"/sessions/{channel}" + (f"/{path}" if path else "")
    headers = {HEADER: sign(known.secret, method, target, b"{}")}
    async with httpx.AsyncClient(trust_env=False) as client:
        front = Front(NODES, numbers.known, client, behind)
        return await front.handle(Asked(method, target, headers, b"{}"))


async def test_a_channel_reaches_its_own_session_only(
    numbers: Linked, service: FakeBaileys
) -> None:
    mine, theirs = await numbers.add("+5511333344444"), await numbers.add("+5511333355555")
    service.open(str(mine))
    service.open(str(theirs))
    behind = Behind(service.url)
    found = await ask(numbers, behind, mine, "GET")
    assert (found.status, json.loads(found.body)["state"]) == (200, "open")
    assert (await ask(numbers, behind, theirs, "GET", signer=mine)).status == 401
    assert (await ask(numbers, behind, theirs, "POST logout", signer=mine)).status == 401
    assert service.sessions[str(theirs)].state == "open"
    paired = await ask(numbers, behind, mine, "POST pair")
    assert (paired.status, behind.begun) == (200, [mine])


@pytest.mark.parametrize(
    "path",
    ["/../{theirs}", "/%2e%2e/{theirs}", "/./", "/start", "/media/../../{theirs}", "/media/a/b",
     "/send?x=1", "//pair", "/stop", "/media/", "/PAIR"],
)  # fmt: skip
async def test_nothing_but_what_is_known_is_passed_on(
    numbers: Linked, service: FakeBaileys, path: str
) -> None:
    mine, theirs = await numbers.add("+5511333344444"), await numbers.add("+5511333355555")
    service.open(str(theirs))
    known = await numbers.known.of(str(mine))
    assert known is not None
    target = f"/sessions/{mine}" + path.format(theirs=theirs)
    for method in ("GET", "POST", "DELETE"):
        headers = {HEADER: sign(known.secret, method, target, b"{}")}
        async with httpx.AsyncClient(trust_env=False) as client:
            front = Front(NODES, numbers.known, client, Behind(service.url))
            answer = await front.handle(Asked(method, target, headers, b"{}"))
        assert answer.status == 404
    assert str(theirs) in service.sessions


async def test_what_nobody_has_begun_is_told_without_beginning_it(numbers: Linked) -> None:
    channel = await numbers.add("+5511333344444")
    behind = Behind()
    assert json.loads((await ask(numbers, behind, channel, "GET")).body) == behind.standings
    sent = await ask(numbers, behind, channel, "POST send")
    assert (sent.status, json.loads(sent.body)["refused"]["reason"]) == (409, "not_open")
    assert behind.begun == []
    behind.lacking = NO_NODE
    paired = await ask(numbers, behind, channel, "POST pair")
    assert (paired.status, json.loads(paired.body)) == (503, {"error": "no_node"})
    gone = Behind("http://127.0.0.1:1")
    assert (await ask(numbers, gone, channel, "POST send")).status == 503  # nothing was written


async def test_what_the_machine_lacks_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Lacking) as given:
        await find_modules(tmp_path, tmp_path)
    assert given.value.word == NO_MODULES
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Lacking) as node:
        await find_node()
    assert node.value.word == NO_NODE
    old = tmp_path / "node"
    old.write_text("#!/bin/sh\necho v18.19.0\n")
    old.chmod(0o755)
    with pytest.raises(Lacking, match=r"18\.19 is too old"):
        await find_node()
    old.write_text("#!/bin/sh\necho v22.1.0\n")
    assert await find_node() == str(old)
