"""How a row becomes a struct: it never leaves the store as it is."""

from collections.abc import Iterable
from typing import TypeVar

import msgspec
from asyncpg import Record

from flowengine.store.errors import NotFound

Kind = TypeVar("Kind")


def read(kind: type[Kind], row: Record) -> Kind:
    """The row as `kind`: columns are fields, arrays tuples."""
    return msgspec.convert(dict(row.items()), kind)


def read_all(kind: type[Kind], rows: Iterable[Record]) -> tuple[Kind, ...]:
    """Every row as `kind`."""
    return tuple(read(kind, row) for row in rows)


def read_found(kind: type[Kind], row: Record | None, what: str) -> Kind:
    """The row as `kind`; raises `NotFound` saying what there is not."""
    if row is None:
        raise NotFound(f"there is no {what}")
    return read(kind, row)


def must_touch(count: int, what: str) -> None:
    """Raises `NotFound` where a statement touched nothing."""
    if not count:
        raise NotFound(f"there is no {what}")


def plain(text: str) -> str:
    """Text without NUL, which PostgreSQL refuses, and without what is no character at all."""
    return text.replace("\x00", "").encode(errors="replace").decode()


def like(words: str) -> str:
    """Words for LIKE, in which no character stands for any other."""
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
