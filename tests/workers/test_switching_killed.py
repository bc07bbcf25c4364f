"""Conversations fall back to a second channel while the worker processes are killed (kill -9)."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from connectors.fake_evolution import FakeEvolution
from tests.services import postgres as services
from tests.workers.plant import Plant, open_plant
from tests.workers.reserve import DOWN, HELLO, falls_back, said, second
from tests.workers.test_inbox import body, message

CUSTOMERS = tuple(f"55119{number:08d}" for number in range(12))


@pytest.fixture
async def plant(
    database: services.Database, redis_url: str, tmp_path: Path
) -> AsyncIterator[Plant]:
    async with open_plant(database, tmp_path, redis_url=redis_url, lease_seconds=2) as plant:
        yield plant


@pytest.mark.slow
async def test_nobody_hears_a_thing_twice_or_never(plant: Plant, server: FakeEvolution) -> None:
    town = plant.town
    other = await second(town, server)
    await town.publish("oi", *HELLO)
    # No look finds out that the first channel answers: it is off as far as anybody knows.
    await town.run(
        "INSERT INTO health_rounds (tenant_id, next_at, deep_at)"
        " VALUES ($1, now() + interval '1 day', now() + interval '1 day')",
        town.place.tenant,
    )
    town.graph.trouble(DOWN)
    first = await plant.worker()
    for who in CUSTOMERS:
        assert await town.deliver(body(town, [message(who, 1, "oi")])) == 200
    town.at_work.ring()
    await town.sees("SELECT count(*) = $1 FROM outbox", len(CUSTOMERS))
    await falls_back(town, other)
    await town.sees("SELECT count(*) > 0 FROM channel_switches")
    first.kill()
    await first.wait()
    again = await plant.worker()
    await town.until(lambda: bool(server.posted))
    again.kill()
    await again.wait()
    await plant.worker()
    # What was under way at a death is in doubt, for a person to look at; all else has left.
    await town.sees("SELECT count(*) = 0 FROM outbox WHERE state <> 'unknown'", within=90)
    times = Counter(who for who, _ in said(server))
    assert set(times.values()) == {1}
    doubtful = await town.rows(
        "SELECT i.value FROM outbox o JOIN conversations c ON c.id = o.conversation_id"
        " JOIN identities i USING (contact_id)"
    )
    unsaid = set(CUSTOMERS) - set(times)
    assert unsaid <= {row["value"].removeprefix("+") for row in doubtful}
    assert town.heard() == []
    assert await town.value("SELECT count(*) FROM messages WHERE direction = 'out'") == len(
        CUSTOMERS
    )
    # What was under way on the first channel is never said on another: it alone stays there.
    stayed = await town.value(
        "SELECT count(*) FROM conversations c WHERE channel_id <> $1 AND NOT EXISTS ("
        "SELECT FROM outbox o WHERE o.conversation_id = c.id AND o.state = 'unknown')",
        other,
    )
    assert stayed == 0
