"""Recorded conversations that commands work on: of the database, or of a journal file."""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from uuid import UUID

from flowengine.document import parse
from flowengine.errors import FlowError
from flowengine.flow import Flow
from flowengine.journals import Journals, read_journals
from flowengine.release import compile_release
from flowengine.replay import Recorded
from flowengine.run import Release
from flowengine.store import erasing, executions, recorded, releases
from flowengine.store.database import Transaction
from flowengine.store.executions import JournalRow
from flowengine.talks.rows import JournalLine
from web.commands.files import read_bytes
from web.commands.opened import Opened
from web.commands.output import BadFile, CommandError, bad_usage


def configure_journals(parser: argparse.ArgumentParser) -> None:
    """The option to work on a file instead of the database."""
    parser.add_argument(
        "--journals", type=Path, metavar="FILE", help="a file of `flowengine journal`; no database"
    )


def read_file(path: Path) -> Journals:
    """A journal file; a bad one is bad usage."""
    try:
        found = read_journals(read_bytes(path))
    except FlowError as error:
        raise BadFile(str(path), error.message, error.path, error.fix) from None
    if not found.conversations:
        raise bad_usage(f"{path}: there is no conversation in it")
    return found


def id_of(text: str, what: str) -> UUID:
    """An id of the command line; anything else is bad usage."""
    try:
        return UUID(text)
    except ValueError:
        raise bad_usage(f"{text!r} is no {what}'s id") from None


async def of_flow(opened: Opened, flow: str, last: int) -> Journals:
    """The conversations in which a flow began last."""
    async with opened.database.worker(opened.tenant.id) as transaction:
        conversations = await recorded.conversations_of(transaction, flow, last)
        if not conversations:
            raise CommandError(f"no conversation of the flow {flow!r} is recorded")
        return await _journals(transaction, conversations)


async def of_conversation(opened: Opened, name: UUID) -> Journals:
    """A conversation by its own id or by that of an execution in it."""
    async with opened.database.worker(opened.tenant.id) as transaction:
        await refuse_erased(transaction, name)
        found = await _journals(transaction, [name])
        if not found.conversations:
            row = await executions.execution(transaction, name)
            found = await _journals(transaction, [row.conversation_id])
    if not found.conversations:
        raise CommandError(f"the journal of {name} is not there any more")
    return found


async def refuse_erased(transaction: Transaction, name: UUID) -> None:
    """Say so where a conversation or an execution is no more because its person wanted it so."""
    gone = await erasing.tombstone(transaction, name)
    if gone is not None:
        raise CommandError(
            f"{name} was erased on {gone.at:%Y-%m-%d}: nothing that was said is kept"
        )


async def _journals(transaction: Transaction, conversations: Sequence[UUID]) -> Journals:
    rows = {
        str(each): _from_the_beginning(await recorded.whole_journal(transaction, each))
        for each in conversations
    }
    named = {row.release for listed in rows.values() for row in listed if row.release}
    known, flows = await stored_releases(transaction, named)
    lines = {name: tuple(map(_line, listed)) for name, listed in rows.items() if listed}
    return Journals(known, flows, lines)


def _from_the_beginning(rows: Sequence[JournalRow]) -> list[JournalRow]:
    """Without executions whose first turns were dropped by a policy: nothing can be played anew of
    them. `flowengine replay` folds them on from the state that is kept."""
    first: dict[UUID | None, int] = {}
    for row in rows:
        first.setdefault(row.execution_id, row.turn)
    return [row for row in rows if first[row.execution_id] <= 1]


def _line(row: JournalRow) -> JournalLine:
    execution = str(row.execution_id) if row.execution_id is not None else ""
    return JournalLine(execution, recorded_row(row), row.at)


def recorded_row(row: JournalRow) -> Recorded:
    """A row of the store as replay reads it."""
    return Recorded(
        seq=row.seq,
        step=row.step,
        release=row.release,
        engine_id=row.engine_id,
        given=row.given,
        effects=row.effects,
        trail=row.trail,
        state_hash=row.state_hash,
    )


async def stored_releases(
    transaction: Transaction, hashes: Iterable[str]
) -> tuple[dict[str, Release], dict[str, dict[str, Flow]]]:
    """Releases by hash, compiled, and their flows."""
    compiled: dict[str, Release] = {}
    flows: dict[str, dict[str, Flow]] = {}
    for each in await releases.releases(transaction, set(hashes)):
        flows[each.hash] = {key: parse(document) for key, document in each.documents.items()}
        compiled[each.hash] = compile_release(flows[each.hash][each.root], flows[each.hash])
    return compiled, flows
