"""What a turn says happened, in the past tense: for history, screens and replay.

A trail never holds a secret; texts of customers are in the given, not repeated here.
"""

from typing import Any

from msgspec import Struct


class Trace(Struct, frozen=True, omit_defaults=True, tag_field="type"):
    """The base of trail events."""


class Began(Trace, tag="began"):
    flow: str
    node: str
    cause: str


class Entered(Trace, tag="entered"):
    """A node was entered."""

    node: str
    flow: str = ""


class Left(Trace, tag="left"):
    """A node was left by an exit; `to` is empty where the exit has no edge."""

    node: str
    exit: str
    to: str = ""


class AnswerTaken(Trace, tag="answered"):
    """An answer was understood."""

    node: str
    choice: str = ""
    value: Any = None


class AnswerRefused(Trace, tag="refused"):
    """An answer did not fit; `attempts` so far."""

    node: str
    reason: str
    attempts: int = 0


class Assigned(Trace, tag="assigned"):
    node: str
    name: str
    value: Any = None


class CaseTaken(Trace, tag="case"):
    """Why a condition, split or hours node went where it went."""

    node: str
    case: str


class Standing(Trace, tag="standing"):
    """The execution stands at a node and waits."""

    node: str
    waiting_for: str


class Backlogged(Trace, tag="backlogged"):
    """A message came where nothing takes it yet; it is kept for the next wait."""

    node: str


class Ignored(Trace, tag="ignored"):
    """A given had no effect."""

    reason: str
    node: str = ""


class Interrupted(Trace, tag="interrupted"):
    """An interrupt acted."""

    node: str
    then: str


class Called(Trace, tag="called"):
    """A sub-flow began."""

    flow: str


class Returned(Trace, tag="returned"):
    """A sub-flow or interrupting frame ended."""

    flow: str
    outcome: str = ""


class ForegroundTaken(Trace, tag="foreground_taken"):
    pass


class ForegroundFreed(Trace, tag="foreground_freed"):
    pass


class Queued(Trace, tag="queued"):
    """It stands before a node until the foreground is free."""

    node: str


class Paused(Trace, tag="suspended"):
    reason: str


class Resumed(Trace, tag="resumed"):
    how: str


class ResultRecorded(Trace, tag="result"):
    """A result for reports."""

    node: str
    name: str
    category: str = ""


class SendRefusedNote(Trace, tag="send_refused"):
    """A send was refused and no exit says what to do."""

    node: str
    reason: str


class ProblemMet(Trace, tag="problem"):
    """The flow failed."""

    node: str
    exit: str
    reason: str


class Ended(Trace, tag="ended"):
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
    | ForegroundTaken
    | ForegroundFreed
    | Queued
    | Paused
    | Resumed
    | ResultRecorded
    | SendRefusedNote
    | ProblemMet
    | Ended
)
