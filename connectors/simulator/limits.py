"""What WhatsApp would refuse: the provider's side of the limits, apart from `degrade`'s.

Source: WHATSAPP.md §A.3. A flow that passes here passes the Cloud API's own checks.
"""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

import re2

from flowengine.messages import (
    Audio,
    Buttons,
    Card,
    ContactRequest,
    Content,
    CtaUrl,
    Document,
    Form,
    Image,
    List,
    Location,
    LocationRequest,
    Reaction,
    Sticker,
    Template,
    Text,
    Video,
)

_MEGABYTE = 1024 * 1024
_AUDIO = ("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg")

# Kind: the types that are taken (any where none are named), and bytes.
_FILES: dict[str, tuple[tuple[str, ...], int]] = {
    "image": (("image/jpeg", "image/png"), 5 * _MEGABYTE),
    "video": (("video/mp4", "video/3gpp"), 16 * _MEGABYTE),
    "audio": (_AUDIO, 16 * _MEGABYTE),
    "document": ((), 100 * _MEGABYTE),
    "sticker": (("image/webp",), 500 * 1024),
}
_NAME = re2.compile(r"^[a-z0-9_]+$")


def broken_limit(content: Content) -> str | None:
    """The first limit that a content breaks, in a sentence; None if it is fine."""
    return next(_broken(content), None)


def broken_file(content: Content, mime: str, size: int) -> str | None:
    """What speaks against an uploaded file of `size` bytes being shown as in `content`."""
    kind = _shown_as(content)
    types, most = _FILES.get(kind, ((), 0))
    told = mime.partition(";")[0].strip().lower()
    if types and told not in types:
        return f"{kind}: {told or 'no type'} is not taken"
    if not 0 < size <= most:
        return f"{kind}: {size} bytes, 1 to {most} are taken"
    return None


def _shown_as(content: Content) -> str:
    match content:
        case Buttons():
            return content.media_kind
        case Template():
            return content.header_kind
        case _:
            return str(content.__struct_config__.tag)


def _within(value: Decimal, most: int) -> bool:
    return value.is_finite() and abs(value) <= most


def _broken(content: Content) -> Iterator[str]:
    match content:
        case Text(text=text):
            yield from _length("text", text, 1, 4096)
        case Image(caption=caption) | Video(caption=caption) | Document(caption=caption):
            yield from _length("caption", caption, 0, 1024)
            yield from _file(content)
        case Audio() | Sticker():
            yield from _file(content)
        case Buttons():
            yield from _buttons(content)
        case List():
            yield from _list(content)
        case CtaUrl():
            yield from _frame(content)
            yield from _length("title", content.title, 1, 20)
            if not content.url.startswith(("http://", "https://")):
                yield "url: must begin with http:// or https://"
        case Form():
            yield from _frame(content)
            yield from _length("title", content.title, 1, 30)
        case LocationRequest(text=text) | ContactRequest(text=text):
            yield from _length("text", text, 1, 1024)
        case Location():
            if not (_within(content.latitude, 90) and _within(content.longitude, 180)):
                yield "location: no such place"
        case Card():
            yield from _length("name", content.name, 1, 1024)
        case Template():
            yield from _length("name", content.name, 1, 512)
            yield from _length("language", content.language, 1, 16)
            if not _NAME.match(content.name):
                yield "name: lower-case letters, digits and _ only"
            for name, value in content.params.items():
                yield from _length(f"params.{name}", value, 1, 1024)
        case Reaction():
            if not content.message:
                yield "reaction: no message"


def _length(part: str, text: str, least: int, most: int) -> Iterator[str]:
    if len(text.strip()) < least:
        yield f"{part}: may not be empty"
    if len(text) > most:
        yield f"{part}: {len(text)} characters, at most {most}"


def _file(content: Image | Video | Document | Audio | Sticker) -> Iterator[str]:
    if not content.media.asset and not content.media.url:
        yield "media: neither a file nor an address"


def _frame(content: Buttons | List | CtaUrl | Form) -> Iterator[str]:
    yield from _length("text", content.text, 1, 1024)
    yield from _length("header", content.header, 0, 60)
    yield from _length("footer", content.footer, 0, 60)


def _buttons(content: Buttons) -> Iterator[str]:
    yield from _frame(content)
    if not 1 <= len(content.buttons) <= 3:
        yield f"buttons: {len(content.buttons)}, 1 to 3 are taken"
    for button in content.buttons:
        yield from _length("title", button.title, 1, 20)
        yield from _length("id", button.id, 1, 256)
    yield from _twice("title", [button.title for button in content.buttons])
    yield from _twice("id", [button.id for button in content.buttons])


def _list(content: List) -> Iterator[str]:
    yield from _frame(content)
    yield from _length("button", content.button, 1, 20)
    rows = [row for section in content.sections for row in section.rows]
    if not 1 <= len(rows) <= 10:
        yield f"rows: {len(rows)}, 1 to 10 are taken"
    if len(content.sections) > 10:
        yield f"sections: {len(content.sections)}, at most 10 are taken"
    for section in content.sections:
        yield from _length("section", section.title, 1 if len(content.sections) > 1 else 0, 24)
    for row in rows:
        yield from _length("title", row.title, 1, 24)
        yield from _length("description", row.description, 0, 72)
        yield from _length("id", row.id, 1, 200)
    yield from _twice("id", [row.id for row in rows])


def _twice(part: str, values: list[str]) -> Iterator[str]:
    for value, count in Counter(values).items():
        if count > 1:
            yield f"{part}: {value!r} is there {count} times"
