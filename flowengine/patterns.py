"""Patterns: RE2, which cannot be made to run for ever; never Python's `re`.

A pattern is looked for anywhere in the text, whatever the case; the text is in ordinary width with
digits as 0-9, without spaces at its ends, its accents kept.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from flowengine.expressions.errors import ExpressionError
from flowengine.text import plain_digits

LONGEST = 1_000
"""Characters of a pattern."""

LONGEST_TEXT = 4_096
"""Characters of a text that are searched."""

_MEMORY = 1 << 20
"""Bytes that RE2 may use for one pattern: `(a{1000}){1000}` is refused instead of built."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern. `groups`: the names of its named groups, in their order. Cost: ~4 µs,
    linear in the text.
    """

    source: str
    groups: tuple[str, ...]
    compiled: Any

    def search(self, text: str) -> dict[str, str] | None:
        """The groups of the first match, None for no match. About 4 µs, linear in the text.

        "0" is the whole match, "1", "2" … the groups by number, named ones also by name; a group
        that took no part is empty.
        """
        found = self.compiled.search(plain_digits(text[:LONGEST_TEXT]).strip())
        if found is None:
            return None
        groups = {"0": found.group(0)}
        for at, part in enumerate(found.groups()):
            groups[str(at + 1)] = part or ""
        for name, part in found.groupdict().items():
            groups[name] = part or ""
        return groups

    def matches(self, text: str) -> bool:
        """Whether it is found in the text."""
        return self.compiled.search(plain_digits(text[:LONGEST_TEXT]).strip()) is not None


@lru_cache(maxsize=2048)
def compile_pattern(source: str) -> Pattern:
    """Compile a pattern; raises `ExpressionError` with the mend. About 20 µs."""
    if not source:
        raise ExpressionError("the pattern is empty", fix="write what to look for", code="pattern")
    if len(source) > LONGEST:
        message = f"the pattern is longer than {LONGEST} characters"
        raise ExpressionError(message, fix="split it into several cases", code="pattern")
    try:
        compiled: Any = re2.compile(source, _options())
    except (re2.error, UnicodeEncodeError) as refused:
        message, fix = _explain(source, _reason(refused))
        raise ExpressionError(message, fix=fix, code="pattern") from None
    names = sorted(compiled.groupindex.items(), key=lambda item: item[1])
    return Pattern(source, tuple(name for name, _ in names), compiled)


def _options() -> Any:
    options: Any = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = _MEMORY
    return options


def _reason(refused: Exception) -> str:
    reason: object = refused.args[0] if refused.args else ""
    return reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)


def _explain(source: str, reason: str) -> tuple[str, str]:
    lowered = reason.lower()
    if any(look in source for look in ("(?=", "(?!", "(?<=", "(?<!")):
        fix = "patterns have no lookahead or lookbehind; test the two parts in two conditions"
    elif "invalid escape" in lowered and any(f"\\{n}" in source for n in "123456789"):
        fix = "patterns have no back-references; name the group and compare it in a condition"
    elif "missing )" in lowered or "unexpected )" in lowered or "missing parenthesis" in lowered:
        fix = "every ( needs its ); write \\( for the character"
    elif "missing ]" in lowered:
        fix = "every [ needs its ]; write \\[ for the character"
    elif "no argument for repetition" in lowered or "bad repetition" in lowered:
        fix = "*, + and ? follow what they repeat; write \\* for the character"
    elif "too large" in lowered or "invalid repetition size" in lowered:
        fix = "repeat fewer times: at most {1,1000}, and not one in the other"
    elif "named" in lowered or "capture" in lowered:
        fix = "name a group as (?P<nome>…), each name once"
    else:
        fix = "the syntax is RE2's"
    return f"the pattern is not understood ({reason or 'refused'})", fix
