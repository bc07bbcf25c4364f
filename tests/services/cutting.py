"""A wire to PostgreSQL that a test can cut: before a statement leaves, or before its answer comes.

It stands between a worker's pool and the real server, on a socket of its own, and speaks just
enough of the protocol to tell one round trip from the next. Cut *before*, the server never hears of
it. Cut *after*, the server has done it (a COMMIT is committed) and the client will never know.
"""

import asyncio
import contextlib
import shutil
import struct
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

import pytest

from flowengine.store.postgres_home import SOCKET_NAME
from tests.services.postgres import Database

When = Literal["before", "after"]
QUERY, SYNC, FLUSH, END, READY = b"QSHXZ"

_WORDS = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0"
_GOING = b"E" + struct.pack("!I", 4 + len(_WORDS)) + _WORDS


class Wire:
    """`steps` counts round trips since `arm`; `fired` is set when the wire was cut.

    A `deadly` cut is the death of the process: all its connections go, and none comes back.
    """

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="wire-"))
        self._folder.chmod(0o711)
        self._real = ""
        self._server: asyncio.Server | None = None
        self._links: set[_Link] = set()
        self._at, self._when, self._deadly = 0, "before", False
        self.steps = self._hold = 0
        self.fired, self.held, self._go = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def start(self, dsn: str) -> None:
        self._real = f"{parse_qs(urlsplit(dsn).query)['host'][0]}/{SOCKET_NAME}"
        self._server = await asyncio.start_unix_server(self._serve, self._folder / SOCKET_NAME)

    def through(self, dsn: str) -> str:
        """The same database, by this wire."""
        return urlunsplit(urlsplit(dsn)._replace(query=f"host={quote(str(self._folder), safe='')}"))

    def arm(self, at: int, when: When, *, deadly: bool) -> None:
        """Cut at the `at`th round trip from now on, once. 0: only count."""
        self.steps = self._hold = 0
        self._at, self._when, self._deadly = at, when, deadly
        self.fired = asyncio.Event()

    def hold(self, at: int, when: When) -> None:
        """Halt at the `at`th round trip from now on, until `release`: a process that is slow."""
        self.arm(0, "before", deadly=False)
        self._hold, self._when = at, when
        self.held, self._go = asyncio.Event(), asyncio.Event()

    def release(self) -> None:
        """The halted process goes on."""
        self._go.set()

    async def halt(self, trip: int, when: When) -> None:
        """Stand still here, if this round trip is the place: others may have left since."""
        if trip == self._hold and when == self._when and not self._go.is_set():
            self.held.set()
            await self._go.wait()

    def mend(self) -> None:
        """A new process may connect."""
        self.release()
        self.arm(0, "before", deadly=False)

    def farewell(self) -> None:
        """The server says on every connection that it goes down; none is closed yet."""
        for link in self._links:
            link.tell(_GOING)

    async def stop(self) -> None:
        for link in list(self._links):
            link.close()
        if self._server is not None:
            self._server.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    # -- wires -----------------------------------------------------------------------------------

    def step(self) -> When | None:
        """A round trip is about to leave; whether, and how, it is cut."""
        self.steps += 1
        return self._when if self.steps == self._at else None  # type: ignore[return-value] - set with `_at`

    def cut(self, link: "_Link") -> None:
        """The wire breaks here."""
        self.fired.set()
        for each in list(self._links) if self._deadly else [link]:
            each.close()

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        if self._deadly and self.fired.is_set():
            to_client.close()
            return
        server, to_server = await asyncio.open_unix_connection(self._real)
        link = _Link(self, client, to_client, server, to_server)
        self._links.add(link)
        try:
            await link.run()
        finally:
            link.close()
            self._links.discard(link)


class _Link:
    def __init__(
        self,
        wire: Wire,
        client: asyncio.StreamReader,
        to_client: asyncio.StreamWriter,
        server: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
    ) -> None:
        self._wire = wire
        self._client, self._to_client = client, to_client
        self._server, self._to_server = server, to_server
        self._mute = False
        self._trip = 0  # the number of the round trip that is under way

    def tell(self, message: bytes) -> None:
        """Something that the server says by itself."""
        self._to_client.write(message)

    def close(self) -> None:
        for writer in (self._to_client, self._to_server):
            writer.transport.abort()

    async def run(self) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            size = await self._client.readexactly(4)
            rest = await self._client.readexactly(struct.unpack("!I", size)[0] - 4)
            self._to_server.write(size + rest)
            await _first(self._up, self._down)

    async def _up(self) -> None:
        """What the client says: kept until a round trip is whole."""
        whole = b""
        while True:
            kind, message = await _message(self._client)
            whole += message
            if kind not in (QUERY, SYNC, FLUSH, END):
                continue
            cut = self._wire.step() if kind in (QUERY, SYNC) else None
            if cut == "before":
                self._wire.cut(self)
                return
            self._mute = cut == "after"
            if kind in (QUERY, SYNC):
                self._trip = self._wire.steps
                await self._wire.halt(self._trip, "before")
            self._to_server.write(whole)
            whole = b""

    async def _down(self) -> None:
        """What the server answers; of a trip that is cut, the client hears nothing."""
        while True:
            kind, message = await _message(self._server)
            if not self._mute:
                if kind == READY:
                    await self._wire.halt(self._trip, "after")
                self._to_client.write(message)
            elif kind == READY:
                self._wire.cut(self)
                return


async def _message(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readexactly(5)
    return head[0], head + await reader.readexactly(struct.unpack("!I", head[1:])[0] - 4)


async def _first(*ways: Callable[[], Awaitable[None]]) -> None:
    """Until one of them ends; the others end with it."""
    tasks = [asyncio.ensure_future(way()) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def wire(database: Database) -> AsyncIterator[Wire]:
    """A wire to the test's database."""
    cut = Wire()
    await cut.start(database.worker)
    yield cut
    await cut.stop()
