"""Files of the fake Graph: uploads, addresses that die, ids that expire."""

import hashlib
import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import Message
from email.parser import BytesParser

from msgspec import Struct

from connectors.fake_graph.server import Request
from connectors.fake_graph.words import Json

_ADDRESS_LIVES = timedelta(minutes=5)
_UPLOAD_LIVES = timedelta(days=30)
INBOUND_LIVES = timedelta(days=7)


class _Kept(Struct, frozen=True):
    data: bytes
    mime: str
    until: datetime


class Files:
    """What was uploaded by businesses or sent by people."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._files: dict[str, _Kept] = {}
        self._tickets: dict[str, tuple[str, datetime]] = {}
        self._count = itertools.count(1)
        self.url = ""

    def keep(self, data: bytes, mime: str, lives: timedelta = INBOUND_LIVES) -> str:
        """Keep a file; its id, as in a webhook."""
        id_ = f"{1_900_000_000_000_000 + next(self._count)}"
        self._files[id_] = _Kept(data, mime, self._clock() + lives)
        return id_

    def describe(self, id_: str) -> Json | None:
        """`GET /{media id}`: a fresh address among other things; None where it has expired."""
        kept = self._files.get(id_)
        if kept is None or kept.until <= self._clock():
            return None
        ticket = f"t{next(self._count)}"
        self._tickets[ticket] = (id_, self._clock() + _ADDRESS_LIVES)
        return {
            "messaging_product": "whatsapp",
            "url": f"{self.url}/files/{ticket}",
            "mime_type": kept.mime,
            "sha256": hashlib.sha256(kept.data).hexdigest(),
            "file_size": len(kept.data),
            "id": id_,
        }

    def open(self, ticket: str) -> tuple[bytes, str] | None:
        """The bytes behind an address and their mime; None where the address has died."""
        id_, until = self._tickets.get(ticket, ("", self._clock()))
        kept = self._files.get(id_)
        return None if kept is None or until <= self._clock() else (kept.data, kept.mime)

    def read_upload(self, request: Request) -> str | None:
        """Keep the file of a multipart form; its id, or None where the form is not right."""
        head = f"content-type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
        form = BytesParser().parsebytes(head + request.body)
        parts = [part for part in form.walk() if not part.is_multipart()]
        named = {str(part.get_param("name", header="content-disposition")): part for part in parts}
        file = named.get("file")
        if file is None or _text(named.get("messaging_product")) != "whatsapp":
            return None
        data = file.get_payload(decode=True)
        if not isinstance(data, bytes) or not data:
            return None
        return self.keep(data, file.get_content_type(), _UPLOAD_LIVES)


def _text(part: Message | None) -> str:
    data = part.get_payload(decode=True) if part is not None else None
    return data.decode().strip() if isinstance(data, bytes) else ""
