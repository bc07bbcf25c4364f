"""Requests to the service: signed, one method, its trouble as a value."""

import asyncio
from typing import Any, cast

import httpx
import msgspec

from connectors.baileys.errors import read_error
from connectors.baileys.settings import BaileysSettings
from connectors.baileys.signature import HEADER, sign
from connectors.net import NETWORK_TROUBLE, read_json, unsent_or_unclear
from flowengine.messages import Refused, Unclear

Json = dict[str, Any]
Failed = Refused | Unclear

MOST_ANSWER = 1024 * 1024
LONGEST = 60.0
"""Seconds of a whole exchange: a send waits for WhatsApp's own acknowledgement."""

NOT_TAKEN_UP = Refused("transient", False, 15, "not_taken_up", "the service is starting", "channel")

AWAY = Refused("transient", False, 5, "away", "the service cannot be reached", "channel")
"""Whatever kept us from it, nothing was written; its address may be of before a new start."""


class Service:
    """The service as one channel's session sees it."""

    def __init__(self, settings: BaileysSettings, http: httpx.AsyncClient) -> None:
        self._http = http
        self._root = settings.base_url.rstrip("/")
        self._session = settings.session
        self._secret = settings.secret.get_secret_value()

    async def ask(self, method: str, path: str = "", body: Any = None) -> Json | Failed:
        """Ask `path` of the session; the answer's JSON, which is an object."""
        answer = await self.call(method, path, body)
        if isinstance(answer, Refused | Unclear):
            return answer
        try:
            told = read_json(answer[0])
        except ValueError:
            return Unclear("answer is not JSON")
        return cast("Json", told) if isinstance(told, dict) else Unclear("answer is no object")

    async def call(
        self, method: str, path: str = "", body: Any = None, most: int = MOST_ANSWER
    ) -> tuple[bytes, str] | Failed:
        """Ask `path` of the session; the answer's bytes and their type."""
        if not (self._root and self._secret and self._session):
            return NOT_TAKEN_UP
        try:
            content = b"" if body is None else msgspec.json.encode(body)
        except UnicodeEncodeError as trouble:
            return Refused("invalid", True, detail=str(trouble))
        target = f"/sessions/{self._session}{path}"
        headers = {
            HEADER: sign(self._secret, method, target, content),
            "content-type": "application/json",
        }
        try:
            async with asyncio.timeout(LONGEST):
                return await self._exchange(method, target, content, headers, most)
        except (*NETWORK_TROUBLE, TimeoutError) as error:
            failed = unsent_or_unclear(error)
            return AWAY if isinstance(failed, Refused) else failed

    async def _exchange(
        self, method: str, target: str, content: bytes, headers: dict[str, str], most: int
    ) -> tuple[bytes, str] | Failed:
        request = self._http.build_request(
            method, self._root + target, content=content, headers=headers
        )
        response = await self._http.send(request, stream=True)
        try:
            raw = await _bounded(response, most)
        finally:
            await response.aclose()
        if not response.is_success:
            return read_error(response.status_code, raw or b"")
        if raw is None:
            return Refused("too_large", True, detail=f"more than {most} bytes")
        return raw, response.headers.get("content-type", "").partition(";")[0].strip()


async def _bounded(response: httpx.Response, most: int) -> bytes | None:
    parts, size = list[bytes](), 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > most:
            return None
        parts.append(part)
    return b"".join(parts)
