"""What the connector asks: signed with its channel's own key, passed on to the Node service.

So a channel reaches its own session and no other's, the service listens on loopback only, and a
session that has not begun is begun when somebody wants it.
"""

import re
from typing import Any, Protocol

import httpx
import msgspec
import structlog

from connectors.baileys.signature import HEADER, sign, verify
from connectors.net import NETWORK_TROUBLE
from workers.linking.known import Channels, Known
from workers.linking.serving import Answer, Asked

log = structlog.stdlib.get_logger()

ANSWERS_IN = httpx.Timeout(70, connect=5)
"""Seconds: pairing waits half a minute for WhatsApp, a send for its acknowledgement."""

SHAPE = re.compile(r"/sessions/([0-9a-f-]{36})(?:/([a-z]+(?:/[0-9A-Za-z]{1,128})?))?")
ACTS = frozenset(
    {"GET", "DELETE", "GET media", *(f"POST {act}" for act in
     ("pair", "restart", "logout", "send", "read", "typing"))}
)  # fmt: skip
"""What may be passed on, in these very letters: what else an address may mean to Node (dots, signs
in hexadecimal) is nobody's to find out, and `start` is ours alone."""

BEGINS = frozenset({"POST pair", "POST restart"})
"""What a person does to have a session begin, also one that was halted."""


class Standing(Protocol):
    """What there is behind the front."""

    @property
    def address(self) -> str:
        """Where the service listens; "" while it does not run."""
        ...

    @property
    def lacking(self) -> str:
        """Why it cannot run: no_node, no_modules; "" where it can."""
        ...

    async def begin(self, known: Known) -> bool:
        """Have this session begin, and the service before it; whether it did."""
        ...

    async def standing(self, known: Known) -> dict[str, Any]:
        """How a session stands that the service does not know."""
        ...


class Front:
    """`secret`: of the service's signatures."""

    def __init__(
        self, secret: str, channels: Channels, client: httpx.AsyncClient, behind: Standing
    ) -> None:
        self._secret = secret
        self._channels = channels
        self._client = client
        self._behind = behind

    async def handle(self, asked: Asked) -> Answer:
        shape = SHAPE.fullmatch(asked.target)
        act = f"{asked.method} {shape.group(2) or ''}".strip() if shape else ""
        if shape is None or act.partition("/")[0] not in ACTS:
            return Answer(404)
        known = await self._channels.of(shape.group(1))
        if known is None or not verify(
            known.secret, asked.headers, asked.method, asked.target, asked.body
        ):
            return Answer(401)
        if act in BEGINS and not await self._behind.begin(known):
            return _told(503, {"error": self._behind.lacking or "starting"})
        if not self._behind.address:
            return await self._alone(known, act)
        answer = await self._pass_on(asked)
        if answer.status == 404 and b"not_started" in answer.body:
            return await self._alone(known, act)
        return answer

    async def _alone(self, known: Known, act: str) -> Answer:
        """The session has not begun: nobody has to begin it to say so."""
        standing = await self._behind.standing(known)
        if act == "GET":
            return _told(200, standing)
        if act in ("POST logout", "DELETE") and self._behind.address == "":
            return _told(503, {"error": self._behind.lacking or "starting"})
        if act == "POST logout":
            return _told(200, standing)
        if act == "POST send":
            refused = {"reason": "not_open", "detail": str(standing.get("state"))}
            return _told(409, {"refused": refused})
        return _told(404, {"error": "not_started"})

    async def _pass_on(self, asked: Asked) -> Answer:
        headers = {
            HEADER: sign(self._secret, asked.method, asked.target, asked.body),
            "content-type": "application/json",
        }
        try:
            answer = await self._client.request(
                asked.method, self._behind.address + asked.target, content=asked.body,
                headers=headers, timeout=ANSWERS_IN,
            )  # fmt: skip
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return _told(503, {"error": "starting"})
        except NETWORK_TROUBLE as error:
            log.warning("the baileys service broke off", error=type(error).__name__)
            return _told(502, {"unclear": True})
        mime = answer.headers.get("content-type", "application/json")
        return Answer(answer.status_code, answer.content, mime)


def _told(status: int, body: dict[str, Any]) -> Answer:
    return Answer(status, msgspec.json.encode(body))
