"""Everything that works in one process, put together and taken apart in the right order."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import structlog
from redis.asyncio import Redis

from connectors.net import guarded_client
from flowengine.store.database import Database
from flowengine.store.lanes import reclaim
from flowengine.store.vault import Vault
from workers.actors import Pumps
from workers.calling import Caller
from workers.channels import Channels
from workers.claiming import Claimer
from workers.clock import Clock
from workers.fetching import Fetching
from workers.files import Files
from workers.handing import Handing
from workers.heart import Heart
from workers.library import Library
from workers.mover import LOOK as MOVE
from workers.mover import Mover
from workers.note import Note, left_behind
from workers.outbox import Sender
from workers.pump import Pump
from workers.rates import OwnRates, Rates, SharedRates
from workers.recorder import Recorder
from workers.secret_key import secret_keys
from workers.settings import Settings
from workers.sharing import CallShare
from workers.tidying import PAUSE, Tidying
from workers.timetable import Timetable
from workers.turn import TurnTaker
from workers.warming import warm
from workers.watch import Watch

log = structlog.stdlib.get_logger()

LOOK = 2.0
"""Seconds between two looks for channels whose health is to be seen to."""

TURN_PUMPS = 2
"""Two batches at a time: while one waits for the database, the other is in the engine."""


class Working:
    """Turns, sends, calls and the clock of this process, on the running loop."""

    def __init__(
        self, settings: Settings, database: Database, client: httpx.AsyncClient, files: Files
    ) -> None:
        self._settings = settings
        self._database = database
        self._client = client
        vault = Vault(secret_keys(settings))
        channels = Channels(vault, client)
        self._guarded = guarded_client(settings.allowed_http_hosts)
        self._redis, rates = _rates(settings)
        # Before our own note: in a container every process has the same number.
        self._left_behind = left_behind(settings.data)
        self._note = Note(settings.data)
        self._recorder = Recorder(database, self._recorded)
        library = Library()
        hands, lease = settings.worker_concurrency, timedelta(seconds=settings.lease_seconds)
        unclear = settings.unclear_seconds
        claimer = Claimer(database, channels, rates, hands, lease, unclear)
        self._sender = Sender(database, claimer, self._recorder, unclear, files, self._guarded)
        handing = Handing(claimer, channels, self._sender, lease, lambda: self.pumps.sends.stopping)
        self._turns = TurnTaker(database, library, channels, self._note, handing)
        share = CallShare(database, rates, hands, lease)
        self._caller = Caller(database, vault, self._guarded, share, self._called)
        self._heart = Heart(database.worker_dsn, settings.lease_seconds, self._sender, self._caller)
        self._clock = Clock(database, channels, Timetable(database, library))
        self._mover = Mover(database, channels)
        self._watch = Watch(database, channels, settings.public_url)
        fetching = Fetching(database, channels, files)
        self._aside = (
            Pump("files", fetching.fetch_some, poll=settings.look_seconds),
            Pump("tidying", Tidying(database, files).tidy, poll=PAUSE),
            Pump("watch", self._watch.tick, poll=LOOK),
            Pump("mover", self._move, poll=MOVE),
        )
        self._warming: asyncio.Task[None] | None = None
        self.pumps = Pumps(
            turns=Pump("turns", self._take_turns, tasks=TURN_PUMPS, poll=settings.look_seconds),
            sends=Pump("sends", self._sender.perform_sends, poll=settings.look_seconds),
            calls=Pump("calls", self._caller.perform_calls, poll=settings.look_seconds),
            clock=Pump("clock", self._tick),
        )

    async def start(self) -> None:
        """Begin to work. What a dead process had in hand is counted, and so taken alone."""
        if self._settings.embedded:
            async with self._database.worker() as transaction:
                await reclaim(transaction)
        for conversation in self._left_behind:
            log.warning("a process died with it in hand", conversation=str(conversation))
            await self._turns.count_death(conversation)
        self._warming = asyncio.create_task(warm(), name="warming")
        self._recorder.start(self._sender.owner)
        self._heart.start()
        for pump in (*self.pumps.all(), *self._aside):
            pump.start()

    async def stop(self) -> None:
        """Begin nothing more; finish and record what was begun, within the settings' patience."""
        self._watch.stop()
        try:
            async with asyncio.timeout(self._settings.drain_seconds):
                await asyncio.gather(*(pump.stop() for pump in (*self.pumps.all(), *self._aside)))
                await asyncio.gather(self._sender.drain(), self._caller.drain())
                await self._recorder.stop()
        except TimeoutError:
            log.warning("stopped before all was recorded; statuses or a person will settle it")
        await self._heart.stop()
        if self._warming is not None:
            await self._warming
        self._note.close()
        await self._guarded.aclose()
        if self._redis is not None:
            await self._redis.aclose()

    # -- work ------------------------------------------------------------------------------------

    async def _take_turns(self) -> float:
        done = await self._turns.take_turns()
        if done.sends:
            self.pumps.sends.ring()
        if done.calls:
            self.pumps.calls.ring()
        return done.seconds

    async def _tick(self) -> float:
        seconds = await self._clock.tick()
        if self._clock.fed:
            self.pumps.turns.ring()
        return seconds

    async def _move(self) -> float:
        seconds = await self._mover.tick()
        if self._mover.moved:
            self.pumps.sends.ring()
            self.pumps.turns.ring()
        return seconds

    def _recorded(self, conversations: Sequence[UUID], entered: bool, more: bool) -> None:
        self._sender.release(conversations)
        if more:
            self.pumps.sends.ring()
        if entered:
            self.pumps.turns.ring()

    def _called(self) -> None:
        self.pumps.turns.ring()
        self.pumps.calls.ring()


def _rates(settings: Settings) -> tuple[Redis | None, Rates]:
    own = OwnRates(1 / settings.worker_processes)
    if settings.redis_url is None:
        return None, own
    connect: Any = Redis
    redis: Redis = connect.from_url(
        settings.redis_url.get_secret_value(), socket_timeout=0.2, socket_connect_timeout=0.2
    )
    return redis, SharedRates(redis, own)
