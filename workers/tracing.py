"""Traces from webhook to send, one a message, across processes and crashes, with nothing stored.

A trace's id follows from the conversation and the number of the inbox row, so whoever takes the
turn or performs the send knows it without being told: no column, no header in a doorbell. Which
messages are traced (`trace_share`) follows from the same id, so all processes agree. Spans are made
after the fact from two times; while tracing is off, each call site costs one comparison.

Needs the libraries of `requirements-production.txt`. No text of anybody's is in a span.
"""

import hashlib
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from workers.settings import PREFIX, Settings, SettingsError

WEBHOOK, TURN, SEND = "webhook", "turn", "send"

_tracing: "Tracing | None" = None


class Tracing:
    """Makes spans with ids of ours, and hands them to `exporter` in batches, on a thread."""

    def __init__(self, exporter: Any, share: float, service: str) -> None:
        from opentelemetry import trace
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        self._trace: Any = trace
        self._ids = _ids()
        self._limit = int(share * (1 << 64))
        resource = Resource.create({"service.name": "flowengine", "service.instance.name": service})
        self._provider: Any = TracerProvider(
            resource=resource, id_generator=self._ids, shutdown_on_exit=False
        )
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer: Any = self._provider.get_tracer("flowengine")

    def span(
        self,
        name: str,
        place: tuple[UUID, int],
        parent: str,
        seconds: float,
        attributes: Mapping[str, str],
    ) -> None:
        """A span that lasted `seconds` and ends now. `parent`: the name of the one above, or ""."""
        trace_id = _digest(16, place)
        if trace_id & ((1 << 64) - 1) >= self._limit:
            return
        context = None
        if parent:
            above = self._trace.SpanContext(
                trace_id, span_id(place, parent), True, self._trace.TraceFlags(1)
            )
            context = self._trace.set_span_in_context(self._trace.NonRecordingSpan(above))
        self._ids.next = (trace_id, span_id(place, name))
        now = time.time_ns()
        begun: Any = self._tracer.start_span(
            name.partition(" ")[0],
            context,
            attributes=dict(attributes),
            start_time=now - int(seconds * 1e9),
        )
        begun.end(now)

    def close(self) -> None:
        """Hand over what is left."""
        self._provider.shutdown()


def _ids() -> Any:
    from opentelemetry.sdk.trace.id_generator import IdGenerator

    class Ids(IdGenerator):
        next = (0, 0)

        def generate_trace_id(self) -> int:
            return self.next[0]

        def generate_span_id(self) -> int:
            return self.next[1]

    return Ids()


def span_id(place: tuple[UUID, int], name: str) -> int:
    """Of the span of that name in a row's trace."""
    return _digest(8, place, name)


def _digest(size: int, place: tuple[UUID, int], name: str = "") -> int:
    text = place[0].bytes + place[1].to_bytes(8) + name.encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=size).digest())


def tracing() -> Tracing | None:
    """What makes spans in this process; None while tracing is off."""
    return _tracing


def open_tracing(settings: Settings, service: str, exporter: Any = None) -> None:
    """Once in a process; nothing where no collector is set. `exporter`: another than OTLP's.

    Raises `SettingsError` where the libraries are not installed.
    """
    global _tracing
    if not settings.otlp_endpoint and exporter is None:
        return
    try:
        if exporter is None:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

            exporter = OTLPSpanExporter(endpoint=settings.otlp_endpoint + "/v1/traces")
        _tracing = Tracing(exporter, settings.trace_share, service)
    except ImportError:
        raise SettingsError(
            f"{PREFIX}OTLP_ENDPOINT pede as bibliotecas do OpenTelemetry: instale"
            " requirements-production.txt, ou deixe-a vazia."
        ) from None


def close_tracing() -> None:
    """Hand over what is left; from here on nothing is traced. Blocks for some seconds at most."""
    global _tracing
    if _tracing is not None:
        _tracing.close()
        _tracing = None
