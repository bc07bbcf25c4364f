"""Sends of the Cloud API connector, over real HTTP, to a Graph that checks what it gets."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from connectors.base import Context, File, Sent
from connectors.fake_graph import FakeGraph, Person, Trouble
from connectors.fake_graph.checks import fault_of
from connectors.fake_graph.server import Reply, Request
from connectors.whatsapp_cloud.payloads import Unsayable, envelope, file_of
from flowengine.messages import (
    Accepted,
    Audio,
    Button,
    Buttons,
    Capabilities,
    Card,
    ContactRequest,
    Content,
    CtaUrl,
    Document,
    Form,
    Identity,
    Image,
    List,
    Location,
    LocationRequest,
    Media,
    Phone,
    Reaction,
    Refused,
    Row,
    Section,
    Send,
    Sticker,
    Template,
    TemplateButton,
    Text,
    Unclear,
    Video,
    degrade,
)
from tests.connectors.conftest import ANA, NUMBER, cloud, sending
from tests.connectors.strategies import contents

Say = Callable[..., Awaitable[Sent]]
LINK = Media(url="https://example.com/a.png")
TWO = (Button("sim", "Sim"), Button("nao", "Não"))


async def posted(graph: FakeGraph, say: Say, content: Content, context: Context | None = None):
    outcome = await say(content, context)
    assert isinstance(outcome, Accepted), outcome
    assert graph.sent[-1].wamid == outcome.provider_id
    return graph.sent[-1].body


async def test_a_text_goes_out_with_plus_and_callback(graph: FakeGraph, say: Say):
    context = Context(callback="0190:1", quote="wamid.HERS")
    assert await posted(graph, say, Text("Olá 😀", preview_url=True), context) == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "+5511999990001",
        "type": "text",
        "text": {"body": "Olá 😀", "preview_url": False},
        "context": {"message_id": "wamid.HERS"},
        "biz_opaque_callback_data": "0190:1",
    }


CASES: list[tuple[Content, str, Any]] = [
    (Image(LINK, "Foto"), "image", {"link": LINK.url, "caption": "Foto"}),
    (Video(LINK), "video", {"link": LINK.url}),
    (Audio(LINK, voice=True), "audio", {"link": LINK.url, "voice": True}),
    (Document(LINK, "a.pdf"), "document", {"link": LINK.url, "filename": "a.pdf"}),
    (Sticker(LINK), "sticker", {"link": LINK.url}),
    (
        Location(Decimal("-23.5505"), Decimal("-46.6333"), "Sé"),
        "location",
        {"latitude": -23.5505, "longitude": -46.6333, "name": "Sé"},
    ),
    (
        Card("Bia Souza", (Phone("+5511988880002"),), ("bia@example.com",), "Pet"),
        "contacts",
        [
            {
                "name": {
                    "formatted_name": "Bia Souza",
                    "first_name": "Bia",
                    "last_name": "Souza",
                },
                "phones": [{"phone": "+5511988880002", "type": "CELL"}],
                "emails": [{"email": "bia@example.com"}],
                "org": {"company": "Pet"},
            }
        ],
    ),
    (
        Buttons("Pode?", TWO, header="Aviso", footer="Pet"),
        "interactive",
        {
            "type": "button",
            "header": {"type": "text", "text": "Aviso"},
            "body": {"text": "Pode?"},
            "footer": {"text": "Pet"},
            "action": {
                "buttons": [
                    {"type": "reply", "reply": {"id": "v1:f7:sim", "title": "Sim"}},
                    {"type": "reply", "reply": {"id": "v1:f7:nao", "title": "Não"}},
                ]
            },
        },
    ),
    (
        Buttons("Pode?", TWO[:1], media=LINK),
        "interactive",
        {
            "type": "button",
            "header": {"type": "image", "image": {"link": LINK.url}},
            "body": {"text": "Pode?"},
            "action": {
                "buttons": [{"type": "reply", "reply": {"id": "v1:f7:sim", "title": "Sim"}}]
            },
        },
    ),
    (
        List(
            "Quando?",
            "Ver",
            (
                Section(
                    (Row("s1", "09:00", "com a Bia"), Row("s2", "10:00")),
                ),
            ),
        ),
        "interactive",
        {
            "type": "list",
            "body": {"text": "Quando?"},
            "action": {
                "button": "Ver",
                "sections": [
                    {
                        "rows": [
                            {"id": "v1:f7:s1", "title": "09:00", "description": "com a Bia"},
                            {"id": "v1:f7:s2", "title": "10:00"},
                        ]
                    }
                ],
            },
        },
    ),
    (
        CtaUrl("Pague aqui", "Pagar", "https://example.com/p"),
        "interactive",
        {
            "type": "cta_url",
            "body": {"text": "Pague aqui"},
            "action": {
                "name": "cta_url",
                "parameters": {"display_text": "Pagar", "url": "https://example.com/p"},
            },
        },
    ),
    (
        LocationRequest("Onde você está?"),
        "interactive",
        {
            "type": "location_request_message",
            "body": {"text": "Onde você está?"},
            "action": {"name": "send_location"},
        },
    ),
    (
        ContactRequest("Qual é o seu número?"),
        "interactive",
        {
            "type": "request_contact_info",
            "body": {"text": "Qual é o seu número?"},
            "action": {"name": "request_contact_info"},
        },
    ),
    (
        Form("Cadastro", "Abrir", "1234", "INICIO", {"nome": "Ana"}),
        "interactive",
        {
            "type": "flow",
            "body": {"text": "Cadastro"},
            "action": {
                "name": "flow",
                "parameters": {
                    "flow_message_version": "3",
                    "flow_id": "1234",
                    "flow_cta": "Abrir",
                    "flow_token": "v1:f7:form",
                    "flow_action": "navigate",
                    "flow_action_payload": {"screen": "INICIO", "data": {"nome": "Ana"}},
                },
            },
        },
    ),
    (
        Template(
            "lembrete", "pt-BR", {"2": "10:00", "1": "Ana"}, LINK, buttons=(TemplateButton("sim"),)
        ),
        "template",
        {
            "name": "lembrete",
            "language": {"code": "pt_BR"},
            "components": [
                {"type": "header", "parameters": [{"type": "image", "image": {"link": LINK.url}}]},
                {
                    "type": "body",
                    "parameters": [
                        {"type": "text", "text": "Ana"},
                        {"type": "text", "text": "10:00"},
                    ],
                },
                {
                    "type": "button",
                    "sub_type": "quick_reply",
                    "index": "0",
                    "parameters": [{"type": "payload", "payload": "v1:f7:sim"}],
                },
            ],
        },
    ),
    (
        Template("oferta", "pt_BR", {"nome": "Ana"}),
        "template",
        {
            "name": "oferta",
            "language": {"code": "pt_BR"},
            "components": [
                {
                    "type": "body",
                    "parameters": [{"type": "text", "parameter_name": "nome", "text": "Ana"}],
                }
            ],
        },
    ),
    (Template("simples", "pt_BR"), "template", {"name": "simples", "language": {"code": "pt_BR"}}),
    (Reaction("👍", "wamid.HERS"), "reaction", {"message_id": "wamid.HERS", "emoji": "👍"}),
]


@pytest.mark.parametrize(
    ("content", "kind", "payload"), CASES, ids=[str(case[0])[:24] for case in CASES]
)
async def test_every_kind_of_content(
    graph: FakeGraph, say: Say, content: Content, kind: str, payload: Any
):
    body = await posted(graph, say, content)
    assert body["type"] == kind
    assert body[kind] == payload


async def test_a_reaction_is_to_the_last_message(graph: FakeGraph, say: Say):
    context = Context(last_inbound="wamid.LAST", quote="wamid.Q")
    body = await posted(graph, say, Reaction("👍"), context)
    assert body["reaction"]["message_id"] == "wamid.LAST"
    assert "context" not in body


async def test_what_does_not_fit_is_degraded(graph: FakeGraph, say: Say):
    four = tuple(Button(f"b{n}", f"Opção {n}") for n in range(4))
    body = await posted(graph, say, Buttons("Qual?", four))
    assert body["interactive"]["type"] == "list"


async def test_a_kind_that_is_switched_off(graph: FakeGraph, client: httpx.AsyncClient, say: Say):
    plain = cloud(client, graph.url, off=["buttons", "list"])
    assert plain.capabilities == Capabilities(
        kinds=tuple(k for k in Capabilities().kinds if k not in ("buttons", "list"))
    )
    await plain.perform(sending(Buttons("Pode?", TWO)), (ANA,), Context())
    assert graph.sent[-1].body["text"]["body"] == "Pode?\n\n1. Sim\n2. Não"


async def test_a_bsuid_goes_to_recipient(graph: FakeGraph, client: httpx.AsyncClient):
    graph.add_person(Person(user_id="BR.1", name="Ana"))
    graph.text(NUMBER.id, "BR.1", "oi")
    to = (Identity("lid", "9"), Identity("bsuid", "BR.1"))
    outcome = await cloud(client, graph.url).perform(sending(Text("oi")), to, Context())
    assert outcome == Accepted(graph.sent[-1].wamid, "BR.1")
    assert "to" not in graph.sent[-1].body
    assert graph.sent[-1].body["recipient"] == "BR.1"


async def test_the_number_that_meta_really_wrote_to(graph: FakeGraph, client: httpx.AsyncClient):
    graph.add_person(Person(wa_id="551188880002", also=("5511988880002",)))
    graph.text(NUMBER.id, "551188880002", "oi")
    to = (Identity("phone", "+5511988880002"),)
    outcome = await cloud(client, graph.url).perform(sending(Text("oi")), to, Context())
    assert isinstance(outcome, Accepted)
    assert outcome.recipient == "+551188880002"


async def test_an_asset_is_uploaded_once(graph: FakeGraph, say: Say):
    opened: list[str] = []

    async def open_asset(asset: str) -> File | None:
        opened.append(asset)
        return File("image/png", b"\x89PNG" * 10, "a.png") if asset == "sha256:aa" else None

    context = Context(open_asset=open_asset)
    first = await posted(graph, say, Image(Media(asset="sha256:aa"), "Foto"), context)
    again = await posted(graph, say, Buttons("?", TWO, media=Media(asset="sha256:aa")), context)
    assert opened == ["sha256:aa"]
    assert again["interactive"]["header"]["image"] == {"id": first["image"]["id"]}
    ticket = graph.files.describe(first["image"]["id"])
    assert ticket is not None
    assert ticket["file_size"] == 40
    assert await say(Image(Media(asset="sha256:bb")), context) == Refused(
        "media", True, detail="there is no asset sha256:bb"
    )


# What can go wrong


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (Text("  "), "invalid"),
        (Text("oi \ud800"), "invalid"),
        (Reaction("👍"), "invalid"),
        (Buttons("?", (Button("x" * 300, "Longo"),)), "invalid"),
        (Image(Media()), "invalid"),
    ],
)
async def test_what_cannot_be_said_is_refused_here(
    graph: FakeGraph, say: Say, content: Content, reason: str
):
    outcome = await say(content)
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.permanent) == (reason, True)
    assert not graph.sent


async def test_nobody_to_write_to(graph: FakeGraph, client: httpx.AsyncClient):
    connector = cloud(client, graph.url)
    for to in ((), (Identity("lid", "1"),), (Identity("simulator", "+55"),)):
        outcome = await connector.perform(sending(Text("oi")), to, Context())
        assert isinstance(outcome, Refused)
        assert (outcome.reason, outcome.permanent) == ("unreachable", True)
    assert graph.requests == 0


async def test_a_template_that_is_switched_off_is_unsupported(
    graph: FakeGraph, client: httpx.AsyncClient
):
    connector = cloud(client, graph.url, off=["template"])
    outcome = await connector.perform(sending(Template("a", "pt_BR")), (ANA,), Context())
    assert isinstance(outcome, Refused)
    assert outcome.reason == "unsupported"


async def test_the_window(graph: FakeGraph, client: httpx.AsyncClient):
    connector = cloud(client, graph.url)
    closed = await connector.perform(sending(Text("oi")), (ANA,), Context())
    assert isinstance(closed, Refused)
    assert (closed.reason, closed.permanent, closed.code) == ("window_closed", True, "131047")
    template = await connector.perform(sending(Template("a", "pt_BR")), (ANA,), Context())
    assert isinstance(template, Accepted)


async def test_a_paused_template(graph: FakeGraph, say: Say):
    graph.templates = {("lembrete", "pt_BR"): "PAUSED"}
    for name, code in (("lembrete", "132015"), ("outro", "132001")):
        outcome = await say(Template(name, "pt_BR"))
        assert isinstance(outcome, Refused)
        assert (outcome.reason, outcome.code) == ("template", code)


async def test_a_token_that_expired(graph: FakeGraph, client: httpx.AsyncClient):
    connector = cloud(client, graph.url, token="old")
    outcome = await connector.perform(sending(Text("oi")), (ANA,), Context())
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.permanent, outcome.scope) == ("auth", False, "channel")
    assert isinstance(await connector.probe(), Refused)


async def test_an_error_by_code_for_one_recipient_and_a_number_of_times(graph: FakeGraph, say: Say):
    graph.trouble(Trouble("error", code=131026, to="+5511000000000"))
    graph.trouble(Trouble("error", code=131056, count=2, to="+5511999990001"))
    for attempt in (1, 2):
        outcome = await say(Text("oi"), Context(attempt=attempt))
        assert outcome == Refused(
            "rate_limited",
            False,
            4 ** (attempt - 1),
            "131056",
            "[AFakeTraceOfAFakeGraph]".join(("(#131056)  ", "")),
            "contact",
        )
    assert isinstance(await say(Text("oi")), Accepted)


@pytest.mark.parametrize(
    ("trouble", "unclear"),
    [
        (Trouble("http", status=502), "http_502"),
        (Trouble("cut"), "RemoteProtocolError"),
        (Trouble("cut", taken=False), "RemoteProtocolError"),
    ],
)
async def test_nobody_knows_whether_it_was_taken(
    graph: FakeGraph, say: Say, trouble: Trouble, unclear: str
):
    graph.trouble(trouble)
    outcome = await say(Text("oi"))
    assert isinstance(outcome, Unclear)
    if trouble.kind == "http":
        assert outcome.reason == unclear
    assert len(graph.sent) == (1 if trouble.kind == "cut" and trouble.taken else 0)


async def test_an_answer_that_does_not_come_is_unclear(graph: FakeGraph):
    graph.text(NUMBER.id, "5511999990001", "oi")
    graph.trouble(Trouble("slow", seconds=5))
    # Hasty about the answer only: on a busy machine a connection takes its time.
    async with httpx.AsyncClient(timeout=httpx.Timeout(20, read=0.2)) as hasty:
        outcome = await cloud(hasty, graph.url).perform(sending(Text("oi")), (ANA,), Context())
    assert outcome == Unclear("ReadTimeout")
    assert len(graph.sent) == 1


async def test_nobody_listens(graph: FakeGraph, client: httpx.AsyncClient):
    await graph.close()
    outcome = await cloud(client, graph.url).perform(sending(Text("oi")), (ANA,), Context())
    assert outcome == Refused("transient", False, code="ConnectError")


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b"<html>", b'{"messages":[]}', b'{"messages":[{"id":7}]}', b""]
)
async def test_a_yes_without_an_id_is_unclear(peer: Any, client: httpx.AsyncClient, body: bytes):
    other = await peer(lambda _: Reply(body=body))
    outcome = await cloud(client, other.url).perform(sending(Text("oi")), (ANA,), Context())
    assert isinstance(outcome, Unclear)


async def test_being_cancelled_is_not_an_outcome(graph: FakeGraph, say: Say):
    graph.trouble(Trouble("slow", seconds=5))
    task = asyncio.ensure_future(say(Text("oi")))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


# The rest


async def test_typing_and_read_receipts(graph: FakeGraph, client: httpx.AsyncClient):
    connector = cloud(client, graph.url)
    assert await connector.typing((ANA,), Context(last_inbound="wamid.HERS"))
    assert await connector.mark_read("wamid.HERS")
    seen = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.HERS"}
    assert list(graph.seen) == [{**seen, "typing_indicator": {"type": "text"}}, seen]
    assert not await connector.typing((ANA,), Context())
    await graph.close()
    assert not await connector.mark_read("wamid.HERS")


async def test_probe_tells_who_we_are(graph: FakeGraph, client: httpx.AsyncClient):
    reached = await cloud(client, graph.url).probe()
    assert not isinstance(reached, Refused | Unclear)
    assert (reached.number, reached.name) == (NUMBER.display, NUMBER.name)


async def test_the_path_has_the_version(peer: Any, client: httpx.AsyncClient):
    other = await peer(lambda _: Reply(status=400))
    await cloud(client, other.url, version="v99.0").perform(sending(Text("oi")), (ANA,), Context())
    request: Request = other.asked[0]
    assert request.target == f"/v99.0/{NUMBER.id}/messages"
    assert request.headers["authorization"] == f"Bearer {NUMBER.token}"
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.body)["to"] == "+5511999990001"


async def test_secrets_are_in_no_repr_and_no_log(
    graph: FakeGraph, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    connector = cloud(client, graph.url)
    graph.trouble(Trouble("error", code=190), Trouble("cut"))
    shown = [str(await connector.perform(sending(Text("x")), (ANA,), Context())) for _ in "12"]
    shown += [repr(connector), repr(vars(connector)["_settings"]), caplog.text]
    for secret in (NUMBER.token, NUMBER.app_secret):
        assert not any(secret in text for text in shown)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(contents)
def test_whatever_fits_the_channel_graph_takes(content: Content):
    """degrade, payloads and the fake's limits were written apart: they must agree."""
    fitted = degrade(content, Capabilities()).content
    assert fitted is not None
    media = file_of(fitted)
    file = {} if media is None else {"link": "https://example.com/a.png"}
    send = Send(id="e1.1", node="n", flow="f", content=content, offer="f7")
    context = Context(last_inbound="wamid.X")
    try:
        body = envelope(send, fitted, {"to": "+5511999990001"}, file, context)
    except Unsayable:
        match fitted:
            case Text(text=text):
                assert not text.strip()
            case Template(params=params):
                by_place = [name.isdecimal() for name in params]
                assert any(by_place) or not all(map(str.strip, params.values()))
            case _:
                raise
        return
    sent = msgspec.json.decode(msgspec.json.encode(body))
    assert fault_of(sent) is None
