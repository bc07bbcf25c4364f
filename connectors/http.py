"""Calls an address for a flow: secrets put in at the last moment, private networks left alone.

At least once (RUNTIME.md rule 16): the `Idempotency-Key` of every try is the same, and an unclear
call is reported as such, never repeated here.
"""

import asyncio
import zlib
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import quote

import httpx
import msgspec
from msgspec import Struct

from connectors.net import (
    NETWORK_TROUBLE,
    GuardedClient,
    PrivateAddress,
    read_json,
    unsent_or_unclear,
)
from flowengine.messages import Answered, CallHttp, Refused, Unclear, secret_marker

MOST_BYTES = 1024 * 1024
MOST_REDIRECTS = 3

# Set by the connection, not by an author.
_NOT_THE_AUTHORS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "upgrade", "accept-encoding"}
)
# What may follow a redirect to another origin: nothing that could carry a secret.
_HARMLESS = frozenset({"accept", "accept-language", "content-type", "user-agent"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SHORTEST_SECRET = 6


class _Call(Struct, frozen=True):
    """A call with its secrets in place; its repr shows none of it."""

    method: str
    url: httpx.URL
    headers: dict[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"_Call({self.method!r}, {self.url.host!r})"


class _Wrong(Exception):
    """The call cannot be made; the message says why, without a secret in it."""


class Http:
    """`client` refuses private addresses, at every hop."""

    def __init__(self, client: GuardedClient) -> None:
        self._transport = client.transport

    async def perform(
        self, call: CallHttp, secrets: Mapping[str, str]
    ) -> Answered | Refused | Unclear:
        """Make the call. Any status is an answer; `secrets` has a value for each name it uses."""
        try:
            made = _make(call, secrets)
            async with asyncio.timeout(call.timeout):
                answer = await self._follow(made, call)
        except _Wrong as trouble:
            return Refused("invalid", True, detail=str(trouble))
        except PrivateAddress:
            return Refused("private_address", True, detail="the address is on a private network")
        except httpx.LocalProtocolError:
            return Refused("invalid", True, detail="a header has a character that is not allowed")
        except TimeoutError:
            return Unclear("timeout")
        except NETWORK_TROUBLE as trouble:
            return unsent_or_unclear(trouble)
        return _without_secrets(answer, secrets) if isinstance(answer, Answered) else answer

    async def _follow(self, made: _Call, call: CallHttp) -> Answered | Refused | Unclear:
        for _ in range(MOST_REDIRECTS + 1):
            response = await self._request(made, call.timeout)
            try:
                location = response.headers.get("location")
                if response.status_code not in _REDIRECTS or not location:
                    return await _read(response)
            finally:
                await response.aclose()
            made = _redirected(made, response.status_code, location, call)
        return Refused("invalid", True, detail=f"more than {MOST_REDIRECTS} redirects")

    async def _request(self, made: _Call, timeout: float) -> httpx.Response:  # noqa: ASYNC109
        # Shorter than the whole: a connection that does not come is then known to be unsent.
        connect = min(10.0, timeout * 0.8)
        request = httpx.Request(
            made.method,
            made.url,
            headers=[(b"accept-encoding", b"gzip"), *_encoded(made.headers)],
            content=made.body or None,
            extensions={"timeout": httpx.Timeout(timeout, connect=connect, pool=connect).as_dict()},
        )
        return await self._transport.handle_async_request(request)


def _make(call: CallHttp, secrets: Mapping[str, str]) -> _Call:
    known = {secret_marker(call.id, name): _secret(name, secrets) for name in call.secrets}
    headers = {
        name.lower(): _put(value, known)
        for name, value in call.headers.items()
        if name.lower() not in _NOT_THE_AUTHORS
    }
    if call.auth:
        headers["authorization"] = f"Bearer {_secret(call.auth, secrets)}"
    headers.setdefault("idempotency-key", call.idempotency_key or call.id)
    headers.setdefault("user-agent", "Flowengine")
    headers.setdefault("accept", "application/json, text/*;q=0.9, */*;q=0.5")
    body = b""
    if call.body is not None:
        headers.setdefault("content-type", "application/json")
        body = _encode(_put_deep(call.body, known))
    query = {name: _put(value, known) for name, value in call.query.items()}
    return _Call(call.method.upper(), _url(call.url, query, known), headers, body)


def _url(url: str, query: dict[str, str], known: Mapping[str, str]) -> httpx.URL:
    # A secret that begins the address is (part of) an address; elsewhere it is a value in one.
    for marker, value in known.items():
        if url.startswith(marker):
            url = value + url[len(marker) :]
        url = url.replace(marker, quote(value, safe=""))
    try:
        made = httpx.URL(url)
        made = made.copy_merge_params(query) if query else made
    except (httpx.InvalidURL, ValueError):
        raise _Wrong("the address is not valid") from None
    if made.scheme not in ("http", "https") or not made.host:
        raise _Wrong("the address must begin with http:// or https://")
    return made


def _secret(name: str, secrets: Mapping[str, str]) -> str:
    if name not in secrets:
        raise _Wrong(f"there is no secret {name!r}")
    return secrets[name]


def _encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Header values in UTF-8: an author's "X-Nome: João" is no reason to fail."""
    try:
        return [(name.encode("ascii"), value.encode()) for name, value in headers.items()]
    except UnicodeEncodeError:
        raise _Wrong("a header has a character that is not allowed") from None


def _put(text: str, known: Mapping[str, str]) -> str:
    for marker, value in known.items():
        text = text.replace(marker, value)
    return text


def _put_deep(value: Any, known: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _put(value, known)
    if isinstance(value, list | tuple):
        return [_put_deep(item, known) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return {_put(key, known): _put_deep(item, known) for key, item in items}
    return value


def _encode(value: Any) -> bytes:
    try:
        return msgspec.json.encode(value)
    except (UnicodeEncodeError, TypeError):
        raise _Wrong("the body cannot be written as JSON") from None


def _redirected(made: _Call, status: int, location: str, call: CallHttp) -> _Call:
    try:
        url = made.url.join(location)
    except (httpx.InvalidURL, ValueError):
        raise _Wrong("redirected to an address that is not valid") from None
    if url.scheme not in ("http", "https"):
        raise _Wrong(f"redirected to {url.scheme or 'nowhere'}")
    method, body, headers = made.method, made.body, made.headers
    same_origin = (url.scheme, url.host, url.port) == (
        made.url.scheme,
        made.url.host,
        made.url.port,
    )
    if status == 303 or (status in (301, 302) and method == "POST"):
        method, body = ("HEAD" if method == "HEAD" else "GET"), b""
        headers = {name: value for name, value in headers.items() if name != "content-type"}
    if not same_origin:
        if body and call.secrets:
            raise _Wrong("redirected elsewhere, and the body may have a secret in it")
        headers = {name: value for name, value in headers.items() if name in _HARMLESS}
        headers["idempotency-key"] = made.headers["idempotency-key"]
    return _Call(method, url, headers, body)


async def _read(response: httpx.Response) -> Answered | Refused | Unclear:
    """The answer, at most `MOST_BYTES`, also after unpacking: a small file can hold a huge one."""
    raw = bytearray()
    async for part in response.aiter_raw():
        raw += part
        if len(raw) > MOST_BYTES:
            return Refused("too_large", True, detail=f"the answer has more than {MOST_BYTES} bytes")
    body = bytes(raw)
    encoding = response.headers.get("content-encoding", "identity").lower()
    if encoding in ("gzip", "x-gzip", "deflate"):
        unpacker = zlib.decompressobj(wbits=47)
        try:
            body = unpacker.decompress(body, MOST_BYTES + 1)
        except zlib.error:
            return Refused("malformed", True, detail=f"the answer is not {encoding}")
        if len(body) > MOST_BYTES:
            return Refused("too_large", True, detail=f"the answer has more than {MOST_BYTES} bytes")
    elif encoding not in ("identity", ""):
        return Refused("malformed", True, detail="the answer is packed in a way not asked for")
    return Answered(response.status_code, _value(body, response.headers.get("content-type", "")))


def _value(body: bytes, mime: str) -> Any:
    if not body.strip():
        return None
    looks_like_json = "json" in mime or body.lstrip()[:1] in b'{["'
    if looks_like_json or not mime.startswith("text/"):
        try:
            return read_json(body)
        except ValueError:
            pass
    return body.decode("utf-8", "replace").replace("\x00", "")


def _without_secrets(answer: Answered, secrets: Mapping[str, str]) -> Answered:
    """An echo of what we sent must not bring a secret into the journal."""
    known = {v: "•••" for v in secrets.values() if len(v) >= _SHORTEST_SECRET}
    return Answered(answer.status, _put_deep(answer.body, known)) if known else answer
