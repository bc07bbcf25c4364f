"""The Baileys connector: settings in, sends out, what the service tells read."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import ClassVar

import httpx
import msgspec

from connectors.baileys import parse
from connectors.baileys.client import Service
from connectors.baileys.errors import read_refused
from connectors.baileys.numbers import is_same_phone, number_of
from connectors.baileys.payloads import Unsayable, body_of, file_of, id_of, most_bytes
from connectors.baileys.session import Session, link_of
from connectors.baileys.settings import BaileysSettings
from connectors.baileys.signature import HEADER, sign, verify
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
from connectors.channel import LinkedPhone
from connectors.net.pieces import object_of, text_of
from connectors.net.web_pieces import address_of, jid_of
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


class BaileysConnector(LinkedPhone):
    """A phone's linked device. We name its messages ourselves, so an unclear send is simply sent
    again: to WhatsApp it is the same message."""

    kind: ClassVar[str] = "baileys"
    title: ClassVar[str] = "WhatsApp (Baileys)"
    repeatable: ClassVar[bool] = True
    Settings: ClassVar[type[ChannelSettings]] = BaileysSettings

    def __init__(self, settings: BaileysSettings, http: httpx.AsyncClient) -> None:
        super().__init__(settings)
        self._settings = settings
        self._account = settings.number.removeprefix("+")
        self._secret = settings.secret.get_secret_value()
        self._target = f"/webhooks/baileys/{settings.session}"
        self._service = Service(settings, http)
        self.session = Session(self._service)

    # Out

    async def _post(self, send: Send, content: Content, number: str, context: Context) -> Sent:
        """`Accepted` means that WhatsApp acknowledged it."""
        media = file_of(content)
        file = None if media is None else await self._opened(media, most_bytes(content), context)
        if isinstance(file, Refused):
            return file
        try:
            body = body_of(content, number, file, context)
        except Unsayable as trouble:
            return Refused("media" if media else "invalid", True, detail=str(trouble))
        id_ = id_of(self._settings.session, context)
        answer = await self._service.ask("POST", "/send", {"id": id_, **body})
        if isinstance(answer, Refused):
            return await self._why(answer)
        if isinstance(answer, Unclear):
            return answer
        if refused := object_of(answer.get("refused")):
            return await self._why(read_refused(refused))
        taken = text_of(object_of(answer.get("accepted")).get("id"))
        return Accepted(taken) if taken == id_ else Unclear("answer does not name our message")

    async def _why(self, refused: Refused) -> Refused:
        """Not connected: whether it will be by itself, or a phone has to pair it, we ask."""
        if refused.code != "not_open":
            return refused
        link = await self.session.state()
        if isinstance(link, Refused | Unclear) or link.state in ("open", "connecting"):
            return refused
        return Refused("auth", False, None, link.why or link.state, refused.detail, "channel")

    async def _opened(self, media: Media, most: int, context: Context) -> File | Refused:
        """The bytes of a file, ours or at an address: the service fetches nothing itself."""
        if media.asset is not None:
            file = await context.open_asset(media.asset) if context.open_asset else None
            if file is None:
                return Refused("media", True, detail=f"there is no asset {media.asset}")
        elif media.url:
            file = await context.open_link(media.url, most) if context.open_link else None
            if file is None:
                return Refused("media", False, detail="the address gives no file")
        else:
            return Refused("invalid", True, detail="the file has neither asset nor address")
        if file.length > most:
            return Refused("media", True, detail=f"the file has more than {most} bytes")
        return File(file.mime, await file.whole(), file.name)

    def _reachable(self, to: Sequence[Identity]) -> Sequence[Identity]:
        """Those that this number knows: a LID is another person's at another number."""
        return [each for each in to if each.kind != "lid" or each.scope == self._account]

    async def typing(self, to: Sequence[Identity], context: Context) -> bool:
        """Shown for some seconds; what the customer wrote last is marked as read before it."""
        number = address_of(self._reachable(to))
        if not number:
            return False
        if context.last_inbound:
            key = {"remoteJid": jid_of(number), "fromMe": False, "id": context.last_inbound}
            await self._service.ask("POST", "/read", {"keys": [key]})
        body = {"to": jid_of(number), "state": "composing"}
        answer = await self._service.ask("POST", "/typing", body)
        return not isinstance(answer, Refused | Unclear)

    async def probe(self) -> Reached | Refused | Unclear:
        told = await self.session.about()
        if isinstance(told, Refused | Unclear):
            return told
        state = text_of(told.get("state"))
        if state != "open":
            reason = text_of(told.get("reason"))
            return Refused("auth", False, None, reason or state, "the phone is not connected")
        name = text_of(object_of(told.get("me")).get("name"))
        return Reached(number_of(told), name, {"state": "open"})

    async def examine(self, webhook: str) -> tuple[Look, ...]:
        """Token (the service and our key to it), session, and the number where it is another."""
        told = await self.session.about()
        link = link_of(told)
        if isinstance(link, Unclear):
            return (Look("token", "failed", "silent", link.reason),)
        if isinstance(link, Refused):
            why = "" if link.reason == "auth" else "service"
            return (Look("token", "failed", why, f"{link.code} {link.detail}".strip()),)
        how = {"open": Look("session", "ok"), "connecting": Look("session", "warning")}
        looks = (Look("token", "ok"), how.get(link.state) or _ended(link.why))
        number = "" if isinstance(told, Refused | Unclear) else number_of(told)
        if link.state != "open" or not number or is_same_phone(number, self._account):
            return looks
        return (*looks, Look("number", "warning", "other", number))

    def sample(self) -> tuple[dict[str, str], bytes]:
        body = msgspec.json.encode({"session": self._settings.session, "seq": 0, "events": []})
        return {HEADER: sign(self._secret, "POST", self._target, body)}, body

    # In

    def verify(self, headers: Mapping[str, str], raw_body: bytes) -> bool:
        return verify(self._secret, headers, "POST", self._target, raw_body)

    def challenge(self, query: Mapping[str, str]) -> str | None:
        return None  # the service has no handshake

    def parse(self, raw_body: bytes) -> Parsed:
        return parse.parse(raw_body, self._settings.session, self._account)

    async def fetch(self, media: MediaRef, write: Write, limit: int) -> Fetched | Refused | Unclear:
        """A customer's file; the service finds it by the message's id, and opens it."""
        if not (media.id.isascii() and media.id.isalnum()):
            return Refused("invalid", True, detail="not a message's id")
        answer = await self._service.call("GET", f"/media/{media.id}", most=limit)
        if isinstance(answer, Refused | Unclear):
            return answer
        data, told = answer
        if not data:
            return Refused("media", False, detail="media: empty")
        write(data)
        return Fetched(media.mime or told, hashlib.sha256(data).hexdigest(), len(data))


def _ended(why: str) -> Look:
    return Look("session", "failed", "closed", why)
