"""`flowengine diff`: what changed between two versions of a flow, and what that does to those who
stand in it."""

import argparse
from pathlib import Path

import msgspec

from flowengine.diff import Difference, describe, diff
from flowengine.errors import FlowError
from flowengine.flow import Flow
from flowengine.migration import Plan, plan_migration
from flowengine.release import compile_release
from web.commands.files import compile_all, read_flow, read_workspace, used_flows
from web.commands.output import bad_usage, json_line, text
from web.commands.plan import tell


def configure(parser: argparse.ArgumentParser, _name: str) -> None:
    """Its arguments."""
    parser.add_argument("old", type=Path, metavar="OLD.json")
    parser.add_argument("new", type=Path, metavar="NEW.json")
    parser.add_argument(
        "--standing", action="store_true", help="where executions at each node would go"
    )
    parser.add_argument("--language", default="pt-BR", help="of the lines: pt, en or es")
    parser.add_argument("--json", action="store_true", help="a JSON line a change")


def run(arguments: argparse.Namespace) -> int:
    """A line a change; 0 where both do the same, 1 where they do not, 2 for a bad file.

    With `--standing` a line a place; 1 where an execution there would have nowhere to go.
    """
    old, new = read_flow(arguments.old), read_flow(arguments.new)
    found = diff(old, new)
    if arguments.standing:
        return tell(_plans(old, new, found, arguments), arguments)
    if arguments.json:
        _lines(found)
    else:
        for line in describe(found, arguments.language):
            text(line)
    return 0 if found.same_logic else 1


def _plans(old: Flow, new: Flow, found: Difference, arguments: argparse.Namespace) -> list[Plan]:
    """One for each place at which an execution of the old version can stand."""
    from flowengine.explore.places import places  # 50 ms: only where it is asked for

    if old.key != new.key:
        raise bad_usage(f"--standing: {old.key!r} and {new.key!r} are not versions of one flow")
    before = used_flows(old, arguments.old.parent)
    after = used_flows(new, arguments.new.parent)
    compile_all({new.key: new, **after}, arguments.new)
    version = compile_release(new, {**after, new.key: new})
    try:
        stood = places(old, before, read_workspace(None, arguments.old))
    except FlowError as error:
        raise bad_usage(f"{arguments.old}: {error}") from None
    release = compile_release(old, {**before, old.key: old})
    return [plan_migration(each.state, release, version, found.renames) for each in stood]


def _lines(found: Difference) -> None:
    for change in found.changes:
        json_line({"type": "change", **msgspec.structs.asdict(change)})
    json_line(
        {
            "type": "summary",
            "same_logic": found.same_logic,
            "changes": len(found.changes),
            "moved": found.moved,
            "looks": found.looks,
        }
    )
