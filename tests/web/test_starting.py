"""The port opens before anything else: what people and programs are told meanwhile."""

from tests.web.site import Site


async def test_health_answers_at_once_and_ready_only_when_it_is(booting: Site) -> None:
    client = booting.stranger()
    health = await client.get("/health")
    assert health.status_code == 200
    told = health.json()
    assert (told["status"], told["version"], told["stage"]) == (
        "starting",
        "0.1.0-test",
        "abrindo o banco de dados",
    )
    assert told["memory_mb"] > 10
    assert told["connections"] >= 1
    assert "work" not in told
    ready = await client.get("/health/ready")
    assert (ready.status_code, ready.headers["retry-after"]) == (503, "2")

    await booting.open()
    assert (await client.get("/health/ready")).status_code == 200
    told = (await client.get("/health")).json()
    assert told["status"] == "ok"
    assert told["work"]["outbox_queued"] == 0
    assert set(told["pools"]) == {"web", "worker"}


async def test_pages_wait_and_reload_themselves(booting: Site) -> None:
    page = await booting.stranger().get("/flows")
    assert page.status_code == 503
    assert page.headers["retry-after"] == "2"
    assert '<meta http-equiv="refresh" content="1">' in page.text
    assert "abrindo o banco de dados" in page.text


async def test_a_failed_start_says_why_and_does_not_reload(booting: Site) -> None:
    booting.boot.fail("O banco de dados é de outra versão.")
    page = await booting.stranger().get("/")
    assert page.status_code == 503
    assert "O banco de dados é de outra versão." in page.text
    assert "http-equiv" not in page.text
    health = (await booting.stranger().get("/health")).json()
    assert (health["status"], health["problem"]) == (
        "failed",
        "O banco de dados é de outra versão.",
    )


async def test_webhooks_are_told_to_come_back(booting: Site) -> None:
    path = "/webhooks/cloud/01890000-0000-7000-8000-000000000000"
    answer = await booting.stranger().post(path, content=b"{}")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.text == "starting"


async def test_draining_turns_new_requests_away(site: Site) -> None:
    client = await site.client(site.bia)
    site.boot.close()
    assert (await client.get("/flows")).status_code == 503
    assert (await client.get("/health/ready")).status_code == 503
    assert (await client.get("/health")).status_code == 200
