"""What a proof finds, before it is put into a language: a code, a place, and the words in it."""

from msgspec import Struct

from flowengine.issue import Severity


class Finding(Struct, frozen=True):
    """One finding. `values` fill the sentence of `code`; `severity` is over the code's own."""

    code: str
    node: str = ""
    exit: str = ""
    path: str = ""
    values: dict[str, str] = {}
    severity: Severity | None = None


WARNINGS = frozenset(
    {
        "unreachable",
        "not_known_here",
        "timeout_without_edge",
        "edge_without_timeout",
        "keyword_conflict",
        "missing_translation",
        "translation_names",
        "translation_of_own",
        "unset_read",
        "text_outside_window",
        "call_outside_window",
        "start_without_purpose",
        "shadowed_branch",
        "ai_loop",
        "pattern_matches_nothing",
        "expires_first",
        "never_holds",
        "wrong_comparison",
        "ambiguous_choice",
        "tool_without_flow",
        "dead_else",
        "loop_goes_on",
    }
)
"""Codes that do not keep a flow from being published; every other is an error."""


def severity(finding: Finding) -> Severity:
    """How bad it is."""
    if finding.severity is not None:
        return finding.severity
    return "warning" if finding.code in WARNINGS else "error"


def pointer(*parts: str | int) -> str:
    """A JSON Pointer of its parts."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
