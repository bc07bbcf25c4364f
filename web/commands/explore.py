"""`flowengine explore`: walks a flow by itself, and writes the talks that cover its exits."""

import argparse
import os
import time
from pathlib import Path

from flowengine.errors import FlowError
from flowengine.explore import BUDGET, Exploration, explore
from flowengine.talks import write_talk
from web.commands.files import (
    FLOW_SUFFIX,
    TALK_SUFFIX,
    flows_in,
    make_folder,
    read_flow,
    read_workspace,
    write_bytes,
)
from web.commands.output import bad_usage, json_line, note, text


def configure(parser: argparse.ArgumentParser, _name: str) -> None:
    """Its arguments."""
    parser.add_argument("flow", type=Path, metavar="FLOW.json")
    parser.add_argument("--workspace", type=Path, metavar="FILE", help="default: beside the flow")
    parser.add_argument("--flows", type=Path, metavar="DIR", help="more published flows")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write the talks there")
    parser.add_argument("--budget", type=int, default=BUDGET, metavar="N", help="moves to try")
    parser.add_argument("--seconds", type=float, default=30, help="stop then, whatever is missing")
    parser.add_argument("--json", action="store_true", help="JSON lines")


def run(arguments: argparse.Namespace) -> int:
    """A line a talk, a line an exit that was not reached, then a summary."""
    path: Path = arguments.flow
    if arguments.budget < 1 or arguments.seconds <= 0:
        raise bad_usage("--budget and --seconds are more than nothing")
    flow = read_flow(path)
    others = flows_in(path.parent)
    if arguments.flows is not None:
        others = {**others, **flows_in(arguments.flows)}
    until = time.monotonic() + arguments.seconds
    out: Path = arguments.out or path.parent
    try:
        found = explore(
            flow,
            others,
            read_workspace(arguments.workspace, path),
            os.path.relpath(path, out),
            arguments.budget,
            lambda: time.monotonic() > until,
        )
    except FlowError as error:
        raise bad_usage(f"{path}: {error}") from None
    if arguments.out is not None:
        make_folder(out)
    names = _names(path, found)
    for name, talk in zip(names, found.talks, strict=True):
        written = write_talk(talk)
        if arguments.out is not None:
            write_bytes(out / name, written)
        if arguments.json:
            json_line({"type": "talk", "file": str(out / name), "name": talk.name, "talk": talk})
        else:
            text(f"{name}  {talk.name}  ({len(talk.steps)} steps)")
    _report(found, arguments.json)
    return 0


def _names(path: Path, found: Exploration) -> list[str]:
    stem = path.name.removesuffix(FLOW_SUFFIX).removesuffix(".json")
    return [f"{stem}.explored-{at:02}{TALK_SUFFIX}" for at in range(1, len(found.talks) + 1)]


def _report(found: Exploration, as_json: bool) -> None:
    for each in found.unreached:
        if as_json:
            line = {"type": "unreached", "flow": found.flow, "node": each.node}
            json_line({**line, "exit": each.exit, "reason": each.reason})
        else:
            text(f"not reached: {each.node}:{each.exit}: {each.reason}")
    reached = found.exits - len(found.unreached)
    if as_json:
        totals = {"exits": found.exits, "reached": reached, "talks": len(found.talks)}
        json_line({"type": "summary", **totals, "moves": found.moves, "whole": found.whole})
        return
    note(f"{len(found.talks)} talks reach {reached} of {found.exits} exits ({found.moves} moves)")
