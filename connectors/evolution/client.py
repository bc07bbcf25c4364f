"""Requests to an Evolution server: one method, its trouble as a value."""

import asyncio
from typing import Any, cast
from urllib.parse import quote

import httpx
import msgspec

from connectors.evolution.errors import read_error
from connectors.evolution.settings import EvolutionSettings
from connectors.net import NETWORK_TROUBLE, read_json, unsent_or_unclear
from flowengine.messages import Refused, Unclear

Json = dict[str, Any]

MOST_ANSWER = 2 * 1024 * 1024
"""Bytes of an answer that is no file; a QR code as a picture is some kilobytes."""

LONGEST = 60.0
"""Seconds of a whole exchange: creating an instance alone waits five, a file takes longer."""


class Server:
    """The server as one instance's channel sees it."""

    def __init__(self, settings: EvolutionSettings, http: httpx.AsyncClient) -> None:
        self._http = http
        self._root = settings.base_url
        self._instance = quote(settings.instance, safe="")
        self._key = settings.api_key.get_secret_value()

    async def call(
        self, method: str, path: str, body: Any = None, most: int = MOST_ANSWER, **query: str
    ) -> Any | Refused | Unclear:
        """Ask `path` of the API; `{i}` in it stands for the instance. The answer's JSON."""
        url = f"{self._root}/{path.replace('{i}', self._instance)}"
        headers = {"apikey": self._key}
        content = None
        if body is not None:
            headers["content-type"] = "application/json"
            try:
                content = msgspec.json.encode(body)
            except UnicodeEncodeError as trouble:
                return Refused("invalid", True, detail=str(trouble))
        try:
            async with asyncio.timeout(LONGEST):
                request = self._http.build_request(
                    method, url, content=content, headers=headers, params=query or None
                )
                response = await self._http.send(request, stream=True)
                try:
                    raw = await _content(response, most)
                finally:
                    await response.aclose()
        except (*NETWORK_TROUBLE, TimeoutError) as error:
            return unsent_or_unclear(error)
        if not response.is_success:
            return read_error(response.status_code, raw or b"", response.headers.get("retry-after"))
        if raw is None:
            return Refused("too_large", True, detail=f"more than {most} bytes")
        try:
            return read_json(raw)
        except ValueError:
            return Unclear("answer is not JSON")

    async def ask(
        self, method: str, path: str, body: Any = None, **query: str
    ) -> Json | Refused | Unclear:
        """The same for answers that are an object."""
        answer = await self.call(method, path, body, MOST_ANSWER, **query)
        if isinstance(answer, Refused | Unclear):
            return answer
        return cast("Json", answer) if isinstance(answer, dict) else Unclear("answer is no object")


async def _content(response: httpx.Response, most: int) -> bytes | None:
    parts, size = list[bytes](), 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > most:
            return None
        parts.append(part)
    return b"".join(parts)
