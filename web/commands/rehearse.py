"""`flowengine rehearse`: recorded conversations played again on another version of their flow."""

import argparse
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from flowengine.diff import diff
from flowengine.flow import Flow
from flowengine.journals import Journals
from flowengine.rehearsal import Journal, Rehearsal, Rehearsed, describe, rehearse
from flowengine.run import Release
from flowengine.workspace import Workspace
from web.commands.files import compile_all, flows_in, read_flow, read_workspace, used_flows
from web.commands.opened import Opened, configure_store, run_opened
from web.commands.output import bad_usage, json_line, text
from web.commands.recorded import configure_journals, of_flow, read_file


def configure(parser: argparse.ArgumentParser, _name: str) -> None:
    """Its arguments."""
    parser.add_argument("flow", type=Path, metavar="FLOW.json", help="the version to rehearse")
    configure_journals(parser)
    parser.add_argument("--last", type=int, default=100, metavar="N", help="conversations (100)")
    parser.add_argument("--flows", type=Path, metavar="DIR", help="more published flows")
    parser.add_argument("--workspace", type=Path, metavar="FILE", help="default: beside the flow")
    parser.add_argument("--language", default="pt-BR", help="of the lines: pt, en or es")
    configure_store(parser)


def run(arguments: argparse.Namespace) -> int:
    """Where they part and why; 0 where none does, 1 where one does, 2 for a bad file."""
    path: Path = arguments.flow
    if arguments.last < 1:
        raise bad_usage(f"--last: {arguments.last} is less than one")
    flow = read_flow(path)
    version = released(flow, path, arguments.flows)
    workspace = read_workspace(arguments.workspace, path)

    def tell(found: Journals) -> int:
        return _tell(rehearsed(found, flow, version, workspace), arguments)

    if arguments.journals is not None:
        found = read_file(arguments.journals)
        if not any(True for _ in found.executions(flow.key)):
            raise bad_usage(f"{arguments.journals}: no execution of the flow {flow.key!r} is in it")
        return tell(found)

    async def body(opened: Opened) -> int:
        return tell(await of_flow(opened, flow.key, arguments.last))

    return run_opened(arguments, body)


def released(flow: Flow, path: Path, more: Path | None) -> Release:
    """The release that a file would be, with the flows beside it."""
    others: Mapping[str, Flow] = used_flows(flow, path.parent)
    if more is not None:
        others = {**others, **flows_in(more)}
    everything = {flow.key: flow, **{k: f for k, f in others.items() if k != flow.key}}
    return compile_all(everything, path)[0]


def rehearsed(
    found: Journals, flow: Flow, version: Release, workspace: Workspace | None
) -> Rehearsal:
    """Every recorded execution of the flow, with the renames since its own version."""
    groups: dict[str, list[Journal]] = {}
    for journal in found.executions(flow.key):
        groups.setdefault(journal.rows[0].release, []).append(journal)
    played: list[Rehearsed] = []
    lacking: set[str] = set()
    for hash, journals in groups.items():
        renamed = diff(found.flows[hash][flow.key], flow).renames
        part = rehearse(version, journals, found.releases, workspace, renamed)
        played += part.played
        lacking |= set(part.lacking)
    return Rehearsal(version.hash, tuple(played), tuple(sorted(lacking)))


def _tell(found: Rehearsal, arguments: argparse.Namespace) -> int:
    if arguments.json:
        _lines(found.played)
        totals = {"same": len(found.same), "parted": len(found.parted)}
        skipped = sum(bool(each.skipped) for each in found.played)
        json_line({"type": "summary", **totals, "skipped": skipped, "lacking": found.lacking})
    else:
        for line in describe(found, arguments.language):
            text(line)
    return 1 if found.parted else 0


def _lines(played: Iterable[Rehearsed]) -> None:
    for each in played:
        fields = msgspec.to_builtins(each)
        json_line({"type": "rehearsed", **fields, "parts": bool(each.partings)})
