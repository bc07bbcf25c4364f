"""A worker's own small port: `/metrics`, and `/health` for whoever keeps it running.

Liveness is an answer at all (the loop turns); readiness is a database that answers. `/metrics` is
for who shows the token, or, where none is set, for this machine.
"""

import asyncio
import contextlib
import hmac
from collections.abc import Awaitable, Callable, Generator, Mapping
from typing import Any

import structlog
import uvicorn

from flowengine.store.database import Database
from workers.metrics import CONTENT_TYPE, Scrape
from workers.settings import Settings

log = structlog.stdlib.get_logger()

LOOPBACK = ("127.0.0.1", "::1")
PASSED_ON = ("x-forwarded-for", "x-real-ip", "forwarded", "via")
PLAIN = "text/plain; charset=utf-8"
PATIENCE = 3.0
"""Seconds that readiness waits for the database."""

Answer = tuple[int, str, bytes]


def may_look(token: str, headers: Mapping[str, str], peer: str) -> bool:
    """Whether somebody may see what is counted. `headers` with names in lower case.

    Without a token only this machine may, and nobody whom a proxy on this machine speaks for.
    """
    if token:
        scheme, _, shown = headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(shown.encode(), token.encode())
    return peer in LOOPBACK and not any(name in headers for name in PASSED_ON)


class Probes:
    """Serves until it is closed. `port` 0: nothing is served."""

    def __init__(self, settings: Settings) -> None:
        self._port, self._host = settings.metrics_port, settings.host
        token = settings.metrics_token
        self._token = token.get_secret_value() if token else ""
        self._database: Database | None = None
        self._scrape: Scrape | None = None
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None
        self.draining = False

    def opened(self, database: Database, scrape: Scrape) -> None:
        """There is a database now: until then nothing is ready, and nothing counted."""
        self._database, self._scrape = database, scrape

    async def start(self) -> None:
        if not self._port:
            return
        config = uvicorn.Config(
            self._app, host=self._host, port=self._port, log_config=None, access_log=False,
            lifespan="off", interface="asgi3", server_header=False, proxy_headers=False,
        )  # fmt: skip
        self._server = _Server(config)
        self._task = asyncio.create_task(self._server.serve(), name="probes")

    async def close(self) -> None:
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await self._task

    async def _app(
        self, scope: Any, _receive: Any, send: Callable[[dict[str, Any]], Awaitable[None]]
    ) -> None:
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1"): v.decode("latin-1") for name, v in scope["headers"]}
        peer = (scope.get("client") or ("",))[0]
        status, kind, body = await self._answer(scope["path"], headers, peer)
        head = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, path: str, headers: Mapping[str, str], peer: str) -> Answer:
        if path == "/health":
            return 200, PLAIN, b"ok"
        if path == "/health/ready":
            return await self._ready()
        if path != "/metrics":
            return 404, PLAIN, b"not found"
        if not may_look(self._token, headers, peer):
            return 403, PLAIN, b"forbidden"
        if self._scrape is None:
            return 503, PLAIN, b"waiting for the database"
        return 200, CONTENT_TYPE, await self._scrape.render()

    async def _ready(self) -> Answer:
        if self.draining:
            return 503, PLAIN, b"draining"
        if self._database is None:
            return 503, PLAIN, b"waiting for the database"
        try:
            async with asyncio.timeout(PATIENCE), self._database.worker() as transaction:
                await transaction.now()
        except Exception as error:  # whatever it is: not ready
            log.warning("not ready", error=type(error).__name__)
            return 503, PLAIN, b"the database does not answer"
        return 200, PLAIN, b"ready"


class _Server(uvicorn.Server):
    """Signals are the worker's: it drains in its own order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield
