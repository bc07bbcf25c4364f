"""A small town for the runtime's tests: Bia's workspace, a Cloud channel, and the fake Graph.

Everything is real but Meta: PostgreSQL, webhooks over HTTP with their signature, sends over HTTP.
"""

import asyncio
import base64
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import msgspec
import uvicorn
from msgspec import Struct

from connectors.fake_graph import FakeGraph, Number, Sent
from connectors.whatsapp_cloud import CloudConnector, CloudSettings
from flowengine.document import canonical, logic_hash, parse, whole_hash
from flowengine.release import called_flows
from flowengine.store import accounts, channels, flows, queues, tenants
from flowengine.store.database import Database
from flowengine.store.vault import Vault
from tests.flowengine.playing import document
from workers.handle import Busy, Workers, open_workers
from workers.settings import Settings, read_settings

ANA = "5511999990001"
SECRET = "app-secret-1"
KEY = base64.b64encode(bytes(range(32))).decode()


class Place(Struct):
    """The workspace and its channel."""

    tenant: UUID
    owner: UUID
    channel: UUID


class Town:
    """Opened by the `town` fixture."""

    def __init__(
        self, database: Database, owner_dsn: str, settings: Settings, client: httpx.AsyncClient
    ) -> None:
        self.database = database
        self.owner_dsn = owner_dsn
        self.settings = settings
        self.client = client
        self.vault = Vault([base64.b64decode(KEY)])
        self.graph = FakeGraph(client, enforce_window=False)
        self.number = Number("106540352242922", token="token-1", app_secret=SECRET)
        # These three are there once it is settled.
        self.place: Place
        self.connector: CloudConnector
        self.known: CloudSettings
        self.workers: Workers | None = None
        self._door: uvicorn.Server | None = None
        self._serving: asyncio.Task[None] | None = None

    # -- building --------------------------------------------------------------------------------

    async def settle(self, **settings: Any) -> None:
        """The workspace, its queue and its channel."""
        await self.graph.start()
        known = CloudSettings.model_validate(
            {
                "phone_number_id": self.number.id,
                "token": self.number.token,
                "app_secret": SECRET,
                "verify_token": "v",
                "base_url": self.graph.url,
                "messages_per_second": 1000,
                "seconds_per_contact": 0,
                **settings,
            }
        )
        self.connector = CloudConnector(known, self.client)
        async with self.database.worker() as transaction:
            tenant = await tenants.create_tenant(
                transaction, "bia", "Pet da Bia", opt_out_words=("parar",), opt_out_text="Pronto."
            )
            mine = transaction.of(tenant.id)
            owner = await accounts.make_user(mine, "bia@example.com", "Bia")
            await accounts.join(mine, owner.id, "owner")
            await queues.put_queue(mine, "geral", "Geral")
            await queues.set_queue_members(mine, "geral", [owner.id])
            await tenants.set_default_queue(mine, "geral")
            channel = await channels.add_channel(
                mine, self.vault, "cloud", "Número da loja", self.number.id, plain(known)
            )
        self.known = known
        self.place = Place(tenant.id, owner.id, channel.id)

    async def change(self, **settings: Any) -> None:
        """Change settings of the channel."""
        self.known = self.known.model_copy(update=settings)
        async with self.database.worker(self.place.tenant) as transaction:
            await channels.change_channel(
                transaction, self.vault, self.place.channel, settings=plain(self.known)
            )

    async def settle_again(self, **settings: Any) -> None:
        """Other settings for the channel."""
        async with self.database.worker(self.place.tenant) as transaction:
            raw = await channels.channel_settings(transaction, self.vault, self.place.channel)
            changed = msgspec.json.encode({**msgspec.json.decode(raw), **settings})
            await channels.change_channel(
                transaction, self.vault, self.place.channel, settings=changed
            )

    async def open_door(self) -> None:
        """Listen for webhooks, as the web does, and have the fake Graph call."""
        config = uvicorn.Config(
            self._app, port=0, log_level="warning", lifespan="off", interface="asgi3"
        )
        self._door = uvicorn.Server(config)
        self._serving = asyncio.create_task(self._door.serve())
        await self.until(lambda: self._door is not None and self._door.started)
        port = self._door.servers[0].sockets[0].getsockname()[1]
        self.webhook = f"http://127.0.0.1:{port}/webhooks/cloud"
        self.number = msgspec.structs.replace(self.number, webhook=self.webhook)
        self.graph.add_number(self.number)

    async def work(self, pumps: bool = True) -> Workers:
        """Start the workers of this process."""
        self.workers = await open_workers(
            self.settings, self.database, pumps=pumps, client=self.client
        )
        return self.workers

    @property
    def at_work(self) -> Workers:
        """The workers of this process, who were started."""
        assert self.workers is not None
        return self.workers

    async def close(self) -> None:
        if self.workers is not None:
            await self.workers.stop()
        if self._door is not None and self._serving is not None:
            self._door.should_exit = True
            await self._serving
        await self.graph.close()

    async def publish(
        self, key: str, nodes: Sequence[Mapping[str, Any]], lines: Sequence[str], **more: Any
    ) -> None:
        """Publish a flow of the workspace."""
        flow = parse(msgspec.json.encode(document(key, nodes, lines, **more)))
        version = flows.NewVersion(
            flow.key, flow.name, canonical(flow), whole_hash(flow), logic_hash(flow),
            called_flows(flow),
        )  # fmt: skip
        async with self.database.worker(self.place.tenant) as transaction:
            await flows.publish(transaction, version)

    # -- living ----------------------------------------------------------------------------------

    def say(self, text: str, who: str = ANA) -> str:
        """A customer writes; the webhook comes by itself."""
        return self.graph.text(self.number.id, who, text)

    async def writes(self, text: str, who: str = ANA) -> None:
        """A customer writes, and the webhook was answered."""
        self.say(text, who)
        await self.graph.settled(self.number.id)

    def tap(self, sent: Sent, title: str, who: str = ANA) -> str:
        return self.graph.tap(self.number.id, who, sent, title)

    def heard(self, who: str = ANA) -> list[str]:
        """What a customer was sent, in order."""
        return [text_of(sent.body) for sent in self.graph.sent if sent.to.strip("+") == who]

    async def hears(self, *texts: str, who: str = ANA, within: float = 30) -> None:
        """Wait until a customer has been sent exactly these texts, no more and no fewer."""
        await self.until(lambda: len(self.heard(who)) >= len(texts), within)
        assert self.heard(who) == list(texts), self.heard(who)

    async def until(self, true: Callable[[], bool], within: float = 30) -> None:
        end = time.monotonic() + within
        while not true():
            assert time.monotonic() < end, f"not within {within} s; heard {self.heard()}"
            await asyncio.sleep(0.01)

    async def sees(self, sql: str, *arguments: Any, within: float = 30) -> Any:
        """Wait until a query's first column is true, and give what it was then."""
        end = time.monotonic() + within
        while not (found := await self.value(sql, *arguments)):
            assert time.monotonic() < end, f"not within {within} s: {sql}"
            await asyncio.sleep(0.01)
        return found

    async def quiet(self, within: float = 30) -> None:
        """Wait until nothing is left to be done now."""
        end = time.monotonic() + within
        while await self._busy():
            assert time.monotonic() < end, f"still busy: {await self._busy()}"
            await asyncio.sleep(0.02)

    async def _busy(self) -> list[Any]:
        return await self.rows(
            """
            SELECT 'conversation' AS what, id::text FROM conversations
            WHERE work_at <= clock_timestamp()
            UNION ALL SELECT 'send', id::text FROM outbox WHERE state IN ('queued', 'sending')
            UNION ALL SELECT 'lane', conversation_id::text FROM lanes
            WHERE owner IS NOT NULL OR next_at <= clock_timestamp()
            UNION ALL SELECT 'call', id::text FROM calls
            """
        )

    async def rows(self, sql: str, *arguments: Any) -> list[Any]:
        async with self.database.worker() as transaction:
            return [dict(row) for row in await transaction.rows(sql, *arguments)]

    async def value(self, sql: str, *arguments: Any) -> Any:
        async with self.database.worker() as transaction:
            return await transaction.value(sql, *arguments)

    async def run(self, sql: str, *arguments: Any) -> int:
        async with self.database.worker() as transaction:
            return await transaction.run(sql, *arguments)

    async def owner(self, sql: str) -> None:
        """Run a statement as the database's owner."""
        connection = await asyncpg.connect(self.owner_dsn)
        try:
            await connection.execute(sql)
        finally:
            await connection.close()

    async def conversation(self) -> UUID:
        return await self.value("SELECT id FROM conversations ORDER BY created_at LIMIT 1")

    # -- the door --------------------------------------------------------------------------------

    async def _app(self, _scope: Any, receive: Any, send: Any) -> None:
        """The web's webhook route in short: verify, parse, store, 200."""
        body, more = b"", True
        while more:
            part = await receive()
            body += part.get("body", b"")
            more = part.get("more_body", False)
        status = await self.deliver(body)
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def deliver(self, body: bytes) -> int:
        """What the web does with a verified webhook."""
        if self.workers is None:
            return 503
        try:
            await self.workers.receive(str(self.place.channel), self.connector.parse(body))
        except Busy:
            return 503
        return 200


def plain(known: CloudSettings) -> bytes:
    """Settings as they are stored, secrets in the open."""
    return msgspec.json.encode(
        {
            name: value.get_secret_value() if hasattr(value, "get_secret_value") else value
            for name, value in known.model_dump().items()
        }
    )


def text_of(body: Mapping[str, Any]) -> str:
    """The words of a message as it was posted to Graph."""
    if body["type"] == "interactive":
        return str(body["interactive"]["body"]["text"])
    return str(body.get(body["type"], {}).get("body", body["type"]))


def town_settings(data: Path, **more: Any) -> Settings:
    return read_settings({}, data=data, secret_key=KEY, drain_seconds=5, **more)
