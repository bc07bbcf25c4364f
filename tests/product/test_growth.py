"""What grows: the database, and time. Minutes long, so `make deep` only.

No speed is asserted here (docs/performance.md has the figures): that everything comes once and
right at any size, and that memory does not grow with the turns that were taken.
"""

import json
from typing import Any

import pytest

from tests.services.lacking import lacking
from web.cli import main

STEADY = 1.1
"""Of memory: the last quarter of the time to the second, when all caches have filled."""


def bench(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """The figures of a bench: its last line."""
    code = main(["bench", *words, "--json"])
    printed = capsys.readouterr()
    if code and "redis-server" in printed.err:
        lacking(printed.err)
    assert code == 0, printed.err
    figures: dict[str, Any] = json.loads(printed.out.splitlines()[-1])
    return figures


@pytest.mark.slow
@pytest.mark.redis
@pytest.mark.postgres
def test_nothing_is_lost_among_many_conversations_and_timers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ("--stored", "50000", "--timers", "50000", "--conversations", "200")
    sizes = bench(capsys, "growth", *words)["sizes"]
    assert [size["stored"] >= 50_000 for size in sizes] == [False, True, True]
    assert [size["timers"] >= 50_000 for size in sizes] == [False, False, True]
    for size in sizes:
        assert size["turns"] == 600
        assert [size[name] for name in ("lost", "duplicated", "wrong", "http_errors")] == [0] * 4
        assert size["reminders_lost"] == 0


@pytest.mark.slow
@pytest.mark.redis
@pytest.mark.postgres
def test_memory_stays_as_it_is_for_twenty_minutes(capsys: pytest.CaptureFixture[str]) -> None:
    figures = bench(capsys, "memory", "--minutes", "20", "--pace", "5")
    assert figures["turns"] > 1000
    assert [figures[name] for name in ("lost", "duplicated", "wrong")] == [0, 0, 0]
    assert all(ratio < STEADY for ratio in figures["last_to_second"].values()), figures
