"""The phone's half of the simulator over HTTP, and its controls."""

from collections.abc import Callable

import msgspec

from connectors.base import File
from connectors.simulator.answers import Answer, Request, answer, refusal
from connectors.simulator.network import Network
from connectors.simulator.words import Day, Line, Saying
from flowengine.messages import Refused


def register(network: Network, request: Request) -> Answer:
    """`PUT /{number}` with a `Line`: open a number."""
    line = msgspec.json.decode(request.body, type=Line)
    if line.number != request.number:
        return refusal(Refused("invalid", True, detail="another number than the path's"))
    network.register(line)
    return answer({"number": line.number})


def behave(network: Network, request: Request) -> Answer:
    """`PUT /{number}/day` with a `Day`: troubles to come."""
    network.behave(request.number, msgspec.json.decode(request.body, type=Day))
    return answer({"success": True})


def phone(network: Network, request: Request) -> Answer:
    """`POST /{number}/phones/{phone}/messages` with a `Saying` → `{"id"}`; `…/look`; `…/files`."""
    number, who = request.number, request.piece(2)
    match request.piece(3):
        case "messages" if who:
            saying = msgspec.json.decode(request.body, type=Saying)
            return answer({"id": network.say(number, who, saying)})
        case "look" if who:
            network.look(number, who)
            return answer({"success": True})
        case "files" if who:
            mime = request.headers.get("content-type", "application/octet-stream")
            return answer({"id": network.keep_file(File(mime, request.body))})
        case _:
            return refusal(Refused("invalid", True, detail="no such page"), 404)


def transcript(network: Network, request: Request) -> Answer:
    """`GET /{number}/phones/{phone}` → `Transcript`."""
    return answer(network.transcript(request.number, request.piece(2)))


CONTROLS: dict[tuple[str, str], Callable[[Network, Request], Answer]] = {
    ("PUT", ""): register,
    ("PUT", "day"): behave,
    ("POST", "phones"): phone,
    ("GET", "phones"): transcript,
}
