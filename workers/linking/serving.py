"""A small HTTP server for one application: whole bodies in, whole bodies out."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Generator, Mapping
from typing import Any

import uvicorn
from msgspec import Struct

GRACE = 5


class Asked(Struct, frozen=True):
    """A request. `target`: path and query as they were signed; header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Answer(Struct, frozen=True):
    status: int
    body: bytes = b"{}"
    mime: str = "application/json"


Handle = Callable[[Asked], Awaitable[Answer]]


class Serving:
    """Listens between `start` and `close`. `largest`: bytes of a body."""

    def __init__(self, handle: Handle, largest: int) -> None:
        self._handle = handle
        self._largest = largest
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self, host: str, port: int = 0) -> int:
        """Listen; the port that was taken (0: any). Raises OSError where it is another's."""
        listener = socket.create_server((host, port), backlog=256)
        config = uvicorn.Config(
            self._app, log_config=None, access_log=False, lifespan="off", interface="asgi3",
            server_header=False, proxy_headers=False, timeout_graceful_shutdown=GRACE,
        )  # fmt: skip
        self._server = _Server(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]), name="linking")
        return int(listener.getsockname()[1])

    async def close(self) -> None:
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await self._task

    async def _app(
        self,
        scope: Any,
        receive: Callable[[], Awaitable[Any]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        if scope["type"] != "http":
            return
        body = await self._body(receive)
        if body is None:
            answer = Answer(413)
        else:
            said = scope["headers"]
            headers = {name.decode("latin-1").lower(): v.decode("latin-1") for name, v in said}
            target = scope["raw_path"].decode("latin-1")
            if scope["query_string"]:
                target += "?" + scope["query_string"].decode("latin-1")
            answer = await self._handle(Asked(scope["method"], target, headers, body))
        head = [
            (b"content-type", answer.mime.encode("latin-1", "replace")),
            (b"content-length", str(len(answer.body)).encode()),
        ]
        await send({"type": "http.response.start", "status": answer.status, "headers": head})
        await send({"type": "http.response.body", "body": answer.body})

    async def _body(self, receive: Callable[[], Awaitable[Any]]) -> bytes | None:
        pieces, size = list[bytes](), 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return None
            pieces.append(message["body"])
            size += len(pieces[-1])
            if size > self._largest:
                return None
            if not message.get("more_body"):
                return b"".join(pieces)


class _Server(uvicorn.Server):
    """Signals are the process's: it drains in its own order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield
