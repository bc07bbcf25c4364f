"""What is seen from outside: health by subject, metrics, and who may look."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from connectors.net import open_client
from flowengine.store.database import Database
from tests.flowengine.playing import OI, ask, text
from tests.services import postgres as services
from tests.web.living import wait_for
from tests.web.site import Site
from tests.workers.town import Town, town_settings
from workers.metrics import GAUGES, Scrape
from workers.probes import Probes, may_look

PAGES = ("/health/db", "/health/redis", "/health/queues", "/health/channels", "/metrics")


async def test_each_page_says_that_all_is_well(site: Site) -> None:
    client = site.stranger()

    async def ahead() -> dict[str, Any] | None:
        """The database was made before: at a month's end the worker makes one month more."""
        told = (await client.get("/health/db")).json()
        return told if told["months_ready"] == 3 else None

    database = await wait_for(ahead)
    assert database["status"] == "ok"
    assert set(database["pools"]) == {"web", "worker"}
    assert (await client.get("/health/redis")).json() == {"status": "unused"}
    queues = (await client.get("/health/queues")).json()
    assert queues["status"] == "ok"
    assert set(queues["queues"]) == {"turns", "sends", "calls", "starts"}
    channels = (await client.get("/health/channels")).json()
    assert channels["channels"] == [
        {"kind": "simulator", "state": "active", "count": 2, "resting": 0}
    ]


async def test_nothing_names_a_workspace(site: Site) -> None:
    client = site.stranger()
    for page in ("/health", *PAGES):
        answer = await client.get(page)
        assert answer.status_code == 200, page
        for word in ("bia", "Pet da", "5511", str(site.bia.tenant), str(site.bia.channel)):
            assert word not in answer.text, (page, word)


async def test_a_proxy_on_this_machine_is_not_this_machine(site: Site) -> None:
    client = site.stranger(**{"X-Forwarded-For": "203.0.113.7"})
    for page in PAGES:
        assert (await client.get(page)).status_code == 403, page
    assert (await client.get("/health")).status_code == 200


async def test_with_a_token_only_who_shows_it_may_look(site: Site) -> None:
    run = site.app.state.runtime
    site.app.state.runtime = msgspec.structs.replace(run, metrics_token="segredo")
    assert (await site.stranger().get("/metrics")).status_code == 403
    wrong = site.stranger(Authorization="Bearer errado")
    assert (await wrong.get("/metrics")).status_code == 403
    knows = site.stranger(**{"Authorization": "Bearer segredo", "X-Forwarded-For": "203.0.113.7"})
    for page in PAGES:
        assert (await knows.get(page)).status_code == 200, page


@pytest.mark.parametrize(
    ("token", "headers", "peer", "may"),
    [
        ("", {}, "127.0.0.1", True),
        ("", {}, "::1", True),
        ("", {}, "10.0.0.9", False),
        ("", {"forwarded": "for=1.2.3.4"}, "127.0.0.1", False),
        ("t", {}, "127.0.0.1", False),
        ("t", {"authorization": "Basic t"}, "127.0.0.1", False),
        ("t", {"authorization": "bearer t"}, "10.0.0.9", True),
    ],
)
def test_who_may_look(token: str, headers: dict[str, str], peer: str, may: bool) -> None:
    assert may_look(token, headers, peer) is may


async def test_queues_that_are_behind_say_so(site: Site) -> None:
    assert site.workers is not None
    assert site.workers.working is not None
    for pump in site.workers.working.pumps.all():
        await pump.stop()
    async with site.database.worker() as transaction:
        await transaction.run(
            """
            INSERT INTO conversations (id, tenant_id, contact_id, channel_id, work_at)
            VALUES (gen_random_uuid(), $1, gen_random_uuid(), $2, now() - interval '2 minutes')
            """,
            site.bia.tenant,
            site.bia.channel,
        )
    queues = await queues_after(site)
    assert queues["status"] == "behind"
    assert queues["queues"]["turns"]["due"] == 1
    assert queues["queues"]["turns"]["oldest_seconds"] >= 120


async def queues_after(site: Site) -> dict[str, dict[str, dict[str, float]]]:
    """A fresh look: the counts are kept for a second."""
    assert site.workers is not None
    site.workers._counts = (0.0, None)
    return (await site.stranger().get("/health/queues")).json()


# -- metrics ---------------------------------------------------------------------------------------


@pytest.fixture
async def talked(database: services.Database, tmp_path: Path) -> AsyncIterator[Town]:
    """A town where somebody was answered."""
    async with open_client(timeout=5) as client:
        store = await Database.open(database.web, database.worker, worker_size=8)
        town = Town(store, database.owner, town_settings(tmp_path), client)
        await town.settle()
        await town.open_door()
        await town.work()
        await town.publish(
            "oi", (OI, text("um", "Um"), ask("nome", "Nome?")), ("oi > um", "um > nome")
        )
        before = await values(town)
        town.say("oi")
        await town.hears("Um", "Nome?", within=20)
        await town.quiet(within=20)
        town.before = before  # type: ignore[attr-defined]
        yield town
        await town.close()
        await store.close()


async def values(town: Town) -> dict[str, float]:
    assert town.workers is not None
    shown = (await town.workers.scrape.render()).decode()
    return {
        sample.name + "".join(sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(shown)
        for sample in family.samples
    }


async def test_a_conversation_is_counted(talked: Town) -> None:
    before, after = talked.before, await values(talked)  # type: ignore[attr-defined]

    def grown(name: str) -> float:
        return after[name] - before.get(name, 0)

    assert grown("flowengine_inbound_events_totalstored") >= 1
    assert grown("flowengine_turns_total") >= 1
    assert grown("flowengine_turn_lag_seconds_count") >= 1
    assert grown("flowengine_sends_totaltaken") == 2
    assert grown("flowengine_send_lag_seconds_count") == 2
    assert grown("flowengine_reply_lag_seconds_count") == 2
    assert after["flowengine_database_up"] == 1
    assert after["flowengine_queue_depthturns"] == 0
    assert after["flowengine_pool_connectionsidleworker"] >= 1


async def test_every_gauge_is_shown(talked: Town) -> None:
    assert talked.workers is not None
    shown = (await talked.workers.scrape.render()).decode()
    assert [name for name in GAUGES if f"# TYPE {name} gauge" not in shown] == []


async def test_a_scrape_answers_while_the_database_is_away(talked: Town) -> None:
    assert talked.workers is not None
    scrape = Scrape(talked.database, dict)
    await talked.workers.stop()
    talked.workers = None
    await talked.database.close()
    shown = (await scrape.render()).decode()
    assert "flowengine_database_up 0.0" in shown
    assert re.search(r"^flowengine_turns_total ", shown, re.MULTILINE)


async def test_a_worker_answers_on_its_own_port(talked: Town, tmp_path: Path) -> None:
    settings = town_settings(tmp_path, metrics_port=free_port(), metrics_token="segredo")
    probes = Probes(settings)
    probes.opened(talked.database, Scrape(talked.database, dict))
    await probes.start()
    root = f"http://127.0.0.1:{settings.metrics_port}"
    try:
        async with httpx.AsyncClient(timeout=10) as client:
            await talked.until(lambda: bool(probes._server and probes._server.started))
            assert (await client.get(f"{root}/health")).text == "ok"
            assert (await client.get(f"{root}/health/ready")).status_code == 200
            assert (await client.get(f"{root}/metrics")).status_code == 403
            shown = await client.get(f"{root}/metrics", headers={"Authorization": "Bearer segredo"})
            assert "flowengine_turns_total" in shown.text
            probes.draining = True
            assert (await client.get(f"{root}/health/ready")).status_code == 503
            assert (await client.get(f"{root}/else")).status_code == 404
    finally:
        await probes.close()


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
