"""What a flow declares about itself: its variables and settings."""

from typing import Any, Literal

from flowengine.durations import Duration
from flowengine.messages import Target
from flowengine.values import Doc, Name

Type = Literal[
    "text",
    "number",
    "boolean",
    "date",
    "time",
    "datetime",
    "duration",
    "list",
    "object",
    "media",
    "location",
]


class Variable(Doc, frozen=True, kw_only=True):
    """A variable, input or output: unset is null, or `default`. `required`: of inputs only."""

    name: Name
    type: Type = "text"
    default: Any = None
    required: bool = False


class Settings(Doc, frozen=True, kw_only=True):
    """`on_problem`: who gets the conversation when the flow fails (left out: the bot keeps it).

    `expires`: after so long without anything, it ends. `busy`: FLOWS.md §3. `resume`: what happens
    at give-back: `reprompt`, `end` or a node's id. `late_reply`: what to do with a reply that could
    not leave within `late_after`.
    """

    on_problem: Target | None = None
    expires: Duration = "P7D"
    busy: Literal["queue", "interrupt", "skip", "speak"] | None = None
    resume: str = "reprompt"
    purpose: str = ""
    late_reply: Literal["send", "apologise", "transfer"] = "send"
    late_after: Duration | None = None
