"""Limits that no shortening mends, looked at before Meta sees them.

Files: WHATSAPP.md §A.3 (Meta "Media", Apr 2026). Templates: §A.4. What Meta would refuse later,
when the customer waits already, is refused here in plain words.
"""

from collections.abc import Mapping

import re2

from connectors.base import File
from connectors.whatsapp_cloud.insides import odd_inside
from flowengine.messages import Refused, Template

MEGABYTE = 1024 * 1024
_AUDIO = ("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg")

# Kind: the types that are taken, and bytes. Of documents Meta names PDF, Office and plain text, and
# passes on others too (its page "Document messages", Nov 2025): so any.
FILES: dict[str, tuple[tuple[str, ...], int]] = {
    "image": (("image/jpeg", "image/png"), 5 * MEGABYTE),
    "video": (("video/mp4", "video/3gpp"), 16 * MEGABYTE),
    "audio": (_AUDIO, 16 * MEGABYTE),
    "document": ((), 100 * MEGABYTE),
    "sticker": (("image/webp",), 500 * 1024),
}
COPY_CODE = 15
STATIC_STICKER = 100 * 1024

_NAME = re2.compile(r"^[a-z0-9_]{1,512}$")


def misfit_of(file: File, kind: str) -> Refused | None:
    """Why Meta would not take a file as this kind; None where it would."""
    types, most = FILES[kind]
    mime = file.mime.partition(";")[0].strip().lower()
    if types and mime not in types:
        return Refused("media", True, detail=f"{kind}: {mime or 'no type'} is not {_or(types)}")
    if kind == "sticker" and not _moves(file.data):
        most = STATIC_STICKER
    if file.length > most:
        return Refused("media", True, detail=f"{kind}: {file.length} bytes, at most {most}")
    if not file.data:
        return Refused("media", True, detail=f"{kind}: the file is empty")
    odd = odd_inside(file.data, kind)
    return Refused("media", True, detail=f"{kind}: {odd}") if odd else None


def template_fault(template: Template) -> str:
    """What Meta would not take of a template's send; "" where nothing."""
    if not _NAME.match(template.name):
        return "a template's name has lower-case letters, digits and _ only, at most 512"
    if not template.language.strip():
        return "a template needs its language"
    for name, text in template.params.items():
        if not text.strip():
            return f"the parameter {name} is empty"
    parts = parts_of(template.params)
    return next(filter(None, (_row(parts[""]), _row(parts["header"]), _buttons(parts))), "")


def parts_of(params: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Values by what they belong to: the body (""), the header, addresses and codes of buttons."""
    parts: dict[str, dict[str, str]] = {"": {}, "header": {}, "url": {}, "code": {}}
    for name, text in params.items():
        part, _, rest = name.partition(".")
        if rest and part in parts:
            parts[part][rest] = text
        else:
            parts[""][name] = text
    return parts


def _row(params: Mapping[str, str]) -> str:
    places = sorted(int(name) for name in params if name.isdecimal())
    if places and len(places) < len(params):
        return "parameters go by place or by name, not by both"
    if places and places != list(range(1, len(places) + 1)):
        return f"parameters by place are 1 to {len(places)}, without gaps"
    return ""


def _buttons(parts: Mapping[str, Mapping[str, str]]) -> str:
    for kind in ("url", "code"):
        for place in parts[kind]:
            if not place.isdecimal() or int(place) > 9:
                return f"{kind}.{place}: a button's place is a number from 0 to 9"
    for code in parts["code"].values():
        if len(code) > COPY_CODE:
            return f"the code to be copied has {len(code)} characters, at most {COPY_CODE}"
    return ""


def _moves(data: bytes) -> bool:
    """Whether a WebP is animated: its VP8X header says so (bit 1 of the flags)."""
    return data[12:16] == b"VP8X" and len(data) > 20 and bool(data[20] & 2)


def _or(types: tuple[str, ...]) -> str:
    return " or ".join(types)
