"""Reading JSON text as strictly as our documents need it, with the place of what is wrong."""

from decimal import Decimal
from typing import Any, cast

import msgspec
import re2 as re

from flowengine.errors import FlowError

MAX_BYTES = 2_000_000
"""A document larger than this is refused before it is read: 5,000 nodes fit."""

_decoder = msgspec.json.Decoder(float_hook=Decimal)

_BYTE = re.compile(r"byte (\d+)")
_ESCAPE = re.compile(
    rb"\\(?:u([dD][89abAB][0-9a-fA-F]{2})(\\u[dD][c-fC-F][0-9a-fA-F]{2})?"
    rb"|u([dD][c-fC-F][0-9a-fA-F]{2})|[^u]|u)"
)
_BOM = b"\xef\xbb\xbf"


def read_object(raw: bytes, begin: str) -> dict[str, Any]:
    """The JSON object in `raw` (UTF-8), its numbers exact; `begin` is how such a document begins.

    Raises `FlowError`, with the path or with line and column, for anything else, for half a
    character (a lone surrogate) and for NUL: no database and no provider takes those. Cost: linear,
    some 10 µs a kilobyte.
    """
    if len(raw) > MAX_BYTES:
        raise FlowError(
            f"The document has {len(raw):,} bytes; at most {MAX_BYTES:,} are read",
            fix="Split it into smaller ones.",
            code="too_large",
            values={"size": str(len(raw)), "most": str(MAX_BYTES)},
        )
    try:
        document = _decoder.decode(raw)
        if b"\\u0000" in raw:
            _refuse_nul(document, "")
    except msgspec.DecodeError as error:
        raise _malformed(raw, error) from None
    except RecursionError:
        raise FlowError(
            "The document is nested too deep",
            fix="A document needs no more than a few levels.",
            code="nested",
        ) from None
    except UnicodeDecodeError:
        raise _not_utf8(raw) from None
    if not isinstance(document, dict):
        raise FlowError("The document is no JSON object", "", f"Begin with {begin}.", "no_object")
    return cast("dict[str, Any]", document)


def _malformed(raw: bytes, error: msgspec.DecodeError) -> FlowError:
    if raw.startswith(_BOM):
        return FlowError(
            "The document begins with a byte order mark",
            fix="Save it as UTF-8 without BOM.",
            code="byte_order_mark",
        )
    half = next((e for e in _ESCAPE.finditer(raw) if e[3] or (e[1] and not e[2])), None)
    if half is not None:
        return FlowError(
            f"Half a character stands at {_place(raw, half.start())}",
            fix="Write the whole character, or take it out.",
            code="half_character",
            values=_where(raw, half.start()),
        )
    found = _BYTE.search(str(error))
    offset = int(found.group(1)) if found else len(raw)
    said = re.sub(r" \(byte \d+\)", "", str(error)).lower()
    fix = f"Look at {_place(raw, offset)}."
    return FlowError(f"This is not JSON: {said}", "", fix, "no_json", _where(raw, offset))


def _not_utf8(raw: bytes) -> FlowError:
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        said = f"What stands at {_place(raw, error.start)} is not UTF-8"
        where = _where(raw, error.start)
        return FlowError(said, "", "Save the file as UTF-8.", "no_utf8", where)
    return FlowError("The document is not UTF-8", "", "Save the file as UTF-8.", "no_utf8")


def _place(raw: bytes, offset: int) -> str:
    """Where an editor shows it; a column counts characters."""
    where = _where(raw, offset)
    return f"line {where['line']}, column {where['column']}"


def _where(raw: bytes, offset: int) -> dict[str, str]:
    line = raw.count(b"\n", 0, offset) + 1
    start = raw.rfind(b"\n", 0, offset) + 1
    column = len(raw[start:offset].decode(errors="replace")) + 1
    return {"line": str(line), "column": str(column)}


def _refuse_nul(value: Any, path: str) -> None:
    if isinstance(value, str) and "\0" in value:
        raise FlowError("A text holds a NUL character", path, "Take the \\u0000 out.", "nul")
    if isinstance(value, dict):
        for key, member in cast("dict[str, Any]", value).items():
            if "\0" in key:
                fix = "Take the \\u0000 out."
                raise FlowError("A name holds a NUL character", path, fix, "nul")
            name = key.replace("~", "~0").replace("/", "~1")
            _refuse_nul(member, f"{path}/{name}")
    elif isinstance(value, list):
        for at, item in enumerate(cast("list[Any]", value)):
            _refuse_nul(item, f"{path}/{at}")
