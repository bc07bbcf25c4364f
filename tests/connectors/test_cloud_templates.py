"""Templates of an account: read page by page, told by webhooks, sent with all their parts."""

from typing import Any

import httpx
import pytest

from connectors.base import Context, FoundButton
from connectors.fake_graph import FakeGraph
from connectors.whatsapp_cloud import CloudConnector
from flowengine.messages import Accepted, Identity, Refused, Send, Template, TemplateButton
from tests.connectors.conftest import NUMBER, cloud

TO = (Identity("phone", "+5511999990001"),)


def text(name: str, body: str, *components: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": f"id-{name}",
        "name": name,
        "language": "pt_BR",
        "status": "APPROVED",
        "category": "UTILITY",
        "components": [{"type": "BODY", "text": body}, *components],
        **more,
    }


ORDER = text(
    "pedido",
    "Olá {{1}}, o pedido {{2}} saiu.",
    {"type": "HEADER", "format": "TEXT", "text": "Loja {{1}}"},
    {"type": "FOOTER", "text": "Responda PARAR"},
    {
        "type": "BUTTONS",
        "buttons": [
            {"type": "URL", "text": "Rastrear", "url": "https://loja.example/{{1}}"},
            {"type": "QUICK_REPLY", "text": "Obrigada"},
            {"type": "PHONE_NUMBER", "text": "Ligar", "phone_number": "+5511"},
            {"type": "QUICK_REPLY", "text": "Reclamar"},
            {"type": "COPY_CODE", "example": ["AB12"]},
        ],
    },
    quality_score={"score": "YELLOW"},
)
PLACE = text("loja_perto", "Oi {{nome}}", {"type": "HEADER", "format": "LOCATION"})


def connected(client: httpx.AsyncClient, graph: FakeGraph) -> CloudConnector:
    return cloud(client, graph.url, waba_id=NUMBER.waba)


async def test_all_pages_are_read(graph: FakeGraph, client: httpx.AsyncClient):
    graph.library = [ORDER, PLACE, *(text(f"t{n}", "Oi") for n in range(230))]
    found = await connected(client, graph).templates()
    assert isinstance(found, tuple)
    assert len(found) == 232
    order, place = found[:2]
    assert order.params == ("1", "2", "header.1", "url.0", "code.4")
    assert order.buttons[1] == FoundButton("quick_reply", "Obrigada")
    assert (order.header, order.quality, order.status) == ("text", "yellow", "approved")
    assert place.header == "location"
    assert place.params[:2] == ("nome", "header.latitude")


@pytest.mark.parametrize(
    ("told", "status"),
    [("APPROVED", "approved"), ("PAUSED", "paused"), ("REINSTATED", "approved"),
     ("PENDING_DELETION", "pending_deletion"), ("ARCHIVED", "archived"),
     ("UNARCHIVED", "approved"), ("LIMIT_EXCEEDED", "limit_exceeded"), ("TOMORROW", "tomorrow")],
)  # fmt: skip
async def test_states(graph: FakeGraph, client: httpx.AsyncClient, told: str, status: str):
    graph.library = [text("t", "Oi", status=told)]
    found = await connected(client, graph).templates()
    assert isinstance(found, tuple)
    assert found[0].status == status


async def test_what_is_odd_is_left_out_not_raised(graph: FakeGraph, client: httpx.AsyncClient):
    graph.library = [
        {"name": "t", "language": "pt_BR", "status": 7, "components": [{"type": "BUTTONS"}, 3]},
        {"language": "pt_BR"},
        text("otp", "Código {{1}}", {"type": "BUTTONS", "buttons": [{"type": "OTP"}]},
             category="AUTHENTICATION"),
    ]  # fmt: skip
    found = await connected(client, graph).templates()
    assert isinstance(found, tuple)
    assert [each.name for each in found] == ["t", "otp"]
    assert found[1].params == ("1", "url.0")


async def test_a_wrong_token_is_told(graph: FakeGraph, client: httpx.AsyncClient):
    other = cloud(client, graph.url, waba_id=NUMBER.waba, token="wrong")
    found = await other.templates()
    assert isinstance(found, Refused)
    assert found.reason == "auth"


PARAMS = {"1": "Ana", "2": "A-17", "header.1": "da Bia", "url.0": "r/17", "code.4": "AB12"}


async def test_every_part_is_sent_at_its_place(graph: FakeGraph, client: httpx.AsyncClient):
    graph.library = [ORDER, PLACE]
    said = Template(
        "pedido", "pt-BR", PARAMS,
        buttons=(TemplateButton("ok", "Obrigada", 1), TemplateButton("nao", "Reclamar", 3)),
    )  # fmt: skip
    connector = connected(client, graph)
    outcome = await connector.perform(Send("s", "n", "f", said, offer="o1"), TO, Context("o:1"))
    assert isinstance(outcome, Accepted), outcome
    parts = graph.sent[-1].body["template"]["components"]
    assert parts[0] == {"type": "header", "parameters": [{"type": "text", "text": "da Bia"}]}
    assert [(p["sub_type"], p["index"]) for p in parts[2:]] == [
        ("url", "0"), ("copy_code", "4"), ("quick_reply", "1"), ("quick_reply", "3"),
    ]  # fmt: skip
    assert parts[2]["parameters"] == [{"type": "text", "text": "r/17"}]
    assert parts[3]["parameters"] == [{"type": "coupon_code", "coupon_code": "AB12"}]
    here = {"header.latitude": "-23.5", "header.longitude": "-46.6", "header.name": "Loja",
            "header.address": "Rua A"}  # fmt: skip
    place = Template("loja_perto", "pt_BR", {"nome": "Ana", **here})
    assert isinstance(
        await connector.perform(Send("s2", "n", "f", place), TO, Context("o:2")), Accepted
    )
    header = graph.sent[-1].body["template"]["components"][0]["parameters"][0]
    assert header["location"]["latitude"] == "-23.5"


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"1": "Ana"}, "132000"),
        ({**PARAMS, "3": "x"}, "132000"),
        ({**PARAMS, "url.1": "x"}, "132012"),
    ],
)
async def test_what_meta_refuses_of_a_template(
    graph: FakeGraph, client: httpx.AsyncClient, params: dict[str, str], code: str
):
    graph.library = [ORDER]
    send = Send("s", "n", "f", Template("pedido", "pt_BR", params))
    outcome = await connected(client, graph).perform(send, TO, Context("o:1"))
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.code) == ("template", code)


@pytest.mark.parametrize(
    "params", [{"url.x": "a"}, {"code.10": "a"}, {"code.0": "x" * 16}, {"header.2": "a"}]
)
async def test_what_is_refused_before_it_is_sent(
    graph: FakeGraph, client: httpx.AsyncClient, params: dict[str, str]
):
    send = Send("s", "n", "f", Template("pedido", "pt_BR", params))
    outcome = await connected(client, graph).perform(send, TO, Context("o:1"))
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.code, graph.requests) == ("template", "", 0)
