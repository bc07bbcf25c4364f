"""The business's half of the simulator over HTTP: what the connector calls."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
from msgspec import Struct

from connectors.base import File
from connectors.simulator.answers import Answer, Request, answer, refusal
from connectors.simulator.network import Network
from connectors.simulator.words import Sending
from flowengine.messages import Refused


class Message(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `typing` and `read`: the customer's message that is meant."""

    message: str


async def send_message(network: Network, request: Request) -> Answer:
    """`POST /{number}/messages` → `{"id"}`, with the trouble that was asked for, if any."""
    sending = msgspec.json.decode(request.body, type=Sending)
    fault = network.next_trouble(request.number, sending.to)
    if fault is None:
        return _taken(network.accept(request.number, sending))
    match fault.kind:
        case "refuse":
            return refusal(fault.refused)
        case "fail":
            return _taken(network.accept(request.number, sending, failing=fault.refused))
        case "http":
            return Answer(fault.status, b"trouble", "text/plain")
        case "slow":
            await asyncio.sleep(fault.seconds)
            return _taken(network.accept(request.number, sending))
        case "cut":
            if fault.taken:
                network.accept(request.number, sending)
            return Answer(body=b"", cut=True)


def _taken(id_: str | Refused) -> Answer:
    return refusal(id_) if isinstance(id_, Refused) else answer({"id": id_})


async def typing(network: Network, request: Request) -> Answer:
    """`POST /{number}/typing` `{"message"}`."""
    message = msgspec.json.decode(request.body, type=Message).message
    return _done(network.typing(request.number, message))


async def mark_read(network: Network, request: Request) -> Answer:
    """`POST /{number}/read` `{"message"}`."""
    message = msgspec.json.decode(request.body, type=Message).message
    return _done(network.mark_read(request.number, message) is not None)


def _done(done: bool) -> Answer:
    return answer({"success": True}) if done else refusal(Refused("invalid", True), 404)


async def upload(network: Network, request: Request) -> Answer:
    """`POST /{number}/media`, the bytes as they are → `{"id"}`."""
    mime = request.headers.get("content-type", "application/octet-stream")
    name = request.headers.get("x-file-name", "")
    return answer({"id": network.keep_file(File(mime, request.body, name))})


async def download(network: Network, request: Request) -> Answer:
    """`GET /{number}/media/{id}`."""
    file = network.fetched(request.number, request.piece(2))
    if file is None:
        return refusal(Refused("media", True, detail="no such file"), 404)
    return Answer(200, file.data, file.mime)


async def whoami(network: Network, request: Request) -> Answer:
    """`GET /{number}`."""
    return answer({"number": network.line(request.number).number})


BUSINESS: dict[tuple[str, str], Callable[[Network, Request], Awaitable[Answer]]] = {
    ("GET", ""): whoami,
    ("POST", "messages"): send_message,
    ("POST", "typing"): typing,
    ("POST", "read"): mark_read,
    ("POST", "media"): upload,
    ("GET", "media"): download,
}
