"""What is to be done with the head of a lane: pure, so that every case is a line of a test."""

import random
from datetime import datetime, timedelta

from msgspec import Struct

from connectors.base import Policy
from flowengine.messages import Accepted, Refused, Send, Unclear
from flowengine.store.lanes import Head
from flowengine.store.verdicts import Again, Delivered, Doubt, Dropped, Failed, Verdict

UNCLEAR_LIMIT = 120.0
"""Seconds that a send in doubt waits for its status before the channel's policy acts."""

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


class Ask(Struct, frozen=True):
    """It has hung in doubt for long enough: the channel's policy decides."""


Decision = Go | Wait | Ask | Verdict


def decide(head: Head, send: Send, now: datetime) -> Decision:
    """What a leased head needs, before rate and consent are looked at."""
    if head.state == "sending":
        # Its sender died with the lease: it may have arrived. Never a resend here.
        return Doubt(UNCLEAR_LIMIT)
    if head.state == "unknown":
        return Wait(head.next_at) if head.next_at and head.next_at > now else Ask()
    if head.author == "bot" and head.epoch != head.conversation_epoch:
        return Dropped()
    if head.channel_state == "removed":
        return Failed(Refused("account", permanent=True, detail="the channel was removed"))
    if now > head.horizon:
        return Failed(Refused("transient", permanent=True, detail="given up after a day"))
    if head.channel_state != "active":
        return Wait(now + PAUSED)
    if head.channel_next_send_at is not None and head.channel_next_send_at > now:
        return Wait(head.channel_next_send_at)
    if head.next_at is not None and head.next_at > now:
        return Wait(head.next_at)
    if send.typing > 0 and head.attempt == 0 and head.next_at is None:
        return Wait(now + timedelta(seconds=min(float(send.typing), MOST_TYPING)), typing=True)
    return Go()


def by_policy(policy: Policy, statuses_come: bool, head: Head, now: datetime) -> Verdict:
    """What becomes of a send that nobody could tell the fate of.

    Resending is only safe where silence means something: where the channel has told the fate of
    something sent later. Else a person is asked (RUNTIME.md 12).
    """
    if policy == "resend" and statuses_come and now < head.horizon:
        return Again(0.0)
    return Failed(Refused("unclear", permanent=True), flagged=True)


def judge(outcome: Accepted | Refused | Unclear, attempt: int) -> Verdict:
    """What an attempt's outcome means for the send."""
    match outcome:
        case Accepted():
            return Delivered(outcome.provider_id, outcome.recipient)
        case Unclear():
            return Doubt(UNCLEAR_LIMIT)
        case Refused(permanent=True):
            return Failed(outcome)
        case Refused():
            seconds = retry_seconds(outcome, attempt)
            return Again(seconds, outcome, seconds if outcome.scope == "channel" else 0.0)


def retry_seconds(refused: Refused, attempt: int) -> float:
    """When to try again: what the provider said, else back-off that doubles, with jitter."""
    if refused.retry_after is not None:
        return max(0.05, float(refused.retry_after))
    if refused.scope == "channel" and refused.reason != "rate_limited":
        return CHANNEL_REST
    longest = min(FIRST_RETRY * 2 ** (attempt - 1), LONGEST_RETRY)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, no secret
