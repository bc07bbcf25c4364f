"""`perform_calls`: HTTP requests and model rounds, outside of lanes and locks, at least once.

Many at a time, each a task of its own. The idempotency key is the effect's id, so a peer that
honours it does the work once even when a worker dies between its answer and our record.
"""

import asyncio
from collections.abc import Callable
from uuid import UUID

import msgspec
import pydantic
import structlog

from connectors.http import Http
from connectors.model import Model, ModelProfile
from connectors.net import GuardedClient
from flowengine.happenings import HttpDone, ModelDone
from flowengine.messages import Answered, AskModel, CallHttp, Passage, Refused, Said, Unclear
from flowengine.store.calls import (
    Call,
    finish_calls,
    put_off_call,
)
from flowengine.store.database import Database
from flowengine.store.errors import Unsealed
from flowengine.store.knowledge import fitting
from flowengine.store.model_profiles import model_settings
from flowengine.store.secrets import reveal
from flowengine.store.subscriptions import KIND as TELL
from flowengine.store.trouble import is_passing, is_tangled
from flowengine.store.vault import Vault
from workers.leases import Leases
from workers.metrics import called
from workers.sharing import CallShare
from workers.telling import tell

log = structlog.stdlib.get_logger()

IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
RETRY_FIRST = 1.0
STORE_FIRST, STORE_LONGEST = 0.1, 1.0
"""Seconds between two tries to store an outcome while the database is away."""

TRIES = 8
"""Attempts after which something must be wrong on our side: an author allows at most five more."""

DEFAULT_PROFILE = "default"

_http = msgspec.json.Decoder(CallHttp)
_model = msgspec.json.Decoder(AskModel)


class Caller:
    """Performs calls for one process, those that `share` leases.

    `ended` is called when a call has ended and its outcome is in the inbox.
    """

    def __init__(
        self,
        database: Database,
        vault: Vault,
        client: GuardedClient,
        share: CallShare,
        ended: Callable[[], None],
    ) -> None:
        self._database = database
        self._vault = vault
        self._client = client
        self._share = share
        self._under_way: dict[UUID, asyncio.Task[None]] = {}
        self._freed = asyncio.Event()
        self._ended = ended

    @property
    def owner(self) -> UUID:
        """The name of its leases."""
        return self._share.owner

    @property
    def leases(self) -> Leases:
        """The calls that are under way."""
        return self._share.leases

    async def perform_calls(self) -> float:
        """Claim what is due, as far as there are hands free; seconds until there may be more."""
        if self._share.hands.free <= 0:
            self._freed.clear()
            await self._freed.wait()
            return 0.0
        given = await self._share.claim()
        for call in given.calls:
            task = asyncio.create_task(self._perform(call))
            self._under_way[call.id] = task
            task.add_done_callback(lambda _, id=call.id: self._done(id))
        return given.seconds

    def _done(self, id: UUID) -> None:
        self._under_way.pop(id, None)
        self._share.let_go([id])
        self._freed.set()
        self._ended()

    async def drain(self) -> None:
        """Wait for what is under way to end and be recorded."""
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    # -- one call --------------------------------------------------------------------------------

    async def _perform(self, call: Call) -> None:
        """A call that breaks on our side is made again when its lease runs out, some times."""
        if not self.leases.holds(call.id):
            log.warning("a lease ran out before its call", effect=call.effect_id)
            return
        try:
            if call.kind == TELL:
                await tell(self._database, self._vault, self._client, self.owner, call)
            elif call.attempt > TRIES:
                outcome = Unclear("our own error")
                done = HttpDone if call.kind == "http" else ModelDone
                await self._finish(call, done(call.effect_id, outcome))
            elif call.kind == "http":
                await self._call_http(call, _http.decode(call.effect))
            else:
                await self._ask_model(call, _model.decode(call.effect))
        except Exception:
            log.exception("a call broke", effect=call.effect_id)

    async def _call_http(self, call: Call, effect: CallHttp) -> None:
        outcome: Answered | Refused | Unclear
        if call.interrupted and not _repeatable(effect):
            outcome = Unclear("interrupted")
        else:
            outcome = await self._answer(call, effect)
        if call.attempt <= effect.retry and _worth_trying(outcome):
            await self._put_off(call, _pause(outcome, call.attempt))
            return
        await self._finish(call, HttpDone(effect.id, outcome))

    async def _answer(self, call: Call, effect: CallHttp) -> Answered | Refused | Unclear:
        names = {*effect.secrets, *([effect.auth] if effect.auth else [])}
        try:
            async with self._database.worker(call.tenant) as transaction:
                secrets = await reveal(transaction, self._vault, names) if names else {}
        except Unsealed:
            return Refused("auth", permanent=True, detail="a secret cannot be opened")
        try:
            return await Http(self._client).perform(effect, secrets)
        except Exception:
            log.exception("the http connector broke", effect=call.effect_id)
            return Unclear("our own error")

    async def _ask_model(self, call: Call, effect: AskModel) -> None:
        outcome: Said | Refused | Unclear
        profile = await self._profile(call, effect.profile or DEFAULT_PROFILE)
        if isinstance(profile, Refused):
            outcome = profile
        else:
            try:
                passages = await known(self._database, call.tenant, effect)
                outcome = await Model(profile, self._client).perform(effect, passages)
            except Exception:
                log.exception("the model connector broke", effect=call.effect_id)
                outcome = Unclear("our own error")
        await self._finish(call, ModelDone(effect.id, outcome))

    async def _profile(self, call: Call, key: str) -> ModelProfile | Refused:
        try:
            async with self._database.worker(call.tenant) as transaction:
                settings = await model_settings(transaction, self._vault, key)
            if settings is None:
                return Refused("invalid", permanent=True, detail=f"no model profile {key}")
            return ModelProfile.model_validate_json(settings)
        except (Unsealed, pydantic.ValidationError):
            return Refused("invalid", permanent=True, detail=f"model profile {key} is broken")

    async def _finish(self, call: Call, outcome: HttpDone | ModelDone) -> None:
        """Keep the outcome until it is stored: asking again could act, or cost, a second time."""
        pause = STORE_FIRST
        while True:
            try:
                async with self._database.worker() as transaction:
                    await finish_calls(transaction, [(call, outcome)])
                called(call.kind, outcome.outcome)
                return
            except Exception as error:
                if not is_passing(error) and not is_tangled(error):
                    raise
                log.warning("an outcome waits for the database", effect=call.effect_id)
            await asyncio.sleep(pause)
            pause = min(pause * 2, STORE_LONGEST)

    async def _put_off(self, call: Call, seconds: float) -> None:
        async with self._database.worker() as transaction:
            await put_off_call(transaction, call.id, self.owner, seconds)


async def known(database: Database, tenant: UUID, effect: AskModel) -> tuple[Passage, ...]:
    """The passages of the workspace's knowledge bases that fit what the customer asks."""
    if not effect.knowledge:
        return ()
    async with database.worker(tenant) as transaction:
        return await fitting(transaction, effect.knowledge, effect.question)


def _repeatable(effect: CallHttp) -> bool:
    """Whether making it twice does no harm, or the author said that it may be."""
    return effect.method.upper() in IDEMPOTENT or effect.retry > 0


def _worth_trying(outcome: Answered | Refused | Unclear) -> bool:
    match outcome:
        case Unclear():
            return True
        case Refused():
            return not outcome.permanent
        case Answered():
            return outcome.status == 429 or outcome.status >= 500


def _pause(outcome: Answered | Refused | Unclear, attempt: int) -> float:
    if isinstance(outcome, Refused) and outcome.retry_after is not None:
        return float(outcome.retry_after)
    return RETRY_FIRST * 2 ** (attempt - 1)
