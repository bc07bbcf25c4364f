"""The fake server itself: instances, people, messages, and the webhooks that follow."""

import base64
import itertools
from collections import deque
from collections.abc import Sequence
from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
import msgspec

from connectors.fake_evolution.checks import error, faults_of, is_send
from connectors.fake_evolution.words import Instance, Json, Posted, Trouble
from connectors.net import Postman
from connectors.net.serving import Listener, Reply, Request

_PICTURE = "data:image/png;base64," + base64.b64encode(b"\x89PNG a code").decode()
_STAMP = "2026-03-02T09:00:00.000Z"
Answer = tuple[int, Any]


class FakeEvolution:
    """`key`: the global one. `http` posts webhooks (not needed without them)."""

    def __init__(self, http: httpx.AsyncClient | None = None, key: str = "global-key") -> None:
        self.key = key
        self.url = ""
        self.instances: dict[str, Instance] = {}
        self.posted: deque[Posted] = deque(maxlen=10_000)
        self.asked: list[str] = []
        self.read: list[Json] = []
        self.typed: list[Json] = []
        self.nobody: set[str] = set()
        self.codes_late = 0
        self.stubborn = False
        self._http = http
        self._listener = Listener(self._handle)
        self._count = itertools.count(1)
        self._troubles: list[tuple[Trouble, int]] = []
        self._files: dict[str, tuple[bytes, str]] = {}
        self._postmen: dict[str, Postman] = {}

    # What tests say

    async def start(self, host: str = "127.0.0.1") -> str:
        self.url = f"http://{host}:{await self._listener.start(host)}"
        return self.url

    async def close(self) -> None:
        for postman in self._postmen.values():
            postman.stop()
        await self._listener.close()

    def open(self, name: str, owner: str = "5511333344444") -> Instance:
        """An instance that is connected already."""
        made = Instance(name, f"token-of-{name}", "open", owner)
        self.instances[name] = made
        return made

    def scan(self, name: str, owner: str = "5511333344444") -> None:
        """The phone scans the code, or types it."""
        one = self.instances[name]
        one.state, one.owner, one.reason = "open", owner, 0
        self._tell_state(one, 200)

    def drop(self, name: str, reason: int) -> None:
        """WhatsApp ends the connection; for 401, 402, 403 and 406 for good."""
        one = self.instances[name]
        one.state, one.reason = "close", reason
        self._tell_state(one, reason)
        if reason in (401, 402, 403, 406):
            told = {"instance": name, "status": "closed", "disconnectionReasonCode": reason}
            self.tell(name, "status.instance", told)

    def trouble(self, *troubles: Trouble) -> None:
        """Have troubles met by the next sends."""
        self._troubles += [(trouble, trouble.count) for trouble in troubles]

    def say(self, name: str, who: str, message: Json, id_: str = "", **key: Any) -> str:
        """Somebody (digits, or a jid) writes; or we on the phone, with `fromMe=True`."""
        id_ = id_ or self._id()
        jid = who if "@" in who else f"{who}@s.whatsapp.net"
        self.tell(name, "messages.upsert", upsert(jid, message, id_, **key))
        return id_

    def give(self, id_: str, data: bytes, mime: str) -> None:
        """The file of a message."""
        self._files[id_] = (data, mime)

    def status(self, name: str, id_: str, status: str) -> None:
        """A sent message climbs, or fails (ERROR)."""
        told = {"keyId": id_, "remoteJid": "", "fromMe": True, "status": status, "messageId": "db"}
        self.tell(name, "messages.update", told)

    def tell(self, name: str, event: str, data: Any) -> None:
        """Post any event, also one that this fake does not make by itself."""
        hook = self.instances[name].webhook
        if self._http is None or not hook.get("url"):
            return
        if name not in self._postmen:
            self._postmen[name] = Postman(
                self._http, str(hook["url"]), self._wrap, lambda _: self._headers(name)
            )
        self._postmen[name].post(envelope(name, event, data))

    async def settled(self, name: str) -> None:
        """Wait until every webhook was answered 200."""
        if name in self._postmen:
            await self._postmen[name].settled()

    # Webhooks

    def _wrap(self, events: Sequence[Any]) -> bytes:
        return msgspec.json.encode(events[0])

    def _headers(self, name: str) -> dict[str, str]:
        told = cast("Json", self.instances[name].webhook.get("headers") or {})
        return {str(key).lower(): str(value) for key, value in told.items()}

    def _tell_state(self, one: Instance, reason: int) -> None:
        told = {"instance": one.name, "state": one.state, "statusReason": reason}
        self.tell(one.name, "connection.update", told)

    # HTTP

    def _handle(self, request: Request) -> Reply:
        parts = urlsplit(request.target)
        path = [unquote(part) for part in parts.path.strip("/").split("/")]
        self.asked.append(f"{request.method} /{'/'.join(path)}")
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        try:
            body = cast("Json", msgspec.json.decode(request.body)) if request.body else {}
        except ValueError:
            return _reply(error(400, ["Unexpected token"]))
        key = request.headers.get("apikey", "")
        if path == ["instance", "create"] and request.method == "POST":
            return _reply(self._create(body) if key == self.key else error(401, "Unauthorized"))
        if path == ["instance", "fetchInstances"]:
            return _reply(self._fetch(key, query))
        if len(path) != 3:
            return _reply(error(404, ["Cannot find"]))
        one = self.instances.get(path[2])
        if key != self.key and (one is None or key != one.token):
            return _reply(error(401, "Unauthorized"))
        if one is None:
            return _reply(error(404, [f'The "{path[2]}" instance does not exist']))
        if path[0] == "message" and request.method == "POST" and is_send(path[1]):
            return self._send(one, path[1], body)
        return _reply(self._other(one, f"{request.method} {path[0]}/{path[1]}", query, body))

    def _other(self, one: Instance, call: str, query: Json, body: Json) -> Answer:
        match call:
            case "GET instance/connectionState":
                return 200, {"instance": {"instanceName": one.name, "state": one.state}}
            case "GET instance/connect":
                return self._connect(one, str(query.get("number", "")))
            case "POST instance/restart":
                if one.state == "close":
                    return 200, {"error": True, "message": "instance is not connected"}
                return 200, {"instance": {"instanceName": one.name, "state": one.state}}
            case "DELETE instance/logout":
                return self._logout(one)
            case "DELETE instance/delete":
                if one.state == "open":
                    return error(400, [f'The "{one.name}" instance needs to be disconnected'])
                self.instances.pop(one.name)
                return _success("Instance deleted")
            case "POST webhook/set":
                hook = cast("Json", body.get("webhook") or {})
                if not hook.get("url") or "events" not in hook:
                    return error(400, ['instance requires property "webhook"'])
                one.webhook = hook
                return 201, {"id": "1", **hook}
            case "GET webhook/find":
                return (200, one.webhook) if one.webhook else (200, None)
            case "POST chat/sendPresence":
                if not isinstance(body.get("delay"), int):
                    return error(400, ['instance requires property "delay"'])
                self.typed.append(body)
                return 201, {"presence": body.get("presence")}
            case "POST chat/markMessageAsRead":
                self.read += cast("list[Json]", body.get("readMessages") or [])
                return 201, {"message": "Read messages", "read": "success"}
            case "POST chat/getBase64FromMediaMessage":
                return self._file(body)
            case _:
                return error(404, ["Cannot find"])

    def _create(self, body: Json) -> Answer:
        name = str(body.get("instanceName", ""))
        if not name or body.get("integration") != "WHATSAPP-BAILEYS":
            return error(400, ['instance requires property "instanceName"'])
        if name in self.instances:
            return error(403, [f'This name "{name}" is already in use.'])
        one = self.instances[name] = Instance(name, f"token-of-{name}", "connecting")
        one.webhook = {"enabled": True, **cast("Json", body.get("webhook") or {})}
        about = {"instanceName": name, "instanceId": "1", "status": "connecting"}
        made: Json = {"instance": about, "hash": one.token, "webhook": one.webhook}
        if body.get("qrcode"):
            made["qrcode"] = self._code(one, str(body.get("number") or ""))
        return 201, made

    def _connect(self, one: Instance, number: str) -> Answer:
        if one.state == "open":
            return 200, {"instance": {"instanceName": one.name, "state": "open"}}
        if self.stubborn:
            return 200, {"error": True, "message": "Error: cannot connect"}
        if one.reason in (408, 428, 503):
            if one.heals:
                one.heals -= 1
                return 200, {"error": True, "message": "Error: Connection Failure"}
            self.scan(one.name, one.owner)
            return 200, {"instance": {"instanceName": one.name, "state": "open"}}
        if one.state == "connecting" and one.began_by == "qr":
            number = ""  # a code is given only while the state is close
        one.state = "connecting"
        return 200, self._code(one, number)

    def _code(self, one: Instance, number: str) -> Json:
        one.began_by = "code" if number else "qr"
        one.number = number
        one.codes += 1
        if one.codes <= self.codes_late:
            return {"count": 0}
        code = "WZYEH1YY" if number else None
        return {"pairingCode": code, "code": "2@abc", "base64": _PICTURE, "count": one.codes}

    def _logout(self, one: Instance) -> Answer:
        if one.state == "close":
            return error(400, [f'The "{one.name}" instance is not connected'])
        one.state, one.began_by = "close", ""
        return _success("Instance logged out")

    def _fetch(self, key: str, query: Json) -> Answer:
        name = str(query.get("instanceName", ""))
        found = [
            {
                "id": "1",
                "name": one.name,
                "connectionStatus": one.state,
                "ownerJid": f"{one.owner}@s.whatsapp.net" if one.owner else None,
                "profileName": "Pet Shop" if one.owner else None,
                "token": one.token,
                "disconnectionReasonCode": one.reason or None,
            }
            for one in self.instances.values()
            if (not name or one.name == name) and key in (self.key, one.token)
        ]
        return (200, found) if found or key == self.key else error(401, "Unauthorized")

    def _file(self, body: Json) -> Answer:
        id_ = str(cast("Json", cast("Json", body.get("message") or {}).get("key") or {}).get("id"))
        if id_ not in self._files:
            return error(400, ["Message not found"])
        data, mime = self._files[id_]
        told = {"mimetype": mime, "fileName": "a", "base64": base64.b64encode(data).decode()}
        return 201, {"mediaType": "imageMessage", "size": {"fileLength": len(data)}, **told}

    # Messages

    def _send(self, one: Instance, path: str, body: Json) -> Reply:
        if one.state != "open":
            return _reply(error(400, ["Connection Closed"]))
        faults = faults_of(path, body)
        if faults:
            return _reply(error(400, faults))
        number = str(body.get("number") or cast("Json", body.get("key") or {}).get("remoteJid"))
        digits = number.partition("@")[0]
        if digits in self.nobody:
            jid = f"{digits}@s.whatsapp.net"
            return _reply(error(400, [{"jid": jid, "exists": False, "number": digits}]))
        trouble = self._next_trouble()
        if trouble is None:
            return self._accept(one, path, body, number)
        if trouble.kind == "error":
            return _reply(error(trouble.status, trouble.message))
        if trouble.kind == "http":
            return Reply(trouble.status, b"<html>Bad Gateway</html>", "text/html")
        if trouble.taken:
            self._accept(one, path, body, number)
        return Reply(cut=True)

    def _accept(self, one: Instance, path: str, body: Json, number: str) -> Reply:
        id_ = self._id()
        self.posted.append(Posted(one.name, path, body, id_))
        jid = number if "@" in number else f"{number}@s.whatsapp.net"
        sent = {
            "key": {"remoteJid": jid, "fromMe": True, "id": id_},
            "status": "PENDING",
            "message": {"conversation": str(body.get("text", ""))},
            "messageType": "conversation",
            "messageTimestamp": 1772460000,
            "instanceId": "1",
            "source": "web",
        }
        self.tell(one.name, "send.message", sent)
        return _reply((201, sent))

    def _next_trouble(self) -> Trouble | None:
        if not self._troubles:
            return None
        trouble, left = self._troubles.pop(0)
        if left > 1:
            self._troubles.insert(0, (trouble, left - 1))
        return trouble

    def _id(self) -> str:
        return f"3EB0{next(self._count):016X}"


def envelope(name: str, event: str, data: Any) -> Json:
    """A webhook's body."""
    return {
        "event": event,
        "instance": name,
        "data": data,
        "destination": "",
        "date_time": _STAMP,
        "sender": "5511333344444@s.whatsapp.net",
        "server_url": "http://evolution",
        "apikey": None,
    }


def upsert(jid: str, message: Json, id_: str, **key: Any) -> Json:
    """The data of messages.upsert."""
    return {
        "key": {"remoteJid": jid, "fromMe": False, "id": id_, **key},
        "pushName": "Você" if key.get("fromMe") else "Ana",
        "status": "DELIVERY_ACK",
        "message": message,
        "messageType": next(iter(message), "conversation"),
        "messageTimestamp": 1772460000,
        "instanceId": "1",
        "source": "android",
    }


def _success(message: str) -> Answer:
    return 200, {"status": "SUCCESS", "error": False, "response": {"message": message}}


def _reply(answer: Answer) -> Reply:
    return Reply(answer[0], msgspec.json.encode(answer[1]))
