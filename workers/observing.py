"""What the runtime says of itself at its three stations: webhook stored, turn taken, send ended.

One call at each place, after the commit: it counts (`metrics`), traces (`tracing`) and, at the
level `debug`, logs a line with the ids. What people wrote is in none of them.
"""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog

from flowengine.messages import Accepted, Refused, Unclear
from flowengine.store.arrivals import Delivery, Received
from flowengine.store.lanes import Head
from flowengine.store.turned import Turned
from flowengine.store.turns import Batch
from workers import metrics
from workers.tracing import SEND, TURN, WEBHOOK, tracing

log = structlog.stdlib.get_logger()
_root = logging.getLogger(__name__)

MESSAGE = b'{"kind":"message"'
"""How an inbox row begins that came by a webhook: its tag is written first."""


def stored(delivery: Delivery, received: Received, seconds: float) -> None:
    """A webhook's events are in the inbox, `seconds` after it came."""
    metrics.received(received.stored, received.doubled)
    spans = tracing()
    if spans is not None:
        about = {"tenant": str(delivery.tenant), "channel": str(delivery.channel)}
        for place in received.places:
            spans.span(WEBHOOK, place, "", seconds, {**about, "conversation": str(place[0])})
    if _root.isEnabledFor(logging.DEBUG):
        log.debug(
            "webhook stored",
            tenant=str(delivery.tenant),
            channel=str(delivery.channel),
            conversations=[str(conversation) for conversation, _ in received.places],
            doubled=received.doubled,
        )


def took_turns(batch: Batch, turned: Sequence[Turned], seconds: float, waited: float) -> None:
    """A batch is committed, `seconds` after its claim and `waited` seconds after it was read."""
    metrics.took_turns(batch, turned, seconds, waited)
    spans = tracing()
    debug = _root.isEnabledFor(logging.DEBUG)
    if spans is None and not debug:
        return
    messages = {
        (each.id, row.seq)
        for each in batch.conversations
        for row in each.inbox
        if row.event.startswith(MESSAGE)
    }
    for each in turned:
        for entry in each.journal:
            about = {
                "tenant": str(each.tenant),
                "conversation": str(each.id),
                "execution": str(entry.execution or ""),
            }
            if debug:
                log.debug("turn taken", **about, seq=entry.seq, step=entry.step)
            if spans is not None and entry.step == 0:
                place = (each.id, entry.seq)
                spans.span(TURN, place, WEBHOOK if place in messages else "", seconds, about)


def performed(
    head: Head, attempt: int, outcome: Accepted | Refused | Unclear, seconds: float
) -> None:
    """A request to a provider has ended, after `seconds`.

    The lags are by two clocks, ours and the database's: they are as true as the machines' time.
    """
    if isinstance(outcome, Accepted):
        now = datetime.now(UTC)
        metrics.SEND_LAG.observe(max(0.0, (now - head.created_at).total_seconds()))
        if head.received_at is not None:
            metrics.REPLY_LAG.observe(max(0.0, (now - head.received_at).total_seconds()))
    spans = tracing()
    debug = _root.isEnabledFor(logging.DEBUG)
    if spans is None and not debug:
        return
    about = {
        "tenant": str(head.tenant),
        "conversation": str(head.conversation),
        "channel": str(head.channel),
        "send": str(head.id),
        "outcome": outcome.reason if isinstance(outcome, Refused) else type(outcome).__name__,
    }
    if spans is not None:
        place = (head.conversation, head.seq)
        spans.span(f"{SEND} {head.id}:{attempt}", place, TURN, seconds, about)
    if debug:
        log.debug("send ended", **about, attempt=attempt)
