"""The simulated network over HTTP: a plain ASGI application, mounted in the web or run alone.

The business's half needs the number's token. The phone's half and the controls need the
application's `control_key` and do not exist without one (pages of the same process use `Network`).
"""

import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec
from msgspec.structs import replace

from connectors.simulator.answers import Answer, Request, refusal
from connectors.simulator.business import BUSINESS
from connectors.simulator.control import CONTROLS
from connectors.simulator.inbound import Unsayable
from connectors.simulator.network import Network, UnknownNumber
from flowengine.messages import Refused

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
SendEvent = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, SendEvent], Awaitable[None]]

_MOST_BYTES = 16 * 1024 * 1024


def application(network: Network, control_key: str | None = None) -> Application:
    """The ASGI callable. Paths begin after "/sim/", or at the root where it is mounted there."""

    async def app(scope: Scope, receive: Receive, send: SendEvent) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(network, receive, send)
        elif scope["type"] == "http":
            await _answer(await _handle(network, control_key, scope, receive), send)

    return app


async def _handle(
    network: Network, control_key: str | None, scope: Scope, receive: Receive
) -> Answer:
    head = _head(scope)
    route = (head.method, head.piece(1))
    business, control = BUSINESS.get(route), CONTROLS.get(route)
    try:
        if business is not None:
            key = network.line(head.number).token
        elif control is not None and control_key is not None:
            key = control_key
        else:
            return refusal(Refused("invalid", True, detail="no such page"), 404)
        if not _equal(head.bearer, key):
            return refusal(Refused("auth", False, scope="channel"), 401)
        if business is not None and network.token_expired(head.number):
            return refusal(Refused("auth", False, code="expired", scope="channel"), 401)
        body = await _body(receive)
        if body is None:
            return refusal(Refused("too_large", True), 413)
        request = replace(head, body=body)
        if business is not None:
            return await business(network, request)
        return CONTROLS[route](network, request)
    except UnknownNumber:
        return refusal(Refused("invalid", True, detail="no such number"), 404)
    except (msgspec.DecodeError, UnicodeDecodeError, Unsayable) as trouble:
        return refusal(Refused("invalid", True, detail=str(trouble)), 400)


def _equal(given: str, key: str) -> bool:
    return bool(key) and hmac.compare_digest(given.encode("utf-8", "replace"), key.encode())


def _head(scope: Scope) -> Request:
    path: str = scope["path"]
    _, mark, rest = path.partition("/sim/")
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    pieces = tuple((rest if mark else path).strip("/").split("/"))
    return Request(scope["method"], pieces, headers)


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None if it is too large."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > _MOST_BYTES:
            return None
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return bytes(body)


async def _answer(answer: Answer, send: SendEvent) -> None:
    # A cut answer promises more than comes: the server then drops the connection.
    length = len(answer.body) + (1000 if answer.cut else 0)
    headers = [
        (b"content-type", answer.mime.encode("latin-1", "replace")),
        (b"content-length", str(length).encode()),
        *((name.encode(), value.encode()) for name, value in answer.headers.items()),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": answer.cut})


async def _lifespan(network: Network, receive: Receive, send: SendEvent) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            network.close()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
