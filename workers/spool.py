"""A file on its way: counted, hashed and bounded as it comes, on disk once it is not small."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator
from typing import IO, Self, cast

from workers.magic import look_into

SMALL = 1024 * 1024
"""Bytes up to which a file stays in memory."""

PIECE = 256 * 1024


class TooLarge(Exception):
    """More bytes came than are taken; the text says how many are."""


class Spool:
    """Write pieces, then read them as often as needed. `close` it: the disk is freed."""

    def __init__(self, limit: int) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=SMALL)  # noqa: SIM115
        self._digest = hashlib.sha256()
        self._limit = limit
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()  # of a file that a send reads, nobody else knows when it is done with

    def close(self) -> None:
        """Nothing can be read any more."""
        self._file.close()

    def write(self, piece: bytes) -> None:
        """Raises `TooLarge`."""
        self.size += len(piece)
        if self.size > self._limit:
            raise TooLarge(f"at most {self._limit} bytes")
        self._digest.update(piece)
        self._file.write(piece)

    @property
    def hash(self) -> str:
        """As flows name it."""
        return f"sha256:{self._digest.hexdigest()}"

    def kind(self, said: str, name: str) -> str:
        """What it is, by its bytes (`magic.py`)."""
        return look_into(cast("IO[bytes]", self._file), said, name)

    async def pieces(self) -> AsyncIterator[bytes]:
        """From the beginning; one reader at a time."""
        self._file.seek(0)
        while piece := await asyncio.to_thread(self._file.read, PIECE):
            yield piece
