"""`flowengine replay`: an execution's journal folded again, and compared byte by byte."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flowengine.document import parse
from flowengine.release import compile_release
from flowengine.replay import Recorded, Refolded, refold
from flowengine.run import Release
from flowengine.store import executions, releases
from flowengine.store.database import Transaction
from flowengine.store.executions import JournalRow
from web.commands.opened import Opened, configure_store, run_opened
from web.commands.output import CommandError, bad_usage, json_line, text


def configure(parser: argparse.ArgumentParser, _name: str) -> None:
    """Its arguments."""
    parser.add_argument("execution", metavar="EXECUTION_ID")
    configure_store(parser)


def run(arguments: argparse.Namespace) -> int:
    """A line a turn, then the result; 1 where the same engine gives other bytes."""
    try:
        execution = UUID(arguments.execution)
    except ValueError:
        raise bad_usage(f"{arguments.execution!r} is no execution's id") from None
    return run_opened(arguments, lambda opened: _replay(opened, execution, arguments.json))


async def _replay(opened: Opened, execution: UUID, as_json: bool) -> int:
    async with opened.database.worker(opened.tenant.id) as transaction:
        found = await executions.execution(transaction, execution)
        rows = await _journal(transaction, execution)
        stored = await releases.releases(transaction, {row.release for row in rows})
    if not rows:
        raise CommandError(f"the journal of {execution} is not there any more")
    known = {each.hash: _compile(each.root, each.documents) for each in stored}
    turns = list(refold(str(execution), _recorded(rows), known))
    for turn in turns:
        _show(turn, as_json)
    return _result(turns, found.status, as_json)


async def _journal(transaction: Transaction, execution: UUID) -> list[JournalRow]:
    """All of its turns; the store hands out a page at a time."""
    rows: list[JournalRow] = []
    while True:
        after = rows[-1].turn if rows else -1
        page = await executions.execution_journal(transaction, execution, after_turn=after)
        if not page:
            return rows
        rows += page


def _compile(root: str, documents: Mapping[str, bytes]) -> Release:
    flows = {key: parse(document) for key, document in documents.items()}
    return compile_release(flows[root], flows)


def _recorded(rows: Sequence[JournalRow]) -> list[Recorded]:
    return [
        Recorded(
            seq=row.seq,
            step=row.step,
            release=row.release,
            engine_id=row.engine_id,
            given=row.given,
            effects=row.effects,
            trail=row.trail,
            state_hash=row.state_hash,
        )
        for row in rows
    ]


def _show(turn: Refolded, as_json: bool) -> None:
    node = turn.state.frames[-1].node if turn.state.frames else ""
    line: dict[str, Any] = {
        "seq": turn.seq,
        "step": turn.step,
        "status": turn.state.status,
        "node": node,
        "differs": list(turn.differs),
        "same_engine": turn.same_engine,
    }
    if as_json:
        json_line(line)
    else:
        same = ", ".join(turn.differs) + " differ" if turn.differs else "same"
        text(f"{turn.seq}.{turn.step}  {turn.state.status:<12} {node:<24} {same}")


def _result(turns: Sequence[Refolded], status: str, as_json: bool) -> int:
    """Another engine may differ: that is a rehearsal, not corruption."""
    corrupt = [turn for turn in turns if turn.differs and turn.same_engine]
    rehearsed = [turn for turn in turns if turn.differs and not turn.same_engine]
    last = turns[-1].state.status
    same_end = last == status
    if as_json:
        totals = {"turns": len(turns), "corrupt": len(corrupt), "rehearsed": len(rehearsed)}
        json_line({"type": "result", **totals, "same": not corrupt and same_end})
    else:
        text(f"{len(turns)} turns, {len(corrupt)} differ, {len(rehearsed)} by another engine")
    return 0 if not corrupt and same_end else 1
