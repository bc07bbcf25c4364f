"""What is counted: one page of every metric's name, and the few words that call sites use.

Counters and histograms belong to the process that counts: each process shows its own, and sums are
made by whoever asks them all. What waits in the database is the same whomever one asks: take the
largest, not the sum. Counting costs four microseconds a turn in all; the database is asked by
scrapes only, and at most every two seconds.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from flowengine.store.channel_health import health_counts
from flowengine.store.counts import Waiting, waiting
from flowengine.store.database import Database
from flowengine.store.turned import Turned
from flowengine.store.turns import Batch as Claimed
from flowengine.store.verdicts import Again, Delivered, Doubt, Dropped, Failed, Result, TooLate

CONTENT_TYPE = CONTENT_TYPE_LATEST
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

LAGS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)
FRESH = 2.0
"""Seconds that the database's counts are kept between two scrapes."""

INBOUND = Counter(
    "flowengine_inbound_events", "Events of webhooks, by what became of them.", ["result"],
    registry=REGISTRY,
)  # fmt: skip
WEBHOOKS_REFUSED = Counter(
    "flowengine_webhooks_refused", "Webhooks told to come back: too much waits.", registry=REGISTRY
)
TURNS = Counter("flowengine_turns", "Turns taken and committed.", registry=REGISTRY)
TURN_FAILURES = Counter(
    "flowengine_turn_failures", "Turns that broke the engine, or could not be written.",
    registry=REGISTRY,
)  # fmt: skip
BATCH = Histogram(
    "flowengine_turn_batch_seconds", "From claim to commit of a batch of turns.",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5), registry=REGISTRY,
)  # fmt: skip
TURN_LAG = Histogram(
    "flowengine_turn_lag_seconds", "From what came in to the commit of the turn that took it.",
    buckets=LAGS, registry=REGISTRY,
)  # fmt: skip
SEND_LAG = Histogram(
    "flowengine_send_lag_seconds", "From the turn that wanted a send to the provider taking it.",
    buckets=LAGS, registry=REGISTRY,
)  # fmt: skip
REPLY_LAG = Histogram(
    "flowengine_reply_lag_seconds", "From what came in to the provider taking the reply to it.",
    buckets=LAGS, registry=REGISTRY,
)  # fmt: skip
SENDS = Counter(
    "flowengine_sends", "Attempts to send, by how they ended.", ["outcome"], registry=REGISTRY
)
RETRIES = Counter("flowengine_send_retries", "Sends put off to be tried again.", registry=REGISTRY)
DEAD = Counter(
    "flowengine_dead_letters", "Sends given up, by the provider's reason.", ["reason"],
    registry=REGISTRY,
)  # fmt: skip
CALLS = Counter(
    "flowengine_calls", "HTTP requests and model rounds, by how they ended.", ["kind", "outcome"],
    registry=REGISTRY,
)  # fmt: skip
API = Counter(
    "flowengine_api_requests", "Requests to the API, by what became of them.", ["result"],
    registry=REGISTRY,
)  # fmt: skip
LOOKS = Counter(
    "flowengine_channel_looks", "Looks at channels, by what they found.", ["state"],
    registry=REGISTRY,
)  # fmt: skip
ALERTS = Counter(
    "flowengine_channel_alerts", "What people were told of channels' health.", registry=REGISTRY
)
RECONNECTED = Counter(
    "flowengine_channels_reconnected", "Channels that were off and were brought back.",
    registry=REGISTRY,
)  # fmt: skip
SWITCHES = Counter(
    "flowengine_channel_switches", "Conversations that were to go on through another channel.",
    ["why", "stays"], registry=REGISTRY,
)  # fmt: skip

OUTCOMES = {
    Delivered: "taken",
    Failed: "failed",
    Again: "again",
    Doubt: "unknown",
    Dropped: "dropped",
    TooLate: "too_late",
}
_sends = {kind: SENDS.labels(outcome) for kind, outcome in OUTCOMES.items()}
_stored, _doubled = INBOUND.labels("stored"), INBOUND.labels("doubled")
for _result in ("taken", "limited"):
    API.labels(_result)

GAUGES = {
    "flowengine_database_up": "1 where the database answered this scrape.",
    "flowengine_turn_waiting_seconds": "How long the longest due conversation waits for its turn.",
    "flowengine_outbox_age_seconds": "How long the longest due send waits to be taken up.",
    "flowengine_queue_depth": "What is due, by queue (counted up to a bound).",
    "flowengine_outbox": "Sends in the outbox, by state (counted up to a bound).",
    "flowengine_dead_letters_open": "Dead letters that nobody has settled.",
    "flowengine_channels_resting": "Channels that rest because their provider is in trouble.",
    "flowengine_channels": "Channels at work, by how the last look found them.",
    "flowengine_pool_connections": "Connections of this process to the database, by pool and use.",
    "flowengine_doorbells_lost": "Doorbells that this process could not ring.",
    "flowengine_intake_waiting": "Events of webhooks that wait in this process to be stored.",
}


# -- the words of call sites --------------------------------------------------------------------


def received(stored: int, doubled: int) -> None:
    """A webhook is stored."""
    _stored.inc(stored)
    if doubled:
        _doubled.inc(doubled)


def took_turns(batch: Claimed, turned: Sequence[Turned], seconds: float, waited: float) -> None:
    """A batch is committed: `seconds` after its claim, `waited` seconds after it was read."""
    BATCH.observe(seconds)
    TURNS.inc(sum(entry.step == 0 for each in turned for entry in each.journal))
    taken = {each.id: each.taken_seq for each in turned}
    for each in batch.conversations:
        last = taken.get(each.id, -1)
        for row in each.inbox:
            if row.seq <= last:
                TURN_LAG.observe(max(0.0, (batch.now - row.received_at).total_seconds() + waited))


def recorded(results: Iterable[Result]) -> None:
    """Verdicts are recorded."""
    for result in results:
        verdict = result.verdict
        _sends[type(verdict)].inc()
        if isinstance(verdict, Again):
            RETRIES.inc()
        elif isinstance(verdict, Failed):
            DEAD.labels(verdict.refused.reason).inc()


def called(kind: str, outcome: object) -> None:
    """A call has ended and its outcome is stored."""
    CALLS.labels(kind, type(outcome).__name__.lower()).inc()


def looked(state: str, alerts: int, reconnected: bool) -> None:
    """A channel was looked at."""
    LOOKS.labels(state).inc()
    if alerts:
        ALERTS.inc(alerts)
    if reconnected:
        RECONNECTED.inc()


def switched(why: str, stays: str) -> None:
    """A conversation was to go on through another channel; `stays`: why it did not."""
    SWITCHES.labels(why, stays).inc()


# -- a scrape -----------------------------------------------------------------------------------


class Scrape:
    """What one process shows. `own`: gauges of its own, by name, beside the pools'."""

    def __init__(self, database: Database, own: Callable[[], dict[str, float]]) -> None:
        self._database = database
        self._own = own
        self._seen: tuple[float, Waiting | None] = (0.0, None)
        self._states: dict[str, int] = {}

    async def render(self) -> bytes:
        """The text of /metrics. Answers without the database's counts while it is away."""
        counts = await self._waiting()
        families = [*_pools(self._database), *_of_process(self._own()), *_of_database(counts)]
        families.append(_channels(self._states))
        shown: Any = _Snapshot(families)
        return generate_latest(REGISTRY) + generate_latest(shown)

    async def _waiting(self) -> Waiting | None:
        at, counts = self._seen
        if time.monotonic() - at > FRESH or counts is None:
            try:
                async with self._database.worker() as transaction:
                    counts = await waiting(transaction)
                    self._states = await health_counts(transaction)
            except Exception:  # whatever it is: the scrape says that the database is away
                counts, self._states = None, {}
            self._seen = (time.monotonic(), counts)
        return counts


class _Snapshot:
    def __init__(self, families: list[GaugeMetricFamily]) -> None:
        self._families = families

    def collect(self) -> Iterable[GaugeMetricFamily]:
        return self._families


def _gauge(name: str, labels: Sequence[str] = ()) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, GAUGES[name], labels=list(labels))


def _single(name: str, value: float) -> GaugeMetricFamily:
    family = _gauge(name)
    family.add_metric([], value)
    return family


def _pools(database: Database) -> list[GaugeMetricFamily]:
    family = _gauge("flowengine_pool_connections", ("pool", "use"))
    for pool, (size, idle) in database.connections().items():
        family.add_metric([pool, "busy"], size - idle)
        family.add_metric([pool, "idle"], idle)
    return [family]


def _channels(states: dict[str, int]) -> GaugeMetricFamily:
    family = _gauge("flowengine_channels", ("state",))
    for state, count in sorted(states.items()):
        family.add_metric([state], count)
    return family


def _of_process(own: dict[str, float]) -> list[GaugeMetricFamily]:
    return [_single(name, value) for name, value in own.items()]


def _of_database(counts: Waiting | None) -> list[GaugeMetricFamily]:
    up = _single("flowengine_database_up", 0.0 if counts is None else 1.0)
    if counts is None:
        return [up]
    depth = _gauge("flowengine_queue_depth", ("queue",))
    for queue, count in (
        ("turns", counts.conversations),
        ("sends", counts.outbox_queued),
        ("calls", counts.calls),
        ("starts", counts.starts),
    ):
        depth.add_metric([queue], count)
    outbox = _gauge("flowengine_outbox", ("state",))
    for state in ("queued", "sending", "unknown"):
        outbox.add_metric([state], msgspec.structs.asdict(counts)[f"outbox_{state}"])
    return [
        up,
        depth,
        outbox,
        _single("flowengine_turn_waiting_seconds", counts.lag),
        _single("flowengine_outbox_age_seconds", counts.outbox_age),
        _single("flowengine_dead_letters_open", counts.dead_letters),
        _single("flowengine_channels_resting", counts.resting_channels),
    ]
