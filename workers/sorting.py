"""What becomes of leased lanes: which heads are sent now, which wait, which never leave."""

import math
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import Struct

from connectors.base import Pace, Provider, is_repeatable
from flowengine.messages import Reaction, Refused, Send
from flowengine.store.consents import allowed
from flowengine.store.database import Transaction
from flowengine.store.lanes import Claimed, Head, last_heard, let_go_empty, mark, put_back
from flowengine.store.verdicts import Failed, Result, Verdict
from workers.channels import Channels
from workers.deciding import REPEATED, UNCLEAR_LIMIT, Apologise, Ask, Go, Probe, Wait, decide
from workers.resolving import resolve
from workers.silence import silent

OPT_OUT = Refused("opted_out", permanent=True)

_send = msgspec.json.Decoder(Send)


class Going(Struct, frozen=True):
    """A head that may be sent now. `probe`: it tries a channel whose circuit is open."""

    head: Head
    send: Send
    provider: Provider
    probe: bool = False


class Ready(Struct, frozen=True):
    """A head that is marked as being sent."""

    head: Head
    send: Send
    attempt: int
    provider: Provider
    last_heard: str = ""
    probe: bool = False


class Claim(Struct):
    """What a claim gave. `typing`: heads before which "typing…" is shown now. `verdicts`: on those
    that are not sent. `seconds`: until there may be more."""

    ready: list[Ready] = []
    typing: list[tuple[Provider, Head]] = []
    verdicts: list[Result] = []
    seconds: float = math.inf


class Sorter:
    """Decides on claimed heads. `unclear`: seconds that one in doubt waits for its status."""

    def __init__(self, channels: Channels, unclear: float = UNCLEAR_LIMIT) -> None:
        self._channels = channels
        self._unclear = unclear

    async def sort(self, transaction: Transaction, claimed: Claimed) -> Claim:
        """Decide on each head; those to be performed are marked in this transaction."""
        given = Claim()
        going: dict[UUID, Going] = {}
        back: list[tuple[UUID, datetime]] = []
        typing: list[UUID] = []
        given.verdicts.extend(claimed.broken)
        if claimed.empty:
            await let_go_empty(transaction, claimed.empty)
        for head in claimed.heads:
            provider = await self._channels.provider(
                transaction, head.channel, head.channel_kind, head.channel_updated_at
            )
            decision = await self._decide(transaction, head, provider, claimed.now)
            if isinstance(decision, Going):
                decision = _paced(decision, claimed)
            if isinstance(decision, Going):
                going[head.id] = decision
            elif isinstance(decision, Wait):
                back.append((head.conversation, decision.until))
                if decision.typing:
                    typing.append(head.id)
                    if not isinstance(provider, str):
                        given.typing.append((provider, head))
            else:
                result = Result(head.id, head.conversation, head.attempt, decision, head.state)
                given.verdicts.append(result)
        await _refuse_unwanted(transaction, going, given.verdicts)
        for id, until in (await silent(transaction, going.values(), claimed.now)).items():
            back.append((going.pop(id).head.conversation, until))
        if back:
            await put_back(transaction, back, typing)
            soonest = min(until for _, until in back)
            given.seconds = max(0.005, (soonest - claimed.now).total_seconds())
        given.ready = await _mark(transaction, going, claimed.now)
        return given

    async def _decide(
        self, transaction: Transaction, head: Head, provider: Provider | str, now: datetime
    ) -> Going | Wait | Verdict:
        """What to do with a head. One that cannot be read must not hold up all the others."""
        repeatable = is_repeatable(provider)
        limit = REPEATED if repeatable else self._unclear
        try:
            send = _send.decode(head.effect)
            decision = decide(head, send, now, limit)
        except Exception as error:
            return Failed(Refused("invalid", permanent=True, detail=str(error)), flagged=True)
        probe = isinstance(decision, Probe)
        if isinstance(decision, Ask | Probe | Apologise):
            policy = "flag" if isinstance(provider, str) else provider.policy
            decision = await resolve(
                transaction, head, send, decision, policy, now, limit, repeatable
            )
        if not isinstance(decision, Go):
            return decision
        if isinstance(provider, str):
            return Failed(Refused("account", permanent=True, detail=provider))
        return Going(head, send, provider, probe)


def _paced(going: Going, claimed: Claimed) -> Going | Wait:
    """Wait where this contact was written to too often; what a person or the bot says alike."""
    pace, at = going.provider.pace, claimed.paces.get(going.head.conversation)
    if pace is None or at is None:
        return going
    free = at - timedelta(seconds=pace.seconds * (pace.burst - 1))
    return Wait(free) if free > claimed.now else going


async def _mark(transaction: Transaction, going: dict[UUID, Going], now: datetime) -> list[Ready]:
    if not going:
        return []
    reactions = [g.head for g in going.values() if isinstance(g.send.content, Reaction)]
    heard = await last_heard(transaction, [(head.conversation, head.channel) for head in reactions])
    attempts = await mark(
        transaction, list(going), [_seconds(g.provider.pace) for g in going.values()]
    )
    gone = [(g.head.conversation, now) for id, g in going.items() if id not in attempts]
    if gone:
        await put_back(transaction, gone)
    return [
        Ready(g.head, g.send, attempts[id], g.provider, heard.get(g.head.conversation, ""), g.probe)
        for id, g in going.items()
        if id in attempts
    ]


def _seconds(pace: Pace | None) -> float:
    return pace.seconds if pace else 0.0


async def _refuse_unwanted(
    transaction: Transaction, going: dict[UUID, Going], verdicts: list[Result]
) -> None:
    """What nobody asked for leaves only with consent, looked up at the last moment."""
    asked = [(g.head.contact, g.send.purpose) for g in going.values() if g.send.purpose]
    if not asked:
        return
    fine = await allowed(transaction, asked)
    for id, (head, send) in {i: (g.head, g.send) for i, g in going.items()}.items():
        if send.purpose and (head.contact, send.purpose) not in fine:
            refused = Failed(OPT_OUT)
            verdicts.append(Result(id, head.conversation, head.attempt, refused, head.state))
            del going[id]
