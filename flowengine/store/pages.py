"""One page of a long list, and the cursor that leads to the next."""

import base64
import binascii
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct

Item = TypeVar("Item")


class Page(Struct, Generic[Item], frozen=True):
    """Rows of a list; `next` leads on, None at the end."""

    items: tuple[Item, ...]
    next: str | None = None


class Cursor(Struct, frozen=True, array_like=True):
    """Where a page ended: a time (or none) and an id."""

    at: datetime | None
    id: UUID


def read_cursor(text: str | None) -> Cursor | None:
    """The place that a cursor means; one that we did not write means the beginning."""
    if not text:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text), type=Cursor)
    except (binascii.Error, msgspec.DecodeError, ValueError):
        return None


def write_cursor(at: datetime | None, identifier: UUID) -> str:
    """The cursor after a row."""
    return base64.urlsafe_b64encode(msgspec.json.encode(Cursor(at, identifier))).decode()
