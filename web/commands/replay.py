"""`flowengine replay`: an execution's journal folded again, and compared byte by byte."""

import argparse
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from flowengine.rehearsal import Journal
from flowengine.replay import Refolded, refold
from flowengine.run import Release
from flowengine.state import State, decode_state, encode
from flowengine.store import executions, policies
from flowengine.store.database import Transaction
from flowengine.store.executions import JournalRow
from web.commands.opened import Opened, configure_store, run_opened
from web.commands.output import CommandError, bad_usage, json_line, text
from web.commands.recorded import (
    configure_journals,
    id_of,
    read_file,
    recorded_row,
    refuse_erased,
    stored_releases,
)


def configure(parser: argparse.ArgumentParser, _name: str) -> None:
    """Its arguments."""
    parser.add_argument("execution", metavar="EXECUTION_ID")
    parser.add_argument("--to", type=int, metavar="N", help="only N turns, and the state after")
    configure_journals(parser)
    configure_store(parser)


def run(arguments: argparse.Namespace) -> int:
    """A line a turn, then the result; 1 where the same engine gives other bytes."""
    if arguments.to is not None and arguments.to < 1:
        raise bad_usage(f"--to: turns count from 1, not {arguments.to}")
    if arguments.journals is not None:
        return _from_file(arguments)
    execution = id_of(arguments.execution, "execution")
    return run_opened(arguments, lambda opened: _replay(opened, execution, arguments))


async def _replay(opened: Opened, execution: UUID, arguments: argparse.Namespace) -> int:
    async with opened.database.worker(opened.tenant.id) as transaction:
        await refuse_erased(transaction, execution)
        found = await executions.execution(transaction, execution)
        rows = await _journal(transaction, execution)
        state = None
        if rows and rows[0].turn > 1:
            state, rows = await _from_checkpoint(transaction, execution, rows)
        known, _ = await stored_releases(transaction, {row.release for row in rows})
        since = (await policies.policy(transaction)).kept_from
    if state is not None:
        _say_dropped(state, rows, since, arguments.json)
    if not rows and state is None:
        raise CommandError(f"the journal of {execution} is not there any more{_policy(since)}")
    journal = Journal(str(execution), tuple(map(recorded_row, rows)))
    return _tell(journal, known, arguments, found.status, state)


async def _from_checkpoint(
    transaction: Transaction, execution: UUID, rows: Sequence[JournalRow]
) -> tuple[State | None, list[JournalRow]]:
    """The first state that is kept, and the turns after it."""
    kept = await executions.checkpoint(transaction, execution, rows[0].turn - 1)
    if kept is None:
        return None, []
    return decode_state(kept.state), [row for row in rows if row.turn > kept.turn]


def _say_dropped(
    state: State, rows: Sequence[JournalRow], since: datetime | None, as_json: bool
) -> None:
    if as_json:
        json_line({"type": "dropped", "turns": state.turns, "kept_from": since})
    else:
        text(
            f"turns 1 to {state.turns} were dropped{_policy(since)};"
            f" {len(rows)} turns follow the state that was kept"
        )


def _policy(since: datetime | None) -> str:
    if since is None:
        return ""
    return f" by the workspace's policy (kept from {since:%Y-%m-%d} on)"


async def _journal(transaction: Transaction, execution: UUID) -> list[JournalRow]:
    """All of its turns; the store hands out a page at a time."""
    rows: list[JournalRow] = []
    while True:
        after = rows[-1].turn if rows else -1
        page = await executions.execution_journal(transaction, execution, after_turn=after)
        if not page:
            return rows
        rows += page


def _from_file(arguments: argparse.Namespace) -> int:
    found = read_file(arguments.journals)
    journal = next((e for e in found.executions() if e.execution == arguments.execution), None)
    if journal is None:
        known = ", ".join(each.execution for each in list(found.executions())[:3])
        raise bad_usage(f"there is no execution {arguments.execution!r}; there is {known} …")
    return _tell(journal, found.releases, arguments)


def _tell(
    journal: Journal,
    releases: Mapping[str, Release],
    arguments: argparse.Namespace,
    status: str | None = None,
    state: State | None = None,
) -> int:
    rows = journal.rows if arguments.to is None else journal.rows[: arguments.to]
    try:
        turns = list(refold(journal.execution, rows, releases, state))
    except (msgspec.DecodeError, LookupError):
        raise CommandError(
            f"{journal.execution} cannot be replayed: parts of its journal were erased"
        ) from None
    for turn in turns:
        _show(turn, arguments.json)
    last = turns[-1].state if turns else state
    if arguments.to is not None:
        stood = msgspec.json.decode(encode(last))
        if arguments.json:
            json_line({"type": "state", "turn": len(turns), "state": stood})
        else:
            text(msgspec.json.format(encode(stood), indent=2).decode())
        status = None
    same_end = status is None or last is None or last.status == status
    return _result(turns, same_end, arguments.json)


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


def _result(turns: Sequence[Refolded], same_end: bool, as_json: bool) -> int:
    """Another engine may differ: that is a rehearsal, not corruption."""
    corrupt = [turn for turn in turns if turn.differs and turn.same_engine]
    rehearsed = [turn for turn in turns if turn.differs and not turn.same_engine]
    if as_json:
        totals = {"turns": len(turns), "corrupt": len(corrupt), "rehearsed": len(rehearsed)}
        json_line({"type": "result", **totals, "same": not corrupt and same_end})
    else:
        text(f"{len(turns)} turns, {len(corrupt)} differ, {len(rehearsed)} by another engine")
    return 0 if not corrupt and same_end else 1
