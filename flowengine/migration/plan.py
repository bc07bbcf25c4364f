"""A migration plan as data."""

from typing import Any, Literal

from msgspec import Struct

from flowengine.state import Frame

How = Literal["stays", "mapped", "anew", "nowhere"]
Why = Literal["", "over", "other_flow", "gone", "kind", "choices"]


class Move(Struct, frozen=True, omit_defaults=True):
    """Where a frame of the stack goes.

    `how`: `stays` at the node of the same id; `mapped`: goes on standing at another one, `to`;
    `anew`: stands before `to` until the foreground is free, and enters it as if it came there;
    `nowhere`, and then `why`: the execution is `over`, the release is of an `other_flow` or lacks
    it, the node is `gone`, is of another `kind`, or has no `choices` left that were offered.
    """

    flow: str
    node: str
    how: How
    to: str = ""
    why: Why = ""


class Loss(Struct, frozen=True, omit_defaults=True):
    """What the execution would lose. `name` is the variable's, effect's or choice's.

    `what`: a `variable` (undeclared now, or its value is none of its new type), `converted` (kept,
    as the new type), a `timer` that runs no more, `untimed` (a timeout that is new and will not run
    for it), an `outcome` that is awaited no more, a `choice` that was offered, a `loop`'s count.
    """

    what: Literal["variable", "converted", "timer", "untimed", "outcome", "choice", "loop"]
    flow: str
    node: str
    name: str = ""
    value: Any = None


class Plan(Struct, frozen=True, omit_defaults=True):
    """For one execution in one state (`state`: its hash), from one release to another.

    `moves`: the stack, the root first. `changed`: flows on the stack whose version is another.
    `asks_again`: choices that the customer still sees are gone, so ask once more. `drops`: effects
    awaited no more. `frames`: the stack as it will be; none where it goes nowhere.
    """

    execution: str
    state: str
    old: str
    new: str
    moves: tuple[Move, ...]
    losses: tuple[Loss, ...] = ()
    changed: tuple[str, ...] = ()
    asks_again: bool = False
    drops: tuple[str, ...] = ()
    frames: tuple[Frame, ...] = ()

    @property
    def how(self) -> How:
        """Of the execution as a whole: its top frame, or that a frame goes nowhere."""
        if not self.frames:
            return "nowhere"
        return self.moves[-1].how

    @property
    def blocked(self) -> Move | None:
        """The first frame that has nowhere to go, if any."""
        return next((move for move in self.moves if move.how == "nowhere"), None)
