"""What a fake Evolution server is told, and what it shows of what happened."""

from typing import Any, Literal

from msgspec import Struct

Json = dict[str, Any]


class Instance(Struct):
    """An instance of the server. `state`: open, connecting or close. `began_by`: qr or code.

    `reason`: why WhatsApp ended it. After 408, 428 and 503 it comes back by itself once it is begun
    anew (`heals`: so many attempts fail before).
    """

    name: str
    token: str
    state: str = "close"
    owner: str = ""
    number: str = ""
    began_by: str = ""
    codes: int = 0
    webhook: Json = {}
    reason: int = 0
    heals: int = 0


class Posted(Struct, frozen=True):
    """A message that was taken: the path it came by, its body, and its id."""

    instance: str
    path: str
    body: Json
    id: str


class Trouble(Struct, frozen=True):
    """What the next `count` sends meet: error (the server's JSON with `status`), http (an answer of
    something in between), cut (the connection drops; `taken`: after accepting)."""

    kind: Literal["error", "http", "cut"]
    status: int = 400
    message: Any = "error"
    count: int = 1
    taken: bool = True
