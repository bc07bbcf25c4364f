"""What is to be done with the head of a lane: pure, so that every case is a line of a test."""

import random
from datetime import datetime, timedelta

from msgspec import Struct

from connectors.base import Policy
from flowengine.messages import Accepted, Refused, Send, Unclear
from flowengine.store.circuits import OPEN_AFTER
from flowengine.store.lanes import Head
from flowengine.store.verdicts import Again, Delivered, Doubt, Dropped, Failed, TooLate, Verdict

UNCLEAR_LIMIT = 120.0
"""Seconds that a send in doubt waits for its status before the channel's policy acts."""

REPEATED = 2.0
"""The same where sending it again is the same message (`base.is_repeatable`)."""

PATIENCE = 4
"""Such limits that "resend" waits for a later status, which proves that the silence means loss."""

MOST_TYPING = 20.0
"""Seconds of "typing…" shown at most before a message (the provider's own limit is 25)."""

PAUSED = timedelta(seconds=30)

FIRST_RETRY, LONGEST_RETRY = 2.0, 300.0
CHANNEL_REST = 60.0
"""Seconds that a channel rests after a refusal that is about all of it."""


class Go(Struct, frozen=True):
    """Perform it now."""


class Wait(Struct, frozen=True):
    """Not before `until`. `typing`: show "typing…" meanwhile."""

    until: datetime
    typing: bool = False


class Probe(Struct, frozen=True):
    """Its channel's circuit is half-open: go if nobody else tries it just now, else wait."""


class Apologise(Struct, frozen=True):
    """It comes so late that an apology goes before it."""


class Ask(Struct, frozen=True):
    """It has hung in doubt for long enough: the channel's policy decides."""


Decision = Go | Wait | Probe | Apologise | Ask | Verdict


def decide(head: Head, send: Send, now: datetime, limit: float = UNCLEAR_LIMIT) -> Decision:
    """What a leased head needs, before rate and consent are looked at.

    `limit`: seconds that one in doubt waits for its status.
    """
    if head.state == "sending":
        # Its sender died with the lease: it may have arrived. Never a resend here.
        return Doubt(limit)
    if head.state == "unknown":
        return Wait(head.next_at) if head.next_at and head.next_at > now else Ask()
    if head.author == "bot" and head.epoch != head.conversation_epoch:
        return Dropped()
    if head.channel_state == "removed":
        return Failed(Refused("account", permanent=True, detail="the channel was removed"))
    if head.attempt and now > head.horizon:
        # Only what was tried: what waited for us (nobody worked, the channel was paused) may go.
        return Failed(Refused("transient", permanent=True, detail="given up after a day"))
    wait = _not_yet(head, send, now)
    if wait is not None:
        return wait
    if _is_late(head, send, now):
        if send.late_reply == "transfer":
            return TooLate()
        if send.late_reply == "apologise":
            return Apologise()
    return Probe() if head.channel_strikes >= OPEN_AFTER else Go()


def _not_yet(head: Head, send: Send, now: datetime) -> Wait | None:
    if head.channel_state != "active":
        return Wait(now + PAUSED)
    if head.channel_next_send_at is not None and head.channel_next_send_at > now:
        return Wait(head.channel_next_send_at)
    if head.next_at is not None and head.next_at > now:
        return Wait(head.next_at)
    if send.typing > 0 and head.attempt == 0 and head.next_at is None:
        return Wait(now + timedelta(seconds=min(float(send.typing), MOST_TYPING)), typing=True)
    return None


def _is_late(head: Head, send: Send, now: datetime) -> bool:
    """Whether a reply comes later than its flow wants, counted from what it answers."""
    if head.author != "bot" or send.purpose or not send.late_after or head.late:
        return False
    since = min(head.received_at or head.created_at, head.created_at)
    return (now - since).total_seconds() > send.late_after


def by_policy(
    policy: Policy, statuses_come: bool, head: Head, now: datetime, limit: float = UNCLEAR_LIMIT
) -> Verdict | Wait:
    """What becomes of a send that nobody could tell the fate of.

    Resending is only safe where silence means something: where the channel has told the fate of
    something sent later (RUNTIME.md 12). That may take a while, so it waits `PATIENCE` limits; then
    a person is asked.
    """
    if policy == "resend" and now < head.horizon:
        if statuses_come:
            return Again(0.0)
        since = head.sending_at or head.created_at
        if now < since + timedelta(seconds=PATIENCE * limit):
            return Wait(now + timedelta(seconds=limit / PATIENCE))
    return Failed(Refused("unclear", permanent=True), flagged=True)


def judge(
    outcome: Accepted | Refused | Unclear,
    attempt: int,
    limit: float = UNCLEAR_LIMIT,
    probe: bool = False,
) -> Verdict:
    """What an attempt's outcome means for the send. `probe`: it tried an open circuit."""
    match outcome:
        case Accepted():
            return Delivered(outcome.provider_id, outcome.recipient)
        case Unclear():
            return Doubt(limit, outage=True, probe=probe)
        case Refused(permanent=True):
            return Failed(outcome)
        case Refused():
            seconds = retry_seconds(outcome, attempt)
            rest = seconds if _rests(outcome) else 0.0
            return Again(seconds, outcome, rest, _is_outage(outcome), probe)


def _rests(refused: Refused) -> bool:
    """Whether the whole channel waits at once; a passing failure first has to come again."""
    return refused.scope == "channel" and refused.reason != "transient"


def _is_outage(refused: Refused) -> bool:
    if refused.reason == "rate_limited":
        return False
    return refused.reason == "transient" or refused.scope == "channel"


def retry_seconds(refused: Refused, attempt: int) -> float:
    """When to try again: what the provider said, else back-off that doubles, with jitter."""
    if refused.retry_after is not None:
        return max(0.05, float(refused.retry_after))
    if _rests(refused) and refused.reason != "rate_limited":
        return CHANNEL_REST
    longest = min(FIRST_RETRY * 2 ** (attempt - 1), LONGEST_RETRY)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, no secret
