"""Journals of what a simulation played, as the store would hand them out."""

from flowengine.rehearsal import Journal
from flowengine.replay import Recorded, engine_id, state_hash
from flowengine.state import encode
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
