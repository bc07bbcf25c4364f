"""A mail server on loopback, by real SMTP, that keeps the letters it is given."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session
from msgspec import Struct

from web.mail import Post

LINK = re.compile(r"https?://\S+(/invite/\S+)")


class Office(Struct):
    """A mail server that keeps what it is given; `refuses`: it takes nothing."""

    port: int
    letters: asyncio.Queue[EmailMessage]
    refuses: bool = False

    @property
    def post(self) -> Post:
        """How the product reaches it."""
        return Post(f"smtp://127.0.0.1:{self.port}", "Flowengine <bot@bia.example>")

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it so
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if self.refuses:
            return "554 no"
        content = envelope.content
        assert isinstance(content, bytes)
        letter = message_from_bytes(content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.put_nowait(letter)
        return "250 taken"

    async def letter(self) -> EmailMessage:
        """The next letter that comes."""
        return await asyncio.wait_for(self.letters.get(), 30)


@asynccontextmanager
async def open_office() -> AsyncIterator[Office]:
    """A mail server on a free port, as long as the block runs."""
    opened = Office(0, asyncio.Queue())
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(opened, hostname="mail.example", enable_SMTPUTF8=True), "127.0.0.1", 0
    )
    opened.port = server.sockets[0].getsockname()[1]
    try:
        yield opened
    finally:
        server.close()
