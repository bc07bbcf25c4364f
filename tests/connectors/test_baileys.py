"""Baileys: recorded events, sends, sessions and their traps, over real HTTP to the fake service."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from connectors.baileys import BaileysConnector, BaileysSettings
from connectors.baileys.numbers import is_same_phone
from connectors.baileys.signature import HEADER, LASTS, sign, verify
from connectors.base import Context, Fetched, File, Link, Reached, pairing_of
from connectors.fake_baileys import FakeBaileys, Trouble
from connectors.fake_baileys import sign as signed_by_the_fake
from connectors.kit import Case, SendCase, differences, read_cases, read_sends
from connectors.net import open_client
from connectors.net.serving import Reply
from flowengine.messages import Accepted, Identity, MediaRef, Refused, Text, Unclear
from tests.connectors.conftest import sending
from tests.connectors.subjects import ANA, BAILEYS_SECRET, SESSION, baileys_settings
from tests.peers.plain import Peer

HERE = Path(__file__).parent
CASES = read_cases(HERE / "baileys")
SENDS = read_sends(HERE / "baileys_sends.json")
TO = (Identity("phone", f"+{ANA}"),)
NUMBER = "5511333344444"
HOOK = "https://bots.example.com/webhooks/baileys/c1"
PNG = File("image/png", b"\x89PNG\r\n\x1a\n", "foto.png")


async def open_asset(digest: str) -> File | None:
    return PNG if digest == "sha256:aa" else None


async def open_link(url: str, most: int) -> File | None:
    return PNG if url.startswith("https://example.com/") else None


HEARD = Context("0190:1", last_inbound="HERS", open_asset=open_asset, open_link=open_link)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with open_client(timeout=5) as client:
        yield client


@pytest.fixture
async def service() -> AsyncIterator[FakeBaileys]:
    service = FakeBaileys(BAILEYS_SECRET)
    await service.start()
    service.open(SESSION, NUMBER)
    yield service
    await service.close()


@pytest.fixture
def loja(client: httpx.AsyncClient, service: FakeBaileys) -> BaileysConnector:
    return BaileysConnector(baileys_settings(service.url), client)


# In


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_body_becomes_its_events(client: httpx.AsyncClient, case: Case):
    connector = BaileysConnector(baileys_settings("http://127.0.0.1:1"), client)
    assert differences(connector, case) == []


async def test_a_file_is_fetched_by_its_message(service: FakeBaileys, loja: BaileysConnector):
    data = bytes(range(256)) * 100
    service.files["3EB0A"] = (data, "image/jpeg")
    read = bytearray()
    found = await loja.fetch(MediaRef(id="3EB0A"), read.extend, 1_000_000)
    assert found == Fetched("image/jpeg", hashlib.sha256(data).hexdigest(), len(data))
    assert bytes(read) == data
    large = await loja.fetch(MediaRef(id="3EB0A"), read.extend, 1_000)
    assert isinstance(large, Refused)
    assert large.reason == "too_large"
    gone = await loja.fetch(MediaRef(id="3EB0B"), read.extend, 1_000)
    assert isinstance(gone, Refused)
    assert gone.reason == "media"
    for odd in ("", "../..", "a/b"):
        assert isinstance(await loja.fetch(MediaRef(id=odd), read.extend, 1_000), Refused)


# Signatures


def test_a_signature_counts_for_its_place_its_bytes_and_five_minutes():
    header = sign("secret-1", "POST", "/a?b=1", b"{}", at=1000)
    assert header == signed_by_the_fake("secret-1", "POST", "/a?b=1", b"{}", at=1000)

    def fits(now: float = 1000, **other: Any) -> bool:
        told = {"secret": "secret-1", "method": "POST", "target": "/a?b=1", "body": b"{}", **other}
        headers = told.pop("headers", {HEADER: header})
        return verify(headers=headers, now=now, **told)

    assert fits()
    assert fits(now=1000 + LASTS)
    assert fits(now=1000 - LASTS)
    assert not fits(now=1001 + LASTS)
    assert not fits(now=999 - LASTS)
    assert not fits(secret="")
    assert not fits(secret="secret-2")
    assert not fits(method="GET")
    assert not fits(target="/a?b=2")
    assert not fits(body=b"{} ")
    for bad in ("", "t=", "t=x,v1=y", "t=²,v1=", header[:-1], header + "0", "t=" + "9" * 400):
        assert not fits(headers={HEADER: bad})


def test_without_a_secret_nobody_is_taken_for_the_service(client: httpx.AsyncClient):
    settings = BaileysSettings(number=NUMBER, consent=True)
    connector = BaileysConnector(settings, client)
    headers, body = connector.sample()
    assert not connector.verify(headers, body)


# Out


@pytest.mark.parametrize("case", SENDS, ids=lambda case: case.about)
async def test_a_send_is_posted_so(service: FakeBaileys, loja: BaileysConnector, case: SendCase):
    outcome = await loja.perform(sending(case.content, case.offer), TO, HEARD)
    if case.refused:
        assert isinstance(outcome, Refused)
        assert (outcome.reason, outcome.permanent) == (case.refused, True)
        assert not service.posted
        return
    assert outcome == Accepted(service.posted[-1].id)
    assert service.posted[-1].to == f"{ANA}@s.whatsapp.net"
    assert service.posted[-1].content == case.posted


async def test_an_answer_quotes_and_a_lid_of_this_number_is_written_to(
    service: FakeBaileys, loja: BaileysConnector
):
    to = (Identity("lid", "99", "another"), Identity("lid", "77123456", NUMBER))
    quoting = Context("1:1", last_inbound="H", quote="3EB0Q")
    assert isinstance(await loja.perform(sending(Text("oi")), to, quoting), Accepted)
    assert service.posted[-1].to == "77123456@lid"
    key = {"remoteJid": "77123456@lid", "fromMe": False, "id": "3EB0Q"}
    assert service.posted[-1].quoted == {"key": key, "message": {"conversation": ""}}
    strange = await loja.perform(sending(Text("oi")), to[:1], quoting)
    assert isinstance(strange, Refused)
    assert strange.reason == "unreachable"


async def test_a_resend_is_the_same_message(service: FakeBaileys, loja: BaileysConnector):
    first = Context("0190-a:1", last_inbound="H")
    service.trouble(Trouble("cut"))
    assert isinstance(await loja.perform(sending(Text("oi")), TO, first), Unclear)
    again = Context("0190-a:2", attempt=2, last_inbound="H")
    assert await loja.perform(sending(Text("oi")), TO, again) == Accepted(service.posted[0].id)
    assert len(service.posted) == 1
    other = await loja.perform(sending(Text("oi")), TO, Context("0190-b:1", last_inbound="H"))
    assert isinstance(other, Accepted)
    assert len(service.posted) == 2
    for posted in service.posted:
        assert len(posted.id) == 22
        assert posted.id.startswith("3EB0")


async def test_by_default_it_answers_and_never_begins(
    client: httpx.AsyncClient, service: FakeBaileys, loja: BaileysConnector
):
    assert loja.messages_per_second * 60 == 30
    outcome = await loja.perform(sending(Text("Promoção!")), TO, Context())
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.permanent) == ("policy", True)
    assert not service.posted
    bold = BaileysConnector(baileys_settings(service.url, replies_only=False), client)
    assert isinstance(await bold.perform(sending(Text("Promoção!")), TO, Context()), Accepted)


@pytest.mark.parametrize(
    ("refused", "expected"),
    [
        ({"reason": "not_allowed", "code": "463"}, ("account", True, "463")),
        ({"reason": "rejected", "code": "479"}, ("policy", True, "479")),
        ({"reason": "not_on_whatsapp"}, ("unreachable", True, "not_on_whatsapp")),
        ({"reason": "content", "detail": "no"}, ("invalid", True, "content")),
        ({"reason": "asset"}, ("media", True, "asset")),
        ({"reason": "rate_limited", "retry_after": 9}, ("rate_limited", False, "rate_limited")),
        ({"reason": "of tomorrow"}, ("invalid", True, "of tomorrow")),
    ],
)
async def test_what_the_service_says_no_with(
    service: FakeBaileys, loja: BaileysConnector, refused: dict[str, Any], expected: Any
):
    service.trouble(Trouble("refused", refused=refused))
    outcome = await loja.perform(sending(Text("oi")), TO, HEARD)
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.permanent, outcome.code) == expected
    assert outcome.retry_after == refused.get("retry_after")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, ("auth", False, "channel")),
        (404, ("transient", False, "channel")),
        (413, ("too_large", True, "message")),
        (429, ("rate_limited", False, "channel")),
        (503, ("transient", False, "channel")),
        (500, None),
        (502, None),
        (504, None),
    ],
)
async def test_what_is_answered_in_its_stead(
    service: FakeBaileys, loja: BaileysConnector, status: int, expected: Any
):
    service.trouble(Trouble("http", status))
    outcome = await loja.perform(sending(Text("oi")), TO, HEARD)
    if expected is None:
        assert isinstance(outcome, Unclear)
        return
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.permanent, outcome.scope) == expected


@pytest.mark.parametrize(
    ("state", "reason", "expected"),
    [
        ("connecting", "", ("transient", "not_open")),
        ("closed", "lost", ("transient", "not_open")),
        ("needs_pairing", "logged_out", ("auth", "logged_out")),
        ("stopped", "replaced", ("auth", "replaced")),
        ("stopped", "forbidden", ("auth", "banned")),
        ("stopped", "locked", ("auth", "banned")),
        ("stopped", "", ("auth", "stopped")),
    ],
)
async def test_a_send_without_a_connection(
    service: FakeBaileys, loja: BaileysConnector, state: str, reason: str, expected: Any
):
    service.sessions[SESSION].state = state
    service.sessions[SESSION].reason = reason
    outcome = await loja.perform(sending(Text("oi")), TO, HEARD)
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.code) == expected
    assert (outcome.permanent, outcome.scope) == (False, "channel")


async def test_no_answer_in_time_is_no_answer(client: httpx.AsyncClient):
    async with Peer(lambda _: Reply(504, b'{"unclear":true}')) as peer:
        loja = BaileysConnector(baileys_settings(peer.url), client)
        outcome = await loja.perform(sending(Text("oi")), TO, HEARD)
    assert isinstance(outcome, Unclear)


@pytest.mark.parametrize("answer", [b"<html>", b"[]", b"{}", b'{"accepted":{"id":"3EB0"}}'])
async def test_a_yes_that_does_not_name_our_message_is_no_yes(
    client: httpx.AsyncClient, answer: bytes
):
    async with Peer(lambda _: Reply(200, answer)) as peer:
        loja = BaileysConnector(baileys_settings(peer.url), client)
        assert isinstance(await loja.perform(sending(Text("oi")), TO, HEARD), Unclear)


async def test_nobody_is_there(client: httpx.AsyncClient):
    async with Peer(lambda _: Reply()) as peer:
        url = peer.url
    loja = BaileysConnector(baileys_settings(url), client)
    outcome = await loja.perform(sending(Text("oi")), TO, HEARD)
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.permanent) == ("transient", False)


async def test_an_address_of_before_is_a_passing_trouble(client: httpx.AsyncClient):
    loja = BaileysConnector(baileys_settings("http://10.255.255.1:1"), client)
    outcome = await loja.perform(sending(Text("oi")), TO, HEARD)
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.permanent, outcome.code) == ("transient", False, "away")


async def test_nobody_has_taken_the_channel_up_yet(client: httpx.AsyncClient):
    loja = BaileysConnector(BaileysSettings(number=NUMBER, consent=True), client)
    for outcome in (
        await loja.perform(sending(Text("oi")), TO, HEARD),
        await loja.session.state(),
        await loja.probe(),
    ):
        assert isinstance(outcome, Refused)
        assert (outcome.reason, outcome.code) == ("transient", "not_taken_up")


async def test_typing_reads_what_was_written(service: FakeBaileys, loja: BaileysConnector):
    assert await loja.typing(TO, Context(last_inbound="HERS"))
    jid = f"{ANA}@s.whatsapp.net"
    assert service.read == [{"remoteJid": jid, "fromMe": False, "id": "HERS"}]
    assert service.typed == [{"to": jid, "state": "composing"}]
    assert not await loja.typing((), Context())
    assert not await loja.mark_read("HERS")


# Sessions


async def test_a_phone_pairs_it_by_code_or_picture(service: FakeBaileys, loja: BaileysConnector):
    session = pairing_of(loja)
    assert session is not None
    service.sessions[SESSION].state = "needs_pairing"
    assert await session.state() == Link("missing")
    assert await session.pair(HOOK, "+5511333344444") == Link("connecting", code="WZYE-H1YY")
    assert service.sessions[SESSION].phone == "5511333344444"
    shown = await session.pair(HOOK)
    assert isinstance(shown, Link)
    assert (shown.state, shown.code, shown.qr[:22]) == ("connecting", "", "data:image/png;base64,")
    service.open(SESSION)
    assert await session.pair(HOOK) == Link("open")
    assert await session.restart() == Link("open")
    assert await loja.probe() == Reached("+5511333344444", "Pet Shop", {"state": "open"})
    assert await session.logout() == Link("closed", why="logged_out")
    probed = await loja.probe()
    assert isinstance(probed, Refused)
    assert (probed.reason, probed.code) == ("auth", "logged_out")
    assert await session.remove() == Link("missing")
    assert isinstance(await session.state(), Refused)


async def test_its_set_up_is_looked_at(service: FakeBaileys, loja: BaileysConnector):
    async def looks() -> list[tuple[str, str, str]]:
        return [(look.what, look.how, look.why) for look in await loja.examine(HOOK)]

    assert await looks() == [("token", "ok", ""), ("session", "ok", "")]
    service.sessions[SESSION].me = "5511955554444"
    assert (await looks())[2:] == [("number", "warning", "other")]
    service.sessions[SESSION].state = "needs_pairing"
    assert await looks() == [("token", "ok", ""), ("session", "failed", "closed")]
    service.sessions.clear()
    assert await looks() == [("token", "failed", "service")]
    headers, body = loja.sample()
    assert loja.verify(headers, body)
    assert loja.parse(body).events == ()
    assert not loja.verify({}, body)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("+5511999990001", "551199990001", True),  # Brazil's ninth digit
        ("+551133334444", "5511933334444", False),  # a landline has none
        ("5215512345678", "+525512345678", True),
        ("5491112345678", "541112345678", True),
        ("+5511999990001", "+5511999990002", False),
        ("+351911111111", "351911111111", True),
    ],
)
def test_one_phone_in_two_forms(one: str, other: str, same: bool):
    assert is_same_phone(one, other) is same


def test_nobody_connects_without_saying_that_they_know_the_risk():
    with pytest.raises(ValidationError, match="você entende o risco"):
        BaileysSettings(number=NUMBER, consent=False)
    assert BaileysSettings(number="+55 (11) 3333-44444", consent=True).number == f"+{NUMBER}"
    with pytest.raises(ValidationError):
        BaileysSettings(number="123", consent=True)
