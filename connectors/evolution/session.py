"""An instance's life: made, paired by QR or code, looked at, begun anew, logged out, deleted.

Traps of the server, WHATSAPP.md §D.3-D.6: a pairing code is given only while the state is `close`;
`connect` and `restart` say errors with HTTP 200; `connect` may say `{"count": 0}` before a code is
there; `restart` is POST whatever the server's own documentation says.
"""

from typing import Any

from connectors.base import Link
from connectors.evolution.client import Server
from connectors.evolution.errors import read_quiet_error
from connectors.evolution.settings import EvolutionSettings
from connectors.net.pieces import Json, list_of, object_of, text_of
from flowengine.messages import Refused, Unclear

EVENTS = (
    "QRCODE_UPDATED",
    "CONNECTION_UPDATE",
    "STATUS_INSTANCE",
    "MESSAGES_UPSERT",
    "MESSAGES_UPDATE",
)
SECRET_HEADER = "authorization"  # noqa: S105 (a header's name)

Failed = Refused | Unclear
_STATES = {"open": "open", "connecting": "connecting"}
_ENDS = {401: "logged_out", 402: "banned", 403: "banned", 406: "banned", 440: "replaced"}
"""WHATSAPP.md §E.3."""
_FOR_GOOD = ("banned", "replaced")


class Session:
    """The instance of one channel."""

    def __init__(self, settings: EvolutionSettings, server: Server) -> None:
        self._settings = settings
        self._server = server

    async def state(self) -> Link | Failed:
        """open, connecting, closed, stopped, or missing where the server does not know it."""
        answer = await self._server.ask("GET", "instance/connectionState/{i}")
        if isinstance(answer, Refused) and answer.code == "http_404":
            return Link("missing")
        if isinstance(answer, Refused | Unclear):
            return answer
        state = _state(object_of(answer.get("instance")).get("state"))
        ended = await self._ended() if state == "closed" else ""
        return Link("stopped" if ended in _FOR_GOOD else state, why=ended)

    async def _ended(self) -> str:
        """What ended the connection for good; "" where it may come back."""
        code = (await self.about()).get("disconnectionReasonCode")
        return _ENDS.get(code, "") if isinstance(code, int) else ""

    async def pair(self, webhook: str, phone: str = "") -> Link | Failed:
        """Connect: the instance is made where it is missing, its webhook set, a code asked for.

        With `phone` (E.164) a pairing code; what was begun by QR is ended first for it.
        """
        now = await self.state()
        if isinstance(now, Refused | Unclear) or now.state == "open":
            return now
        number = phone.removeprefix("+")
        if now.state == "missing":
            return await self._create(webhook, number)
        heard = await self.hook(webhook)
        if heard is not None:
            return heard
        if number and now.state == "connecting":
            await self.logout()
        return await self._connect(number)

    async def hook(self, webhook: str) -> Failed | None:
        """Tell the server where to post, and what to show; None where it took it."""
        answer = await self._server.ask("POST", "webhook/set/{i}", {"webhook": self._hook(webhook)})
        return answer if isinstance(answer, Refused | Unclear) else None

    async def hooked(self) -> Json | Failed:
        """What the server knows of our webhook: `enabled`, `url`, `events` …"""
        return await self._server.ask("GET", "webhook/find/{i}")

    async def restart(self) -> Link | Failed:
        """Begin the connection anew, without pairing; the server restarts none that is closed."""
        answer = await self._server.ask("POST", "instance/restart/{i}")
        if isinstance(answer, Unclear):
            return answer
        if isinstance(answer, Refused):
            return await self._connect("") if answer.reason == "invalid" else answer
        return await self._connect("") if read_quiet_error(answer) else _link(answer)

    async def logout(self) -> Link | Failed:
        """End the connection; the phone forgets us. Closed already is closed."""
        answer = await self._server.ask("DELETE", "instance/logout/{i}")
        if isinstance(answer, Refused) and answer.reason == "invalid":
            return Link("closed")
        return answer if isinstance(answer, Refused | Unclear) else Link("closed")

    async def remove(self) -> Link | Failed:
        """Delete the instance and all that the server keeps of it."""
        ended = await self.logout()  # an open instance is not deleted
        if isinstance(ended, Unclear):
            return ended
        answer = await self._server.ask("DELETE", "instance/delete/{i}")
        if isinstance(answer, Refused) and answer.code == "http_404":
            return Link("missing")
        return answer if isinstance(answer, Refused | Unclear) else Link("missing")

    async def about(self) -> Json:
        """The instance as the server lists it (number, profile name); empty where it does not."""
        answer = await self._server.call(
            "GET", "instance/fetchInstances", instanceName=self._settings.instance
        )
        rows = list_of(answer)
        return object_of(rows[0]) if rows else {}

    async def _create(self, webhook: str, number: str) -> Link | Failed:
        body: Json = {
            "instanceName": self._settings.instance,
            "integration": "WHATSAPP-BAILEYS",
            "qrcode": True,
            "groupsIgnore": True,
            "rejectCall": False,
            "alwaysOnline": False,
            "readMessages": False,
            "readStatus": False,
            "syncFullHistory": False,
            "webhook": self._hook(webhook),
        }
        if number:
            body["number"] = number
        answer = await self._server.ask("POST", "instance/create", body)
        if isinstance(answer, Refused | Unclear):
            return answer
        made = object_of(answer.get("instance"))
        return _link({**object_of(answer.get("qrcode")), "instance": {"state": made.get("status")}})

    async def _connect(self, number: str) -> Link | Failed:
        query = {"number": number} if number else {}
        answer = await self._server.ask("GET", "instance/connect/{i}", **query)
        if isinstance(answer, Refused | Unclear):
            return answer
        return read_quiet_error(answer) or _link(answer)

    def _hook(self, webhook: str) -> Json:
        secret = self._settings.webhook_secret.get_secret_value()
        return {
            "enabled": True,
            "url": webhook,
            "byEvents": False,
            "base64": False,
            "headers": {SECRET_HEADER: f"Bearer {secret}"},
            "events": list(EVENTS),
        }


def _link(answer: Json) -> Link:
    """A state, or the codes that lead to one; `{"count": 0}`: none is there yet."""
    told = object_of(answer.get("instance"))
    picture = text_of(answer.get("base64"))
    shown = picture if picture.startswith("data:image/png;base64,") else ""
    code = text_of(answer.get("pairingCode"))
    state = _state(told.get("state")) if told.get("state") else "connecting"
    if state != "open":
        state = "connecting"
    return Link(state, qr=shown, code=code)


def _state(told: Any) -> str:
    return _STATES.get(text_of(told), "closed")
