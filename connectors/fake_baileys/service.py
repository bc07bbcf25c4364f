"""The fake service. What it is signed with, it checks by itself and not by the connector's code."""

import base64
import hmac
import time
from typing import Any, Literal, cast

import msgspec
from msgspec import Struct

from connectors.net.serving import Listener, Reply, Request

Json = dict[str, Any]

HEADER = "x-flowengine-signature"
QR = "https://wa.me/settings/linked_devices#2@ref,noise,identity,adv,1"
CODE = "WZYEH1YY"

_FILES = ("image", "video", "audio", "document", "sticker")
_KINDS = ("text", *_FILES, "location", "contacts", "react")
_BESIDE = frozenset({"caption", "mimetype", "ptt", "fileName"})


class Paired(Struct):
    """A session. `state`: open, connecting, closed, needs_pairing or stopped."""

    state: str = "needs_pairing"
    reason: str = ""
    phone: str = ""
    me: str = ""


class Posted(Struct, frozen=True):
    """A message that was taken."""

    id: str
    to: str
    content: Json
    quoted: Json | None = None


class Trouble(Struct, frozen=True):
    """What the next send meets: refused (the service's words), http (an answer without any), cut
    (the connection drops; `taken`: after WhatsApp had it)."""

    kind: Literal["refused", "http", "cut"]
    status: int = 200
    refused: Json = {}
    taken: bool = True


def sign(secret: str, method: str, target: str, body: bytes, at: int | None = None) -> str:
    """The header of a request."""
    stamp = str(int(time.time()) if at is None else at)
    told = f"{method}\n{target}\n{stamp}\n".encode() + body
    return f"t={stamp},v1={hmac.digest(secret.encode(), told, 'sha256').hex()}"


def upsert(jid: str, message: Json, id_: str, **key: Any) -> Json:
    """A message as Baileys tells it."""
    return {
        "key": {"remoteJid": jid, "fromMe": False, "id": id_, "participant": "", **key},
        "messageTimestamp": 1772460000,
        "pushName": "Ana",
        "broadcast": False,
        "message": message,
    }


class FakeBaileys:
    """Listens on loopback between `start` and `close`."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.url = ""
        self.sessions: dict[str, Paired] = {}
        self.posted: list[Posted] = []
        self.read: list[Json] = []
        self.typed: list[Json] = []
        self.files: dict[str, tuple[bytes, str]] = {}
        self._troubles: list[Trouble] = []
        self._listener = Listener(self._handle)

    async def start(self) -> None:
        self.url = f"http://127.0.0.1:{await self._listener.start()}"

    async def close(self) -> None:
        await self._listener.close()

    def open(self, session: str, me: str = "5511333344444") -> None:
        """A phone has paired it."""
        self.sessions[session] = Paired("open", me=me)

    def trouble(self, trouble: Trouble) -> None:
        self._troubles.append(trouble)

    def _handle(self, request: Request) -> Reply:
        shown = request.headers.get(HEADER, "")
        stamp = shown.partition(",")[0].removeprefix("t=")
        at = int(stamp) if stamp.isdecimal() else 0
        right = sign(self.secret, request.method, request.target, request.body, at)
        if not hmac.compare_digest(shown, right) or abs(time.time() - at) > 300:
            return _reply(401, {"error": "signature"})
        place = request.target.strip("/").split("/")
        one = self.sessions.get(place[1]) if place[0] == "sessions" and len(place) > 1 else None
        if one is None:
            return _reply(404, {"error": "no such session"})
        body = cast("Json", msgspec.json.decode(request.body)) if request.body else {}
        return self._act(place[1], one, f"{request.method} {'/'.join(place[2:])}".strip(), body)

    def _act(self, name: str, one: Paired, call: str, body: Json) -> Reply:
        match call:
            case "GET":
                return _reply(200, _told(one))
            case "POST pair":
                if one.state != "open":
                    one.state, one.phone = "connecting", str(body.get("phone") or "")
                return _reply(200, _told(one))
            case "POST restart":
                return _reply(200, _told(one))
            case "POST logout":
                one.state, one.reason = "needs_pairing", "logged_out"
                return _reply(200, _told(one))
            case "DELETE":
                self.sessions.pop(name)
                return _reply(200, {})
            case "POST read":
                self.read += cast("list[Json]", body["keys"])
                return _reply(200, {})
            case "POST typing":
                self.typed.append(body)
                return _reply(200, {})
            case "POST send":
                return self._send(one, body)
            case _ if call.startswith("GET media/"):
                return self._file(call.removeprefix("GET media/"))
            case _:
                return _reply(404, {"error": "no such call"})

    def _file(self, id_: str) -> Reply:
        if id_ not in self.files:
            gone = {"reason": "media", "code": "gone", "detail": "not known any more"}
            return _reply(404, {"refused": gone})
        data, mime = self.files[id_]
        return Reply(200, data, mime)

    def _send(self, one: Paired, body: Json) -> Reply:
        if one.state != "open":
            return _reply(200, {"refused": {"reason": "not_open", "detail": one.state}})
        fault = _fault(body)
        if fault:
            return _reply(200, {"refused": {"reason": "content", "detail": fault}})
        trouble = self._troubles.pop(0) if self._troubles else None
        if trouble is not None and trouble.kind == "refused":
            return _reply(trouble.status, {"refused": trouble.refused})
        if trouble is not None and trouble.kind == "http":
            return Reply(trouble.status, b"<html>", "text/html")
        if trouble is not None and not trouble.taken:
            return Reply(cut=True)
        sent = Posted(body["id"], body["to"], body["content"], body.get("quoted"))
        if sent.id not in [each.id for each in self.posted]:  # the same id is the same message
            self.posted.append(sent)
        return Reply(cut=True) if trouble else _reply(200, {"accepted": {"id": sent.id}})


def _fault(body: Json) -> str:
    """What Baileys could not send of it; "" where all is well."""
    content = cast("Json", body.get("content") or {})
    kinds = [name for name in content if name not in _BESIDE]
    if len(kinds) != 1 or kinds[0] not in _KINDS:
        return f"one of {_KINDS} is expected, not {kinds}"
    if not str(body.get("to", "")).endswith(("@s.whatsapp.net", "@lid")):
        return "to is no jid"
    if kinds[0] in _FILES:
        file = cast("Json", content[kinds[0]])
        return "" if base64.b64decode(file["asset"], validate=True) else "the file is empty"
    return ""


def _told(one: Paired) -> Json:
    told: Json = {"state": one.state, "attempts": 0, "since": 1772460000}
    if one.reason:
        told["reason"] = one.reason
    if one.me:
        told["me"] = {"id": f"{one.me}:7@s.whatsapp.net", "name": "Pet Shop"}
    if one.state == "connecting":
        told |= {"code": CODE} if one.phone else {"qr": QR}
    return told


def _reply(status: int, body: Json) -> Reply:
    return Reply(status, msgspec.json.encode(body))
