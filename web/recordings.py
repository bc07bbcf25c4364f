"""Recorded conversations as pages read them: journals with their releases, compiled."""

import asyncio
from collections.abc import Collection, Sequence
from decimal import Decimal
from uuid import UUID

import msgspec
from msgspec import Struct

from flowengine.document import parse
from flowengine.errors import FlowError, ReleaseError
from flowengine.expressions import ExpressionError
from flowengine.flow import Flow
from flowengine.given import Begin, Given
from flowengine.journals import Journals
from flowengine.release import compile_release
from flowengine.replay import Recorded
from flowengine.run import Release
from flowengine.store import recorded, releases
from flowengine.store.database import Transaction
from flowengine.store.executions import JournalRow
from flowengine.store.releases import StoredRelease
from flowengine.talks.format import TalkContact
from flowengine.talks.recording import talk_contact
from flowengine.talks.rows import JournalLine, Row, journaled
from web.problems import Problem
from web.texts import _
from workers.library import Shelf

KEPT = 60
"""Compiled releases in memory: what pages ask for again with every choice of a move."""

_kept: Shelf[tuple[UUID, str], tuple[Release, dict[str, Flow]]] = Shelf(KEPT)
_given = msgspec.json.Decoder(Given, float_hook=Decimal)


class Past(Struct, frozen=True):
    """A conversation's rows from its beginning. `contact`: as it was then."""

    rows: list[Row]
    releases: dict[str, Release]
    flows: dict[str, dict[str, Flow]]
    routes: list[tuple[str, ...]]
    seqs: list[int]
    contact: TalkContact
    root: str


async def journals_of(transaction: Transaction, conversations: Sequence[UUID]) -> Journals:
    """The journals of conversations, those that there are, and the releases that they name."""
    rows = {str(each): await recorded.whole_journal(transaction, each) for each in conversations}
    named = {row.release for listed in rows.values() for row in listed if row.release}
    known, flows = await stored_releases(transaction, named)
    lines = {name: tuple(map(line_of, listed)) for name, listed in rows.items() if listed}
    return Journals(known, flows, lines)


async def stored_releases(
    transaction: Transaction, hashes: Collection[str]
) -> tuple[dict[str, Release], dict[str, dict[str, Flow]]]:
    """Releases by hash, compiled, and their flows; one that compiles no more is left out.

    In a thread, one after the other: a release of 2,000 steps takes 0.2 s.
    """
    tenant = transaction.tenant
    found = {hash: kept for hash in hashes if (kept := _kept.get((tenant, hash)))}
    for each in await releases.releases(transaction, set(hashes) - found.keys()):
        made = await asyncio.to_thread(compiled, each)
        if made is not None:
            found[each.hash] = made
            _kept.put((tenant, each.hash), made)
    return (
        {hash: release for hash, (release, _flows) in found.items()},
        {hash: flows for hash, (_release, flows) in found.items()},
    )


def compiled(stored: StoredRelease) -> tuple[Release, dict[str, Flow]] | None:
    """A release and its flows; None where it compiles no more."""
    try:
        flows = {key: parse(document) for key, document in stored.documents.items()}
        return compile_release(flows[stored.root], flows), flows
    except (FlowError, ReleaseError, ExpressionError):
        return None


def line_of(row: JournalRow) -> JournalLine:
    execution = str(row.execution_id) if row.execution_id is not None else ""
    kept = Recorded(
        row.seq,
        row.step,
        row.release,
        row.engine_id,
        row.given,
        row.effects,
        row.trail,
        row.state_hash,
    )
    return JournalLine(execution, kept, row.at)


async def past_of(transaction: Transaction, conversation: UUID) -> Past:
    """A conversation folded again from its journal. A problem where that cannot be."""
    found = await journals_of(transaction, [conversation])
    lines = found.conversations.get(str(conversation), ())
    first = next((line for line in lines if line.execution), None)
    if first is None or first.recorded.release not in found.releases:
        raise Problem(_("Nenhum fluxo rodou nesta conversa."), status=404)
    try:
        rows = await asyncio.to_thread(journaled, lines, found.releases)
        begin = _given.decode(first.recorded.given)
    except (msgspec.DecodeError, LookupError, ValueError):
        raise Problem(_("Partes desta conversa já foram apagadas."), status=410) from None
    known = not (isinstance(begin.event, Begin) and first is lines[0])
    heads = [line for line in lines if not line.execution and line.recorded.step == 0]
    return Past(
        rows,
        found.releases,
        found.flows,
        [_route(line) for line in heads],
        [line.recorded.seq for line in heads],
        talk_contact(begin.world.contact, known),
        found.releases[first.recorded.release].root,
    )


_words = msgspec.json.Decoder(tuple[str, ...])


def _route(line: JournalLine) -> tuple[str, ...]:
    try:
        return _words.decode(line.recorded.trail)
    except msgspec.DecodeError:
        return ()
