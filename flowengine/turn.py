"""What one call of the engine gives."""

import msgspec

from flowengine.given import Pick
from flowengine.messages import Effect
from flowengine.state import State
from flowengine.trail import Trail


class Turn(msgspec.Struct, frozen=True, gc=False):
    """What one call gives: the next state, what to do, what happened.

    `dropped`: effect ids that are awaited no more. `offers`: (id, flow, node, visit, picks) made.
    `interrupt`: it stands before the foreground and asks to suspend its holder.
    """

    state: State
    effects: tuple[Effect, ...]
    trail: tuple[Trail, ...]
    dropped: tuple[str, ...]
    offers: tuple[tuple[str, str, str, int, tuple[Pick, ...]], ...] = ()
    interrupt: bool = False
    ignored: bool = False
