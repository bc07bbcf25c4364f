"""Our connectors as the test kit wants them: each beside a fake of its provider, over real HTTP."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec

from connectors.baileys import BaileysConnector, BaileysSettings
from connectors.base import Provider
from connectors.evolution import EvolutionConnector, EvolutionSettings
from connectors.fake_baileys import FakeBaileys
from connectors.fake_baileys import Trouble as ServiceTrouble
from connectors.fake_baileys import sign as sign_baileys
from connectors.fake_baileys import upsert as baileys_upsert
from connectors.fake_evolution import FakeEvolution
from connectors.fake_evolution import Trouble as ServerTrouble
from connectors.fake_evolution.evolution import envelope, upsert
from connectors.fake_graph import FakeGraph, Number
from connectors.fake_graph import Trouble as GraphTrouble
from connectors.fake_graph.webhooks import sign as sign_graph
from connectors.kit import Subject, Trouble
from connectors.net import open_client
from connectors.simulator import (
    Day,
    Fault,
    Line,
    Network,
    Saying,
    SimulatorConnector,
    SimulatorSettings,
    application,
)
from connectors.simulator.signature import sign as sign_simulator
from connectors.whatsapp_cloud import CloudConnector, CloudSettings
from flowengine.messages import Arrived, Identity, Inbound, Refused, Sender
from tests.peers.asgi import serving

ANA = "5511999990001"
NUMBER = Number("106540352242922", token="token-1", app_secret="app-secret-1")


class CloudSubject:
    """The Cloud API's connector beside the fake Graph."""

    to: tuple[Identity, ...] = (Identity("phone", f"+{ANA}"),)
    secrets: tuple[str, ...] = ("token-1", "app-secret-1", "verify-1")

    def __init__(self, http: httpx.AsyncClient, graph: FakeGraph) -> None:
        self.graph = graph
        settings = {
            "phone_number_id": NUMBER.id,
            "token": NUMBER.token,
            "app_secret": NUMBER.app_secret,
            "verify_token": "verify-1",
            "base_url": graph.url,
        }
        self.provider: Provider = CloudConnector(CloudSettings.model_validate(settings), http)

    def posted(self) -> list[Any]:
        return [sent.body for sent in self.graph.sent]

    def headers(self, body: bytes) -> Mapping[str, str]:
        return sign_graph(NUMBER, body)

    def said(self, *messages: tuple[str, str]) -> bytes:
        return self._body([_cloud_message(*each) for each in messages])

    def said_beside(self, message: tuple[str, str], broken: Any) -> bytes:
        return self._body([_cloud_message(*message), broken])

    def _body(self, messages: list[Any]) -> bytes:
        value = {"metadata": {"phone_number_id": NUMBER.id}, "messages": messages}
        entry = {"id": "1", "changes": [{"field": "messages", "value": value}]}
        return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()

    def trouble(self, what: Trouble) -> None:
        troubles = {
            "refused": GraphTrouble("error", 131026),
            "auth": GraphTrouble("error", 190, 401),
            "busy": GraphTrouble("error", 130429),
            "cut": GraphTrouble("cut"),
        }
        self.graph.trouble(troubles[what])


def _cloud_message(id_: str, text: str) -> Any:
    return {
        "from": ANA,
        "id": id_,
        "timestamp": "1749416383",
        "type": "text",
        "text": {"body": text},
    }


@asynccontextmanager
async def cloud() -> AsyncIterator[Subject]:
    async with open_client(timeout=5) as http:
        graph = FakeGraph(http)
        await graph.start()
        graph.add_number(NUMBER)
        graph.text(NUMBER.id, ANA, "oi")
        yield CloudSubject(http, graph)
        await graph.close()


class SimulatorSubject:
    """The simulator's two halves."""

    to: tuple[Identity, ...] = (Identity("simulator", f"+{ANA}"),)
    secrets: tuple[str, ...] = ("secret-1", "token-1")

    def __init__(self, http: httpx.AsyncClient, network: Network, url: str) -> None:
        self.network = network
        settings = {"number": "5511", "base_url": url, "secret": "secret-1", "token": "token-1"}
        model = SimulatorSettings.model_validate(settings)
        self.provider: Provider = SimulatorConnector(model, http)

    def posted(self) -> list[Any]:
        entries = self.network.transcript("5511", f"+{ANA}").entries
        ours = [entry.content for entry in entries if entry.side == "business"]
        return [json.loads(msgspec.json.encode(content)) for content in ours]

    def headers(self, body: bytes) -> Mapping[str, str]:
        return sign_simulator(body, "secret-1")

    def said(self, *messages: tuple[str, str]) -> bytes:
        return self._body([self._event(*each) for each in messages])

    def said_beside(self, message: tuple[str, str], broken: Any) -> bytes:
        return self._body([self._event(*message), broken])

    def _body(self, events: list[Any]) -> bytes:
        return msgspec.json.encode({"number": "5511", "events": events})

    def _event(self, id_: str, text: str) -> Arrived:
        message = Inbound(id=id_, at=datetime(2026, 3, 2, tzinfo=UTC), text=text)
        return Arrived(f"message:{id_}", Sender(self.to), message)

    def trouble(self, what: Trouble) -> None:
        faults = {
            "refused": Fault("refuse", refused=Refused("policy", True)),
            "auth": Fault("refuse", refused=Refused("auth", False, scope="channel")),
            "busy": Fault("refuse", refused=Refused("rate_limited", False)),
            "cut": Fault("cut"),
        }
        self.network.behave("5511", Day(faults=(faults[what],)))


@asynccontextmanager
async def simulator() -> AsyncIterator[Subject]:
    async with open_client(timeout=5) as http:
        network = Network(http)
        async with serving(application(network, "control-key")) as url:
            line = Line("5511", f"{url}/nowhere", "secret-1", "token-1")
            network.register(line)
            network.say("5511", f"+{ANA}", Saying(text="oi"))
            yield SimulatorSubject(http, network, url)


class EvolutionSubject:
    """The Evolution connector beside the fake server, its instance connected."""

    to: tuple[Identity, ...] = (Identity("phone", f"+{ANA}"),)
    secrets: tuple[str, ...] = ("token-of-loja", "secret-of-webhooks-1")

    def __init__(self, http: httpx.AsyncClient, server: FakeEvolution) -> None:
        self.server = server
        self.provider: Provider = EvolutionConnector(evolution_settings(server.url), http)

    def posted(self) -> list[Any]:
        return [posted.body for posted in self.server.posted]

    def headers(self, body: bytes) -> Mapping[str, str]:
        return {"authorization": "Bearer secret-of-webhooks-1"}

    def said(self, *messages: tuple[str, str]) -> bytes:
        return self._body([self._message(*each) for each in messages])

    def said_beside(self, message: tuple[str, str], broken: Any) -> bytes:
        return self._body([self._message(*message), broken])

    def _body(self, data: list[Any]) -> bytes:
        return json.dumps(envelope("loja", "messages.upsert", data)).encode()

    def _message(self, id_: str, text: str) -> Any:
        return upsert(f"{ANA}@s.whatsapp.net", {"conversation": text}, id_)

    def trouble(self, what: Trouble) -> None:
        nobody = [{"jid": f"{ANA}@s.whatsapp.net", "exists": False, "number": ANA}]
        troubles = {
            "refused": ServerTrouble("error", 400, nobody),
            "auth": ServerTrouble("error", 401, "Unauthorized"),
            "busy": ServerTrouble("http", 429),
            "cut": ServerTrouble("cut"),
        }
        self.server.trouble(troubles[what])


def evolution_settings(url: str, **more: Any) -> EvolutionSettings:
    """A channel of the instance `loja`."""
    known = {
        "base_url": url,
        "instance": "loja",
        "api_key": "token-of-loja",
        "webhook_secret": "secret-of-webhooks-1",
    }
    return EvolutionSettings.model_validate({**known, **more})


@asynccontextmanager
async def evolution() -> AsyncIterator[Subject]:
    async with open_client(timeout=5) as http:
        server = FakeEvolution(http)
        await server.start()
        server.open("loja")
        yield EvolutionSubject(http, server)
        await server.close()


SESSION = "0199c0de-0000-7000-8000-000000000001"
BAILEYS_SECRET = "secret-of-the-channel-1"


class BaileysSubject:
    """The Baileys connector beside the fake service, its session paired."""

    to: tuple[Identity, ...] = (Identity("phone", f"+{ANA}"),)
    secrets: tuple[str, ...] = (BAILEYS_SECRET,)

    def __init__(self, http: httpx.AsyncClient, service: FakeBaileys) -> None:
        self.service = service
        self.session = SESSION
        self.provider: Provider = BaileysConnector(baileys_settings(service.url), http)

    def name(self, session: str) -> None:
        """What it says from now on is of this session."""
        self.session = session

    def posted(self) -> list[Any]:
        return [posted.content for posted in self.service.posted]

    def headers(self, body: bytes) -> Mapping[str, str]:
        target = f"/webhooks/baileys/{self.session}"
        return {"x-flowengine-signature": sign_baileys(BAILEYS_SECRET, "POST", target, body)}

    def said(self, *messages: tuple[str, str]) -> bytes:
        return self._body([self._message(*each) for each in messages])

    def said_beside(self, message: tuple[str, str], broken: Any) -> bytes:
        return self._body([self._message(*message), broken])

    def _body(self, messages: list[Any]) -> bytes:
        data = {"type": "notify", "messages": messages}
        event = {"kind": "messages.upsert", "data": data}
        return json.dumps({"session": self.session, "seq": 1, "events": [event]}).encode()

    def _message(self, id_: str, text: str) -> Any:
        return baileys_upsert(f"{ANA}@s.whatsapp.net", {"conversation": text}, id_)

    def trouble(self, what: Trouble) -> None:
        nobody = {"reason": "not_on_whatsapp", "detail": "no such number"}
        troubles = {
            "refused": ServiceTrouble("refused", refused=nobody),
            "auth": ServiceTrouble("http", 401),
            "busy": ServiceTrouble("http", 429),
            "cut": ServiceTrouble("cut"),
        }
        self.service.trouble(troubles[what])


def baileys_settings(url: str, **more: Any) -> BaileysSettings:
    """A channel that `flowengine baileys` has taken up."""
    known = {
        "number": "+55 11 3333-44444",
        "consent": True,
        "base_url": url,
        "secret": BAILEYS_SECRET,
        "session": SESSION,
    }
    return BaileysSettings.model_validate({**known, **more})


@asynccontextmanager
async def baileys() -> AsyncIterator[Subject]:
    async with open_client(timeout=5) as http:
        service = FakeBaileys(BAILEYS_SECRET)
        await service.start()
        service.open(SESSION)
        yield BaileysSubject(http, service)
        await service.close()


SUBJECTS: dict[str, Callable[[], AbstractAsyncContextManager[Subject]]] = {
    "baileys": baileys,
    "cloud": cloud,
    "evolution": evolution,
    "simulator": simulator,
}
"""By the kind of the connector."""
