"""What providers tell us, in one normal form whatever the provider.

A connector's `parse` turns a webhook body into `Parsed`: events in the order of the body, and
the pieces that it could not read. Times are the provider's own; they order nothing.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct

from flowengine.messages.contents import Card
from flowengine.messages.outcomes import Refused


class Identity(Struct, frozen=True, omit_defaults=True):
    """One id that a provider knows a person by.

    `kind`: phone (E.164 with "+"), bsuid, parent_bsuid, lid or simulator. `scope`: the portfolio
    of a BSUID, the account of a LID, else empty.
    """

    kind: str
    value: str
    scope: str = ""


class Sender(Struct, frozen=True, omit_defaults=True):
    """Who wrote: every id seen, the best known first, and the profile name where told."""

    identities: tuple[Identity, ...]
    name: str = ""


class MediaRef(Struct, frozen=True, omit_defaults=True):
    """A file that the provider keeps for a while: fetch it by `id` (Cloud: 7 days)."""

    id: str = ""
    mime: str = ""
    sha256: str = ""
    filename: str = ""
    url: str = ""
    voice: bool = False


class Place(Struct, frozen=True, omit_defaults=True):
    latitude: Decimal
    longitude: Decimal
    name: str = ""
    address: str = ""


class Tap(Struct, frozen=True, omit_defaults=True):
    """A button or row that was tapped: the payload that we gave it, and its title."""

    payload: str
    title: str = ""


class Inbound(Struct, frozen=True, omit_defaults=True):
    """A customer's message.

    `kind`: text, choice, image, audio, video, document, sticker, location, contact, form,
    reaction, order, unsupported, or unavailable (the provider itself has no content: the contact is
    kept, the engine is not told). `text` is the body, the caption, the tapped title or the emoji
    ("" took a reaction away). `at` is the provider's time (aware). `quoted`: provider id of the
    message that it answers. `order`: as the provider gives it.
    """

    id: str
    at: datetime
    kind: str = "text"
    text: str = ""
    choice: Tap | None = None
    media: MediaRef | None = None
    location: Place | None = None
    contact: Card | None = None
    form: dict[str, Any] | None = None
    quoted: str = ""
    referral: dict[str, Any] | None = None
    order: dict[str, Any] | None = None


class Arrived(Struct, frozen=True, tag="arrived"):
    """A customer's message arrived. `key` is what a doubled delivery repeats."""

    key: str
    sender: Sender
    message: Inbound


class Status(Struct, frozen=True, omit_defaults=True, tag="status"):
    """News of a message that we sent.

    `status`: sent, delivered, read, played or failed. `callback` is what we gave with the send
    ("outbox id:attempt"); `refused` says why, where it failed.
    """

    key: str
    provider_id: str
    status: str
    at: datetime
    callback: str = ""
    refused: Refused | None = None
    pricing: dict[str, Any] | None = None
    recipient: tuple[Identity, ...] = ()


class Echo(Struct, frozen=True, tag="echo"):
    """A message that left from our side by another hand (the business's own phone, perhaps)."""

    key: str
    to: Sender
    message: Inbound


class Preference(Struct, frozen=True, tag="preference"):
    """A customer stopped or resumed a kind of message in the provider's own settings."""

    key: str
    sender: Sender
    purpose: str
    give: bool
    at: datetime


class Moved(Struct, frozen=True, omit_defaults=True, tag="moved"):
    """A customer goes by other ids from now on (a new number, say): whom `was` finds is `now` too.

    The old ids stay known: what was said before the change may come after it.
    """

    key: str
    was: tuple[Identity, ...]
    now: tuple[Identity, ...]


class TemplateNews(Struct, frozen=True, omit_defaults=True):
    """What became of a template, in one language or (empty) all; what is not told is empty.

    `status` in lower case, as a template's. `account`: whose; empty: it is not said.
    """

    name: str
    language: str
    status: str = ""
    quality: str = ""
    category: str = ""
    reason: str = ""
    account: str = ""


class Notice(Struct, frozen=True, omit_defaults=True, tag="notice"):
    """Something about the account, a template or the number: kept for people to read.

    `level`: what it says of the channel's health: good, info, warning or stop; "" for nothing.
    `template`: what it says of one.
    """

    key: str
    subject: str
    body: dict[str, Any]
    level: str = ""
    template: TemplateNews | None = None


ProviderEvent = Arrived | Status | Echo | Preference | Moved | Notice


class Unreadable(Struct, frozen=True):
    """A piece of a signed webhook that could not be read; kept raw, never dropped."""

    raw: bytes
    reason: str


class Parsed(Struct, frozen=True):
    events: tuple[ProviderEvent, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
