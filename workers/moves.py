"""Moves to other versions: which releases a conversation's turn needs beside those it runs."""

from collections.abc import Iterable

import msgspec

from flowengine.happenings import MoveDue
from flowengine.store.turns import InboxRow

_move = msgspec.json.Decoder(MoveDue)


def targets(rows: Iterable[InboxRow]) -> list[str]:
    """The releases that executions are to move to, by these rows."""
    return [_move.decode(row.event).release for row in rows if row.event.startswith(_MOVE)]


_MOVE = b'{"kind":"move",'
