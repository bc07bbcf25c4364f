"""What a flow says, as a designer writes it: every string is a text template.

The same kinds as `flowengine.messages.contents`, which is what they become once rendered.
"""

from decimal import Decimal
from typing import Any, Literal

from msgspec import field

from flowengine.messages import Media
from flowengine.values import Doc, Expr, Key


class TextContent(Doc, tag_field="kind", tag="text", frozen=True, kw_only=True):
    text: str
    preview_url: bool = False


class ImageContent(Doc, tag_field="kind", tag="image", frozen=True, kw_only=True):
    media: Media
    caption: str = ""


class AudioContent(Doc, tag_field="kind", tag="audio", frozen=True, kw_only=True):
    media: Media
    voice: bool = False


class VideoContent(Doc, tag_field="kind", tag="video", frozen=True, kw_only=True):
    media: Media
    caption: str = ""


class DocumentContent(Doc, tag_field="kind", tag="document", frozen=True, kw_only=True):
    media: Media
    filename: str = ""
    caption: str = ""


class StickerContent(Doc, tag_field="kind", tag="sticker", frozen=True, kw_only=True):
    media: Media


class LocationContent(Doc, tag_field="kind", tag="location", frozen=True, kw_only=True):
    latitude: Decimal | Expr
    longitude: Decimal | Expr
    name: str = ""
    address: str = ""


class CardPhone(Doc, frozen=True, kw_only=True):
    phone: str
    type: Literal["CELL", "WORK", "HOME"] = "CELL"


class ContactContent(Doc, tag_field="kind", tag="contact", frozen=True, kw_only=True):
    name: str
    phones: tuple[CardPhone, ...] = ()
    emails: tuple[str, ...] = ()
    organization: str = ""


class Choice(Doc, frozen=True, kw_only=True):
    """A static choice: `title` is what the customer sees, `synonyms` what else they may write.

    `value`: what `save: value` saves (default: the title).
    """

    id: str
    title: str
    description: str = ""
    synonyms: tuple[str, ...] = ()
    value: Any = None


class RowContent(Choice, frozen=True, kw_only=True):
    """A row of a list: a choice, or with `each` one row for every item of a list.

    In `id`, `title`, `description` and `value` the item goes by the name that `as` says.
    """

    each: Expr | None = None
    as_: str = field(default="item", name="as")


class SectionContent(Doc, frozen=True, kw_only=True):
    rows: tuple[RowContent, ...]
    title: str = ""


class ButtonsContent(Doc, tag_field="kind", tag="buttons", frozen=True, kw_only=True):
    """`media` (with `media_kind`) stands above the text, in the place of a text `header`."""

    text: str
    buttons: tuple[Choice, ...]
    header: str = ""
    footer: str = ""
    media: Media | None = None
    media_kind: Literal["image", "video", "document"] = "image"


class ListContent(Doc, tag_field="kind", tag="list", frozen=True, kw_only=True):
    """Either `rows` (one section) or `sections`."""

    text: str
    button: str = ""
    rows: tuple[RowContent, ...] = ()
    sections: tuple[SectionContent, ...] = ()
    header: str = ""
    footer: str = ""


class CtaUrlContent(Doc, tag_field="kind", tag="cta_url", frozen=True, kw_only=True):
    text: str
    title: str
    url: str
    header: str = ""
    footer: str = ""


class LocationRequestContent(
    Doc, tag_field="kind", tag="location_request", frozen=True, kw_only=True
):
    text: str


class FormContent(Doc, tag_field="kind", tag="flow", frozen=True, kw_only=True):
    """A WhatsApp Flow: `form` is its id at the provider, `title` the button's words."""

    text: str
    title: str
    form: str
    screen: str = ""
    data: dict[str, Any] = {}
    header: str = ""
    footer: str = ""


class TemplateReply(Doc, frozen=True, kw_only=True):
    """A quick reply of a template, in the template's order; its id is an exit of an `ask`."""

    id: Key
    title: str = ""


class TemplateContent(Doc, tag_field="kind", tag="template", frozen=True, kw_only=True):
    """`params`: by name, or by place ("1", "2" …)."""

    name: str
    language: str
    header: Media | None = None
    header_kind: Literal["image", "video", "document"] = "image"
    params: dict[str, str] = {}
    buttons: tuple[TemplateReply, ...] = ()


class ReactionContent(Doc, tag_field="kind", tag="reaction", frozen=True, kw_only=True):
    """On the customer's last message; an empty emoji takes the reaction away."""

    emoji: str


AuthoredContent = (
    TextContent
    | ImageContent
    | AudioContent
    | VideoContent
    | DocumentContent
    | StickerContent
    | LocationContent
    | ContactContent
    | ButtonsContent
    | ListContent
    | CtaUrlContent
    | LocationRequestContent
    | FormContent
    | TemplateContent
    | ReactionContent
)

INTERACTIVE = (ButtonsContent, ListContent, CtaUrlContent, LocationRequestContent, FormContent)
"""Kinds that WhatsApp shows with something to tap; only the last content of a node may be one."""
