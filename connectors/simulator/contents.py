"""What is changed in a content before it is posted: ids become payloads, assets become files."""

from msgspec.structs import replace

from flowengine.messages import (
    Audio,
    Button,
    Buttons,
    Content,
    Document,
    Image,
    List,
    Media,
    Row,
    Section,
    Sticker,
    Template,
    TemplateButton,
    Video,
    write_payload,
)


def file_of(content: Content) -> str | None:
    """The asset that must be uploaded first; None: there is none."""
    match content:
        case Image() | Audio() | Video() | Document() | Sticker() | Buttons():
            return content.media.asset if content.media else None
        case Template():
            return content.header.asset if content.header else None
        case _:
            return None


def with_file(content: Content, id_: str) -> Content:
    """The content with a file of the simulator's instead of our asset."""
    media = Media(asset=id_)
    match content:
        case Image() | Audio() | Video() | Document() | Sticker() | Buttons():
            return replace(content, media=media)
        case Template():
            return replace(content, header=media)
        case _:
            return content


def with_payloads(content: Content, offer: str) -> Content:
    """The content with the payload of each choice for its id."""
    match content:
        case Buttons():
            shown = tuple(Button(write_payload(offer, b.id), b.title) for b in content.buttons)
            return replace(content, buttons=shown)
        case List():
            return replace(content, sections=tuple(_section(s, offer) for s in content.sections))
        case Template():
            quick = tuple(
                TemplateButton(write_payload(offer, b.id), b.title) for b in content.buttons
            )
            return replace(content, buttons=quick)
        case _:
            return content


def _section(section: Section, offer: str) -> Section:
    rows = tuple(
        Row(write_payload(offer, row.id), row.title, row.description) for row in section.rows
    )
    return Section(rows, section.title)
