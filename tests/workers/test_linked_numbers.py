"""What operators are told of the service that links phones."""

from prometheus_client import generate_latest

from workers.linking import numbers
from workers.metrics import REGISTRY


def shown() -> dict[str, float]:
    lines = generate_latest(REGISTRY).decode().splitlines()
    told = [line.rsplit(" ", 1) for line in lines if line.startswith("flowengine_linked")]
    return {name: float(value) for name, value in told}


def test_what_the_service_tells_is_counted_until_it_ends() -> None:
    before = shown()
    numbers.started()
    numbers.told(
        [
            {"id": "a", "state": "open", "attempts": 0, "waiting": 3},
            {"id": "b", "state": "connecting", "attempts": 7, "waiting": 2},
            {"id": "c", "state": "open", "attempts": 0, "waiting": 0},
        ]
    )
    now = shown()
    assert now["flowengine_linked_service_up"] == 1
    assert now['flowengine_linked_sessions{state="open"}'] == 2
    assert now['flowengine_linked_sessions{state="connecting"}'] == 1
    assert now['flowengine_linked_sessions{state="stopped"}'] == 0
    assert (now["flowengine_linked_events_waiting"], now["flowengine_linked_attempts"]) == (5, 7)
    starts = "flowengine_linked_service_starts_total"
    assert now[starts] == before[starts] + 1
    numbers.ended(asked=False)
    after = shown()
    deaths = "flowengine_linked_service_deaths_total"
    assert after[deaths] == before[deaths] + 1
    assert after["flowengine_linked_service_up"] == 0
    assert after['flowengine_linked_sessions{state="open"}'] == 0
    numbers.ended(asked=True)
    assert shown()[deaths] == after[deaths]
