"""The whole product on a loopback port: web, workers and simulator, on the test's own database.

Bia owns a workspace with one of everything; Davi owns another and is a stranger to hers.
"""

import asyncio
import base64
import re
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import uvicorn
from msgspec import Struct

from connectors.net import guarded_client, trusted
from connectors.simulator import Line, Network
from flowengine.document import canonical, logic_hash, parse, whole_hash
from flowengine.knowledge import Paragraph
from flowengine.messages import Identity
from flowengine.release import called_flows
from flowengine.store import (
    accounts,
    api_keys,
    channels,
    constants,
    contacts,
    fields,
    flows,
    identities,
    knowledge,
    model_profiles,
    queues,
    schedules,
    secrets,
    sessions,
    tags,
    tenants,
)
from flowengine.store.accounts import ROLES
from flowengine.store.database import Database, Transaction
from flowengine.store.flows import NewVersion
from flowengine.store.identities import Seen
from flowengine.store.vault import Vault
from web.app import App, create_app
from web.limits import Limits
from web.mail import Post
from web.runtime import Boot, Runtime, Services
from web.tokens import Signer
from workers.handle import Workers, open_workers
from workers.settings import read_settings

ALWAYS = {
    "timezone": "UTC",
    "weekly": {
        day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    },
}
KEY = base64.b64encode(bytes(range(32))).decode()
HELLO: dict[str, Any] = {
    "format": "flowengine/1",
    "key": "ola",
    "name": "Boas-vindas da Bia",
    "nodes": [
        {"id": "oi", "type": "trigger", "on": {"kind": "keyword", "words": ["oi"]}},
        {
            "id": "menu",
            "type": "ask",
            "title": "Menu da loja",
            "contents": [
                {
                    "kind": "list",
                    "text": "Como posso ajudar?",
                    "button": "Ver opções",
                    "rows": [
                        {"id": "banho", "title": "Banho e tosa"},
                        {"id": "pessoa", "title": "Falar com alguém"},
                    ],
                }
            ],
            "expect": {"kind": "choice"},
        },
        {
            "id": "certo",
            "type": "ask",
            "contents": [
                {
                    "kind": "buttons",
                    "text": "Confirma o banho?",
                    "buttons": [{"id": "sim", "title": "Confirmo"}, {"id": "nao", "title": "Não"}],
                }
            ],
            "expect": {"kind": "choice"},
        },
        {
            "id": "feito",
            "type": "message",
            "contents": [{"kind": "text", "text": "Combinado, {{ contact.name }}!"}],
        },
        {"id": "fila", "type": "transfer", "to": {"queue": "suporte"}, "briefing": "Quer falar"},
        {"id": "fim", "type": "end", "outcome": "atendido"},
    ],
    "edges": [
        {"from": "oi", "to": "menu"},
        {"from": "menu", "exit": "choice:banho", "to": "certo"},
        {"from": "menu", "exit": "choice:pessoa", "to": "fila"},
        {"from": "certo", "exit": "choice:sim", "to": "feito"},
        {"from": "certo", "exit": "choice:nao", "to": "menu"},
        {"from": "feito", "to": "fim"},
        {"from": "fila", "exit": "closed", "to": "fim"},
    ],
    "settings": {"on_problem": {"queue": "suporte"}},
}


_free: list[App] = []
"""Applications whose test is over: making one takes longer than most tests (0.3 s of CPU)."""


class Place(Struct):
    """A workspace and what is in it; `people`: role to user id."""

    tenant: UUID
    people: dict[str, UUID]
    channel: UUID
    number: str
    contact: UUID


class Site:
    """Built by the `site` fixture; `bia` and `davi` are the two workspaces."""

    bia: Place
    davi: Place

    def __init__(self, database: Database, owner_dsn: str, folder: Path) -> None:
        self.database = database
        self.owner_dsn = owner_dsn
        self.settings = read_settings(
            {"FLOWENGINE_DATA": str(folder), "FLOWENGINE_SECRET_KEY": KEY}
        )
        self.vault = Vault([base64.b64decode(KEY)])
        self.http = httpx.AsyncClient(timeout=10, verify=trusted())
        self.network = Network(self.http)
        self.boot = Boot("abrindo o banco de dados")
        self.workers: Workers | None = None
        self._clients: list[httpx.AsyncClient] = []
        runtime = Runtime(self.boot, datetime.now(UTC), "0.1.0-test")
        self.app = _free.pop() if _free else create_app(runtime)
        self.app.serve(runtime)
        config = uvicorn.Config(self.app, port=0, log_level="error", lifespan="off")
        self._server = uvicorn.Server(config)
        self._serving: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        """Open the port; the product is not ready yet."""
        door = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{door.getsockname()[1]}"
        self._serving = asyncio.create_task(self._server.serve(sockets=[door]))

    async def open(self) -> None:
        """Settle both workspaces, and get ready. What flows call may be this very site."""
        guarded = guarded_client([self.address.removeprefix("http://")])
        self._clients.append(guarded)
        self.bia = await self.settle("bia", "Pet da Bia", "5511900000001")
        self.davi = await self.settle("davi", "Oficina do Davi", "5511900000002")
        self.workers = await open_workers(
            self.settings, self.database, pumps=True, client=self.http
        )
        self.boot.open(
            Services(
                database=self.database,
                vault=self.vault,
                workers=self.workers,
                http=self.http,
                guarded=guarded,
                signer=Signer([base64.b64decode(KEY)]),
                limits=Limits(per_minute=60_000),
                network=self.network,
            )
        )

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()
        self.network.close()
        self._server.should_exit = True
        self._server.force_exit = True
        stopping = [self.workers.stop()] if self.workers else []
        await asyncio.gather(*([self._serving] if self._serving else []), *stopping)
        await self.http.aclose()
        _free.append(self.app)

    async def settle(self, slug: str, name: str, number: str) -> Place:
        """A workspace with one of everything, named after its owner."""
        async with self.database.worker() as transaction:
            tenant = await tenants.create_tenant(
                transaction, slug, name, opt_out_words=("parar",), opt_out_text="Pronto."
            )
            mine = transaction.of(tenant.id)
            people: dict[str, UUID] = {}
            for role in ROLES:
                user = await accounts.make_user(mine, f"{role}@{slug}.example", f"{role} {slug}")
                await accounts.join(mine, user.id, role)
                people[role] = user.id
            await schedules.put_schedule(
                mine, "comercial", "Comercial", msgspec.json.encode(ALWAYS)
            )
            await queues.put_queue(mine, "suporte", f"Suporte {slug}", "comercial")
            await queues.set_queue_members(mine, "suporte", list(people.values()))
            await fields.put_field(mine, "pet", "Nome do pet", "text")
            await tags.put_tag(mine, "vip", "VIP")
            await constants.put_constant(mine, "empresa", name)
            await secrets.put_secret(mine, self.vault, "loja", "segredo")
            await model_profiles.put_model_profile(mine, self.vault, "padrao", b'{"model":"m"}')
            await knowledge.put_base(mine, "manual", "Manual da Bia")
            await knowledge.add_passages(mine, "manual", [Paragraph("Trocas", "Em até 7 dias.")])
            channel = await self.connect(mine, number)
            seen = Seen(tenant.id, (Identity("phone", f"+{number[:-1]}9"),), f"Ana {slug}")
            contact = (await identities.resolve(mine, seen)).contact_id
            await contacts.change_contact(mine, contact, fields={"pet": f"Rex {slug}"})
            await flows.publish(mine, version_of(HELLO | {"name": f"Boas-vindas {slug}"}))
        return Place(tenant.id, people, channel, number, contact)

    async def connect(self, transaction: Transaction, number: str) -> UUID:
        """A number of the simulator, open in the network."""
        settings = {"number": number, "base_url": self.address, "secret": "s", "token": "t"}
        channel = await channels.add_channel(
            transaction,
            self.vault,
            "simulator",
            f"Celular {number[-1]}",
            number,
            msgspec.json.encode(settings),
        )
        webhook = f"{self.address}/webhooks/simulator/{channel.id}"
        self.network.register(Line(number, webhook, "s", "t"))
        return channel.id

    async def link(self, place: Place, role: str = "owner") -> str:
        """A fresh sign-in link of a person."""
        async with self.database.worker(place.tenant) as transaction:
            return await sessions.make_link(
                transaction, place.people[role], place.tenant, timedelta(hours=1)
            )

    def mail(self, post: Post | None) -> None:
        """From here on letters go out by that server; None: there is none."""
        state = self.app.state
        root = self.address if post else ""
        state.runtime = msgspec.structs.replace(state.runtime, post=post, public_url=root)

    def stranger(self, **headers: str) -> httpx.AsyncClient:
        """A client that nobody knows."""
        client = httpx.AsyncClient(
            base_url=self.address, headers=headers, timeout=20, verify=trusted()
        )
        self._clients.append(client)
        return client

    async def client(self, place: Place, role: str = "owner") -> httpx.AsyncClient:
        """A client signed in as that person, its forms with their token."""
        client = self.stranger()
        answer = await client.get(f"/sign-in/{await self.link(place, role)}")
        assert answer.status_code == 303, answer.text
        page = await client.get("/settings")
        token = re.search(r'X-CSRF-Token": "([^"]+)"', page.text)
        assert token, page.text
        client.headers["X-CSRF-Token"] = token[1]
        return client

    async def key(self, place: Place, role: str = "owner") -> str:
        """The text of a fresh API key."""
        async with self.database.web(place.tenant) as transaction:
            return (await api_keys.make_api_key(transaction, "teste", role))[1]

    async def program(self, place: Place, role: str = "owner") -> httpx.AsyncClient:
        """A client of the API."""
        return self.stranger(Authorization=f"Bearer {await self.key(place, role)}")


def version_of(document: dict[str, Any]) -> NewVersion:
    flow = parse(msgspec.json.encode(document))
    return NewVersion(
        flow.key, flow.name, canonical(flow), whole_hash(flow), logic_hash(flow), called_flows(flow)
    )
