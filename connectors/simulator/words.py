"""What the simulator's two halves say to each other, and what pages see of a chat."""

import hashlib
from datetime import datetime
from typing import Any, Literal

from msgspec import Raw, Struct

from connectors.net import Manner
from flowengine.messages import Content, Refused

SIGNATURE = "x-simulator-signature"

Side = Literal["customer", "business"]


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """A business's number at the simulator: where its webhooks go, and the shared secrets."""

    number: str
    webhook: str
    secret: str
    token: str

    def __repr__(self) -> str:  # secrets stay out of logs
        return f"Line({self.number!r}, {self.webhook!r})"


class Saying(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a person does on the phone: one of text, tap, content, form or reaction.

    `tap`: the payload of a button or row, `title` what is written on it. `content`: an image,
    audio, video, document, sticker, location or contact. `id`: the same one twice is one message.
    """

    text: str = ""
    tap: str = ""
    title: str = ""
    content: Content | None = None
    form: dict[str, Any] | None = None
    reaction: str | None = None
    quoted: str = ""
    name: str = ""
    id: str = ""


class Sending(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A send of the business's, as the connector posts it; choices carry payloads for ids."""

    to: str
    content: Content
    callback: str = ""
    quote: str = ""


class Entry(Struct, frozen=True, omit_defaults=True):
    """A line of a chat. `status`: sent, delivered, read or failed; `callback`: the business's."""

    id: str
    at: datetime
    side: Side
    content: Content
    tap: str = ""
    quoted: str = ""
    status: str = ""
    failure: str = ""
    callback: str = ""


class Transcript(Struct, frozen=True):
    """A chat as the phone shows it, the oldest first. `window_open`: free text may be sent."""

    number: str
    phone: str
    entries: tuple[Entry, ...]
    window_open: bool


class Change(Struct, frozen=True, omit_defaults=True):
    """Something changed in a chat: `said`, `status` (with the entry as it is now) or `typing`."""

    what: Literal["said", "status", "typing"]
    entry: Entry | None = None


class Fault(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A trouble for the next `count` sends (to `phone`, where given).

    `kind`: refuse (answer `refused`), fail (accept, then report failed with `refused`), http
    (answer `status` without our JSON), cut (drop the connection; `taken`: after accepting), slow
    (answer after `seconds`).
    """

    kind: Literal["refuse", "fail", "http", "cut", "slow"]
    count: int = 1
    phone: str = ""
    refused: Refused = Refused("transient", False)
    status: int = 503
    seconds: float = 0
    taken: bool = True


class Day(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How a number behaves: troubles to come, webhook manners, the status ladder.

    `delivered` and `read`: seconds after acceptance; null: never by itself. `hidden`: phones of
    people who go by a username, told by another id (`bsuid_of`) only. `token_expired`: the business
    is let in no more. `media_seconds`: how long a file can be fetched. `templates`: name to state
    (approved, pending, paused, disabled); null takes any.
    """

    faults: tuple[Fault, ...] = ()
    manner: Manner = Manner()
    delivered: float | None = 0
    read: float | None = 0
    hidden: tuple[str, ...] = ()
    token_expired: bool = False
    media_seconds: float = 7 * 24 * 3600
    templates: dict[str, str] | None = None


def bsuid_of(phone: str) -> str:
    """By what somebody goes who shows no number."""
    return f"BR.{hashlib.sha256(phone.encode()).hexdigest()[:20]}"


class Webhook(Struct, frozen=True):
    """A signed body: the number that it is about and its events, each still raw."""

    number: str
    events: list[Raw]
