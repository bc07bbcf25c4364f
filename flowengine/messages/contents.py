"""What can be said to a customer, after templates and before a channel's limits are applied.

Every kind is a frozen Struct tagged by `kind`; `Content` is their closed union. Limits are not
checked here: `check` warns at publish, `degrade` fits a content to the channel when it is sent.
"""

from decimal import Decimal
from typing import Any

from msgspec import Struct


class Media(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where a file is: one of the two.

    - `asset`: one of ours, "sha256:…".
    - `url`: an address on the web.
    """

    asset: str | None = None
    url: str | None = None


class Text(Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="text"):
    """Plain text, WhatsApp formatting included. `preview_url`: show a card of the first link."""

    text: str
    preview_url: bool = False


class Image(Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="image"):
    media: Media
    caption: str = ""


class Audio(Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="audio"):
    """`voice`: shown as a voice note (ogg/opus mono)."""

    media: Media
    voice: bool = False


class Video(Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="video"):
    media: Media
    caption: str = ""


class Document(Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="document"):
    media: Media
    filename: str = ""
    caption: str = ""


class Sticker(Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="sticker"):
    media: Media


class Location(Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="location"):
    """A pin; degrees as decimal numbers."""

    latitude: Decimal
    longitude: Decimal
    name: str = ""
    address: str = ""


class Phone(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A number on a contact card, E.164; `type` is CELL, WORK or HOME."""

    phone: str
    type: str = "CELL"


class Card(Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="contact"):
    """A contact card."""

    name: str
    phones: tuple[Phone, ...] = ()
    emails: tuple[str, ...] = ()
    organization: str = ""


class Button(Struct, frozen=True, omit_defaults=True):
    """A quick reply: the choice's id and what is written on it."""

    id: str
    title: str


class Buttons(Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="buttons"):
    """A text with one to three quick replies. `header`: text above the body."""

    text: str
    buttons: tuple[Button, ...]
    header: str = ""
    footer: str = ""
    media: Media | None = None
    media_kind: str = "image"


class Row(Struct, frozen=True, omit_defaults=True):
    id: str
    title: str
    description: str = ""


class Section(Struct, frozen=True, omit_defaults=True):
    """Rows under a heading; the heading may be empty where there is only one section."""

    rows: tuple[Row, ...]
    title: str = ""


class List(Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="list"):
    """A text with a button that opens a list of at most ten rows."""

    text: str
    button: str
    sections: tuple[Section, ...]
    header: str = ""
    footer: str = ""


class CtaUrl(Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="cta_url"):
    """A text with one button that opens a page."""

    text: str
    title: str
    url: str
    header: str = ""
    footer: str = ""


class LocationRequest(
    Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="location_request"
):
    """A text with the button "send location"."""

    text: str


class ContactRequest(
    Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="contact_request"
):
    """A text with the button that sends the customer's own number; the answer is a contact."""

    text: str


class Form(Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="flow"):
    """A WhatsApp Flow: a form of the provider's, opened by a button. `data` prefills `screen`."""

    text: str
    title: str
    form: str
    screen: str = ""
    data: dict[str, Any] = {}
    header: str = ""
    footer: str = ""


class TemplateButton(Struct, frozen=True, omit_defaults=True):
    """A template's quick reply; `id` names the exit that it takes.

    `place`: its place among all buttons of the template, from 0; -1: as it stands among these.
    """

    id: str
    title: str = ""
    place: int = -1


class Template(Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="template"):
    """A template that the provider approved. `params`: name or place ("1", "2" …) to text.

    Those of other parts than the body are named `header.1`, `header.latitude`, `url.0`, `code.1` …
    (`flowengine.workspace.Template`).
    """

    name: str
    language: str
    params: dict[str, str] = {}
    header: Media | None = None
    header_kind: str = "image"
    buttons: tuple[TemplateButton, ...] = ()


class Reaction(Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="reaction"):
    """An emoji on a message of the customer's (`message`: its provider id); "" takes it away."""

    emoji: str
    message: str = ""


Content = (
    Text
    | Image
    | Audio
    | Video
    | Document
    | Sticker
    | Location
    | Card
    | Buttons
    | List
    | CtaUrl
    | LocationRequest
    | ContactRequest
    | Form
    | Template
    | Reaction
)
