"""`flowengine plan`: where running executions would go in another version, and what they lose.

Nothing is moved: it is the dry run of publishing with migration.
"""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from flowengine.diff import diff
from flowengine.flow import Flow
from flowengine.journals import Journals
from flowengine.migration import Plan, describe, plan_migration
from flowengine.release import compile_release
from flowengine.replay import refold
from flowengine.run import Release
from flowengine.state import LIVE, State, decode_state
from flowengine.store import recorded
from web.commands.files import compile_all, read_flow, used_flows
from web.commands.opened import Opened, configure_store, run_opened
from web.commands.output import CommandError, bad_usage, json_line, text
from web.commands.recorded import configure_journals, read_file, stored_releases


def configure(parser: argparse.ArgumentParser, _name: str) -> None:
    """Its arguments."""
    parser.add_argument("flow", type=Path, metavar="FLOW.json", help="the version to move to")
    configure_journals(parser)
    parser.add_argument(
        "--map", action="append", default=[], metavar="OLD=NEW", help="a node that was replaced"
    )
    parser.add_argument("--language", default="pt-BR", help="of the lines: pt, en or es")
    configure_store(parser)


def run(arguments: argparse.Namespace) -> int:
    """A line a place where executions stand; 1 where some have nowhere to go, 2 for a bad file."""
    path: Path = arguments.flow
    flow = read_flow(path)
    mapping = mapping_of(arguments.map, flow)
    if arguments.journals is not None:
        found = read_file(arguments.journals)
        planning = _Planning(flow, path, found.flows, found.releases, mapping)
        return tell([planning.plan(*each) for each in _stood(found, flow.key)], arguments)

    async def body(opened: Opened) -> int:
        async with opened.database.worker(opened.tenant.id) as transaction:
            rows = await recorded.standing(transaction, flow.key)
            known, flows = await stored_releases(transaction, {row.release for row in rows})
        planning = _Planning(flow, path, flows, known, mapping)
        plans = [planning.plan(decode_state(row.state), row.release) for row in rows]
        return tell(plans, arguments)

    return run_opened(arguments, body)


def mapping_of(listed: list[str], flow: Flow) -> dict[str, str]:
    """`OLD=NEW` pairs; a new node that is not there is bad usage."""
    nodes = {node.id for node in flow.nodes}
    found: dict[str, str] = {}
    for each in listed:
        old, mark, new = each.partition("=")
        if not mark or not old or not new:
            raise bad_usage(f"--map: write OLD=NEW, not {each!r}")
        if new not in nodes:
            raise bad_usage(f"--map: the flow {flow.key!r} has no node {new!r}")
        found[f"{flow.key}/{old}"] = new
    return found


def _stood(found: Journals, flow: str) -> Iterator[tuple[State, str]]:
    """Executions of a file that are not over, as they stood at its end."""
    for journal in found.executions():
        release = journal.rows[-1].release
        if flow not in found.flows[release]:
            continue
        try:
            *_, last = refold(journal.execution, journal.rows, found.releases)
        except (msgspec.DecodeError, LookupError, ValueError):
            raise CommandError(
                f"the journal of {journal.execution} is not whole: where it stands is not known"
            ) from None
        if last.state.status in LIVE:
            yield last.state, release


class _Planning:
    """`releases`: the old ones; the new one of each is the same with the new version in it."""

    def __init__(
        self,
        flow: Flow,
        path: Path,
        flows: Mapping[str, Mapping[str, Flow]],
        releases: Mapping[str, Release],
        mapping: Mapping[str, str],
    ) -> None:
        self.flow, self.path, self.flows, self.releases = flow, path, flows, releases
        self.mapping = mapping
        self._new: dict[str, tuple[Release, dict[str, str]]] = {}

    def plan(self, state: State, hash: str) -> Plan:
        if hash not in self._new:
            self._new[hash] = self._released(hash)
        new, mapping = self._new[hash]
        return plan_migration(state, self.releases[hash], new, mapping)

    def _released(self, hash: str) -> tuple[Release, dict[str, str]]:
        key = self.flow.key
        known = {**self.flows[hash], **used_flows(self.flow, self.path.parent), key: self.flow}
        compile_all({key: self.flow, **known}, self.path)  # what is wrong is the file's mistake
        renames = diff(self.flows[hash][key], self.flow).renames
        mapping = {f"{key}/{old}": new for old, new in renames.items()} | dict(self.mapping)
        return compile_release(known[self.releases[hash].root], known), mapping


def tell(plans: list[Plan], arguments: argparse.Namespace) -> int:
    """Plans as lines; 1 where one goes nowhere."""
    if arguments.json:
        for plan in plans:
            json_line({"type": "plan", "how": plan.how, **_fields(plan)})
        stuck = sum(not plan.frames for plan in plans)
        json_line({"type": "summary", "executions": len(plans), "nowhere": stuck})
    else:
        for line in describe(plans, arguments.language):
            text(line)
    return 1 if any(not plan.frames for plan in plans) else 0


def _fields(plan: Plan) -> dict[str, object]:
    return {
        name: getattr(plan, name)
        for name in ("execution", "old", "new", "moves", "losses", "changed", "asks_again", "drops")
    }
