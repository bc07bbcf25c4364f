"""What the web calls: the door for everything that comes in, doorbells, and (embedded) the work.

One `Workers` per process. Its methods return after the commit and ring by themselves.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import httpx
import msgspec
from msgspec import Struct

from connectors.net import open_client
from flowengine.happenings import Closed, EventCame, FlowStarted, GaveBack, TookOver
from flowengine.messages import Content, Parsed, Status
from flowengine.store.actions import act, begin, contact_changed, say
from flowengine.store.arrivals import Delivery, Received
from flowengine.store.channel_health import Result
from flowengine.store.channels import channel_anywhere
from flowengine.store.counts import Waiting, waiting
from flowengine.store.database import Database
from flowengine.store.errors import NotFound
from flowengine.store.notifying import Notified, notify
from flowengine.store.plans import RulesOf
from flowengine.store.vault import Vault
from workers.actors import CALLS, SENDS, TURNS, register
from workers.bells import Bells
from workers.broker import EmbeddedBroker, shared_broker
from workers.broker_health import broker_health
from workers.channels import Channels
from workers.consuming import Consuming
from workers.files import Files
from workers.heard import Heard
from workers.inbox import Busy, Intake
from workers.metrics import WEBHOOKS_REFUSED, Scrape
from workers.objects import open_objects
from workers.observing import stored
from workers.secret_key import secret_keys
from workers.settings import Settings
from workers.watch import Watch
from workers.words import text_of
from workers.working import Working

__all__ = ["Begun", "Busy", "NotFound", "Received", "Workers", "open_workers"]

KNOWN = 1.0
"""Seconds that a channel's tenant and the counts for /health are remembered."""


class Begun(Struct, frozen=True):
    """Where something began; `doubled`: the same key came before, nothing began anew."""

    conversation: str
    doubled: bool


async def open_workers(
    settings: Settings,
    database: Database,
    *,
    pumps: bool,
    client: httpx.AsyncClient | None = None,
) -> "Workers":
    """The process's handle. `pumps`: embedded, the work is done on this very loop.

    `client`: for providers, where the caller has one already; it stays the caller's.
    """
    workers = Workers(settings, database, pumps=pumps, client=client)
    await workers.start()
    return workers


class Workers:
    """Use `open_workers`; everything here belongs to the loop that it was opened on.

    `working`: what works in this process; None where others do. `files`: what is kept.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        *,
        pumps: bool,
        client: httpx.AsyncClient | None,
    ) -> None:
        self._settings = settings
        self._database = database
        self._intake = Intake(database)
        self._client = client or open_client(allowed_hosts=settings.provider_hosts)
        self._owns_client = client is None
        self.files = Files(database, open_objects(settings))
        self.working = Working(settings, database, self._client, self.files) if pumps else None
        self._broker = _broker(settings, pumps)
        self._bells = Bells(self._broker)
        self._consuming: Consuming | None = None
        self._tenants: dict[UUID, tuple[float, UUID]] = {}
        self._counts: tuple[float, Waiting | None] = (0.0, None)
        self._heard = Heard(database)
        channels = Channels(Vault(secret_keys(settings)), self._client)
        self.rules: RulesOf = channels.rules
        """What holds on a channel: for what is begun, which may go by another than was asked."""
        self._watch = Watch(database, channels, settings.public_url)
        self.scrape = Scrape(database, self._gauges)

    async def start(self) -> None:
        self._intake.start()
        if self.working is not None and self._broker is not None:
            await self.working.start()
            register(self._broker, asyncio.get_running_loop(), self.working.pumps)
            self._consuming = Consuming(self._broker)
            await self._consuming.start()
        self._bells.start()
        self._heard.start()

    async def stop(self) -> None:
        """Drain: take nothing more in, finish and record what was begun."""
        self._watch.stop()
        await self._intake.stop()
        await self._heard.stop()
        await self._bells.stop()
        if self._consuming is not None:
            await self._consuming.stop()
        if self.working is not None:
            await self.working.stop()
        if self._owns_client:
            await self._client.aclose()

    def ring(self) -> None:
        """Something may be there to be done. After the commit; never blocks, never fails."""
        self._bells.ring(TURNS, SENDS, CALLS)

    # -- webhooks --------------------------------------------------------------------------------

    async def receive(
        self, channel: str | UUID, parsed: Parsed, tenant: UUID | None = None
    ) -> Received:
        """Store a webhook's events, each once. Raises `Busy`, `NotFound`.

        `tenant`: the channel's, where it is known already; a channel never changes it.
        """
        began = time.perf_counter()
        id = channel if isinstance(channel, UUID) else _uuid(channel)
        delivery = Delivery(tenant or await self._tenant_of(id), id, parsed)
        try:
            received = await self._intake.receive(delivery)
        except Busy:
            WEBHOOKS_REFUSED.inc()
            raise
        stored(delivery, received, time.perf_counter() - began)
        self._heard.note(id)
        self._bells.ring(TURNS)
        if any(isinstance(event, Status) for event in parsed.events):
            self._bells.ring(SENDS)  # it may have settled what held up a lane
        return received

    async def _tenant_of(self, channel: UUID) -> UUID:
        kept = self._tenants.get(channel)
        if kept is not None and time.monotonic() - kept[0] < KNOWN:
            return kept[1]
        async with self._database.worker() as transaction:
            found = await channel_anywhere(transaction, channel)
        if found is None:
            raise NotFound("there is no such channel")
        self._tenants[channel] = (time.monotonic(), found.tenant_id)
        return found.tenant_id

    # -- people ----------------------------------------------------------------------------------

    async def take_over(self, tenant: str, conversation: str, agent: str) -> None:
        """An agent (user id) takes a conversation, from the bot or out of a queue."""
        await self._act(tenant, conversation, TookOver(agent))

    async def give_back(self, tenant: str, conversation: str, agent: str) -> None:
        """The agent gives it back to the bot."""
        await self._act(tenant, conversation, GaveBack(agent))

    async def close(self, tenant: str, conversation: str, agent: str, reason: str = "") -> None:
        """The agent closes it."""
        await self._act(tenant, conversation, Closed(agent, reason))

    async def say(
        self, tenant: str, conversation: str, agent: str, content: Content, key: str = ""
    ) -> str:
        """An agent writes, and owns the chat from then on; the message's id.

        `key`: of the form that was sent, so that a second click says nothing twice.
        """
        text = text_of(content)
        async with self._database.worker(_uuid(tenant)) as transaction:
            id = await say(transaction, _uuid(conversation), _uuid(agent), content, text, key)
        self._bells.ring(TURNS, SENDS)
        return str(id)

    async def notify(
        self,
        tenant: str,
        *,
        contact: str,
        channel: str,
        author: str,
        content: Content,
        key: str = "",
    ) -> Notified:
        """A program says something to a contact; the bot keeps the chat. Raises `NotFound`."""
        text = text_of(content)
        async with self._database.worker(_uuid(tenant)) as transaction:
            made = await notify(
                transaction,
                _uuid(contact),
                _uuid(channel),
                _uuid(author),
                content,
                text,
                self.rules,
                key,
            )
        self._bells.ring(TURNS, SENDS)
        return made

    async def _act(self, tenant: str, conversation: str, happening: Any) -> None:
        async with self._database.worker(_uuid(tenant)) as transaction:
            await act(transaction, _uuid(conversation), happening)
        self._bells.ring(TURNS)

    # -- programs --------------------------------------------------------------------------------

    async def start_flow(
        self,
        tenant: str,
        flow: str,
        *,
        contact: str,
        channel: str,
        args: dict[str, Any] | None = None,
        node: str = "",
        by: str = "api",
        user: str = "",
        purpose: str = "",
        key: str = "",
    ) -> Begun:
        """Start a flow with a contact. `key`: a program's idempotency key. Raises `NotFound`."""
        started = FlowStarted(flow, by, args or {}, node, purpose, user)
        return await self._begin(tenant, contact, channel, started, key)

    async def event(
        self, tenant: str, name: str, data: Any, *, contact: str, channel: str, key: str = ""
    ) -> Begun:
        """Something happened outside, about a contact. Raises `NotFound`."""
        return await self._begin(tenant, contact, channel, EventCame(name, data), key)

    async def _begin(
        self, tenant: str, contact: str, channel: str, happening: Any, key: str
    ) -> Begun:
        async with self._database.worker(_uuid(tenant)) as transaction:
            room, new = await begin(
                transaction, _uuid(contact), _uuid(channel), happening, self.rules, key
            )
        self._bells.ring(TURNS)
        return Begun(str(room), not new)

    async def contact_changed(
        self,
        tenant: str,
        contact: str,
        added_tags: Sequence[str] = (),
        fields: Sequence[str] = (),
    ) -> None:
        """A person or program added tags or changed fields: triggers may want to know."""
        async with self._database.worker(_uuid(tenant)) as transaction:
            told = await contact_changed(transaction, _uuid(contact), added_tags, fields)
        if told:
            self._bells.ring(TURNS)

    # -- channels --------------------------------------------------------------------------------

    async def look_at_channels(self, tenant: UUID, deep: bool) -> Result:
        """Look at a workspace's channels now. Raises `workers.watch.Busy`."""
        return await self._watch.look_now(tenant, deep)

    # -- metrics and health ---------------------------------------------------------------------

    def _gauges(self) -> dict[str, float]:
        return {
            "flowengine_doorbells_lost": self._bells.failures,
            "flowengine_intake_waiting": self._intake.waiting,
        }

    async def health(self) -> dict[str, int | float | str]:
        """What waits, for /health."""
        return {
            **msgspec.structs.asdict(await self.counts()),
            "intake_waiting": self._intake.waiting,
            "doorbells_lost": self._bells.failures,
            "works": "here" if self.working is not None else "elsewhere",
        }

    async def counts(self) -> Waiting:
        """What waits in the database: remembered for a second."""
        at, counts = self._counts
        if counts is None or time.monotonic() - at > KNOWN:
            async with self._database.worker() as transaction:
                counts = await waiting(transaction)
            self._counts = (time.monotonic(), counts)
        return counts

    async def broker_health(self) -> dict[str, Any]:
        """Whether what carries doorbells answers."""
        return await broker_health(self._settings, self._broker)


def _broker(settings: Settings, pumps: bool) -> Any:
    if pumps:
        return EmbeddedBroker()
    return shared_broker(settings)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("there is nothing with this id") from None
