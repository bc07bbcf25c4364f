"""`flowengine journal`: recorded conversations as a file, for rehearsals and talks elsewhere."""

import argparse
import sys

from flowengine.document import canonical
from flowengine.journals import Journals, release_line, row_line, write_line
from web.commands.opened import Opened, configure_store, run_opened
from web.commands.output import bad_usage
from web.commands.recorded import id_of, of_conversation, of_flow


def configure(parser: argparse.ArgumentParser, _name: str) -> None:
    """Its arguments."""
    parser.add_argument("key", nargs="?", metavar="KEY", help="conversations of this flow")
    parser.add_argument("--last", type=int, default=100, metavar="N", help="so many of them (100)")
    parser.add_argument("--conversation", metavar="ID", help="this one, or that of an execution")
    configure_store(parser)


def run(arguments: argparse.Namespace) -> int:
    """JSON lines: releases, then rows. They hold what customers wrote."""
    if (arguments.key is None) == (arguments.conversation is None):
        raise bad_usage("say a flow's KEY, or --conversation ID: one of them")
    if arguments.last < 1:
        raise bad_usage(f"--last: {arguments.last} is less than one")
    return run_opened(arguments, lambda opened: _journal(opened, arguments))


async def _journal(opened: Opened, arguments: argparse.Namespace) -> int:
    if arguments.conversation is not None:
        found = await of_conversation(opened, id_of(arguments.conversation, "conversation"))
    else:
        found = await of_flow(opened, arguments.key, arguments.last)
    for line in lines(found):
        sys.stdout.write(line.decode())
    sys.stdout.flush()
    return 0


def lines(found: Journals) -> list[bytes]:
    """A file's lines: what is named comes before what names it."""
    written: list[bytes] = []
    for hash, flows in found.flows.items():
        documents = {key: canonical(flow) for key, flow in flows.items()}
        written.append(write_line(release_line(hash, found.releases[hash].root, documents)))
    for conversation, rows in found.conversations.items():
        written += [write_line(row_line(conversation, row)) for row in rows]
    return written
