"""`flowengine schema`: the JSON Schema of our documents, generated from the types."""

import argparse

import msgspec

from flowengine.document import json_schema
from flowengine.talks import Talk
from flowengine.workspace import Workspace
from web.commands.output import json_line, text


def configure(parser: argparse.ArgumentParser, _name: str) -> None:
    """Its arguments."""
    parser.add_argument("of", nargs="?", choices=("flow", "talk", "workspace"), default="flow")
    parser.add_argument("--json", action="store_true", help="on one line")


def run(arguments: argparse.Namespace) -> int:
    """Prints it."""
    match arguments.of:
        case "talk":
            schema = msgspec.json.schema(Talk)
        case "workspace":
            schema = msgspec.json.schema(Workspace)
        case _:
            schema = json_schema()
    if arguments.json:
        json_line(schema)
    else:
        text(msgspec.json.format(msgspec.json.encode(schema), indent=2).decode())
    return 0
