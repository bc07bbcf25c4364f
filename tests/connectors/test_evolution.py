"""Evolution API: recorded bodies, sends, sessions and their traps, over real HTTP to the fake."""

import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.base import Context, Fetched, File, Link, Reached, pairing_of
from connectors.evolution import EvolutionConnector
from connectors.fake_evolution import FakeEvolution, Trouble
from connectors.fake_graph.server import Reply, Request
from connectors.kit import Case, SendCase, differences, read_cases, read_sends
from connectors.net import open_client
from flowengine.messages import (
    Accepted,
    Button,
    Buttons,
    Echo,
    Identity,
    Image,
    List,
    Media,
    MediaRef,
    Refused,
    Row,
    Section,
    Text,
    Unclear,
)
from tests.connectors.conftest import sending
from tests.connectors.subjects import ANA, evolution_settings
from tests.peers.plain import Peer

HERE = Path(__file__).parent
CASES = read_cases(HERE / "evolution")
SENDS = read_sends(HERE / "evolution_sends.json")
TO = (Identity("phone", f"+{ANA}"),)
HOOK = "https://bots.example.com/webhooks/evolution/c1"


async def open_asset(digest: str) -> File | None:
    file = File("image/png", b"\x89PNG\r\n\x1a\n", "foto.png")
    return file if digest == "sha256:aa" else None


HEARD = Context(last_inbound="HERS", open_asset=open_asset)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with open_client(timeout=5) as client:
        yield client


@pytest.fixture
async def server(client: httpx.AsyncClient) -> AsyncIterator[FakeEvolution]:
    server = FakeEvolution(client)
    await server.start()
    yield server
    await server.close()


def connect(client: httpx.AsyncClient, server: FakeEvolution, **more: Any) -> EvolutionConnector:
    key = more.pop("api_key", server.key)
    return EvolutionConnector(evolution_settings(server.url, api_key=key, **more), client)


@pytest.fixture
def loja(client: httpx.AsyncClient, server: FakeEvolution) -> EvolutionConnector:
    server.open("loja")
    return connect(client, server)


# In


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_body_becomes_its_events(client: httpx.AsyncClient, case: Case):
    connector = EvolutionConnector(evolution_settings("https://evo.example.com"), client)
    assert differences(connector, case) == []


async def test_a_file_is_fetched_by_its_message(server: FakeEvolution, loja: EvolutionConnector):
    data = bytes(range(256)) * 100
    server.give("3EB0A", data, "image/jpeg")
    read = bytearray()
    found = await loja.fetch(MediaRef(id="3EB0A"), read.extend, 1_000_000)
    assert found == Fetched("image/jpeg", hashlib.sha256(data).hexdigest(), len(data))
    assert bytes(read) == data
    large = await loja.fetch(MediaRef(id="3EB0A"), read.extend, 1_000)
    assert isinstance(large, Refused)
    assert large.reason == "too_large"
    assert isinstance(await loja.fetch(MediaRef(id="gone"), read.extend, 1_000), Refused)
    assert isinstance(await loja.fetch(MediaRef(), read.extend, 1_000), Refused)


@pytest.mark.parametrize("answer", ['{"base64":"???"}', '{"base64":""}', "{}", "[]", '"x"'])
async def test_a_file_that_is_none(client: httpx.AsyncClient, answer: str):
    async with Peer(lambda _: Reply(201, answer.encode())) as peer:
        connector = EvolutionConnector(evolution_settings(peer.url), client)
        found = await connector.fetch(MediaRef(id="a"), bytearray().extend, 1_000)
    assert isinstance(found, Refused)


async def test_a_file_that_never_ends_is_not_read_to_its_end(client: httpx.AsyncClient):
    data = base64.b64encode(bytes(300_000))
    async with Peer(lambda _: Reply(201, b'{"base64":"' + data + b'"}')) as peer:
        connector = EvolutionConnector(evolution_settings(peer.url), client)
        found = await connector.fetch(MediaRef(id="a"), bytearray().extend, 1_000)
    assert isinstance(found, Refused)
    assert found.reason == "too_large"


# Out


@pytest.mark.parametrize("case", SENDS, ids=lambda case: case.about)
async def test_a_send_is_posted_so(server: FakeEvolution, loja: EvolutionConnector, case: SendCase):
    outcome = await loja.perform(sending(case.content, case.offer), TO, HEARD)
    if case.refused:
        assert isinstance(outcome, Refused)
        assert (outcome.reason, outcome.permanent) == (case.refused, True)
        assert not server.posted
        return
    assert outcome == Accepted(server.posted[-1].id, f"+{ANA}")
    assert server.posted[-1].body == case.posted


async def test_an_answer_quotes_and_a_lid_is_written_to(
    server: FakeEvolution, loja: EvolutionConnector
):
    to = (Identity("bsuid", "BR.1"), Identity("lid", "77123456", "loja"))
    outcome = await loja.perform(sending(Text("oi")), to, Context(last_inbound="H", quote="3EB0Q"))
    assert outcome == Accepted(server.posted[-1].id)
    body = {"number": "77123456@lid", "text": "oi", "linkPreview": False}
    assert server.posted[-1].body == {**body, "quoted": {"key": {"id": "3EB0Q"}}}


async def test_native_buttons_and_lists_carry_our_payloads(
    client: httpx.AsyncClient, server: FakeEvolution
):
    server.open("loja")
    loja = connect(client, server, native_choices=True)
    buttons = Buttons("Pode?", (Button("sim", "Sim"), Button("nao", "Não")))
    assert isinstance(await loja.perform(sending(buttons), TO, HEARD), Accepted)
    assert server.posted[-1].path == "sendButtons"
    assert server.posted[-1].body["buttons"] == [
        {"type": "reply", "displayText": "Sim", "id": "v1:f7:sim"},
        {"type": "reply", "displayText": "Não", "id": "v1:f7:nao"},
    ]
    rows = List("Quando?", "Ver", (Section((Row("s1", "09:00"),)),))
    assert isinstance(await loja.perform(sending(rows), TO, HEARD), Accepted)
    assert server.posted[-1].path == "sendList"
    sections = server.posted[-1].body["sections"]
    row = {"title": "09:00", "description": "", "rowId": "v1:f7:s1"}
    assert sections == [{"title": "Ver", "rows": [row]}]
    off = connect(client, server, native_choices=True, off=["buttons", "list"])
    assert isinstance(await off.perform(sending(buttons), TO, HEARD), Accepted)
    assert server.posted[-1].body["text"] == "Pode?\n\n1. Sim\n2. Não"


async def test_by_default_it_answers_and_never_begins(
    client: httpx.AsyncClient, server: FakeEvolution, loja: EvolutionConnector
):
    assert loja.messages_per_second * 60 == 30
    unasked = sending(Text("Promoção!"))
    outcome = await loja.perform(unasked, TO, Context())
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.permanent) == ("policy", True)
    assert not server.posted
    bold = connect(client, server, replies_only=False)
    assert isinstance(await bold.perform(unasked, TO, Context()), Accepted)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("close", Refused("auth", False, None, "closed", "Connection Closed", "channel")),
        (
            "connecting",
            Refused("transient", False, 15, "connecting", "Connection Closed", "channel"),
        ),
    ],
)
async def test_a_send_without_a_connection(
    server: FakeEvolution, loja: EvolutionConnector, state: str, expected: Refused
):
    server.instances["loja"].state = state
    assert await loja.perform(sending(Text("oi")), TO, HEARD) == expected


async def test_a_send_to_an_instance_that_is_gone(server: FakeEvolution, loja: EvolutionConnector):
    server.instances.clear()
    outcome = await loja.perform(sending(Text("oi")), TO, HEARD)
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.code, outcome.scope) == ("auth", "http_404", "channel")


async def test_a_number_without_whatsapp(server: FakeEvolution, loja: EvolutionConnector):
    server.nobody.add(ANA)
    outcome = await loja.perform(sending(Text("oi")), TO, HEARD)
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.permanent) == ("unreachable", True)


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        (Trouble("error", 400, ["text is too odd"]), ("invalid", True, "message")),
        (Trouble("error", 401, "Unauthorized"), ("auth", False, "channel")),
        (Trouble("error", 403, ["no"]), ("account", False, "channel")),
        (Trouble("http", 429), ("rate_limited", False, "channel")),
        (Trouble("http", 404), ("transient", False, "channel")),
        (Trouble("error", 500, "Internal"), None),
        (Trouble("http", 502), None),
        (Trouble("cut"), None),
        (Trouble("cut", taken=False), None),
    ],
)
async def test_what_the_server_says_no_with(
    server: FakeEvolution, loja: EvolutionConnector, trouble: Trouble, expected: Any
):
    server.trouble(trouble)
    outcome = await loja.perform(sending(Text("oi")), TO, HEARD)
    if expected is None:  # nobody knows whether it went
        assert isinstance(outcome, Unclear)
        return
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.permanent, outcome.scope) == expected


async def test_nobody_is_there(client: httpx.AsyncClient):
    async with Peer(lambda _: Reply()) as peer:
        url = peer.url
    loja = EvolutionConnector(evolution_settings(url), client)
    outcome = await loja.perform(sending(Text("oi")), TO, HEARD)
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.permanent) == ("transient", False)


@pytest.mark.parametrize("answer", [b"<html>", b"[]", b"{}", b'{"key":{}}', b'{"key":{"id":7}}'])
async def test_a_yes_without_an_id_is_no_yes(client: httpx.AsyncClient, answer: bytes):
    async with Peer(lambda _: Reply(201, answer)) as peer:
        loja = EvolutionConnector(evolution_settings(peer.url), client)
        outcome = await loja.perform(sending(Text("oi")), TO, HEARD)
    assert isinstance(outcome, Accepted if b"7" in answer else Unclear)


async def test_a_file_that_is_too_large(server: FakeEvolution, loja: EvolutionConnector):
    async def huge(_: str) -> File:
        return File("image/png", bytes(16 * 1024 * 1024 + 1))

    context = Context(last_inbound="H", open_asset=huge)
    outcome = await loja.perform(sending(Image(Media(asset="sha256:aa"))), TO, context)
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.permanent) == ("media", True)
    assert not server.posted


async def test_typing_reads_what_was_written_but_not_of_lids(
    server: FakeEvolution, loja: EvolutionConnector
):
    assert await loja.typing(TO, Context(last_inbound="HERS"))
    assert server.read == [{"remoteJid": f"{ANA}@s.whatsapp.net", "fromMe": False, "id": "HERS"}]
    assert await loja.typing((Identity("lid", "77", "loja"),), Context(last_inbound="HERS"))
    assert len(server.read) == 1
    assert [each["presence"] for each in server.typed] == ["composing", "composing"]
    assert not await loja.typing((), Context())


# Sessions


async def test_a_new_instance_is_made_with_its_webhook_and_paired_by_qr(
    client: httpx.AsyncClient, server: FakeEvolution
):
    loja = connect(client, server)
    session = pairing_of(loja)
    assert session is not None
    assert await session.state() == Link("missing")
    probed = await loja.probe()
    assert isinstance(probed, Refused)
    assert (probed.reason, probed.code) == ("auth", "missing")
    made = await session.pair(HOOK)
    assert isinstance(made, Link)
    assert (made.state, made.code, made.qr[:22]) == ("connecting", "", "data:image/png;base64,")
    hook = server.instances["loja"].webhook
    assert hook["url"] == HOOK
    assert (hook["byEvents"], hook["base64"]) == (False, False)
    assert hook["headers"] == {"authorization": "Bearer secret-of-webhooks-1"}
    assert "MESSAGES_UPSERT" in hook["events"]
    server.scan("loja")
    assert await session.state() == Link("open")
    assert await session.pair(HOOK) == Link("open")
    reached = await loja.probe()
    assert reached == Reached("+5511333344444", "Pet Shop", {"state": "open"})


async def test_a_code_is_typed_on_the_phone_even_after_a_qr_was_shown(
    client: httpx.AsyncClient, server: FakeEvolution
):
    session = connect(client, server).session
    await session.pair(HOOK)
    linked = await session.pair(HOOK, "+5511333344444")
    assert isinstance(linked, Link)
    assert linked.code == "WZYEH1YY"
    assert "DELETE /instance/logout/loja" in server.asked
    assert server.instances["loja"].number == "5511333344444"


async def test_a_new_instance_may_begin_with_a_code(
    client: httpx.AsyncClient, server: FakeEvolution
):
    linked = await connect(client, server).session.pair(HOOK, "+5511333344444")
    assert isinstance(linked, Link)
    assert linked.code == "WZYEH1YY"


async def test_no_code_is_there_yet(client: httpx.AsyncClient, server: FakeEvolution):
    session = connect(client, server).session
    server.codes_late = 1
    assert await session.pair(HOOK) == Link("connecting")
    again = await session.pair(HOOK)
    assert isinstance(again, Link)
    assert again.qr


async def test_an_error_that_is_said_with_200(client: httpx.AsyncClient, server: FakeEvolution):
    session = connect(client, server).session
    await session.pair(HOOK)
    server.stubborn = True
    assert isinstance(await session.pair(HOOK), Refused)
    server.instances["loja"].state = "close"
    refused = await session.restart()
    assert isinstance(refused, Refused)
    assert refused.detail == "Error: cannot connect"


async def test_a_closed_connection_is_begun_anew_and_one_that_ended_says_why(
    server: FakeEvolution, loja: EvolutionConnector
):
    session = loja.session
    server.drop("loja", 428)
    assert await session.state() == Link("closed")
    assert await session.restart() == Link("open")  # POST restart alone refuses a closed one
    for code, state, why in (
        (401, "closed", "logged_out"), (403, "stopped", "banned"), (440, "stopped", "replaced"),
    ):  # fmt: skip
        server.drop("loja", code)
        assert await session.state() == Link(state, why=why)


async def test_its_life_ends(server: FakeEvolution, loja: EvolutionConnector):
    session = loja.session
    assert await session.restart() == Link("open")
    assert await session.logout() == Link("closed")
    assert await session.logout() == Link("closed")  # 400 of the server's: closed already
    server.open("loja")
    assert await session.remove() == Link("missing")
    assert "loja" not in server.instances
    assert await session.remove() == Link("missing")


async def test_the_instances_own_token_is_enough_once_it_exists(
    client: httpx.AsyncClient, server: FakeEvolution
):
    server.open("loja")
    loja = connect(client, server, api_key="token-of-loja")
    assert isinstance(await loja.probe(), Reached)
    server.instances.clear()
    refused = await loja.session.pair(HOOK)
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.scope) == ("auth", "channel")


async def test_a_wrong_key(client: httpx.AsyncClient, server: FakeEvolution):
    server.open("loja")
    refused = await connect(client, server, api_key="wrong").probe()
    assert isinstance(refused, Refused)
    assert refused.reason == "auth"


# The whole way, webhooks by HTTP


async def test_what_happens_on_the_phone_is_posted_with_our_secret(
    client: httpx.AsyncClient, server: FakeEvolution
):
    asked: list[Request] = []
    loja = connect(client, server)

    def take(request: Request) -> Reply:
        asked.append(request)
        return Reply(200)

    async with Peer(take) as product:
        await loja.session.pair(f"{product.url}/webhooks/evolution/c1")
        server.scan("loja")
        server.say("loja", ANA, {"conversation": "oi"})
        server.say("loja", ANA, {"conversation": "Já vejo"}, fromMe=True)
        sent = await loja.perform(sending(Text("Olá")), TO, HEARD)
        assert isinstance(sent, Accepted)
        server.status("loja", sent.provider_id, "DELIVERY_ACK")
        server.drop("loja", 401)
        await server.settled("loja")
    assert all(loja.verify(request.headers, request.body) for request in asked)
    parsed = [loja.parse(request.body) for request in asked]
    assert not any(each.unreadable for each in parsed)
    kinds = [type(event).__name__ for each in parsed for event in each.events]
    assert kinds == ["Notice", "Arrived", "Echo", "Status", "Notice", "Notice"]
    echo = next(e for each in parsed for e in each.events if isinstance(e, Echo))
    assert (echo.to.identities, echo.to.name) == (TO, "")
