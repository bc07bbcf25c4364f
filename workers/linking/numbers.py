"""What operators are told of the service that links phones: in the metrics of who keeps it."""

from collections import Counter as Count
from collections.abc import Sequence
from typing import Any

from prometheus_client import Counter, Gauge

from workers.metrics import REGISTRY

STATES = ("open", "connecting", "closed", "needs_pairing", "stopped")

UP = Gauge("flowengine_linked_service_up", "1 while the Node service runs.", registry=REGISTRY)
STARTS = Counter(
    "flowengine_linked_service_starts", "Times that the Node service was started.",
    registry=REGISTRY,
)  # fmt: skip
ENDED = Counter(
    "flowengine_linked_service_deaths", "Times that it ended without being asked to.",
    registry=REGISTRY,
)  # fmt: skip
SESSIONS = Gauge(
    "flowengine_linked_sessions", "Linked phones in the service, by state.", ["state"],
    registry=REGISTRY,
)  # fmt: skip
WAITING = Gauge(
    "flowengine_linked_events_waiting", "Events of linked phones that we have not taken yet.",
    registry=REGISTRY,
)  # fmt: skip
RETRIES = Gauge(
    "flowengine_linked_attempts", "Tries in vain of the session that has most of them.",
    registry=REGISTRY,
)  # fmt: skip


def started() -> None:
    """The service runs."""
    UP.set(1)
    STARTS.inc()


def ended(asked: bool) -> None:
    """The service is gone, with all its sessions. `asked`: we put it down."""
    UP.set(0)
    if not asked:
        ENDED.inc()
    told([])


def told(sessions: Sequence[dict[str, Any]]) -> None:
    """What it said of its sessions just now."""
    states = Count(str(each.get("state", "")) for each in sessions)
    for state in STATES:
        SESSIONS.labels(state).set(states[state])
    WAITING.set(sum(int(each.get("waiting") or 0) for each in sessions))
    RETRIES.set(max((int(each.get("attempts") or 0) for each in sessions), default=0))
