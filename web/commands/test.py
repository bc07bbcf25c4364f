"""`flowengine test`: plays talks, and says with a readable difference where one fails."""

import argparse
import time
from pathlib import Path

import msgspec

from flowengine.errors import FlowError
from flowengine.run import Release
from flowengine.simulation import Simulation
from flowengine.talks import Failure, Played
from flowengine.talks.junit import Result, junit
from flowengine.talks.player import play_through
from flowengine.workspace import Workspace
from web.commands.covered import Covering
from web.commands.files import (
    TALK_SUFFIX,
    compile_all,
    find,
    flows_in,
    read_flow,
    read_talk,
    read_workspace,
    workspace_or_empty,
    write_bytes,
)
from web.commands.output import bad_usage, json_line, note, text


def configure(parser: argparse.ArgumentParser, _name: str) -> None:
    """Its arguments."""
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="talks, or folders")
    parser.add_argument("--workspace", type=Path, metavar="FILE", help="default: beside the talk")
    parser.add_argument("--coverage", action="store_true", help="nodes and exits no talk reaches")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML, for CI")
    parser.add_argument("--json", action="store_true", help="JSON lines")


def run(arguments: argparse.Namespace) -> int:
    """A line a talk, then a summary; 1 where one failed."""
    paths = find(arguments.paths, TALK_SUFFIX)
    if not paths:
        raise bad_usage("there is no talk (*.talk.json) in these folders")
    stages: dict[Path, tuple[list[Release], Workspace]] = {}
    failed = 0
    results: list[Result] = []
    covering = Covering()
    for path in paths:
        began = time.perf_counter()
        folder, played, simulation = _play(path, arguments.workspace, stages)
        results.append(Result(str(path), played, time.perf_counter() - began))
        failed += played.failure is not None
        _show(arguments.json, path, played)
        if arguments.coverage:
            covering.add(folder, simulation)
    if arguments.coverage:
        covering.show(arguments.json, [path for path in arguments.paths if path.is_dir()])
    if arguments.junit is not None:
        write_bytes(arguments.junit, junit(results))
    if arguments.json:
        totals = {"talks": len(paths), "passed": len(paths) - failed, "failed": failed}
        json_line({"type": "summary", **totals})
    else:
        note(f"{len(paths)} talks: {len(paths) - failed} passed, {failed} failed")
    return 1 if failed else 0


def _play(
    path: Path, workspace: Path | None, stages: dict[Path, tuple[list[Release], Workspace]]
) -> tuple[Path, Played, Simulation]:
    talk = read_talk(path)
    flow = path.parent / talk.flow
    folder = flow.parent
    if folder not in stages:
        read_flow(flow)
        known = workspace_or_empty(read_workspace(workspace, flow))
        stages[folder] = (compile_all(flows_in(folder), folder), known)
    elif not flow.is_file():
        raise bad_usage(f"{path}: its flow {talk.flow} is not there")
    try:
        played, simulation = play_through(talk, *stages[folder])
    except FlowError as error:
        raise bad_usage(f"{path}: {error}") from None
    return folder, played, simulation


def _show(as_json: bool, path: Path, played: Played) -> None:
    if as_json:
        failure = None if played.failure is None else msgspec.to_builtins(played.failure)
        passed = played.failure is None
        line = {"file": str(path), "name": played.name, "passed": passed, "steps": played.steps}
        json_line({**line, "failure": failure})
        return
    mark = "ok  " if played.failure is None else "FAIL"
    text(f"{mark} {path}  {played.name}")
    if played.failure is not None:
        for line in describe(played.failure):
            text(line)


def describe(failure: Failure) -> list[str]:
    """A failure in lines for people."""
    where = f"step {failure.step}: {failure.said}" if failure.step else "at the end"
    lines = [f"     {where}", f"     {failure.message}"]
    for difference in failure.differences:
        lines.append(f"       {difference.what}")
        lines.append(f"         - expected  {difference.expected}")
        lines.append(f"         + got       {difference.got}")
    return lines
