"""What a rehearsal takes and what it finds."""

from typing import Any, Literal

from msgspec import Struct

from flowengine.replay import Recorded

What = Literal[
    "begin",
    "route",
    "outcome",
    "exit",
    "variable",
    "send",
    "effect",
    "status",
    "place",
]


class Journal(Struct, frozen=True):
    """What one execution was told, from its `Begin` on, in order."""

    execution: str
    rows: tuple[Recorded, ...]


class Parting(Struct, frozen=True, omit_defaults=True):
    """Something that the new release does otherwise; null stands for nothing at all.

    `what`:

    - `begin`: its trigger is gone, or no longer means the message (`ends`);
    - `route`: the message is for something else: an answer, an interrupt (`jump`), an old tap, or
      the flow would start anew (`ends`);
    - `outcome`: the answer of a call, timer or send is recorded that the node does not ask for;
    - `exit`, `variable` (`name`), `send`, `effect`: another one, or none;
    - `status`, `place`: how the execution is left by the turn, or where it stands (`ends`).

    `seq`, `step`: the journal's row. `node`: where, by the new release's name of it.
    """

    seq: int
    step: int
    what: What
    node: str = ""
    name: str = ""
    recorded: Any = None
    rehearsed: Any = None
    ends: bool = False


class Rehearsed(Struct, frozen=True, omit_defaults=True):
    """One conversation. `turns`: how many were played. `partings` in the order of the story.

    `skipped`: why it could not be played: `erased`, `unreadable`, `middle` (its beginning is not
    there) or `other_flow`.
    """

    execution: str
    turns: int = 0
    partings: tuple[Parting, ...] = ()
    skipped: Literal["", "erased", "unreadable", "middle", "other_flow"] = ""

    @property
    def first(self) -> Parting | None:
        """Where it parts; null where it does not."""
        return self.partings[0] if self.partings else None


class Rehearsal(Struct, frozen=True, omit_defaults=True):
    """All conversations. `lacking`: names that the new release reads and the recordings lack."""

    release: str
    played: tuple[Rehearsed, ...]
    lacking: tuple[str, ...] = ()

    @property
    def parted(self) -> tuple[Rehearsed, ...]:
        """Those that went another way."""
        return tuple(each for each in self.played if each.partings)

    @property
    def same(self) -> tuple[Rehearsed, ...]:
        """Those that went the same way to their end."""
        return tuple(each for each in self.played if not each.partings and not each.skipped)
