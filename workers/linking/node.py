"""The Node process: started, read, ended. It ends by itself when its standard input does."""

import asyncio
import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import structlog

from workers.linking.modules import ENTRY

log = structlog.stdlib.get_logger()

STARTING = 30.0
"""Seconds until it must say where it listens."""

ENDING = 12.0
"""Seconds that it has to put its sessions down."""

_KEPT = (
    "PATH", "HOME", "LANG", "TZ", "NODE_OPTIONS", "NODE_EXTRA_CA_CERTS",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
)  # fmt: skip


class Fallen(Exception):
    """It ended, or did not begin."""


class Node:
    """One run of the service. Made by `Node.start`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._talk = asyncio.create_task(self._relay(), name="node log")
        self.address = ""

    @classmethod
    async def start(cls, node: str, modules: Path, settings: Mapping[str, str]) -> "Node":
        """Start it; it listens when this returns. Raises `Fallen`."""
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        process = await asyncio.create_subprocess_exec(
            node, str(ENTRY),
            env={
                **environment,
                "FLOWENGINE_BAILEYS_MODULES": str(modules),
                "FLOWENGINE_BAILEYS_PARENT": "1",
                "FLOWENGINE_BAILEYS_PORT": "0",
                **settings,
            },
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE, limit=1024 * 1024,
        )  # fmt: skip
        made = cls(process)
        try:
            async with asyncio.timeout(STARTING):
                made.address = await made._listening()
        except BaseException as error:
            await made.stop()
            if isinstance(error, TimeoutError):
                raise Fallen("it did not say where it listens") from None
            raise
        return made

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def runs(self) -> bool:
        return self._process.returncode is None

    async def ended(self) -> int:
        """Wait for its end; the exit code."""
        return await self._process.wait()

    async def stop(self) -> None:
        """Ask it to end, and see to it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(ENDING):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        await self._talk

    async def _listening(self) -> str:
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        line = await self._process.stdout.readline()
        try:
            return f"http://127.0.0.1:{int(json.loads(line)['listening'])}"
        except (ValueError, KeyError, TypeError):
            raise Fallen("it ended before it listened") from None

    async def _relay(self) -> None:
        """What it says goes into our log; its lines are JSON, but for Node's own last words."""
        assert self._process.stderr is not None  # noqa: S101 - it was asked for
        while line := await self._process.stderr.readline():
            text = line.decode("utf-8", "replace").strip()
            try:
                told = json.loads(text)
            except ValueError:
                log.warning("baileys service", said=text[:500])
                continue
            if isinstance(told, dict):
                about = cast("dict[str, Any]", told)
                level = str(about.pop("level", "info"))
                write = log.warning if level in ("warn", "warning", "error", "fatal") else log.info
                write("baileys service", told=about)
