"""A channel's set-up examined against the fakes: every look, well and not."""

import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from connectors.base import Look, Provider
from connectors.evolution import EvolutionConnector
from connectors.fake_evolution import FakeEvolution
from connectors.fake_graph import App, FakeGraph, Number, Person
from connectors.fake_graph.server import Reply, Request
from connectors.net import open_client
from connectors.whatsapp_cloud import CloudConnector, CloudSettings
from tests.connectors.subjects import ANA, NUMBER, evolution_settings
from tests.peers.plain import Peer
from web.looks import MENDS, TITLES, line_of
from workers.doctor import examine

HOOK = "https://bots.example.com/webhooks/cloud/c1"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with open_client(timeout=5) as client:
        yield client


@pytest.fixture
async def graph(client: httpx.AsyncClient) -> AsyncIterator[FakeGraph]:
    graph = FakeGraph(client)
    await graph.start()
    graph.add_number(NUMBER)
    yield graph
    await graph.close()


@pytest.fixture
async def server(client: httpx.AsyncClient) -> AsyncIterator[FakeEvolution]:
    server = FakeEvolution(client)
    await server.start()
    yield server
    await server.close()


def cloud(client: httpx.AsyncClient, graph: FakeGraph, **more: Any) -> CloudConnector:
    known = {
        "phone_number_id": NUMBER.id,
        "token": NUMBER.token,
        "app_secret": NUMBER.app_secret,
        "verify_token": "v",
        "waba_id": NUMBER.waba,
        "base_url": graph.url,
    }
    return CloudConnector(CloudSettings.model_validate({**known, **more}), client)


def hows(looks: tuple[Look, ...]) -> dict[str, str]:
    return {look.what: f"{look.how} {look.why}".strip() for look in looks}


WELL = {
    "token": "ok",
    "scopes": "ok",
    "number": "ok",
    "quality": "ok",
    "subscribed": "ok",
    "fields": "ok",
}


async def test_a_channel_that_is_well(client: httpx.AsyncClient, graph: FakeGraph):
    graph.app.callback = HOOK
    assert hows(await cloud(client, graph).examine(HOOK)) == WELL
    assert not graph.sent


def _number(**change: str) -> Callable[[FakeGraph], None]:
    return lambda graph: graph.add_number(
        Number(NUMBER.id, token=NUMBER.token, app_secret=NUMBER.app_secret, **change)
    )


def _app(**change: Any) -> Callable[[FakeGraph], None]:
    def tell(graph: FakeGraph) -> None:
        graph.app = App(**change)

    return tell


ILLS: list[tuple[Callable[[FakeGraph], None], str, str, str]] = [
    (_number(status="BANNED"), "number", "failed status", "551133334444 BANNED"),
    (_number(quality="RED"), "quality", "warning", "RED"),
    (_app(subscribed=False), "subscribed", "failed", ""),
    (_app(scopes=("whatsapp_business_messaging",)), "scopes", "failed", "whatsapp_business_mana"),
    (_app(expires_at=int(time.time()) + 3600), "token", "warning expires", "20"),
    (_app(fields=("account_update",)), "fields", "failed", "messages"),
    (_app(fields=()), "fields", "failed", "messages"),
    (_app(fields=("messages",)), "fields", "warning", "message_template_status_update"),
    (_app(callback="https://other.example.com"), "fields", "warning callback", "https://other"),
]


@pytest.mark.parametrize(("ill", "what", "how", "detail"), ILLS)
async def test_what_ails_a_channel(
    client: httpx.AsyncClient,
    graph: FakeGraph,
    ill: Callable[[FakeGraph], None],
    what: str,
    how: str,
    detail: str,
):
    ill(graph)
    looks = await cloud(client, graph).examine(HOOK)
    assert hows(looks) == {**WELL, what: how}
    (look,) = (each for each in looks if each.what == what)
    assert look.detail.startswith(detail)
    assert line_of(look).mend


async def test_a_wrong_token_secret_number_or_address(client: httpx.AsyncClient, graph: FakeGraph):
    assert hows(await cloud(client, graph, token="wrong").examine(HOOK)) == {"token": "failed"}
    looks = await cloud(client, graph, app_secret="other").examine(HOOK)
    assert hows(looks)["fields"] == "failed secret"
    looks = await cloud(client, graph, waba_id="").examine(HOOK)
    assert hows(looks)["subscribed"] == "skipped no_account"
    graph.add_number(Number("7", token="t7"))
    looks = await cloud(client, graph, phone_number_id="8").examine(HOOK)
    assert hows(looks) == {"number": "failed"}
    await graph.close()
    looks = await cloud(client, graph).examine(HOOK)
    assert hows(looks) == {"number": "failed silent"}


def _taking(provider: list[Provider], status: int = 200) -> Callable[[Request], Reply]:
    def take(request: Request) -> Reply:
        known = provider[0].verify(request.headers, request.body)
        return Reply(status if known else 401)

    return take


async def test_our_own_address_is_asked_with_and_without_a_signature(
    client: httpx.AsyncClient, graph: FakeGraph
):
    provider: list[Provider] = [cloud(client, graph)]
    async with Peer(_taking(provider)) as product:
        looks = await examine(provider[0], f"{product.url}/webhooks/cloud/c1", client)
        assert hows(looks)["webhook"] == "warning local"  # right, but nobody else can reach it
        assert len(product.asked) == 2
        provider[0] = cloud(client, graph, app_secret="other")
        looks = await examine(cloud(client, graph), product.url, client)
        assert hows(looks)["signature"] == "failed"
    async with Peer(lambda _: Reply(200)) as proxy:  # answers everything: it is not us
        looks = await examine(cloud(client, graph), proxy.url, client)
        assert hows(looks)["webhook"] == "failed elsewhere"
    looks = await examine(cloud(client, graph), "http://nowhere.invalid/webhooks", client)
    assert hows(looks)["webhook"] == "failed unreachable"


async def test_a_test_message(client: httpx.AsyncClient, graph: FakeGraph):
    async def sent(to: str) -> Look:
        return (await examine(cloud(client, graph), HOOK.replace("bots", "x"), client, to))[-1]

    assert (await sent(f"+{ANA}")).how == "warning"  # nobody wrote: the window is closed
    graph.text(NUMBER.id, ANA, "oi")
    assert (await sent(f"+{ANA}")).how == "ok"
    assert graph.sent[-1].body["text"]["body"].startswith("Teste")
    graph.add_person(Person(wa_id="5511900000000", reachable=False))
    unreachable = await sent("+5511900000000")
    assert (unreachable.how, unreachable.why) == ("failed", "unreachable")


# Evolution


async def test_an_instance_that_is_well_and_what_ails_it(
    client: httpx.AsyncClient, server: FakeEvolution
):
    loja = EvolutionConnector(evolution_settings(server.url, api_key=server.key), client)

    async def looked() -> dict[str, str]:
        return hows(await loja.examine(HOOK))

    assert await looked() == {"token": "ok", "session": "failed missing"}
    await loja.session.pair(HOOK)
    assert await looked() == {"token": "ok", "session": "warning", "hook": "ok"}
    server.scan("loja")
    assert await looked() == {"token": "ok", "session": "ok", "hook": "ok"}
    one = server.instances["loja"]
    good = dict(one.webhook)
    for change, how in (
        ({"url": ""}, "failed none"),
        ({"enabled": False}, "failed off"),
        ({"url": "https://other"}, "failed elsewhere"),
        ({"headers": {"authorization": "Bearer other"}}, "failed secret"),
        ({"headers": None}, "failed secret"),
        ({"events": ["MESSAGES_UPSERT"]}, "failed events"),
        ({"events": []}, "ok"),
        ({"byEvents": True}, "warning by_events"),
    ):
        one.webhook = {**good, **change}
        assert (await looked())["hook"] == how, change
    assert await loja.session.hook(HOOK) is None  # what the button does
    assert (await looked())["hook"] == "ok"
    one.state = "close"
    assert (await looked())["session"] == "failed closed"
    wrong = EvolutionConnector(evolution_settings(server.url, api_key="wrong"), client)
    assert hows(await wrong.examine(HOOK)) == {"token": "failed"}
    await server.close()
    assert await looked() == {"token": "failed silent"}
    async with open_client(allowed_hosts=()) as guarded:
        inside = EvolutionConnector(evolution_settings(server.url), guarded)
        assert hows(await inside.examine(HOOK)) == {"token": "failed private"}


def test_every_mend_is_of_something_that_is_looked_at():
    assert {what for what, _ in MENDS} <= TITLES.keys()
    assert line_of(Look("token", "failed", "of tomorrow")).mend
    assert line_of(Look("token", "ok")).mend == ""
