"""Ids of rows: UUIDv7 made here, so that PostgreSQL 15 and 18 get the same.

The first 48 bits are milliseconds since 1970. Within a process ids only grow, even if the clock
steps back, so that sorting a conversation's messages by id is the order in which they were made.
Source: RFC 9562 §5.7, and §6.2 method 2 (the random part is counted up within a millisecond).
"""

import os
import threading
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TAIL = 74
_VERSION = 0x7 << 76
_VARIANT = 0b10 << 62
_lock = threading.Lock()
_last = 0  # milliseconds and tail of the newest id, as one number


def new_id() -> UUID:
    """A new id, greater than any that this process made before."""
    global _last
    random = int.from_bytes(os.urandom(10))
    with _lock:
        fresh = (time.time_ns() // 1_000_000) << _TAIL | random >> 6
        # Up to 2^32 further: hard to guess, and 2^42 ids fit a millisecond.
        _last = fresh if fresh > _last else _last + 1 + (random & 0xFFFFFFFF)
        number = _last
    return _layout(number)


def id_at(moment: datetime) -> UUID:
    """The smallest id of a moment's millisecond: `id >= id_at(t)` is "made at t or later"."""
    return _layout((moment - _EPOCH) // timedelta(milliseconds=1) << _TAIL)


def time_of(identifier: UUID) -> datetime:
    """When an id was made, to the millisecond, in UTC."""
    return _EPOCH + timedelta(milliseconds=identifier.int >> 80)


def _layout(number: int) -> UUID:
    milliseconds, tail = number >> _TAIL, number & ((1 << _TAIL) - 1)
    return UUID(
        int=milliseconds << 80 | _VERSION | (tail >> 62) << 64 | _VARIANT | tail & ((1 << 62) - 1)
    )
