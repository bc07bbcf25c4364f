"""The benches measure what they say, and notice what goes wrong."""

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from connectors.registry import build
from flowengine.store.embedded import Address
from flowengine.store.measuring import count, prepare
from tests.services.postgres import Database as Data
from web.cli import main
from web.commands.bench_linked import linked_body
from web.commands.bench_load import TURNS, Load, Provider, heard, said, split_http
from web.commands.bench_peers import play_rounds
from web.commands.bench_webhooks import WORDS, cloud_body, evolution_body

TRIAGE = Path(__file__).parents[1] / "benchmarks" / "triage.flow.json"


def test_bench_engine_ends_with_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "engine", "--rounds", "1", "--seconds", "0.1"]) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert figures["conversations_per_s"] > 0
    assert figures["measured_on"]["cores"] > 0
    for name, sizes in (
        ("turn_us_by_nodes", ["10", "100", "1000"]),
        ("turn_us_by_variables", ["0", "100", "1000"]),
        ("bytes_us_by_variables", ["0", "100", "1000"]),
        ("route_us_by_published_flows", ["10", "1000", "10000"]),
    ):
        assert list(figures[name]) == sizes
        assert all(value > 0 for value in figures[name].values())


def test_bench_check_ends_with_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "check", "--rounds", "1"]) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert figures["check_1000_nodes_ms"] > 0
    assert figures["findings_with_a_chat"] == 200


def peer(name: str, mode: str, *rates: float) -> list[str]:
    """A peer that prints what the harness's scripts print."""
    line = json.dumps([{"peer": name, "version": "1", "mode": mode, "rates": rates}])
    return [sys.executable, "-c", f"print({line!r})"]


def test_peers_are_compared_in_one_run_and_those_that_fail_are_named(tmp_path: Path) -> None:
    missing: dict[str, str] = {}
    jobs: list[tuple[str, list[str], dict[str, str]]] = [
        ("ours", peer("flowengine", "take", 30, 10, 20), {}),
        ("js_xstate.mjs", peer("xstate (Node.js)", "json-per-turn", 10), {}),
        ("broken.py", [sys.executable, "-c", "raise SystemExit('no such library')"], {}),
        ("gone.py", ["there-is-no-such-program"], {}),
    ]
    rows = play_rounds(jobs, 2, tmp_path, missing)
    assert [(row["peer"], row["times_xstate"]) for row in rows] == [
        ("flowengine", 2.0),
        ("xstate (Node.js)", 1.0),
    ]
    assert rows[0]["best_conversations_per_s"] == 30
    assert "no such library" in missing["broken.py"]
    assert set(missing) == {"broken.py", "gone.py"}


def test_a_harness_that_is_none_is_bad_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    peers = ["--peers", str(tmp_path), "--peers-in", str(tmp_path / "in")]
    assert main(["bench", "engine", "--rounds", "1", "--seconds", "0.05", *peers]) == 2
    assert "engine/common.py" in capsys.readouterr().err


def test_the_flow_of_the_benches_says_the_words_of_the_load(
    capsys: pytest.CaptureFixture[str],
) -> None:
    steps = [word for turn in range(TURNS) for word in ("--say", said(turn, "Lívia"))]
    assert main(["simulate", str(TRIAGE), *steps, "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    sent = [line["content"]["text"] for line in lines if line["type"] == "send"]
    assert sent == [heard(turn, "Lívia") for turn in range(TURNS)]
    assert lines[-1]["status"] == "completed"


def test_messages_are_taken_whole_off_the_buffer() -> None:
    buffer = bytearray(b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nab")
    assert split_http(buffer) is None
    buffer += b"cdHTTP/1.1 204 No Content\r\n\r\n"
    assert split_http(buffer) == (b"POST / HTTP/1.1\r\nContent-Length: 4", b"abcd")
    assert split_http(buffer) == (b"HTTP/1.1 204 No Content", b"")
    assert split_http(buffer) is None


class Shop:
    """A stand-in for the product: takes webhooks, and answers at the provider as it is told."""

    def __init__(self, provider: int, repeat: int = 1, wrong: bool = False) -> None:
        self.provider, self.repeat, self.wrong = provider, repeat, wrong
        self.turns: dict[str, int] = {}
        self.names: dict[str, str] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        buffer = bytearray()
        while data := await reader.read(65536):
            buffer += data
            while (message := split_http(buffer)) is not None:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                await self._answer(msgspec.json.decode(message[1]))
        writer.close()

    async def _answer(self, webhook: dict[str, Any]) -> None:
        message = webhook["entry"][0]["changes"][0]["value"]["messages"][0]
        phone, words = message["from"], message["text"]["body"]
        turn = self.turns.get(phone, 0)
        self.turns[phone] = turn + 1
        if turn == 1:
            self.names[phone] = words
        reply = "?" if self.wrong else heard(turn, self.names.get(phone, ""))
        body = msgspec.json.encode({"to": f"+{phone}", "text": {"body": reply}})
        for _ in range(self.repeat):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.provider)
            writer.write(b"POST /m HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            await reader.read(16)
            writer.close()


async def played(repeat: int = 1, wrong: bool = False, patience: float = 5.0) -> dict[str, Any]:
    """What the load saw of six conversations."""
    loop = asyncio.get_running_loop()
    load = Load(0, "/webhooks/x", "100", "secret", patience)
    provider = await loop.create_server(lambda: Provider(load), "127.0.0.1", 0)
    shop = Shop(provider.sockets[0].getsockname()[1], repeat, wrong)
    server = await asyncio.start_server(shop.serve, "127.0.0.1", 0)
    load.port = server.sockets[0].getsockname()[1]
    await load.play(0, 6, 3)
    await asyncio.sleep(0.05)
    server.close()
    provider.close()
    return load.figures()


async def test_an_honest_product_is_measured() -> None:
    figures = await played()
    assert figures["conversations"] == 6
    assert figures["turns"] == 18
    assert [figures[name] for name in ("lost", "duplicated", "wrong", "http_errors")] == [
        0,
        0,
        0,
        0,
    ]
    assert figures["turns_per_s"] > 0
    assert figures["p50_ms"] <= figures["p99_ms"]


async def test_a_doubled_reply_is_noticed() -> None:
    assert (await played(repeat=2))["duplicated"] >= 12


async def test_a_wrong_reply_is_noticed() -> None:
    assert (await played(wrong=True))["wrong"] == 18


async def test_a_lost_reply_is_noticed() -> None:
    figures = await played(repeat=0, patience=0.1)
    assert (figures["lost"], figures["turns"]) == (6, 0)


@pytest.mark.parametrize("count", [1, 1000])
def test_what_is_posted_is_what_providers_post(count: int) -> None:
    http = httpx.AsyncClient()
    cloud = build(
        "cloud",
        {"phone_number_id": "100", "token": "t", "app_secret": "s", "verify_token": "v"},
        http,
    )
    evolution = build(
        "evolution",
        {"base_url": "https://evo.example", "instance": "loja", "api_key": "k",
         "webhook_secret": "bench-app-secret-0"},
        http,
    )  # fmt: skip
    session = "0199c0de-0000-7000-8000-000000000001"
    baileys = build(
        "baileys", {"number": "+5511300000000", "consent": True, "session": session}, http
    )
    phones = [f"551190000{n:04d}" for n in range(count)]
    for provider, body in (
        (cloud, cloud_body(7, 7 + count)),
        (evolution, evolution_body(7, 7 + count)),
        (baileys, linked_body(session, 7, 7 + count, phones, WORDS)),
    ):
        parsed = provider.parse(body)
        assert parsed.unreadable == ()
        assert [type(event).__name__ for event in parsed.events] == ["Arrived"] * count
        assert len({event.key for event in parsed.events}) == count
        assert len(body) < 3 * 1024 * 1024
        assert count > 1 or 700 < len(body) < 1100


async def test_who_looks_at_the_channels_health_disturbs_no_load() -> None:
    load = Load(0, "/w", "100", "geheim")
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Provider(load), "127.0.0.1", 0)
    root = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        async with httpx.AsyncClient() as http:
            seen = await http.get(f"{root}/v26.0/100", params={"fields": "status"})
        assert seen.json()["status"] == "CONNECTED"
        assert load.figures()["duplicated"] == 0
    finally:
        server.close()


@dataclass(frozen=True)
class Reached(Address):
    """A server that is reached by one URL."""

    url: str = ""

    def dsn(self, user: str = "", database: str = "") -> str:
        return self.url


async def test_statements_are_not_counted_where_the_server_does_not(database: Data) -> None:
    """The embedded server is the users'; the extension that counts can be made there all the same,
    and would refuse to be read."""
    address = Reached(Path(), database.owner)
    await prepare(address)
    counts = await count(address)
    assert counts.statements == 0
    assert counts.commits > 0
    assert counts.wal > 0
