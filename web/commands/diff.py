"""`flowengine diff`: what changed between two versions of a flow."""

import argparse
from pathlib import Path

import msgspec

from flowengine.diff import Difference, describe, diff
from web.commands.files import read_flow
from web.commands.output import json_line, text


def configure(parser: argparse.ArgumentParser, _name: str) -> None:
    """Its arguments."""
    parser.add_argument("old", type=Path, metavar="OLD.json")
    parser.add_argument("new", type=Path, metavar="NEW.json")
    parser.add_argument("--language", default="pt-BR", help="of the lines: pt, en or es")
    parser.add_argument("--json", action="store_true", help="a JSON line a change")


def run(arguments: argparse.Namespace) -> int:
    """A line a change; 0 where both do the same, 1 where they do not, 2 for a bad file."""
    found = diff(read_flow(arguments.old), read_flow(arguments.new))
    if arguments.json:
        _lines(found)
    else:
        for line in describe(found, arguments.language):
            text(line)
    return 0 if found.same_logic else 1


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
