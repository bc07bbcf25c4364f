"""Requests and answers of the simulator's HTTP side, free of any server's own types."""

from typing import Any

import msgspec
from msgspec import Struct

from flowengine.messages import Refused


class Request(Struct, frozen=True):
    """`path` in pieces: the number, what is asked for, and its id."""

    method: str
    path: tuple[str, ...]
    headers: dict[str, str]
    body: bytes = b""

    @property
    def number(self) -> str:
        return self.path[0]

    @property
    def bearer(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")

    def piece(self, at: int) -> str:
        """A piece of the path; "" where it ends before."""
        return self.path[at] if len(self.path) > at else ""


class Answer(Struct, frozen=True):
    """`cut`: the connection is dropped in the middle of the answer."""

    status: int = 200
    body: bytes = b"{}"
    mime: str = "application/json"
    headers: dict[str, str] = {}
    cut: bool = False


def answer(value: Any) -> Answer:
    """A JSON answer."""
    return Answer(body=msgspec.json.encode(value))


def refusal(refused: Refused, status: int | None = None) -> Answer:
    """A no, with its reason: `{"error": …}`."""
    wait = refused.retry_after
    headers = {} if wait is None else {"retry-after": f"{wait:g}"}
    body = msgspec.json.encode({"error": refused})
    return Answer(status or _STATUSES.get(refused.reason, 400), body, headers=headers)


_STATUSES = {"rate_limited": 429, "transient": 503, "auth": 401}
