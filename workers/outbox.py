"""`perform_sends`: each lane's head leaves through its channel's connector, and is recorded.

Claiming a lane and marking its head `sending` is one transaction (`claiming.py`, `sorting.py`),
committed before the request. Then many requests are under way at once, each a task of its own;
their verdicts are recorded in batches by one task. Nothing is fetched ahead: a lane that is claimed
is performed.
"""

import asyncio
import time
from collections.abc import Coroutine, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import structlog

from connectors.base import Context, Provider, is_repeatable, only_replies
from flowengine.messages import Accepted, Refused, Unclear
from flowengine.store.database import Database
from flowengine.store.lanes import Head, last_heard
from flowengine.store.verdicts import Again, Delivered, Result, Verdict
from workers.addresses import open_link
from workers.claiming import Claimer
from workers.deciding import REPEATED, judge
from workers.files import Files
from workers.leases import Leases
from workers.objects import StorageAway
from workers.observing import performed
from workers.recorder import Recorder
from workers.sorting import Ready
from workers.templating import fitted

log = structlog.stdlib.get_logger()


STUMBLED = 1.0
"""Seconds until a send is tried again that was not tried at all."""


class Sender:
    """Performs the outbox for one process, with the lanes that `claimer` leases.

    A request may last longer than a lease: the heart (`heart.py`) keeps it. `unclear`: seconds that
    a send in doubt waits for its status.
    """

    def __init__(
        self,
        database: Database,
        claimer: Claimer,
        recorder: Recorder,
        unclear: float,
        files: Files,
        guarded: httpx.AsyncClient,
    ) -> None:
        self._unclear = unclear
        self._database = database
        self._claimer = claimer
        self._files = files
        self._guarded = guarded
        self._recorder = recorder
        self._tasks: set[asyncio.Task[None]] = set()
        self._freed = asyncio.Event()

    @property
    def owner(self) -> UUID:
        """The name of its leases."""
        return self._claimer.owner

    @property
    def leases(self) -> Leases:
        """The lanes whose sends are under way."""
        return self._claimer.leases

    async def perform_sends(self) -> float:
        """Claim what is due, as far as there are hands free; seconds until there may be more."""
        if self._claimer.hands.free <= 0:
            self._freed.clear()
            await self._freed.wait()
            return 0.0
        given = await self._claimer.claim()
        for result in given.verdicts:
            self._recorder.add(result)
        for provider, head in given.typing:
            self._type(provider, head)
        self.perform(given.ready)
        return given.seconds

    def perform(self, ready: Sequence[Ready]) -> None:
        """Begin to send these: they are marked as being sent, and their lanes are ours."""
        for each in ready:
            self._begin(self._perform(each))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self) -> None:
        """Wait for what is under way to end and be recorded."""
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def release(self, conversations: Sequence[UUID]) -> None:
        """These lanes were let go of: there are hands free."""
        self._claimer.let_go(conversations)
        self._freed.set()

    # -- performing ------------------------------------------------------------------------------

    async def _perform(self, ready: Ready) -> None:
        head = ready.head
        try:
            heard = await self._heard(ready)
            send = await fitted(self._database, head.tenant, ready.send, ready.provider)
        except Exception:  # the database stumbled; nothing has left, and the lane must go on
            log.warning("a send could not be looked up", send=str(head.id), exc_info=True)
            again = Result(head.id, head.conversation, ready.attempt, Again(STUMBLED))
            self._recorder.add(again)
            return
        context = Context(
            callback=f"{head.id}:{ready.attempt}",
            attempt=ready.attempt,
            last_inbound=heard,
            open_asset=partial(self._files.for_sending, head.tenant),
            open_link=partial(open_link, self._guarded),
        )
        if not self.leases.holds(head.conversation):
            # We were halted, or the database was away: somebody else may have the lane by now.
            # Nothing of this attempt has left, and that is what is recorded.
            log.warning("a lease ran out before its send", send=str(head.id))
            self._recorder.add(Result(head.id, head.conversation, ready.attempt, Again(0.0)))
            return
        began = time.perf_counter()
        try:
            outcome: Accepted | Refused | Unclear = (
                send
                if isinstance(send, Refused)
                else await ready.provider.perform(send, head.identities, context)
            )
        except asyncio.CancelledError:
            outcome = Unclear("cancelled")
        except StorageAway as error:
            # Files are looked for before anything is said.
            outcome = Refused("transient", False, detail=f"storage: {error}")
        except Exception:
            log.exception(
                "a connector broke",
                tenant=str(head.tenant),
                conversation=str(head.conversation),
                channel=str(head.channel),
                send=str(head.id),
            )
            outcome = Unclear("our own error")
        performed(head, ready.attempt, outcome, time.perf_counter() - began)
        limit = REPEATED if is_repeatable(ready.provider) else self._unclear
        judged = judge(outcome, ready.attempt, limit, ready.probe)
        verdict = _news_only(judged, head)
        self._recorder.add(Result(head.id, head.conversation, ready.attempt, verdict))

    async def _heard(self, ready: Ready) -> str:
        """The customer's last message, for what refers to it and for who only answers."""
        if ready.last_heard or not only_replies(ready.provider):
            return ready.last_heard
        head = ready.head
        async with self._database.worker() as transaction:
            heard = await last_heard(transaction, [(head.conversation, head.channel)])
        return heard.get(head.conversation, "")

    def _type(self, provider: Provider, head: Head) -> None:
        """Show "typing…", outside of the lane: whether it worked is nobody's business."""
        if provider.capabilities.typing:
            self._begin(self._show_typing(provider, head))

    async def _show_typing(self, provider: Provider, head: Head) -> None:
        async with self._database.worker() as transaction:
            heard = await last_heard(transaction, [(head.conversation, head.channel)])
        context = Context(last_inbound=heard.get(head.conversation, ""))
        await provider.typing(head.identities, context)


def _news_only(verdict: Verdict, head: Head) -> Verdict:
    """The recipient is worth recording only where the provider knows them by another id."""
    if isinstance(verdict, Delivered) and verdict.recipient in {i.value for i in head.identities}:
        return Delivered(verdict.provider_id)
    return verdict
