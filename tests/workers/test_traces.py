"""One trace from webhook to send, whoever does the parts; a real collector listens on loopback."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.flowengine.playing import OI, ask, text
from tests.services import postgres as services
from tests.workers.plant import Plant, open_plant
from tests.workers.town import town_settings
from workers.settings import SettingsError, read_settings
from workers.tracing import close_tracing, open_tracing, tracing

TALK = (
    (OI, text("um", "Um"), ask("nome", "Nome sigiloso?")),
    ("oi > um", "um > nome"),
)


class Collector:
    """Takes OTLP over HTTP and keeps the spans."""

    def __init__(self) -> None:
        spans: list[Any] = []
        services: set[str] = set()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                    named = {a.key: a.value.string_value for a in resource.resource.attributes}
                    services.add(named["service.instance.name"])
                    for scope in resource.scope_spans:
                        spans.extend(scope.spans)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        self.spans, self.services = spans, services
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def collector() -> Any:
    peer = Collector()
    yield peer
    close_tracing()
    peer.close()


@pytest.fixture
async def plant(
    database: services.Database, redis_url: str, tmp_path: Path, collector: Collector
) -> AsyncIterator[Plant]:
    """The web's door here, the work in another process; both send to the collector."""
    told = {"otlp_endpoint": collector.url, "trace_share": 1}
    open_tracing(town_settings(tmp_path, **told), "web")
    async with open_plant(database, tmp_path, redis_url=redis_url, **told) as plant:
        yield plant


async def test_webhook_turn_and_sends_of_two_processes_are_one_trace(
    plant: Plant, collector: Collector
) -> None:
    town = plant.town
    await town.publish("oi", *TALK)
    worker = await plant.worker()
    await town.writes("oi")
    await town.hears("Um", "Nome sigiloso?", within=30)
    await town.quiet(within=30)
    conversation = str(await town.conversation())
    worker.terminate()  # what is left is handed over while it stops
    await asyncio.wait_for(worker.wait(), 60)
    await asyncio.to_thread(close_tracing)
    (webhook,) = [span for span in collector.spans if span.name == "webhook"]
    mine = [span for span in collector.spans if span.trace_id == webhook.trace_id]
    assert collector.services == {"web", "worker"}
    (turn,) = [span for span in mine if span.name == "turn"]
    sends = [span for span in mine if span.name == "send"]
    assert not webhook.parent_span_id
    assert turn.parent_span_id == webhook.span_id
    assert len(sends) == 2
    assert {span.parent_span_id for span in sends} == {turn.span_id}
    assert len({span.span_id for span in mine}) == 4
    for span in mine:
        assert span.end_time_unix_nano >= span.start_time_unix_nano
        named = {a.key: a.value.string_value for a in span.attributes}
        assert named["conversation"] == conversation
    assert webhook.start_time_unix_nano <= sends[0].start_time_unix_nano
    assert "sigiloso" not in str(collector.spans)


def test_tracing_is_off_unless_a_collector_is_named() -> None:
    open_tracing(read_settings({}), "web")
    assert tracing() is None


def test_all_processes_agree_on_what_is_traced(collector: Collector) -> None:
    """The share is of messages, not of spans: a trace is whole or not there."""
    settings = read_settings({}, otlp_endpoint=collector.url, trace_share=0.3)
    for process in ("web", "worker"):
        open_tracing(settings, process)
        spans = tracing()
        assert spans is not None
        for number in range(300):
            name, parent = ("webhook", "") if process == "web" else ("turn", "webhook")
            spans.span(name, (UUID(int=number), 1000), parent, 0.01, {})
        close_tracing()
    by_name = {
        name: {span.trace_id for span in collector.spans if span.name == name}
        for name in ("webhook", "turn")
    }
    assert by_name["webhook"] == by_name["turn"]
    assert 50 < len(by_name["webhook"]) < 140


def test_without_the_libraries_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    for name in ("opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(SettingsError, match=r"requirements-production\.txt"):
        open_tracing(read_settings({}, otlp_endpoint="http://127.0.0.1:1"), "web")
    assert tracing() is None
