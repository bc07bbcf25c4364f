"""The journal of a chaos run, run again by the pure engine: what should have been sent."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from msgspec import Struct

from flowengine.document import parse
from flowengine.messages import Effect, Send
from flowengine.release import compile_release
from flowengine.replay import Recorded, refold
from flowengine.run import Release
from flowengine.store import executions, releases
from flowengine.store.database import Transaction
from flowengine.store.executions import JournalRow
from web.commands.recorded import recorded_row
from workers.words import text_of

_effects = msgspec.json.Decoder(tuple[Effect, ...])


class Journaled(Struct):
    """A conversation's sends (effect id, text) in the journal's order. `turns`: engine calls.

    `differs`: turns for which the engine gives other bytes now.
    """

    sends: list[tuple[str, str]] = []
    turns: int = 0
    differs: int = 0


async def refolded(transaction: Transaction, rooms: Sequence[UUID]) -> dict[UUID, Journaled]:
    """The journals of conversations, each execution folded again from its first turn."""
    known: dict[str, Release] = {}
    found: dict[UUID, Journaled] = {}
    for room in rooms:
        rows = await _rows(transaction, room)
        for missing in {row.release for row in rows if row.release} - known.keys():
            for stored in await releases.releases(transaction, [missing]):
                documents = {key: parse(raw) for key, raw in stored.documents.items()}
                known[missing] = compile_release(documents[stored.root], documents)
        found[room] = _refold(rows, known)
    return found


async def _rows(transaction: Transaction, room: UUID) -> list[JournalRow]:
    rows: list[JournalRow] = []
    while True:
        after = (rows[-1].seq, rows[-1].step) if rows else (0, -1)
        page = await executions.journal(transaction, room, after=after)
        if not page:
            return rows
        rows.extend(page)


def _refold(rows: Sequence[JournalRow], known: Mapping[str, Release]) -> Journaled:
    journaled = Journaled(turns=len(rows))
    by_execution: dict[UUID, list[Recorded]] = {}
    for row in rows:
        journaled.sends.extend(
            (effect.id, text_of(effect.content))
            for effect in _effects.decode(row.effects)
            if isinstance(effect, Send)
        )
        if row.execution_id is not None:
            by_execution.setdefault(row.execution_id, []).append(recorded_row(row))
    for execution, recorded in by_execution.items():
        turns = list(refold(str(execution), recorded, known))
        journaled.differs += sum(bool(turn.differs) for turn in turns)
    return journaled
