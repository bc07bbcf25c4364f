"""Journal files: recorded conversations as JSON lines, to be replayed, rehearsed and recorded.

A line is a release with its documents, or a row of a journal. What the engine was told and what it
gave is kept byte for byte, so that a file replays as the database does. A file holds what
customers wrote: treat it as such.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec
from msgspec import Raw, Struct

from flowengine.document import parse
from flowengine.errors import FlowError, ReleaseError
from flowengine.expressions import ExpressionError
from flowengine.flow import Flow
from flowengine.rehearsal.findings import Journal
from flowengine.release import compile_release
from flowengine.replay import Recorded
from flowengine.run import Release
from flowengine.talks.rows import JournalLine


class ReleaseLine(Struct, frozen=True, tag="release", tag_field="type", forbid_unknown_fields=True):
    """A release that rows name: `documents` are its flows' own bytes, by key."""

    hash: str
    root: str
    documents: dict[str, Raw]


class RowLine(
    Struct,
    frozen=True,
    tag="row",
    tag_field="type",
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """A row, in order of (conversation, seq, step). `execution` is empty for the routing; `given`,
    `effects` and `trail` are left out where they were erased. `state_hash` is in hex."""

    conversation: str
    seq: int
    step: int
    release: str
    engine: str
    state_hash: str
    execution: str = ""
    at: datetime | None = None
    given: Raw = Raw()
    effects: Raw = Raw()
    trail: Raw = Raw()


JournalFileLine = ReleaseLine | RowLine

_decoder = msgspec.json.Decoder(JournalFileLine)


class Journals(Struct, frozen=True):
    """What a file holds. `releases` and their `flows` by hash; `conversations`: the rows of each,
    in order. Cost: linear in what is asked for.
    """

    releases: dict[str, Release]
    flows: dict[str, dict[str, Flow]]
    conversations: dict[str, tuple[JournalLine, ...]]

    def executions(self, flow: str = "") -> Iterator[Journal]:
        """What each execution was told, in the order in which they began; only those whose release
        is of `flow`, where one is named. Cost: linear in the rows."""
        for lines in self.conversations.values():
            found: dict[str, list[Recorded]] = {}
            for line in lines:
                if line.execution:
                    found.setdefault(line.execution, []).append(line.recorded)
            for execution, rows in found.items():
                if flow in ("", self.releases[rows[0].release].root):
                    yield Journal(execution, tuple(rows))

    def conversation_of(self, execution: str) -> str | None:
        """The conversation in which an execution ran; None where there is none of that name."""
        for name, lines in self.conversations.items():
            if any(line.execution == execution for line in lines):
                return name
        return None


def row_line(conversation: str, line: JournalLine) -> RowLine:
    """A row of a conversation as a line of a file. Cost: ~1 µs."""
    recorded = line.recorded
    return RowLine(
        conversation=conversation,
        seq=recorded.seq,
        step=recorded.step,
        release=recorded.release,
        engine=recorded.engine_id,
        state_hash=recorded.state_hash.hex(),
        execution=line.execution,
        at=line.at,
        given=Raw(recorded.given),
        effects=Raw(recorded.effects),
        trail=Raw(recorded.trail),
    )


def release_line(hash: str, root: str, documents: Mapping[str, bytes]) -> ReleaseLine:
    """A release as a line of a file: its `hash`, the key of its `root`, and by key the `documents`:
    the flows' canonical bytes. Cost: ~1 µs."""
    return ReleaseLine(hash, root, {key: Raw(document) for key, document in documents.items()})


def write_line(line: JournalFileLine) -> bytes:
    """A line with its newline. Cost: linear in its bytes."""
    return msgspec.json.encode(line) + b"\n"


def read_journals(raw: bytes) -> Journals:
    """What a file says.

    Raises `FlowError` with the line's number where one cannot be read, where a row names a release
    that the file lacks, or where a release does not compile. Cost: ~10 µs a row, and some
    milliseconds a release.
    """
    releases: dict[str, Release] = {}
    flows: dict[str, dict[str, Flow]] = {}
    conversations: dict[str, list[JournalLine]] = {}
    for number, each in enumerate(raw.splitlines(), 1):
        if not each.strip():
            continue
        match _line(each, number):
            case ReleaseLine() as line:
                flows[line.hash] = _flows(line, number)
                releases[line.hash] = _compiled(line, flows[line.hash], number)
            case RowLine() as line:
                if line.release not in releases and line.execution:
                    why = f"line {number}: the release {line.release[:12]} is not in the file"
                    raise FlowError(why, fix="Export the journal again: releases come first.")
                conversations.setdefault(line.conversation, []).append(_row(line, number))
    ordered = {name: tuple(sorted(lines, key=_order)) for name, lines in conversations.items()}
    return Journals(releases, flows, ordered)


def _line(raw: bytes, number: int) -> JournalFileLine:
    try:
        return _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        fix = "A journal file is what `flowengine journal` prints."
        raise FlowError(f"line {number}: {error}", fix=fix) from None


def _flows(line: ReleaseLine, number: int) -> dict[str, Flow]:
    try:
        return {key: parse(bytes(document)) for key, document in line.documents.items()}
    except FlowError as error:
        raise FlowError(f"line {number}: {error.message}", error.path, error.fix) from None


def _compiled(line: ReleaseLine, flows: Mapping[str, Flow], number: int) -> Release:
    root = flows.get(line.root)
    if root is None:
        fix = "Export the journal again."
        raise FlowError(f"line {number}: the release lacks its own flow {line.root!r}", fix=fix)
    try:
        return compile_release(root, flows)
    except (ReleaseError, ExpressionError, ValueError, LookupError) as error:
        fix = "Export the journal again with this version of Flowengine."
        raise FlowError(f"line {number}: the release does not compile: {error}", fix=fix) from None


def _row(line: RowLine, number: int) -> JournalLine:
    try:
        state_hash = bytes.fromhex(line.state_hash)
    except ValueError:
        fix = "It is the hash of a state, in hex."
        raise FlowError(f"line {number}: state_hash is {line.state_hash!r}", fix=fix) from None
    recorded = Recorded(
        seq=line.seq,
        step=line.step,
        release=line.release,
        engine_id=line.engine,
        given=bytes(line.given),
        effects=bytes(line.effects),
        trail=bytes(line.trail),
        state_hash=state_hash,
    )
    return JournalLine(line.execution, recorded, line.at)


def _order(line: JournalLine) -> tuple[int, int]:
    return (line.recorded.seq, line.recorded.step)
