"""What the Node service is given: the keys that its sessions live by, and an ear for what happens.

It is served on loopback only, and signed. A `put` is answered once it is durable; an event once
what it tells is in the inbox (or can never be).
"""

import asyncio
import base64
import binascii
import time
from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

import msgspec
import structlog

from connectors.baileys.errors import ENDED
from connectors.baileys.signature import verify
from connectors.net import read_json
from connectors.net.pieces import list_of, object_of
from flowengine.messages import Parsed, Unreadable
from flowengine.store import linked
from flowengine.store.database import Database
from flowengine.store.errors import NotFound, Unsealed
from flowengine.store.trouble import is_passing
from flowengine.store.vault import Vault
from workers.handle import Busy, Workers
from workers.linking.known import Channels
from workers.linking.serving import Answer, Asked

log = structlog.stdlib.get_logger()

SILENCE = 60.0
"""Seconds without a sign after which another owner may have a device."""

Json = dict[str, Any]


class Door:
    """`workers`: where events go. `halted` is told of a session that must not begin by itself."""

    def __init__(
        self,
        secret: str,
        database: Database,
        vault: Vault,
        channels: Channels,
        workers: Workers,
        holding: linked.Holding,
        halted: Callable[[UUID, str], None],
    ) -> None:
        self._secret = secret
        self._database = database
        self._vault = vault
        self._channels = channels
        self._workers = workers
        self._holding = holding
        self._halted = halted
        self._owners: dict[UUID, tuple[str, float]] = {}
        self._turns: dict[UUID, asyncio.Lock] = {}

    def node_died(self) -> None:
        """Its names hold nothing any more; a new one need not wait for their silence."""
        self._owners.clear()

    async def handle(self, asked: Asked) -> Answer:
        if not verify(self._secret, asked.headers, asked.method, asked.target, asked.body):
            return Answer(401)
        try:
            match asked.target.partition("?")[0].strip("/").split("/"):
                case ["vault", "sessions", session, act]:
                    return await self._vault_act(UUID(session), act, _object(asked.body))
                case ["events", session]:
                    return await self._hear(session, asked.body)
                case _:
                    return Answer(404)
        except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
            return _told(400, {"error": type(error).__name__})
        except Unsealed:
            log.exception("a device's keys cannot be opened")
            return _told(500, {"error": "unsealed"})

    # -- keys ------------------------------------------------------------------------------------

    async def _vault_act(self, channel: UUID, act: str, body: Json) -> Answer:
        match act:
            case "get":
                names = [str(each) for each in body["keys"]]
                async with self._database.worker() as transaction:
                    found = await linked.keys(transaction, self._vault, channel, names)
                return _told(200, {"values": {name: _text(found.get(name)) for name in names}})
            case "put":
                put = {str(name): _bytes(value) for name, value in body["put"].items()}
                owner = self._owner(channel, body)
                async with self._database.worker() as transaction:
                    fits = await linked.put_keys(transaction, self._vault, channel, owner, put)
                return _owned(fits)
            case "lock":
                return await self._lock(channel, self._owner(channel, body))
            case "unlock":
                async with self._database.worker() as transaction:
                    await linked.let_go(transaction, channel, str(body["owner"]))
                self._owners.pop(channel, None)
                await self._holding.give(channel)
                return Answer(200)
            case "wipe":
                owner, whole = str(body["owner"]), body.get("all") is True
                async with self._database.worker() as transaction:
                    fits = await linked.wipe(transaction, channel, owner, whole=whole)
                return _owned(fits)
            case _:
                return Answer(404)

    async def _lock(self, channel: UUID, owner: str) -> Answer:
        async with self._turns.setdefault(channel, asyncio.Lock()):
            before, seen = self._owners.get(channel, ("", 0.0))
            if before not in ("", owner) and time.monotonic() - seen < SILENCE:
                return _owned(False)
            if not await self._holding.take(channel):
                self._owners.pop(channel, None)
                return _owned(False)
            async with self._database.worker() as transaction:
                if before == owner:
                    await linked.touch(transaction, [channel])
                else:
                    try:
                        await linked.hold(transaction, channel, owner)
                    except NotFound:
                        return _owned(False)
            self._owners[channel] = (owner, time.monotonic())
            return Answer(200)

    def _owner(self, channel: UUID, body: Json) -> str:
        """Whoever writes gives a sign of life."""
        owner = str(body["owner"])
        if self._owners.get(channel, ("", 0.0))[0] == owner:
            self._owners[channel] = (owner, time.monotonic())
        return owner

    # -- events ----------------------------------------------------------------------------------

    async def _hear(self, session: str, body: bytes) -> Answer:
        known = await self._channels.of(session)
        if known is None:
            # Settings that cannot be read just now are no reason to lose what a customer said.
            return Answer(200 if await self._channels.is_gone(session) else 503)
        for event in _events(body):
            self._look_at(known.channel.id, event)
        try:
            await self._workers.receive(session, known.connector.parse(body))
        except Busy:
            return Answer(503)
        except NotFound:
            return Answer(200)
        except Exception as error:
            if is_passing(error):
                return Answer(503)
            # It would be told again for ever, and all that comes after it would wait.
            log.exception("what a linked number heard could not be stored", session=session)
            kept = Parsed(unreadable=(Unreadable(body, f"not stored: {type(error).__name__}"),))
            await self._workers.receive(session, kept)
        return Answer(200)

    def _look_at(self, channel: UUID, event: Any) -> None:
        """A connection that somebody has to mend is not begun again by itself."""
        if not isinstance(event, dict):
            return
        told = cast("Json", event)
        if told.get("kind") == "connection.update" and isinstance(told.get("data"), dict):
            data = cast("Json", told["data"])
            state, reason = data.get("state"), str(data.get("reason") or "")
            if state == "open":
                self._halted(channel, "")
            elif state == "stopped" and reason in ENDED:
                self._halted(channel, reason)


def _events(body: bytes) -> list[Any]:
    """The events of a body, as far as it can be read: what is odd in it costs nothing else."""
    try:
        return list_of(object_of(read_json(body)).get("events"))
    except ValueError:
        return []


def _object(body: bytes) -> Json:
    found = msgspec.json.decode(body or b"{}")
    if not isinstance(found, dict):
        raise TypeError("no object")
    return cast("Json", found)


def _text(value: bytes | None) -> str | None:
    return None if value is None else base64.b64encode(value).decode()


def _bytes(value: Any) -> bytes | None:
    return None if value is None else base64.b64decode(str(value), validate=True)


def _told(status: int, body: Json) -> Answer:
    return Answer(status, msgspec.json.encode(body))


def _owned(fits: bool) -> Answer:
    return Answer(200) if fits else _told(409, {"error": "owned_elsewhere"})
