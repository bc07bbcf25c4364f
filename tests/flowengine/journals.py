"""Journals of what a simulation played, as the store would hand them out."""

from collections.abc import Iterable, Mapping

from flowengine.journals import release_line, row_line, write_line
from flowengine.rehearsal import Journal
from flowengine.replay import Recorded, engine_id, state_hash
from flowengine.simulation import Happened
from flowengine.state import encode
from flowengine.talks.rows import JournalLine
from tests.flowengine.playing import Play


def journals(play: Play) -> list[Journal]:
    """One journal an execution, in the order in which they began."""
    rows: dict[str, list[Recorded]] = {}
    for happened in play.happened:
        for place, done in enumerate(happened.taken.steps):
            if done.given is None or done.state is None:
                continue
            row = Recorded(
                happened.turn,
                place,
                done.release,
                engine_id(),
                encode(done.given),
                encode(done.effects),
                encode(done.trail),
                state_hash(done.state),
            )
            rows.setdefault(done.execution, []).append(row)
    return [Journal(execution, tuple(listed)) for execution, listed in rows.items()]


def journal_of(happened: Iterable[Happened]) -> list[JournalLine]:
    """The rows as the store keeps them (workers.writing)."""
    lines: list[JournalLine] = []
    for row in happened:
        event = encode(row.happening)
        for number, step in enumerate(row.taken.steps):
            given = encode(step.given) if step.given else event
            digest = state_hash(step.state) if step.state else b""
            trail = encode(step.trail if step.state else step.route)
            kept = Recorded(
                row.turn,
                number,
                step.release,
                engine_id(),
                given,
                encode(step.effects),
                trail,
                digest,
            )
            lines.append(JournalLine(step.execution, kept, row.at))
    return lines


def file_of(
    conversations: Mapping[str, Play], documents: Mapping[str, Mapping[str, bytes]]
) -> bytes:
    """A journal file of conversations. `documents`: of each release's flows, by its hash."""
    written: list[bytes] = []
    named = {
        hash: each for play in conversations.values() for hash, each in play.chat.releases.items()
    }
    for hash, release in named.items():
        written.append(write_line(release_line(hash, release.root, documents[hash])))
    for name, play in conversations.items():
        written += [write_line(row_line(name, line)) for line in journal_of(play.happened)]
    return b"".join(written)
