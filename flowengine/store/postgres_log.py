"""The embedded PostgreSQL's log: a file of bounded size, and its last lines at hand."""

import os
from collections import deque
from pathlib import Path
from typing import IO

SIZE = 5_000_000
LINES = 20


class Log:
    """`postgres.log`, and `postgres.log.1` before it: 10 MB together at most."""

    def __init__(self, path: Path, size: int = SIZE) -> None:
        self._path = path
        self._size = size
        self._last: deque[str] = deque(maxlen=LINES)

    def pump(self, source: IO[bytes]) -> None:
        """Copy `source` line by line until it ends. A full disk loses lines, never the server."""
        for line in source:
            self._last.append(line.decode(errors="replace").rstrip())
            try:
                self._write(line)
            except OSError:
                continue

    def begin(self) -> None:
        """Forget the lines of the server before."""
        self._last.clear()

    def tail(self) -> str:
        """The last lines, at most LINES."""
        return "\n".join(self._last)

    def _write(self, line: bytes) -> None:
        if self._path.exists() and self._path.stat().st_size + len(line) > self._size:
            self._path.replace(self._path.with_suffix(".log.1"))
        # Messages may quote what customers wrote: for the owner's eyes only.
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "ab") as file:
            file.write(line)
