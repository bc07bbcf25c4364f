"""A linked device's life: paired by code or QR, looked at, begun anew, logged out, forgotten."""

import base64
import io
from typing import ClassVar

import segno

from connectors.baileys.client import Service
from connectors.base import Link
from connectors.net.pieces import Json, text_of
from flowengine.messages import Refused, Unclear

Failed = Refused | Unclear

_STATES = {
    "open": "open",
    "connecting": "connecting",
    "needs_pairing": "closed",
    "stopped": "stopped",
    "closed": "connecting",  # it connects again by itself
}
_WHYS = {"forbidden": "banned", "locked": "banned"}
PIXELS = 6


class Session:
    """The session of one channel. The service is told our webhook by whoever runs it.

    `live`: `state` shows the code of this moment, so nobody has to ask for one again.
    """

    live: ClassVar[bool] = True

    def __init__(self, service: Service) -> None:
        self._service = service

    async def state(self) -> Link | Failed:
        """open, connecting, closed (needs pairing), stopped or missing; `why` in a word."""
        return link_of(await self._service.ask("GET"))

    async def pair(self, webhook: str, phone: str = "") -> Link | Failed:
        """Ask for a code to type (`phone`, E.164) or a QR code; one that is open stays so."""
        body = {"phone": phone.removeprefix("+")} if phone else {}
        return link_of(await self._service.ask("POST", "/pair", body))

    async def restart(self) -> Link | Failed:
        return link_of(await self._service.ask("POST", "/restart"))

    async def logout(self) -> Link | Failed:
        """The phone forgets us, and we forget the keys."""
        return link_of(await self._service.ask("POST", "/logout"))

    async def remove(self) -> Link | Failed:
        answer = await self._service.ask("DELETE")
        return answer if isinstance(answer, Refused | Unclear) else Link("missing")

    async def about(self) -> Json | Failed:
        """The session as the service tells it."""
        return await self._service.ask("GET")


def link_of(answer: Json | Failed) -> Link | Failed:
    """A session as the service tells it, as a link."""
    if isinstance(answer, Refused | Unclear):
        return answer
    state = _STATES.get(text_of(answer.get("state")), "closed")
    told = "" if state == "open" else text_of(answer.get("reason"))
    code, qr = text_of(answer.get("code")), text_of(answer.get("qr"))
    if state == "closed" and (code or qr):
        state = "connecting"  # a phone is waited for
    if state == "closed" and not told:
        state = "missing"  # no phone has ever paired it
    return Link(state, picture(qr) if qr else "", _readable(code), _WHYS.get(told, told))


def picture(text: str) -> str:
    """A QR code as an address of the page's own; the whole text is what phones read."""
    drawn = io.BytesIO()
    segno.make(text, error="l", micro=False).save(drawn, kind="png", scale=PIXELS, border=4)
    return "data:image/png;base64," + base64.b64encode(drawn.getvalue()).decode()


def _readable(code: str) -> str:
    """ABCD1234 as the phone shows it: ABCD-1234."""
    return f"{code[:4]}-{code[4:]}" if len(code) == 8 and code.isalnum() else code
