"""A file as a form that is read piece by piece: 100 MB are never in memory."""

import secrets
from collections.abc import AsyncIterator
from urllib.parse import quote

from connectors.base import File

PIECE = 256 * 1024


class Upload:
    """The multipart body of one upload, with its length told before."""

    def __init__(self, file: File) -> None:
        self._file = file
        boundary = secrets.token_hex(16)
        name = quote(file.name or "file", safe=" .-_()")
        mime = "".join(c for c in file.mime if c.isprintable() and c.isascii())
        self._head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="messaging_product"\r\n\r\n'
            f'whatsapp\r\n--{boundary}\r\nContent-Disposition: form-data; name="file";'
            f' filename="{name}"\r\nContent-Type: {mime}\r\n\r\n'
        ).encode("ascii")
        self._tail = f"\r\n--{boundary}--\r\n".encode("ascii")
        self.headers = {
            "content-type": f"multipart/form-data; boundary={boundary}",
            "content-length": str(len(self._head) + file.length + len(self._tail)),
        }

    async def parts(self) -> AsyncIterator[bytes]:
        """All of it, once."""
        yield self._head
        if self._file.parts is None:
            data = self._file.data
            for start in range(0, len(data), PIECE):
                yield data[start : start + PIECE]
        else:
            async for part in self._file.parts():
                yield part
        yield self._tail
