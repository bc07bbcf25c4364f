"""What a turn says happened, in the past tense: for history, screens and replay.

A trail never holds a secret; texts of customers are in the given, not repeated here.
"""

from typing import Any

from msgspec import Struct

from flowengine.messages import Shown


class Trace(Struct, frozen=True, omit_defaults=True, tag_field="type", gc=False):
    """The base of trail events."""


class Began(Trace, tag="began", frozen=True):
    flow: str
    node: str
    cause: str


class Entered(Trace, tag="entered", frozen=True):
    """A node was entered."""

    node: str
    flow: str = ""


class Left(Trace, tag="left", frozen=True):
    """A node was left by an exit; `to` is empty where the exit has no edge."""

    node: str
    exit: str
    to: str = ""


class AnswerTaken(Trace, tag="answered", frozen=True):
    """An answer was understood."""

    node: str
    choice: str = ""
    value: Any = None


class AnswerRefused(Trace, tag="refused", frozen=True):
    """An answer did not fit; `attempts` so far."""

    node: str
    reason: str
    attempts: int = 0


class Assigned(Trace, tag="assigned", frozen=True):
    node: str
    name: str
    value: Any = None


class CaseTaken(Trace, tag="case", frozen=True):
    """Why a condition, split or hours node went where it went."""

    node: str
    case: str


class Standing(Trace, tag="standing", frozen=True):
    """The execution stands at a node and waits."""

    node: str
    waiting_for: str


class Backlogged(Trace, tag="backlogged", frozen=True):
    """A message came where nothing takes it yet; it is kept for the next wait."""

    node: str


class Ignored(Trace, tag="ignored", frozen=True):
    """A given had no effect."""

    reason: str
    node: str = ""


class Interrupted(Trace, tag="interrupted", frozen=True):
    """An interrupt acted."""

    node: str
    then: str


class Called(Trace, tag="called", frozen=True):
    """A sub-flow began."""

    flow: str


class Returned(Trace, tag="returned", frozen=True):
    """A sub-flow or interrupting frame ended."""

    flow: str
    outcome: str = ""


class ToolCalled(Trace, tag="tool_called", frozen=True):
    """A model called a flow; what it told it is among the flow's variables."""

    node: str
    tool: str
    flow: str


class ToolAnswered(Trace, tag="tool_answered", frozen=True):
    """A model is told what came of a call; `trouble`: why nothing did."""

    node: str
    tool: str
    trouble: str = ""


class PassagesShown(Trace, tag="passages_shown", frozen=True):
    """A model was shown these passages of knowledge bases with the question."""

    node: str
    passages: tuple[Shown, ...] = ()


class ForegroundTaken(Trace, tag="foreground_taken", frozen=True):
    pass


class ForegroundFreed(Trace, tag="foreground_freed", frozen=True):
    pass


class Queued(Trace, tag="queued", frozen=True):
    """It stands before a node until the foreground is free."""

    node: str


class Paused(Trace, tag="suspended", frozen=True):
    reason: str


class Resumed(Trace, tag="resumed", frozen=True):
    how: str


class MovedOver(Trace, tag="moved_over", frozen=True):
    """It goes on with another version, from `node` there. `was`: where it stood before."""

    node: str
    was: str
    version: int


class ResultRecorded(Trace, tag="result", frozen=True):
    """A result for reports."""

    node: str
    name: str
    category: str = ""


class SendRefusedNote(Trace, tag="send_refused", frozen=True):
    """A send was refused and no exit says what to do."""

    node: str
    reason: str


class ProblemMet(Trace, tag="problem", frozen=True):
    """The flow failed."""

    node: str
    exit: str
    reason: str


class Ended(Trace, tag="ended", frozen=True):
    status: str
    outcome: str = ""


Trail = (
    Began
    | Entered
    | Left
    | AnswerTaken
    | AnswerRefused
    | Assigned
    | CaseTaken
    | Standing
    | Backlogged
    | Ignored
    | Interrupted
    | Called
    | Returned
    | ToolCalled
    | ToolAnswered
    | PassagesShown
    | ForegroundTaken
    | ForegroundFreed
    | Queued
    | Paused
    | Resumed
    | MovedOver
    | ResultRecorded
    | SendRefusedNote
    | ProblemMet
    | Ended
)
