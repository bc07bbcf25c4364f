"""Keeps the Baileys service and its sessions going: begun, begun again, put down.

One process at a time is the keeper (an advisory lock); another stands by. Node is started once a
channel needs it, and again with a back-off when it ends. The service remembers nothing: what must
be connected is in the database, and is begun after each of its starts.
"""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Iterable
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import msgspec
import structlog

from connectors.baileys.signature import HEADER, sign
from connectors.net import NETWORK_TROUBLE, trusted
from flowengine.store import linked
from flowengine.store.database import Database
from flowengine.store.trouble import is_passing
from flowengine.store.vault import Vault
from workers.handle import Workers
from workers.linking import numbers
from workers.linking.door import Door
from workers.linking.front import Front
from workers.linking.known import KIND, Channels, Known
from workers.linking.modules import Lacking, find_modules, find_node
from workers.linking.node import Fallen, Node
from workers.linking.serving import Answer, Asked, Handle, Serving
from workers.settings import Settings

log = structlog.stdlib.get_logger()

KEEPER = UUID(int=0xBA11E75)
"""What the keeper's own lock is called."""

LOOK = 2.0
FIRST_REST, LONGEST_REST = 1.0, 60.0
WELL_AFTER = 60.0
"""Seconds after which a Node process counts as well: the next end is not one of a row."""

LARGEST_ASKED = 150 * 1024 * 1024
LARGEST_TOLD = 64 * 1024 * 1024
LACK_AGAIN = 30.0


class Linking:
    """`listen`, then `open`, then `stop`. `host`: what others may call us by ("host:port")."""

    def __init__(self, settings: Settings, database: Database, vault: Vault) -> None:
        self._settings = settings
        self._database = database
        self._vault = vault
        self._secret = secrets.token_urlsafe(32)
        self._client = httpx.AsyncClient(trust_env=False, verify=trusted())
        self._channels = Channels(database, vault, self._client)
        self._holding = linked.Holding(database.worker_dsn)
        self._door: Door | None = None
        self._front: Front | None = None
        self._doors = Serving(self._at(lambda: self._door), LARGEST_TOLD)
        self._fronts = Serving(self._at(lambda: self._front), LARGEST_ASKED)
        self._door_address = ""
        self._own_address = ""
        self._node: Node | None = None
        self._watching: asyncio.Task[None] | None = None
        self._raising = asyncio.Lock()
        self._rest, self._try_at, self._since = FIRST_REST, 0.0, 0.0
        self._begun: set[UUID] = set()
        self._asked: set[UUID] = set()
        self._furnished: set[UUID] = set()
        self._halts: dict[UUID, str] = {}
        self._bell = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None
        self._stopping = False
        self._keeping = False
        self.lacking = ""

    # -- what others see -------------------------------------------------------------------------

    @property
    def host(self) -> str:
        return urlsplit(self._own_address).netloc

    @property
    def address(self) -> str:
        """Where Node listens; "" while it does not run."""
        return self._node.address if self._node is not None and self._node.runs else ""

    async def listen(self) -> None:
        """Open both ports. The front's is that of `FLOWENGINE_BAILEYS_URL`, else any free one."""
        self._door_address = f"http://127.0.0.1:{await self._doors.start('127.0.0.1')}"
        if self._settings.baileys_url:
            port = urlsplit(self._settings.baileys_url).port or 80
            await self._fronts.start(self._settings.host, port)
            self._own_address = self._settings.baileys_url
        else:
            self._own_address = f"http://127.0.0.1:{await self._fronts.start('127.0.0.1')}"
            if self._settings.embedded:  # nobody else keeps: what waits to be sent needs it now
                async with self._database.worker() as transaction:
                    every = await linked.devices(transaction, KIND)
                await self._furnish(every)

    def open(self, workers: Workers) -> None:
        """Begin; `workers` takes what happens."""
        self._door = Door(
            self._secret, self._database, self._vault, self._channels, workers, self._holding,
            self._halts.__setitem__,
        )  # fmt: skip
        self._front = Front(self._secret, self._channels, self._client, self)
        self._loop = asyncio.create_task(self._keep(), name="linking keeper")

    async def stop(self) -> None:
        """Put the sessions down, then the service, then the doors. Once; again it does nothing."""
        if self._stopping:
            return
        self._stopping = True
        self._bell.set()
        if self._loop is not None:
            await self._loop
        if self._node is not None:
            await self._node.stop()
        if self._watching is not None:
            await self._watching
        await self._fronts.close()
        await self._doors.close()
        await self._holding.close()
        await self._client.aclose()

    # -- the front asks --------------------------------------------------------------------------

    async def begin(self, known: Known) -> bool:
        """Have this session begin: somebody wants to pair it, or to try it again."""
        channel = known.channel.id
        self._asked.add(channel)
        self._halts.pop(channel, None)
        async with self._database.worker() as transaction:
            await linked.halt(transaction, channel, "")
        self._try_at = 0.0
        if not self._keeping or not await self._up():
            return False
        return channel in self._begun or await self._start(channel)

    async def standing(self, known: Known) -> dict[str, Any]:
        """How a session stands that the service does not know."""
        async with self._database.worker() as transaction:
            every = await linked.devices(transaction, KIND)
        device = next((each for each in every if each.channel_id == known.channel.id), None)
        told: dict[str, Any] = {"attempts": 0}
        if device is None or not device.linked:
            return {**told, "state": "needs_pairing"}
        if device.halted:
            return {**told, "state": "stopped", "reason": device.halted}
        return {**told, "state": "connecting", "reason": self.lacking}

    # -- keeping ---------------------------------------------------------------------------------

    async def _keep(self) -> None:
        while not self._stopping:
            try:
                await self._look()
            except Exception as error:
                if not is_passing(error):
                    log.exception("linked numbers: a look failed")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await self._bell.wait()
            self._bell.clear()

    async def _look(self) -> None:
        self._keeping = await self._holding.take(KEEPER)
        if not self._keeping:
            return
        await self._write_halts()
        async with self._database.worker() as transaction:
            every = {each.channel_id: each for each in await linked.devices(transaction, KIND)}
        await self._furnish(every.values())
        self._asked &= every.keys()
        wanted = {c for c, each in every.items() if each.linked and not each.halted} | self._asked
        if wanted and await self._up():
            await self._forget_stopped()
            for channel in sorted(wanted - self._begun, key=str):
                await self._start(channel)
        for channel in self._begun - every.keys():
            await self._call("DELETE", channel)
            self._begun.discard(channel)

    async def _furnish(self, devices: Iterable[linked.Device]) -> None:
        """Tell the channels where we are: with each start of the product it may be another port."""
        for each in devices:
            if each.channel_id not in self._furnished:
                await self._channels.furnish(each.tenant_id, each.channel_id, self._own_address)
                self._furnished.add(each.channel_id)

    async def _write_halts(self) -> None:
        while self._halts:
            channel, why = next(iter(self._halts.items()))
            async with self._database.worker() as transaction:
                await linked.halt(transaction, channel, why)
            if why:
                self._asked.discard(channel)
            self._halts.pop(channel, None)

    async def _forget_stopped(self) -> None:
        """What the service put down because somebody else seemed to hold it is begun again."""
        answer = await self._call("GET", None)
        sessions = cast("list[dict[str, Any]]", (answer or {}).get("sessions") or [])
        numbers.told(sessions)
        for each in sessions:
            if each.get("state") == "stopped" and each.get("reason") == "owned_elsewhere":
                self._begun.discard(UUID(str(each["id"])))

    async def _start(self, channel: UUID) -> bool:
        body = {"events": f"{self._door_address}/events/{channel}"}
        answer = await self._call("POST", channel, "/start", body)
        if answer is None:
            return False
        self._begun.add(channel)
        return True

    async def _call(
        self, method: str, channel: UUID | None, path: str = "", body: Any = None
    ) -> dict[str, Any] | None:
        """Ask the service; None where it did not do it."""
        target = "/sessions" if channel is None else f"/sessions/{channel}{path}"
        raw = b"" if body is None else msgspec.json.encode(body)
        headers = {HEADER: sign(self._secret, method, target, raw)}
        try:
            answer = await self._client.request(
                method, self.address + target, content=raw, headers=headers, timeout=30
            )
        except NETWORK_TROUBLE:
            return None
        if not answer.is_success:
            return None
        return cast("dict[str, Any]", msgspec.json.decode(answer.content or b"{}"))

    # -- Node ------------------------------------------------------------------------------------

    async def _up(self) -> bool:
        """Have Node run; whether it does."""
        async with self._raising:
            if self.address:
                return True
            if self._stopping or time.monotonic() < self._try_at:
                return False
            try:
                node = await find_node()
                modules = await find_modules(self._settings.baileys_modules, self._settings.data)
                self._node = await Node.start(node, modules, self._given())
            except Lacking as error:
                if self.lacking != error.word:
                    log.warning("baileys cannot start", why=str(error))
                self.lacking = error.word
                self._try_at = time.monotonic() + LACK_AGAIN
                return False
            except (Fallen, OSError) as error:
                log.warning("the baileys service did not start", why=str(error), again=self._rest)
                self._rest_a_while()
                return False
            self.lacking = ""
            self._since = time.monotonic()
            numbers.started()
            log.info("the baileys service runs", pid=self._node.pid)
            self._watching = asyncio.create_task(self._watch(self._node), name="node watch")
            return True

    async def _watch(self, node: Node) -> None:
        """When Node ends its sessions hold nothing any more: they are begun anew."""
        code = await node.ended()
        numbers.ended(asked=self._stopping)
        self._begun.clear()
        if self._door is not None:
            self._door.node_died()
        if self._stopping:
            return
        if time.monotonic() - self._since > WELL_AFTER:
            self._rest = FIRST_REST
        log.warning("the baileys service ended", code=code, again=self._rest)
        self._rest_a_while()

    def _rest_a_while(self) -> None:
        self._try_at = time.monotonic() + self._rest
        self._rest = min(self._rest * 2, LONGEST_REST)

    def _given(self) -> dict[str, str]:
        given = {
            "FLOWENGINE_BAILEYS_SECRET": self._secret,
            "FLOWENGINE_BAILEYS_VAULT": f"{self._door_address}/vault",
        }
        if self._settings.baileys_version:
            given["FLOWENGINE_BAILEYS_VERSION"] = self._settings.baileys_version
        if self._settings.baileys_mock:
            url, _, root = self._settings.baileys_mock.partition(" ")
            given |= {"FLOWENGINE_BAILEYS_WA_URL": url, "FLOWENGINE_BAILEYS_WA_ROOT": root}
        return given

    # -- HTTP ------------------------------------------------------------------------------------

    def _at(self, find: Any) -> Handle:
        async def handle(asked: Asked) -> Answer:
            if asked.target == "/health":
                return Answer(200, msgspec.json.encode(self._health()))
            if asked.target == "/health/ready":
                ready = self._loop is not None and not self._stopping
                return Answer(200 if ready else 503, msgspec.json.encode(self._health()))
            server = find()
            return Answer(503) if server is None else await server.handle(asked)

        return handle

    def _health(self) -> dict[str, Any]:
        return {
            "keeping": self._keeping,
            "node": bool(self.address),
            "lacking": self.lacking,
            "sessions": len(self._begun),
        }
