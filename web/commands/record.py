"""`flowengine record`: a real conversation, written down as a talk that plays again."""

import argparse
from decimal import Decimal
from pathlib import Path

import msgspec

from flowengine.given import Begin, Given
from flowengine.journals import Journals
from flowengine.talks import Recording, record, write_talk
from flowengine.talks.recording import talk_contact
from flowengine.talks.rows import JournalLine, journaled, since
from web.commands.files import FLOW_SUFFIX, write_bytes
from web.commands.opened import Opened, configure_store, run_opened
from web.commands.output import CommandError, bad_usage, json_line, note, text
from web.commands.recorded import configure_journals, id_of, of_conversation, read_file

_given = msgspec.json.Decoder(Given, float_hook=Decimal)


def configure(parser: argparse.ArgumentParser, _name: str) -> None:
    """Its arguments."""
    parser.add_argument("id", metavar="ID", help="a conversation, or an execution: from its begin")
    configure_journals(parser)
    parser.add_argument("--flow", metavar="FILE", help="the flow as the talk names it")
    parser.add_argument("--name", default="", help="of the talk")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write it there, not here")
    configure_store(parser)


def run(arguments: argparse.Namespace) -> int:
    """The talk; why it ends before the conversation did, if it does, on standard error."""
    if arguments.journals is not None:
        return _record(read_file(arguments.journals), arguments)
    name = id_of(arguments.id, "conversation")

    async def body(opened: Opened) -> int:
        return _record(await of_conversation(opened, name), arguments)

    return run_opened(arguments, body)


def _record(found: Journals, arguments: argparse.Namespace) -> int:
    lines = _lines(found, arguments.id)
    first = next((line for line in lines if line.execution), None)
    if first is None:
        raise CommandError(f"no flow ran in {arguments.id}: there is nothing to record")
    root = found.releases[first.recorded.release].root
    file = arguments.flow or f"{root}{FLOW_SUFFIX}"
    try:
        rows = journaled(lines, found.releases)
        begin = _given.decode(first.recorded.given)
        known = not (isinstance(begin.event, Begin) and first is lines[0])
        contact = talk_contact(begin.world.contact, known)
        recording = record(rows, found.releases, file, arguments.name, contact)
    except (msgspec.DecodeError, LookupError, ValueError):
        raise CommandError(
            f"{arguments.id} cannot be recorded: parts of its journal were erased"
        ) from None
    _show(recording, arguments)
    return 0


def _lines(found: Journals, name: str) -> list[JournalLine]:
    """From the conversation's beginning; of an execution from its own."""
    if name in found.conversations:
        return list(found.conversations[name])
    conversation = found.conversation_of(name)
    if conversation is None:
        raise bad_usage(f"there is no conversation or execution {name!r} in the journal")
    return since(found.conversations[conversation], name)


def _show(recording: Recording, arguments: argparse.Namespace) -> None:
    written = write_talk(recording.talk)
    if arguments.out is not None:
        write_bytes(arguments.out, written)
    if arguments.json:
        talk = msgspec.json.decode(written)
        json_line({"type": "talk", "talk": talk, "left_out": recording.left_out})
    elif arguments.out is None:
        text(written.decode().rstrip())
    if recording.left_out:
        note(f"the talk ends before the conversation did: {recording.left_out}")
