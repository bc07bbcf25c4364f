"""One phone's chat with one number: its lines, who watches it, and the 24-hour window."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from weakref import WeakSet

from msgspec.structs import replace

from connectors.simulator.words import Change, Entry

KEPT_ENTRIES = 500
_WINDOW = timedelta(hours=24)
_RANKS = {"": 0, "sent": 1, "delivered": 2, "read": 3, "failed": 4}
_MOST_UNSEEN = 1000


class Chat:
    """Bounded: the oldest lines fall out; a watcher that does not look loses the oldest changes."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        # Weak: a page that went away without a word is no longer told.
        self._watchers: WeakSet[asyncio.Queue[Change]] = WeakSet()
        self._last_said: datetime | None = None

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(self._entries.values())

    def entry(self, id_: str) -> Entry | None:
        return self._entries.get(id_)

    def window_open(self, now: datetime) -> bool:
        """Whether the business may say what it likes: for 24 hours after the customer wrote."""
        return self._last_said is not None and now - self._last_said < _WINDOW

    def add(self, entry: Entry) -> None:
        self._entries[entry.id] = entry
        if len(self._entries) > KEPT_ENTRIES:
            self._entries.popitem(last=False)
        if entry.side == "customer":
            self._last_said = entry.at
        self.tell(Change("said", entry))

    def raise_status(self, id_: str, status: str, failure: str = "") -> Entry | None:
        """Move a line's status forward; None where it is there or beyond already."""
        entry = self._entries.get(id_)
        if entry is None or _RANKS[status] <= _RANKS[entry.status]:
            return None
        if status == "failed" and entry.status in ("delivered", "read"):
            return None
        self._entries[id_] = moved = replace(entry, status=status, failure=failure)
        self.tell(Change("status", moved))
        return moved

    def tell(self, change: Change) -> None:
        for watcher in self._watchers:
            if watcher.qsize() >= _MOST_UNSEEN:
                watcher.get_nowait()
            watcher.put_nowait(change)

    def changes(self) -> AsyncIterator[Change]:
        """Every change from this call on, also before the first is asked for."""
        queue: asyncio.Queue[Change] = asyncio.Queue()
        self._watchers.add(queue)
        return _changes(queue)

    @property
    def watched(self) -> bool:
        return bool(self._watchers)


async def _changes(queue: asyncio.Queue[Change]) -> AsyncIterator[Change]:
    while True:
        yield await queue.get()
