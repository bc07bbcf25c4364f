"""The simulator's connector: the same protocol as any provider's, over real HTTP."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

import httpx
import msgspec
from msgspec.structs import replace

from connectors.base import (
    ChannelSettings,
    Context,
    Fetched,
    Reached,
    Sent,
    Write,
)
from connectors.channel import Channel
from connectors.net import NETWORK_TROUBLE, read_json, unsent_or_unclear
from connectors.simulator import parse, signature
from connectors.simulator.contents import file_of, with_file, with_payloads
from connectors.simulator.settings import SimulatorSettings
from connectors.simulator.words import Sending
from flowengine.messages import (
    ALL_KINDS,
    Accepted,
    Content,
    Identity,
    MediaRef,
    Parsed,
    Reaction,
    Refused,
    Send,
    Unclear,
)

Json = dict[str, Any]


class SimulatorConnector(Channel):
    """A number of the simulated network."""

    kind: ClassVar[str] = "simulator"
    title: ClassVar[str] = "Simulador"
    Settings: ClassVar[type[ChannelSettings]] = SimulatorSettings

    def __init__(self, settings: SimulatorSettings, http: httpx.AsyncClient) -> None:
        super().__init__(settings, ALL_KINDS)
        self._settings = settings
        self._http = http
        self._root = f"{settings.base_url}/sim/{settings.number}"
        self._headers = {"authorization": f"Bearer {settings.token.get_secret_value()}"}
        self._secret = settings.secret.get_secret_value()

    # Out

    async def perform(self, send: Send, to: Sequence[Identity], context: Context) -> Sent:
        content = self.fitted(send)
        if isinstance(content, Refused):
            return content
        phone = next((who.value for who in to if who.kind in ("simulator", "bsuid")), None)
        if phone is None:
            return Refused("unreachable", True, detail="not a person of the simulator")
        content = await self._complete(content, send.offer, context)
        if isinstance(content, Refused):
            return content
        try:
            body = msgspec.json.encode(Sending(phone, content, context.callback, context.quote))
        except UnicodeEncodeError as trouble:
            return Refused("invalid", True, detail=str(trouble))
        answer = await self._call("POST", "messages", body)
        if not isinstance(answer, dict):
            return answer
        id_ = answer.get("id")
        return Accepted(id_, phone) if isinstance(id_, str) else Unclear("answer has no id")

    async def _complete(self, content: Content, offer: str, context: Context) -> Content | Refused:
        """With payloads for ids, an uploaded file for an asset, a message to react to."""
        if isinstance(content, Reaction):
            return replace(content, message=content.message or context.last_inbound)
        asset = file_of(content)
        if asset is None:
            return with_payloads(content, offer)
        file = await context.open_asset(asset) if context.open_asset else None
        if file is None:
            return Refused("media", True, detail=f"there is no asset {asset}")
        uploaded = await self._call(
            "POST", "media", await file.whole(), **{"content-type": file.mime}
        )
        if isinstance(uploaded, Unclear):  # nothing was said yet
            return Refused("transient", False, detail=f"upload: {uploaded.reason}")
        if isinstance(uploaded, Refused):
            return uploaded
        return with_payloads(with_file(content, str(uploaded.get("id"))), offer)

    async def typing(self, to: Sequence[Identity], context: Context) -> bool:
        return await self._about("typing", context.last_inbound)

    async def mark_read(self, message: str) -> bool:
        return await self._about("read", message)

    async def _about(self, what: str, message: str) -> bool:
        if not message:
            return False
        return isinstance(
            await self._call("POST", what, msgspec.json.encode({"message": message})), dict
        )

    async def probe(self) -> Reached | Refused | Unclear:
        answer = await self._call("GET", "", b"")
        if not isinstance(answer, dict):
            return answer
        return Reached(str(answer.get("number") or ""), "Simulador", answer)

    # In

    def verify(self, headers: Mapping[str, str], raw_body: bytes) -> bool:
        return signature.verify(headers, raw_body, self._secret)

    def challenge(self, query: Mapping[str, str]) -> str | None:
        return None  # the simulator needs no handshake

    def parse(self, raw_body: bytes) -> Parsed:
        return parse.parse(raw_body, self._settings.number)

    async def fetch(self, media: MediaRef, write: Write, limit: int) -> Fetched | Refused | Unclear:
        answer = await self._request("GET", f"media/{media.id}", b"", {})
        if not isinstance(answer, httpx.Response):
            return answer
        if len(answer.content) > limit:
            return Refused("too_large", True, detail=f"more than {limit} bytes")
        write(answer.content)
        return parse.fetched(answer.headers.get("content-type", ""), answer.content)

    async def _call(
        self, method: str, path: str, body: bytes, **headers: str
    ) -> Json | Refused | Unclear:
        answer = await self._request(method, path, body, headers)
        if not isinstance(answer, httpx.Response):
            return answer
        try:
            value = read_json(answer.content)
        except ValueError:
            return Unclear("answer is not JSON")
        return cast("Json", value) if isinstance(value, dict) else Unclear("answer is no object")

    async def _request(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> httpx.Response | Refused | Unclear:
        url = f"{self._root}/{path}" if path else self._root
        try:
            response = await self._http.request(
                method, url, content=body, headers={**self._headers, **headers}
            )
        except NETWORK_TROUBLE as trouble:
            return unsent_or_unclear(trouble)
        if response.status_code == 200:
            return response
        return parse.read_error(response.status_code, response.content)
