"""What changed in a conversation since one looked: for pages that are live.

A mark holds what was seen: the newest message, a letter for the status of each of the last ones,
and where the journal stood. So nothing depends on clocks, nor on the order of commits, and a change
is told once.
"""

from uuid import UUID

from msgspec import Struct

from flowengine.store.conversations import ConversationRow, conversation
from flowengine.store.executions import JournalRow, journal
from flowengine.store.messages import Message, MessageMark, message_marks, messages_by_id
from flowengine.store.transaction import Transaction

WATCHED = 60
"""How many of the last messages are watched for a change of status."""

_LETTERS = {
    "": "a",
    "queued": "b",
    "sending": "c",
    "unknown": "d",
    "sent": "e",
    "delivered": "f",
    "read": "g",
    "played": "h",
    "failed": "i",
    "dropped": "j",
    "kept": "k",
    "refused": "l",
    "gone": "m",
}


class Changes(Struct, frozen=True):
    """`messages`: new ones, and those whose status moved. `mark` is where to go on from."""

    conversation: ConversationRow
    messages: tuple[Message, ...]
    journal: tuple[JournalRow, ...]
    mark: str


class _Seen(Struct, frozen=True):
    """What a mark says: the newest message, statuses from there back, a place in the journal."""

    newest: UUID
    letters: str
    seq: int
    step: int


async def changes(transaction: Transaction, conversation_id: UUID, mark: str = "") -> Changes:
    """What changed since `mark` (empty: the last messages, and the journal's newest rows).

    Raises `NotFound`.
    """
    seen = _read(mark)
    row = await conversation(transaction, conversation_id)
    marks = await message_marks(transaction, conversation_id, WATCHED)
    changed = _changed(marks, seen)
    said = await messages_by_id(transaction, changed) if changed else ()
    turns = await journal(
        transaction, conversation_id, after=(seen.seq, seen.step), newest=not mark
    )
    seq, step = (turns[-1].seq, turns[-1].step) if turns else (seen.seq, seen.step)
    newest = marks[0].id if marks else seen.newest
    return Changes(row, said, turns, f"{newest.hex}.{_letters(marks)}.{seq}.{step}")


def _changed(marks: tuple[MessageMark, ...], seen: _Seen) -> list[UUID]:
    new = [mark.id for mark in marks if mark.id > seen.newest]
    before = marks[len(new) :]
    moved = [
        mark.id
        for mark, letter in zip(before, seen.letters, strict=False)
        if _LETTERS.get(mark.status, "z") != letter
    ]
    return new + moved


def _letters(marks: tuple[MessageMark, ...]) -> str:
    return "".join(_LETTERS.get(mark.status, "z") for mark in marks)


def _read(mark: str) -> _Seen:
    try:
        newest, letters, seq, step = mark.split(".")
        return _Seen(UUID(newest), letters, int(seq), int(step))
    except ValueError:
        return _Seen(UUID(int=0), "", 0, -1)
