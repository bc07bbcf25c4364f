"""Letters by SMTP, where the operator set it up: links to get in by, nothing else."""

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import structlog
from msgspec import Struct

PATIENCE = 20.0
"""Seconds that the mail server may take for each step."""

logger = structlog.get_logger(__name__)


class NotMailed(Exception):
    """The mail server refused, or was not there; the text says why."""


class Post(Struct, frozen=True):
    """A mail server: `smtp://user:password@host:587` (STARTTLS wherever it is offered, demanded
    before a password is told) or `smtps://…:465`. `sender` is what letters say they are from."""

    url: str
    sender: str

    async def send(self, to: str, subject: str, text: str) -> None:
        """Hand one letter over. Raises `NotMailed`."""
        letter = EmailMessage()
        try:
            letter["From"], letter["To"], letter["Subject"] = self.sender, to, subject
            letter.set_content(text)
            await asyncio.to_thread(self._deliver, letter)
        except (OSError, ValueError, smtplib.SMTPException) as error:
            # Addresses are people's: the log is told only what kind of trouble it was.
            logger.warning("mail.failed", trouble=type(error).__name__)
            raise NotMailed(str(error)) from error

    def _deliver(self, letter: EmailMessage) -> None:
        address = urlsplit(self.url)
        host = address.hostname or "localhost"
        secure = ssl.create_default_context()
        if address.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, address.port or 465, timeout=PATIENCE, context=secure
            )
        else:
            server = smtplib.SMTP(host, address.port or 587, timeout=PATIENCE)
        with server:
            server.ehlo()
            if address.scheme == "smtp" and server.has_extn("starttls"):
                server.starttls(context=secure)
                server.ehlo()
            elif address.scheme == "smtp" and address.password:
                raise smtplib.SMTPNotSupportedError("the server offers no STARTTLS")
            if address.password:
                server.login(unquote(address.username or ""), unquote(address.password))
            server.send_message(letter)
