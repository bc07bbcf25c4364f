"""An author's mistake, as `check` finds it before a flow is published."""

from typing import Any, Literal

from msgspec import Struct

Severity = Literal["error", "warning", "info"]

_RANK = {"error": 0, "warning": 1, "info": 2}


class Issue(Struct, frozen=True):
    """One finding. An `error` keeps the flow from being published.

    `code` is a closed slug for programs; `message` is a sentence that names the place, `fix` one
    that says the mend. `node` and `exit` are empty where the finding is about the flow; `path` is a
    JSON Pointer into the document. `talk`: the shortest chat that shows it, as a talk, where one
    is known.
    """

    severity: Severity
    code: str
    flow: str
    node: str
    exit: str
    path: str
    message: str
    fix: str
    talk: dict[str, Any] | None = None


def has_errors(issues: tuple[Issue, ...] | list[Issue]) -> bool:
    """Whether any finding keeps the flow from being published. Cost: linear."""
    return any(issue.severity == "error" for issue in issues)


def weight(severity: Severity) -> int:
    """Errors first: 0 error, 1 warning, 2 info."""
    return _RANK[severity]
