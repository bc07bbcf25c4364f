"""What a flow says, as a designer writes it: every string is a text template.

The same kinds as `flowengine.messages.contents`, which is what they become once rendered.
"""

from decimal import Decimal
from typing import Any, Literal

from msgspec import field

from flowengine.messages import Media
from flowengine.values import Doc, Expr, Key


class TextContent(Doc, tag_field="kind", tag="text", frozen=True, kw_only=True):
    """A text.

    - `text`: the words, with WhatsApp's *bold*, _italic_ and so on.
    - `preview_url`: show a card of the first link.
    """

    text: str
    preview_url: bool = False


class ImageContent(Doc, tag_field="kind", tag="image", frozen=True, kw_only=True):
    """A picture.

    - `media`: the file.
    - `caption`: words below it.
    """

    media: Media
    caption: str = ""


class AudioContent(Doc, tag_field="kind", tag="audio", frozen=True, kw_only=True):
    """A sound.

    - `media`: the file.
    - `voice`: show it as a voice note (ogg/opus).
    """

    media: Media
    voice: bool = False


class VideoContent(Doc, tag_field="kind", tag="video", frozen=True, kw_only=True):
    """A video.

    - `media`: the file.
    - `caption`: words below it.
    """

    media: Media
    caption: str = ""


class DocumentContent(Doc, tag_field="kind", tag="document", frozen=True, kw_only=True):
    """A file to keep.

    - `media`: the file.
    - `filename`: the name that is shown.
    - `caption`: words below it.
    """

    media: Media
    filename: str = ""
    caption: str = ""


class StickerContent(Doc, tag_field="kind", tag="sticker", frozen=True, kw_only=True):
    """A sticker.

    - `media`: the file, webp.
    """

    media: Media


class LocationContent(Doc, tag_field="kind", tag="location", frozen=True, kw_only=True):
    """A place on the map.

    - `latitude`: degrees, or an expression.
    - `longitude`: degrees, or an expression.
    - `name`: of the place.
    - `address`: of the place.
    """

    latitude: Decimal | Expr
    longitude: Decimal | Expr
    name: str = ""
    address: str = ""


class CardPhone(Doc, frozen=True, kw_only=True):
    """A phone number of a card.

    - `phone`: the number.
    - `type`: which one it is.
    """

    phone: str
    type: Literal["CELL", "WORK", "HOME"] = "CELL"


class ContactContent(Doc, tag_field="kind", tag="contact", frozen=True, kw_only=True):
    """A contact card.

    - `name`: the whole name.
    - `phones`: their numbers.
    - `emails`: their addresses.
    - `organization`: where they work.
    """

    name: str
    phones: tuple[CardPhone, ...] = ()
    emails: tuple[str, ...] = ()
    organization: str = ""


class Choice(Doc, frozen=True, kw_only=True):
    """Something to choose.

    - `id`: names the exit `choice:ID`; of a row made from an item a template.
    - `title`: what the customer sees.
    - `description`: smaller words below it, in lists.
    - `synonyms`: what else they may write.
    - `value`: what `save: value` saves (left out: the title).
    """

    id: str
    title: str
    description: str = ""
    synonyms: tuple[str, ...] = ()
    value: Any = None


class RowContent(Choice, frozen=True, kw_only=True):
    """A row of a list: a choice, or with `each` one row for every item.

    - `each`: an expression that gives the list.
    - `as`: what the item is called in id, title, description and value.
    """

    each: Expr | None = None
    as_: str = field(default="item", name="as")


class SectionContent(Doc, frozen=True, kw_only=True):
    """A section of a list.

    - `rows`: its rows.
    - `title`: its heading.
    """

    rows: tuple[RowContent, ...]
    title: str = ""


class ButtonsContent(Doc, tag_field="kind", tag="buttons", frozen=True, kw_only=True):
    """A text with up to three buttons.

    - `text`: the words.
    - `buttons`: one to three choices.
    - `header`: a text above.
    - `footer`: a smaller text below.
    - `media`: a file above the text, in the place of a header.
    - `media_kind`: what the file is.
    """

    text: str
    buttons: tuple[Choice, ...]
    header: str = ""
    footer: str = ""
    media: Media | None = None
    media_kind: Literal["image", "video", "document"] = "image"


class ListContent(Doc, tag_field="kind", tag="list", frozen=True, kw_only=True):
    """A text with a button that opens a list; beyond ten rows it goes by pages.

    - `text`: the words.
    - `button`: what opens it (left out: ours, in the customer's language).
    - `rows`: the rows, in one section.
    - `sections`: rows with headings, in place of `rows`.
    - `header`: a text above.
    - `footer`: a smaller text below.
    """

    text: str
    button: str = ""
    rows: tuple[RowContent, ...] = ()
    sections: tuple[SectionContent, ...] = ()
    header: str = ""
    footer: str = ""


class CtaUrlContent(Doc, tag_field="kind", tag="cta_url", frozen=True, kw_only=True):
    """A button that opens an address.

    - `text`: the words.
    - `title`: of the button.
    - `url`: the address, a template.
    - `header`: a text above.
    - `footer`: a smaller text below.
    """

    text: str
    title: str
    url: str
    header: str = ""
    footer: str = ""


class LocationRequestContent(
    Doc, tag_field="kind", tag="location_request", frozen=True, kw_only=True
):
    """Asks for the customer's place with a button.

    - `text`: the words.
    """

    text: str


class ContactRequestContent(
    Doc, tag_field="kind", tag="contact_request", frozen=True, kw_only=True
):
    """Asks for the customer's number with a button: who goes by a username may show none.

    - `text`: the words.
    """

    text: str


class FormContent(Doc, tag_field="kind", tag="flow", frozen=True, kw_only=True):
    """A form of the provider's (WhatsApp Flow), opened by a button.

    - `text`: the words.
    - `title`: of the button.
    - `form`: its id at the provider.
    - `screen`: the first screen.
    - `data`: what fills it in: a value.
    - `header`: a text above.
    - `footer`: a smaller text below.
    """

    text: str
    title: str
    form: str
    screen: str = ""
    data: dict[str, Any] = {}
    header: str = ""
    footer: str = ""


class TemplateReply(Doc, frozen=True, kw_only=True):
    """A quick reply of a template, in the template's order.

    - `id`: names the exit `choice:ID` of an `ask`.
    - `title`: what is written on it.
    """

    id: Key
    title: str = ""


class TemplateContent(Doc, tag_field="kind", tag="template", frozen=True, kw_only=True):
    """A message that the provider approved; the only one outside the 24-hour window.

    - `name`: its name at the provider.
    - `language`: its language at the provider.
    - `header`: a file above it, where it has one.
    - `header_kind`: what the file is.
    - `params`: its values, by name or by place ("1", "2" …), each a template.
    - `buttons`: its quick replies.
    """

    name: str
    language: str
    header: Media | None = None
    header_kind: Literal["image", "video", "document"] = "image"
    params: dict[str, str] = {}
    buttons: tuple[TemplateReply, ...] = ()


class ReactionContent(Doc, tag_field="kind", tag="reaction", frozen=True, kw_only=True):
    """An emoji on the customer's last message.

    - `emoji`: the emoji; empty takes it away.
    """

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
    | ContactRequestContent
    | FormContent
    | TemplateContent
    | ReactionContent
)

INTERACTIVE = (
    ButtonsContent,
    ListContent,
    CtaUrlContent,
    LocationRequestContent,
    ContactRequestContent,
    FormContent,
)
"""Kinds that WhatsApp shows with something to tap; only the last content of a node may be one."""
