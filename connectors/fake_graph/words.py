"""What a fake Graph is told, and what it shows of what happened."""

import asyncio
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

Json = dict[str, Any]


class Number(Struct, frozen=True):
    """A business's number. `webhook`: where its app's webhooks go; "" for nowhere."""

    id: str
    token: str = "token"  # noqa: S105 (of a fake)
    app_secret: str = "app-secret"  # noqa: S105
    webhook: str = ""
    waba: str = "102290129340398"
    display: str = "551133334444"
    quality: str = "GREEN"
    status: str = "CONNECTED"
    name: str = "Pet Shop"


class App(Struct):
    """The app behind the numbers: what its token may do, and which webhooks it asked for.

    `expires_at`: Unix seconds, 0 for never. `subscribed`: to the account; `fields` and `callback`
    are those of the app.
    """

    id: str = "880011"
    scopes: tuple[str, ...] = ("whatsapp_business_management", "whatsapp_business_messaging")
    expires_at: int = 0
    subscribed: bool = True
    fields: tuple[str, ...] = (
        "messages",
        "message_template_status_update",
        "phone_number_quality_update",
        "account_update",
        "user_preferences",
    )
    callback: str = ""


class Person(Struct, frozen=True):
    """Somebody with WhatsApp. Without `wa_id`: one who goes by username, known by BSUID only.

    `also`: other spellings of the phone that reach the same person (Brazil's ninth digit).
    `reachable`: false for who blocked us or has no WhatsApp.
    """

    wa_id: str = ""
    user_id: str = ""
    name: str = ""
    also: tuple[str, ...] = ()
    reachable: bool = True


class Sent(Struct, frozen=True):
    """A message that was accepted: its id, the body as posted, and when."""

    wamid: str
    number: str
    body: Json
    at: datetime

    @property
    def to(self) -> str:
        return str(self.body.get("to") or self.body.get("recipient"))


class Trouble(Struct, frozen=True):
    """What the next `count` messages shall meet (to `to`, where given, as it is posted).

    `kind`: error (Graph's JSON with `code`), later (accepted, then failed with `code`), http (an
    answer of something in between: `status`, no JSON of Graph's), cut (the connection is dropped;
    `taken`: after accepting), slow (accepted, and answered after `seconds`, or else as soon as
    `until` is set).
    """

    kind: Literal["error", "later", "http", "cut", "slow"]
    code: int = 131000
    status: int = 400
    count: int = 1
    to: str = ""
    details: str = ""
    seconds: float = 0
    until: asyncio.Event | None = None
    taken: bool = True


class Ladder(Struct, frozen=True):
    """Seconds from acceptance to each status; None: it never comes."""

    sent: float | None = 0
    delivered: float | None = 0
    read: float | None = None
