"""Pieces of a provider's JSON, read with distrust: any key may be missing or of another type."""

import hashlib
from typing import Any, cast

import msgspec

Json = dict[str, Any]
"""An object of the body."""


class Unread(Exception):
    """A piece cannot be read; the message says why."""


def text_of(value: Any) -> str:
    """A string, or a number written as one; "" for anything else."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def object_of(value: Any) -> Json:
    """An object; an empty one for anything else."""
    return cast("Json", value) if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    """A list; an empty one for anything else."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def content_key(*parts: Any) -> str:
    """What a doubled delivery of something without an id repeats: its own content."""
    raw = msgspec.json.encode(parts, order="deterministic")
    return "content:" + hashlib.sha256(raw).hexdigest()[:32]
