"""When each exit is taken, and what happens where it has no edge (FLOWS.md §4)."""

EXITS: dict[str, tuple[str, str]] = {
    "next": ("the flow goes on", "an error of check"),
    "reply": ("the answer fits", "an error of check, unless every choice has an edge"),
    "choice:ID": ("this choice is the answer", "`reply`"),
    "picked": ("a row that was made from an item is the answer", "`reply`"),
    "empty": ("there is no row to choose from; nothing was said", "`settings.on_problem`"),
    "invalid": ("as many answers as `attempts` did not fit", "`settings.on_problem`"),
    "timeout": ("time is up", "no timer is set"),
    "event:EXIT": ("the event came", "an error of check"),
    "failed": ("it went wrong; `message.failure` says why", "`settings.on_problem`"),
    "case:ID": ("this case is the first that holds", "an error of check"),
    "else": ("no case holds", "an error of check"),
    "open": ("the schedule is open now", "an error of check"),
    "closed": ("the schedule is closed now", "an error of check"),
    "variant:ID": ("this variant is this person's", "an error of check, if its weight is not 0"),
    "item": ("there is another item", "an error of check"),
    "done": ("there is no other item", "an error of check"),
    "ok": ("an answer of 2xx that no exit lists", "an error of check"),
    "status:ID": ("an answer with one of these statuses", "`failed`"),
    "outcome:ID": ("it ended with this outcome", "`next`"),
    "unsure": ("the model is less sure than `unsure_below`", "`settings.on_problem`"),
    "handoff": ("the model asks for a person; it may only where this is wired", "never taken"),
    "limit": ("the account's limit, too many rounds or tokens", "`settings.on_problem`"),
    "unavailable": ("nobody could take it: the queue is closed", "`settings.on_problem`"),
}
"""Exit to (when it is taken, what an unwired one means)."""

OWN: dict[tuple[str, str], tuple[str, str]] = {
    ("message", "failed"): ("the provider refused it", "a line in the timeline; it goes on"),
    ("ask", "failed"): ("the provider refused the question", "a line in the timeline; it waits"),
    ("transfer", "closed"): ("the person closed it or gave it back", "the flow ends"),
    ("transfer", "timeout"): ("no agent took it in time; the bot has it", "no timer is set"),
    ("ai_reply", "timeout"): ("the model did not answer in time", "`settings.on_problem`"),
    ("ai_reply", "next"): ("it answered, and chose no outcome that has an edge", "an error"),
    ("ai_reply", "outcome:ID"): ("the model chose this outcome", "`next`"),
    ("flow", "failed"): (
        "an input is missing or of another type, or the called flow met a problem that it has no "
        "`settings.on_problem` for",
        "`settings.on_problem`",
    ),
    ("flow", "next"): ("the flow ended with no outcome that has an edge", "an error of check"),
}
"""Exits that mean something of their own on a kind of node."""


def told(kind: str, exit: str) -> tuple[str, str]:
    """When an exit of a kind is taken, and what it means without an edge."""
    return OWN.get((kind, exit)) or EXITS[exit]
