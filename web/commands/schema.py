"""`flowengine schema`: the JSON Schema of our documents, and the reference, made from the types."""

import argparse
from pathlib import Path

import msgspec

from flowengine.document import json_schema
from flowengine.reference import pages
from flowengine.talks import Talk
from flowengine.workspace import Workspace
from web.commands.output import json_line, text


def configure(parser: argparse.ArgumentParser, _name: str) -> None:
    """Its arguments."""
    parser.add_argument("of", nargs="?", choices=("flow", "talk", "workspace"), default="flow")
    parser.add_argument("--json", action="store_true", help="on one line")
    parser.add_argument("--reference", metavar="DIR", help="write the reference's pages there")


def run(arguments: argparse.Namespace) -> int:
    """Prints it."""
    if arguments.reference is not None:
        return _write(Path(arguments.reference))
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


def _write(folder: Path) -> int:
    """The pages of the reference; those of kinds that are no more are taken away."""
    made = pages()
    folder.mkdir(parents=True, exist_ok=True)
    for page in folder.glob("*.md"):
        if page.name not in made:
            page.unlink()
    for name, content in made.items():
        (folder / name).write_text(content)
    text(f"{len(made)} pages: {folder}")
    return 0
