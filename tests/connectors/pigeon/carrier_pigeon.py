"""A connector as a third party writes it: one module, found by its entry point.

The provider is made up: `POST /fly {"to", "note"}` answers `{"ring"}`, `GET /loft` says whose loft
it is; what people write is posted to us as `{"landed": [{"ring", "from", "note", "at"}]}`.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

import httpx
import msgspec
from pydantic import Field

from connectors.base import ChannelSettings, Context, Fetched, Reached, Secret, Sent, Token, Write
from connectors.channel import Channel
from connectors.net import NETWORK_TROUBLE, read_json, unsent_or_unclear, write_raw
from flowengine.messages import (
    Accepted,
    Arrived,
    Identity,
    Inbound,
    MediaRef,
    Parsed,
    Refused,
    Send,
    Sender,
    Text,
    Unclear,
    Unreadable,
)

HEADER = "x-pigeon-signature"


class PigeonSettings(ChannelSettings):
    loft: str = Field(title="Endereço do pombal")
    feed: Token = Field(min_length=1, title="Chave do pombal")
    seal: Secret = Field(min_length=1, title="Selo das mensagens")


class Pigeon(Channel):
    """Notes by pigeon: text only, so choices are numbered."""

    kind: ClassVar[str] = "pigeon"
    title: ClassVar[str] = "Pombo-correio"
    Settings: ClassVar[type[ChannelSettings]] = PigeonSettings

    def __init__(self, settings: PigeonSettings, http: httpx.AsyncClient) -> None:
        super().__init__(settings, ("text",), window_hours=0)
        self._loft, self._http = settings.loft, http
        self._feed = settings.feed.get_secret_value()
        self._seal = settings.seal.get_secret_value().encode()

    # Out

    async def perform(self, send: Send, to: Sequence[Identity], context: Context) -> Sent:
        content = self.fitted(send)
        if isinstance(content, Refused):
            return content
        house = next((each.value for each in to if each.kind == "phone"), "")
        if not house or not isinstance(content, Text):
            return Refused("unreachable", True, detail="no house that a pigeon finds")
        answer = await self._ask("POST", "/fly", {"to": house, "note": content.text})
        if isinstance(answer, Refused | Unclear):
            return answer
        ring = answer.get("ring")
        return Accepted(ring) if isinstance(ring, str) and ring else Unclear("no ring")

    async def typing(self, to: Sequence[Identity], context: Context) -> bool:
        return False

    async def mark_read(self, message: str) -> bool:
        return False

    async def fetch(self, media: MediaRef, write: Write, limit: int) -> Fetched | Refused | Unclear:
        return Refused("unsupported", True, detail="a pigeon carries no files")

    async def probe(self) -> Reached | Refused | Unclear:
        answer = await self._ask("GET", "/loft")
        if isinstance(answer, Refused | Unclear):
            return answer
        return Reached(name=str(answer.get("name") or ""))

    async def _ask(
        self, method: str, path: str, body: Any = None
    ) -> dict[str, Any] | Refused | Unclear:
        try:
            answer = await self._http.request(
                method, self._loft + path, json=body, headers={"authorization": self._feed}
            )
        except NETWORK_TROUBLE as trouble:
            return unsent_or_unclear(trouble)
        match answer.status_code:
            case 200:
                told: Any = read_json(answer.content)
                return told if isinstance(told, dict) else Unclear("no object")
            case 401:
                return Refused("auth", False, None, "401", scope="channel")
            case 404:
                return Refused("unreachable", True, None, "404")
            case 429:
                return Refused("rate_limited", False, None, "429", scope="channel")
            case status:
                return Unclear(f"http_{status}")

    # In

    def verify(self, headers: Mapping[str, str], raw_body: bytes) -> bool:
        given = headers.get(HEADER, "").encode("utf-8", "replace")
        return hmac.compare_digest(given, self.sealed(raw_body).encode())

    def sealed(self, raw_body: bytes) -> str:
        return hmac.new(self._seal, raw_body, hashlib.sha256).hexdigest()

    def challenge(self, query: Mapping[str, str]) -> str | None:
        return None

    def parse(self, raw_body: bytes) -> Parsed:
        try:
            landed: Any = msgspec.convert(read_json(raw_body), dict[str, Any]).get("landed")
        except ValueError as trouble:
            return Parsed(unreadable=(Unreadable(raw_body, str(trouble)),))
        if not isinstance(landed, list):
            return Parsed(unreadable=(Unreadable(raw_body, "nothing landed"),))
        events: list[Arrived] = []
        unreadable: list[Unreadable] = []
        for each in landed:
            try:
                note = msgspec.convert(each, Landed)
                who = Sender((Identity("phone", note.sender),))
                said = Inbound(note.ring, datetime.fromtimestamp(note.at, UTC), text=note.note)
                events.append(Arrived(f"message:{note.ring}", who, said))
            except (ValueError, OverflowError, OSError) as trouble:
                unreadable.append(Unreadable(write_raw(each), str(trouble)))
        return Parsed(tuple(events), tuple(unreadable))


class Landed(msgspec.Struct, frozen=True, rename={"sender": "from"}):
    ring: str
    sender: str
    note: str
    at: int = 0
