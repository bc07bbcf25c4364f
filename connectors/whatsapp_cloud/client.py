"""Requests to Graph: one method a verb, provider's trouble as a value.

Built without httpx's conveniences (merged headers, cookies, redirects): they cost as much as all
the rest of a send, and nothing here needs them.
"""

import asyncio
from typing import Any, cast

import httpx

from connectors.base import File
from connectors.net import NETWORK_TROUBLE, ProviderClient, read_json, unsent_or_unclear
from connectors.whatsapp_cloud.errors import read_error
from connectors.whatsapp_cloud.settings import CloudSettings
from connectors.whatsapp_cloud.upload import Upload
from flowengine.messages import Refused, Unclear

Json = dict[str, Any]

MOST_ANSWER = 1024 * 1024
"""Bytes of an answer, decompressed."""

LONGEST, LONGEST_UPLOAD = 40.0, 300.0
"""Seconds of a whole exchange: each step has a limit of its own, but a peer that sends one byte now
and then would pass all of them for ever."""


class Graph:
    """Graph as one number's token sees it."""

    def __init__(self, settings: CloudSettings, http: httpx.AsyncClient) -> None:
        self._http = http
        self._root = settings.root
        self._number = settings.phone_number_id
        self._token = f"Bearer {settings.token.get_secret_value()}"
        self._messages = httpx.URL(f"{self._root}/{self._number}/messages")
        self._extensions = {"timeout": http.timeout.as_dict()}
        self._head = (
            b"POST %b HTTP/1.1\r\nHost: %b\r\nauthorization: %b\r\n"
            b"content-type: application/json\r\ncontent-length: "
        ) % (self._messages.raw_path, self._messages.netloc, self._token.encode("ascii"))

    async def post_message(self, raw: bytes, attempt: int = 1) -> Json | Refused | Unclear:
        """Post to the number's `/messages`: sends, read receipts, typing."""
        if isinstance(self._http, ProviderClient) and self._http.lean is not None:
            return await self._ask(self._http, raw, attempt)
        headers = {"authorization": self._token, "content-type": "application/json"}
        request = httpx.Request(
            "POST", self._messages, headers=headers, content=raw, extensions=self._extensions
        )
        return await self._answer(request, attempt)

    async def _ask(
        self, client: ProviderClient, raw: bytes, attempt: int
    ) -> Json | Refused | Unclear:
        """The same without httpx's objects: they cost more than all else of a send."""
        request = b"%b%d\r\n\r\n%b" % (self._head, len(raw), raw)
        try:
            answer = await client.ask(self._messages, request)
        except NETWORK_TROUBLE as error:
            return unsent_or_unclear(error)
        wait = answer.header(b"retry-after")
        return _read(answer.status, answer.content, wait, attempt)

    async def get(self, path: str, **query: str) -> Json | Refused | Unclear:
        """Read an object of Graph's: `path` follows the version, "" is the number itself."""
        request = httpx.Request(
            "GET",
            f"{self._root}/{path or self._number}",
            params=query,
            headers={"authorization": self._token},
            extensions=self._extensions,
        )
        return await self._answer(request, 1)

    async def get_as(self, token: str, path: str, **query: str) -> Json | Refused | Unclear:
        """Read an object with another token: what belongs to the app is read as the app."""
        request = httpx.Request(
            "GET",
            f"{self._root}/{path}",
            params=query,
            headers={"authorization": f"Bearer {token}"},
            extensions=self._extensions,
        )
        return await self._answer(request, 1)

    async def upload(self, file: File) -> Json | Refused | Unclear:
        """Give a file to Meta, in pieces where it is large; the answer's `id` lives for 30 days."""
        body = Upload(file)
        request = httpx.Request(
            "POST",
            f"{self._root}/{self._number}/media",
            headers={"authorization": self._token, **body.headers},
            content=body.parts(),
            extensions=self._extensions,
        )
        return await self._answer(request, 1, LONGEST_UPLOAD)

    def download(self, url: httpx.URL) -> httpx.Request:
        """The request for a file; only for hosts that may see the token."""
        headers = {"authorization": self._token}
        return httpx.Request("GET", url, headers=headers, extensions=self._extensions)

    async def _answer(
        self, request: httpx.Request, attempt: int, longest: float = LONGEST
    ) -> Json | Refused | Unclear:
        try:
            async with asyncio.timeout(longest):
                response = await self._http.send(request, stream=True)
                try:
                    content = await _content(response)
                finally:
                    await response.aclose()
        except NETWORK_TROUBLE as error:
            return unsent_or_unclear(error)
        wait = response.headers.get("retry-after")
        return _read(response.status_code, content, wait, attempt)


def _read(
    status: int, content: bytes | None, wait: str | None, attempt: int
) -> Json | Refused | Unclear:
    """What an answer means; `content` is None where it was too long."""
    if status != 200:
        return read_error(status, content or b"", wait, attempt)
    if content is None:
        return Unclear("answer is too long")
    try:
        answer = read_json(content)
    except ValueError:
        return Unclear("answer is not JSON")
    return cast("Json", answer) if isinstance(answer, dict) else Unclear("answer is no object")


async def _content(response: httpx.Response) -> bytes | None:
    """The answer's bytes; None where there are too many: Graph's are some hundreds."""
    parts, size = list[bytes](), 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > MOST_ANSWER:
            return None
        parts.append(part)
    return b"".join(parts)
