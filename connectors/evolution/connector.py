"""The Evolution connector: settings in, sends out, webhooks read."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import httpx
import msgspec

from connectors.base import (
    ChannelSettings,
    Context,
    Fetched,
    File,
    Look,
    Reached,
    Sent,
    Write,
)
from connectors.channel import LINKED_KINDS, LinkedPhone
from connectors.evolution import parse
from connectors.evolution.client import Server
from connectors.evolution.doctor import examine
from connectors.evolution.payloads import MOST_DOCUMENT, Unsayable, call_of, file_of
from connectors.evolution.session import SECRET_HEADER, Session
from connectors.evolution.settings import EvolutionSettings
from connectors.net.pieces import object_of, text_of
from connectors.net.web_pieces import PHONE_JID, address_of, identity_of, jid_of
from flowengine.messages import (
    Accepted,
    Content,
    Identity,
    Media,
    MediaRef,
    Parsed,
    Refused,
    Send,
    Unclear,
)

CHOICES = ("buttons", "list")
TYPING = 3_000
"""Milliseconds that "typing…" is shown; the server's answer waits so long."""


class EvolutionConnector(LinkedPhone):
    """One instance of an Evolution server. It gives no idempotency key: an unclear send is never
    repeated blindly, and no status carries our id, so a person looks at it."""

    kind: ClassVar[str] = "evolution"
    title: ClassVar[str] = "WhatsApp (Evolution API)"
    Settings: ClassVar[type[ChannelSettings]] = EvolutionSettings

    def __init__(self, settings: EvolutionSettings, http: httpx.AsyncClient) -> None:
        super().__init__(
            settings, LINKED_KINDS + CHOICES if settings.native_choices else LINKED_KINDS
        )
        self._settings = settings
        self._secret = settings.webhook_secret.get_secret_value()
        self._server = Server(settings, http)
        self.session = Session(settings, self._server)

    # Out

    async def _post(self, send: Send, content: Content, number: str, context: Context) -> Sent:
        """`Accepted` means that the server took it, not that it was delivered."""
        media = file_of(content)
        file = None if media is None else await _opened(media, context)
        if isinstance(file, Refused):
            return file
        try:
            path, body = call_of(send, content, number, file, context)
        except Unsayable as trouble:
            return Refused("media" if media else "invalid", True, detail=str(trouble))
        answer = await self._server.ask("POST", path, body)
        if isinstance(answer, Refused) and answer.reason == "invalid":
            return await self._why(answer)
        return answer if isinstance(answer, Refused | Unclear) else _accepted(answer, number)

    async def _why(self, refused: Refused) -> Refused:
        """A send without a connection is answered 400 in words that vary: so we ask."""
        link = await self.session.state()
        if isinstance(link, Refused | Unclear) or link.state == "open":
            return refused
        if link.state == "connecting":
            return Refused("transient", False, 15, "connecting", refused.detail, "channel")
        return Refused("auth", False, None, link.state, refused.detail, "channel")

    async def typing(self, to: Sequence[Identity], context: Context) -> bool:
        """Shown for some seconds; what the customer wrote last is marked as read before it."""
        number = address_of(to)
        if not number:
            return False
        if context.last_inbound and "@" not in number:  # the server skips LIDs without a word
            key = {"remoteJid": jid_of(number), "fromMe": False, "id": context.last_inbound}
            await self._server.ask("POST", "chat/markMessageAsRead/{i}", {"readMessages": [key]})
        body = {"number": number, "presence": "composing", "delay": TYPING}
        answer = await self._server.call("POST", "chat/sendPresence/{i}", body)
        return not isinstance(answer, Refused | Unclear)

    async def probe(self) -> Reached | Refused | Unclear:
        link = await self.session.state()
        if isinstance(link, Refused | Unclear):
            return link
        if link.state != "open":
            permanent = link.state == "missing"
            return Refused("auth", permanent, None, link.state, "the instance is not connected")
        about = await self.session.about()
        owner = identity_of(about.get("ownerJid"), "")
        number = owner.value if owner else ""
        return Reached(number, text_of(about.get("profileName")), {"state": "open"})

    async def examine(self, webhook: str) -> tuple[Look, ...]:
        return await examine(self.session, webhook, self._secret)

    def sample(self) -> tuple[dict[str, str], bytes]:
        body: dict[str, Any] = {
            "event": "presence.update",
            "instance": self._settings.instance,
            "data": {},
        }
        return {SECRET_HEADER: f"Bearer {self._secret}"}, msgspec.json.encode(body)

    # In

    def verify(self, headers: Mapping[str, str], raw_body: bytes) -> bool:
        """The server signs nothing: the secret that it was told to send is all there is."""
        given = headers.get(SECRET_HEADER, "").encode("utf-8", "replace")
        return hmac.compare_digest(given, f"Bearer {self._secret}".encode())

    def challenge(self, query: Mapping[str, str]) -> str | None:
        return None  # the server has no handshake

    def parse(self, raw_body: bytes) -> Parsed:
        return parse.parse(raw_body, self._settings.instance)

    async def fetch(self, media: MediaRef, write: Write, limit: int) -> Fetched | Refused | Unclear:
        """A customer's file; the server finds it by the message's id, as base64."""
        if not media.id:
            return Refused("invalid", True, detail="not a message's id")
        body = {"message": {"key": {"id": media.id}}, "convertToMp4": False}
        most = limit * 4 // 3 + 65_536
        path = "chat/getBase64FromMediaMessage/{i}"
        answer = await self._server.call("POST", path, body, most)
        if isinstance(answer, Refused | Unclear):
            return answer
        told = object_of(answer)
        try:
            data = base64.b64decode(text_of(told.get("base64")), validate=True)
        except (binascii.Error, ValueError):
            return Refused("malformed", False, detail="media: no base64")
        if not data:
            return Refused("media", False, detail="media: empty")
        if len(data) > limit:
            return Refused("too_large", True, detail=f"more than {limit} bytes")
        write(data)
        mime = media.mime or text_of(told.get("mimetype"))
        return Fetched(mime, hashlib.sha256(data).hexdigest(), len(data))


async def _opened(media: Media, context: Context) -> File | Refused | None:
    """The file of an asset; None for an address, which the server fetches itself."""
    if media.asset is None:
        if not media.url:
            return Refused("invalid", True, detail="the file has neither asset nor address")
        return None
    file = await context.open_asset(media.asset) if context.open_asset else None
    if file is None:
        return Refused("media", True, detail=f"there is no asset {media.asset}")
    if file.parts is None or file.length > MOST_DOCUMENT:
        return file  # small, or refused by its length
    return File(file.mime, await file.whole(), file.name)  # it travels inside of JSON


def _accepted(answer: dict[str, Any], number: str) -> Accepted | Unclear:
    """The server's yes. Without an id we could not tell its statuses: then nobody knows."""
    key = object_of(answer.get("key"))
    id_, jid = text_of(key.get("id")), text_of(key.get("remoteJid"))
    if not id_:
        return Unclear("answer has no message id")
    written = jid.removesuffix(PHONE_JID)
    news = jid.endswith(PHONE_JID) and written.isdecimal() and "@" not in number
    return Accepted(id_, f"+{written}" if news else "")
