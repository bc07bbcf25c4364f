"""What one web process takes in: webhooks a second and p99, PostgreSQL with fsync, nobody working.

Bodies of 1 KB with one message each, and of 1,000 updates (3 MB are Meta's most); the customers are
known, no message comes twice. Answered means committed. Each kind is a channel of its own. What
the Baileys service tells does not come by the web process: its door has one of its own here.
"""

import argparse
import asyncio
import hashlib
import hmac
import json
import os
import shutil
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from msgspec import Struct

from flowengine.store.embedded import Embedded
from web.commands.bench_linked import linked_body, signed
from web.commands.bench_load import Customer
from web.commands.bench_processes import FLOWENGINE, Processes, free_port, wait_for_port

PEOPLE = 1000
BATCH = 1000
WORDS = "Bom dia! Queria saber do meu pedido. " * 14
"""With it a body of one message has about 1 KB."""

SECRET = "bench-app-secret-0"  # noqa: S105 - of a provider that exists while this runs
NUMBER = "100"
INSTANCE = "loja"
CONNECTIONS = {"one": 64, "batch": 4}


class Channel(Struct, frozen=True):
    """A channel that is posted to. `write`: a body of the messages `first` to `last`.

    `process`: who takes it in, and at which `port`.
    """

    process: str
    port: int
    path: str
    write: Callable[[int, int], bytes]
    sign: Callable[[bytes], str]


def measure_webhooks(arguments: argparse.Namespace) -> dict[str, Any]:
    """Figures by kind of channel; everything that was started is stopped again."""
    folder = Path(tempfile.mkdtemp(prefix="flowengine-bench-"))
    folder.chmod(0o711)  # PostgreSQL may run as somebody else
    try:
        with _web(folder) as (processes, port):
            channels = {
                "cloud": _cloud(processes, port),
                "evolution": _evolution(processes, port),
                "baileys": _baileys(processes),
            }
            figures: dict[str, Any] = {}
            for kind, channel in channels.items():
                before = processes.cpu_seconds()[channel.process]
                with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                    figures[kind] = runner.run(_measure(channel, arguments.seconds))
                spent = processes.cpu_seconds()[channel.process] - before
                figures[kind] |= {"cpu_s": round(spent, 1), "load": round(os.getloadavg()[0], 1)}
            return figures
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _web(folder: Path) -> Generator[tuple[Processes, int]]:
    """PostgreSQL and one web process."""
    port = free_port()
    server = Embedded.start(folder / "data", {"max_connections": "100"})
    try:
        environ = {
            "FLOWENGINE_DATABASE_URL": server.dsn(),
            "FLOWENGINE_SECRET_KEY": b64encode(bytes(32)).decode(),
            "FLOWENGINE_PORT": str(port),
            "FLOWENGINE_DATA": str(folder),
            "FLOWENGINE_ALLOWED_HTTP_HOSTS": "127.0.0.1",
        }
        with Processes(folder, environ) as processes:
            processes.flowengine("migrate", "--owner", "bia@exemplo.com.br")
            processes.start("web", [*FLOWENGINE, "web"])
            processes.wait_ready(port)
            yield processes, port
    finally:
        server.stop()


async def _measure(channel: Channel, seconds: float) -> dict[str, Any]:
    """The same people in every round; the first one makes them known."""
    await _post(channel, [(n, n + 1) for n in range(PEOPLE)], 16)
    found: dict[str, Any] = {"bytes": {}}
    first = PEOPLE
    for name, size in (("one", 1), ("batch", BATCH)):
        found["bytes"][name] = len(channel.write(first, first + size))
        latencies: list[float] = []
        errors, took = 0, 0.0
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:
            count = 2000 if size == 1 else 8
            spans = [(first + n * size, first + (n + 1) * size) for n in range(count)]
            first += count * size
            part, wrong, lasted = await _post(channel, spans, CONNECTIONS[name])
            latencies, errors, took = latencies + part, errors + wrong, took + lasted
        ordered = sorted(latencies)
        found[name] = {
            "webhooks_per_s": round(len(ordered) / took, 1),
            "updates_per_s": round(len(ordered) * size / took, 1),
            "p50_ms": round(ordered[len(ordered) // 2] * 1000, 1),
            "p99_ms": round(ordered[int(len(ordered) * 0.99)] * 1000, 1),
            "webhooks": len(ordered),
            "errors": errors,
        }
    return found


async def _post(
    channel: Channel, spans: list[tuple[int, int]], connections: int
) -> tuple[list[float], int, float]:
    """Seconds of each that was answered 200, how many were not, and how long all took.

    The bodies are written before: what is measured is who takes them.
    """
    waiting = [_request(channel, channel.write(*span)) for span in spans]
    latencies: list[float] = []
    errors = 0

    async def one() -> None:
        nonlocal errors
        loop = asyncio.get_running_loop()
        _, customer = await loop.create_connection(Customer, "127.0.0.1", channel.port)
        while waiting and customer.transport is not None:
            request = waiting.pop()
            customer.answer = loop.create_future()
            began = time.perf_counter()
            customer.transport.write(request)
            status = await asyncio.wait_for(customer.answer, 60)
            if status == 200:
                latencies.append(time.perf_counter() - began)
            else:
                errors += 1
        if customer.transport is not None:
            customer.transport.close()

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(connections)))
    return latencies, errors, time.perf_counter() - began


def _request(channel: Channel, body: bytes) -> bytes:
    head = (
        f"POST {channel.path} HTTP/1.1\r\nHost: 127.0.0.1:{channel.port}\r\n"
        f"{channel.sign(body)}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _added(processes: Processes, *words: str) -> str:
    added = processes.flowengine("channel", "add", *words)
    return str(json.loads(added.splitlines()[-1])["webhook"])


def _phone(number: int) -> str:
    return str(5511900000000 + number % PEOPLE)


def _cloud(processes: Processes, port: int) -> Channel:
    path = _added(
        processes, "cloud", "--phone-number-id", NUMBER, "--token", "bench",
        "--app-secret", SECRET, "--base-url", "http://127.0.0.1:9",
    )  # fmt: skip
    return Channel("web", port, path, cloud_body, _signed)


def _signed(body: bytes) -> str:
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return f"X-Hub-Signature-256: sha256={digest}"


def cloud_body(first: int, last: int) -> bytes:
    """A webhook of Meta's with the messages `first` to `last`."""
    messages = [
        {
            "from": _phone(n),
            "id": f"wamid.in.{n}",
            "timestamp": str(int(time.time())),
            "type": "text",
            "text": {"body": f"{n} {WORDS}"},
        }
        for n in range(first, last)
    ]
    people = sorted({_phone(n) for n in range(first, last)})
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "551130000000", "phone_number_id": NUMBER},
        "contacts": [{"profile": {"name": "Ana"}, "wa_id": who} for who in people],
        "messages": messages,
    }
    entry = {"id": "1", "changes": [{"field": "messages", "value": value}]}
    return msgspec.json.encode({"object": "whatsapp_business_account", "entry": [entry]})


def _evolution(processes: Processes, port: int) -> Channel:
    path = _added(
        processes, "evolution", "--base-url", "http://127.0.0.1:9", "--instance", INSTANCE,
        "--api-key", "bench", "--webhook-secret", SECRET,
    )  # fmt: skip
    return Channel(
        "web", port, path, evolution_body, lambda _body: f"Authorization: Bearer {SECRET}"
    )


def evolution_body(first: int, last: int) -> bytes:
    """One of an Evolution server's; it posts a message at a time, many come as a list."""
    came = [
        {
            "key": {
                "remoteJid": f"{_phone(n)}@s.whatsapp.net",
                "fromMe": False,
                "id": f"3EB0{n:012X}",
            },
            "pushName": "Ana",
            "status": "DELIVERY_ACK",
            "message": {"conversation": f"{n} {WORDS}"},
            "messageType": "conversation",
            "messageTimestamp": int(time.time()),
            "source": "android",
        }
        for n in range(first, last)
    ]
    body = {"event": "messages.upsert", "instance": INSTANCE}
    return msgspec.json.encode({**body, "data": came if len(came) > 1 else came[0]})


def _baileys(processes: Processes) -> Channel:
    """A linked phone, its deliveries taken in by the door that `flowengine baileys` has."""
    path = _added(processes, "baileys", "--number", "+5511300000000", "--consent", "true")
    channel, port = path.rsplit("/", 1)[1], free_port()
    processes.start("linked", [sys.executable, "-m", "web.commands.bench_linked", str(port)])
    wait_for_port(port)

    def write(first: int, last: int) -> bytes:
        phones = [_phone(n) for n in range(first, last)]
        return linked_body(channel, first, last, phones, WORDS)

    return Channel("linked", port, f"/events/{channel}", write, lambda body: signed(channel, body))
