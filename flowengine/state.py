"""Where an execution stands: everything `advance` needs beside the release and the given.

`encode` gives the bytes that are stored; the same state always gives the same bytes.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from flowengine.given import Cause, HttpCame, Pick, SendFailed
from flowengine.messages import Inbound, ModelMessage, ToolCall
from flowengine.upgrade_state import FIRST, STATES, upgraded

STATE_FORMAT = 1

LIVE = frozenset({"waiting", "queued", "suspended", "transferred"})
"""Statuses of executions that are not over."""


class Offered(Struct, frozen=True, omit_defaults=True, gc=False):
    """What a visit of a node offered. `picks` is empty where the node's choices are constant."""

    id: str
    visit: int
    picks: tuple[Pick, ...] = ()
    page: int = 0


class Stand(Struct, frozen=True, omit_defaults=True, gc=False):
    """How a frame stands at its node.

    `waiting_for`: reply, time, event, http, model, person, foreground or send. `of`: the node whose
    choices are meant. `timeout`, `gather`: effect ids of armed wakes; `left`: seconds that a frozen
    one had (null: it had not started). `asked`: the visit's sends whose outcome is awaited. `kept`:
    an outcome that came while the frame could not step on. `rounds`: of a model's dialogue.
    """

    waiting_for: str
    of: str = ""
    attempts: int = 0
    timeout: str = ""
    gather: str = ""
    gathered: tuple[Inbound, ...] = ()
    frozen: bool = False
    left: float | None = None
    asked: tuple[str, ...] = ()
    rounds: int = 0
    kept: HttpCame | SendFailed | None = None


class Round(Struct, frozen=True, omit_defaults=True, gc=False):
    """What a model called on its way to one answer.

    `visit`: whose it is; it means nothing to another one. `told`: what it called, and what came of
    it. `calls`: those not answered yet, the first one running. `tokens` spent and `times` asked so
    far; `rounds` of the dialogue before.
    """

    visit: int
    told: tuple[ModelMessage, ...] = ()
    calls: tuple[ToolCall, ...] = ()
    tokens: int = 0
    times: int = 0
    rounds: int = 0


class Frame(Struct, frozen=True, omit_defaults=True, gc=False):
    """A flow on the stack. `kind`: root, call (a flow node called it) or return (an interrupt).

    `offered`: by node, what it offered last; `last_offered` names the latest, `spoken` the node
    that last said something. `loops`: next index. `round`: of a model that called flows.
    """

    flow: str
    node: str
    visit: int = 0
    variables: dict[str, Any] = {}
    stand: Stand | None = None
    kind: str = "root"
    loops: dict[str, int] = {}
    offered: dict[str, Offered] = {}
    last_offered: str = ""
    spoken: str = ""
    round: Round | None = None


class Problem(Struct, frozen=True, omit_defaults=True, gc=False):
    """What went wrong, and where."""

    flow: str
    node: str
    exit: str
    reason: str


class State(Struct, frozen=True, omit_defaults=True, gc=False):
    """An execution. `pending`: awaited effect ids, each with the depth of the frame that awaits.

    `counter` makes effect ids, `visits` numbers node visits. `last`: the last input. `last_send`:
    the last send since the previous wait, from whose acceptance the next timeout runs. `now` and
    `given_at`: when it was last told anything, and when something last mattered (it expires from
    then). `busy`, `purpose`: as it was begun.
    """

    execution: str
    release: str
    status: str
    frames: tuple[Frame, ...]
    format: int = FIRST
    pending: dict[str, int] = {}
    backlog: tuple[Inbound, ...] = ()
    foreground: bool = False
    suspended_by: str = ""
    busy: str = ""
    purpose: str = ""
    last: Inbound | None = None
    last_choice: str = ""
    last_send: str = ""
    failure: str = ""
    cause: Cause | None = None
    counter: int = 0
    visits: int = 0
    turns: int = 0
    now: datetime | None = None
    given_at: datetime | None = None
    outcome: str = ""
    problem: Problem | None = None


_encoder = msgspec.json.Encoder(decimal_format="number", order="deterministic")
_decoder = msgspec.json.Decoder(State, float_hook=Decimal)


def encode(value: object) -> bytes:
    """Canonical bytes of any of our structs: UTF-8 JSON, no spaces, keys in a fixed order."""
    return _encoder.encode(value)


def decode_state(raw: bytes) -> State:
    """The state that `encode` wrote. Cost: ~1 µs for a small flow.

    One of an older format is upgraded (`upgrade_state`). Raises `UnreadableState` for one that a
    newer version wrote: readers are deployed first.
    """
    try:
        state = _decoder.decode(raw)
        if state.format == STATE_FORMAT:
            return state
    except msgspec.ValidationError:
        pass  # Of an older shape, or broken: upgrading tells which.
    return _decoder.decode(upgraded(raw, STATES, STATE_FORMAT, "state"))
