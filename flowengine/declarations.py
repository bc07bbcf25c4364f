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
    """A variable, input or output.

    - `name`: how expressions call it.
    - `type`: what it holds; what is stored is read as this.
    - `default`: its value while nothing was stored (left out: null).
    - `required`: of an input: without it the flow does not begin.
    """

    name: Name
    type: Type = "text"
    default: Any = None
    required: bool = False


class Settings(Doc, frozen=True, kw_only=True):
    """What holds for the whole flow.

    - `on_problem`: who gets the conversation when the flow fails (left out: it stays with the
      bot).
    - `expires`: after so long without anything, an execution ends as `expired`.
    - `busy`: what to do where another execution has the foreground: wait for it, go before it,
      end, or speak if it only speaks (left out: `queue` for flows that a message began, else
      `speak`).
    - `resume`: at give-back by a person: `reprompt`, `end`, or the id of a node to go to.
    - `purpose`: what messages are for that the customer did not ask for: `utility`, `marketing` or
      a purpose of the workspace.
    - `late_reply`: what happens to a reply that could not leave within `late_after`: it leaves, an
      apology goes before it, or a person gets the conversation.
    - `late_after`: from when a reply is late (left out: never).
    """

    on_problem: Target | None = None
    expires: Duration = "P7D"
    busy: Literal["queue", "interrupt", "skip", "speak"] | None = None
    resume: str = "reprompt"
    purpose: str = ""
    late_reply: Literal["send", "apologise", "transfer"] = "send"
    late_after: Duration | None = None
