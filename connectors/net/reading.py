"""JSON as the world sends it: fast when it is clean, patient when it is not.

One lone surrogate makes a whole body undecodable for a strict decoder, and a NUL cannot be stored
in PostgreSQL's text: a webhook with a thousand messages must not be lost for one bad character.
"""

import json
import math
from typing import Any, cast

import msgspec

_LONGEST_NUMBER = 400
_DEEPEST = 200


def read_json(raw: bytes) -> Any:
    """The value of a JSON body, cleaned of what cannot be stored. ValueError: it is no JSON."""
    if b"\\u0000" not in raw:
        try:
            return msgspec.json.decode(raw)
        except (ValueError, RecursionError):
            pass  # perhaps only unclean
    try:
        text = raw.decode("utf-8-sig", "replace")
        value = json.loads(text, strict=False, parse_int=_integer, parse_constant=_nothing)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return clean(value)


def clean(value: Any, depth: int = 0) -> Any:
    """The same value without NULs, lone surrogates, infinities and what is nested too deeply."""
    if isinstance(value, str):
        return _clean_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if depth > _DEEPEST:
        return None
    if isinstance(value, list):
        return [clean(item, depth + 1) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return {_clean_text(key): clean(item, depth + 1) for key, item in items}
    return value


def write_raw(value: Any) -> bytes:
    """Bytes to keep of a value that could not be used, whatever is wrong with it."""
    try:
        return msgspec.json.encode(value)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return repr(value).encode("utf-8", "backslashreplace")


def _clean_text(text: str) -> str:
    if "\x00" in text:
        text = text.replace("\x00", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else None


def _nothing(_: str) -> None:
    return None
