"""Replay: a stored execution folded again from its journal, turn by turn.

The journal holds what each call of `advance` was told; folding it gives every state the execution
was in. Where the engine is the same (`engine_id`), every byte must be; where it is another one, a
difference is reported as a rehearsal, never as corruption.
"""

import hashlib
import importlib.metadata
import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache

import msgspec
from msgspec import Struct

from flowengine.engine import advance, new_state
from flowengine.given import Given
from flowengine.run import Release
from flowengine.state import State, encode

ENGINE = "3"
"""Raised by hand whenever the engine's behaviour changes."""

_LIBRARIES = (
    "jinja2",
    "phonenumbers",
    "python-stdnum",
    "holidays",
    "dateparser",
    "babel",
    "google-re2",
    "tzdata",
    "msgspec",
)

_given = msgspec.json.Decoder(Given, float_hook=Decimal)


class Recorded(Struct, frozen=True):
    """A journal row of one execution, in order of (seq, step)."""

    seq: int
    step: int
    release: str
    engine_id: str
    given: bytes
    effects: bytes
    trail: bytes
    state_hash: bytes


class Refolded(Struct, frozen=True):
    """One turn folded again. `differs`: what is not the same bytes (effects, trail, state)."""

    seq: int
    step: int
    state: State
    differs: tuple[str, ...] = ()
    same_engine: bool = True


@lru_cache(maxsize=1)
def engine_id() -> str:
    """Names this engine: ours and the versions of all that its bytes depend on."""
    versions = [f"{name} {importlib.metadata.version(name)}" for name in _LIBRARIES]
    parts = [f"flowengine {ENGINE}", f"unicode {unicodedata.unidata_version}", *versions]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def state_hash(state: State) -> bytes:
    """SHA-256 of a state's canonical bytes. Cost: ~3 µs for a small state."""
    return hashlib.sha256(encode(state)).digest()


def refold(
    execution: str,
    rows: Iterable[Recorded],
    releases: Mapping[str, Release],
    state: State | None = None,
) -> Iterable[Refolded]:
    """The execution's turns, one after the other, each compared with what was recorded.

    `rows`: from its `Begin` on, in order; or those after `state`, a state that was kept, where its
    older turns are gone. `releases`: by hash, those that the rows name; `LookupError` where one is
    missing. Raises `msgspec.DecodeError` where a row was erased. Cost:
    that of the turns, some 50 µs each, as they are asked for.
    """
    for row in rows:
        release = releases[row.release]
        before = state or new_state(execution, release)
        turn = advance(release, before, _given.decode(row.given))
        state = turn.state
        found = {
            "effects": encode(turn.effects) == row.effects,
            "trail": encode(turn.trail) == row.trail,
            "state": state_hash(state) == row.state_hash,
        }
        differs = tuple(name for name, same in found.items() if not same)
        same_engine = row.engine_id == engine_id()
        yield Refolded(row.seq, row.step, state, differs, same_engine)
