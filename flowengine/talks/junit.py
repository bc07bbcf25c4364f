"""JUnit XML of played talks, for what shows the results of CI."""

from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from msgspec import Struct

from flowengine.talks.player import Failure, Played

_KEPT = "\t\n"


class Result(Struct, frozen=True):
    """A talk that was played: its file, how it went, and how many seconds it took."""

    file: str
    played: Played
    seconds: float = 0


def junit(results: Iterable[Result]) -> bytes:
    """One suite, a case a talk (XML in UTF-8). Cost: ~20 µs a talk."""
    listed = list(results)
    failed = sum(each.played.failure is not None for each in listed)
    total = sum(each.seconds for each in listed)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites tests="{len(listed)}" failures="{failed}" time="{total:.3f}">',
        f'<testsuite name="talks" tests="{len(listed)}" failures="{failed}" time="{total:.3f}">',
        *(line for each in listed for line in _case(each)),
        "</testsuite>",
        "</testsuites>",
    ]
    return ("\n".join(lines) + "\n").encode()


def _case(result: Result) -> Iterable[str]:
    name = _clean(result.played.name or result.file)
    file = _clean(result.file)
    opening = f"<testcase classname={quoteattr(file)} name={quoteattr(name)}"
    opening += f' file={quoteattr(file)} time="{result.seconds:.3f}"'
    failure = result.played.failure
    if failure is None:
        yield f"{opening}/>"
        return
    yield f"{opening}>"
    yield f"<failure message={quoteattr(_clean(failure.message))}>{escape(_details(failure))}"
    yield "</failure>"
    yield "</testcase>"


def _details(failure: Failure) -> str:
    where = f"step {failure.step}: {failure.said}" if failure.step else "at the end"
    lines = [where, failure.message]
    for each in failure.differences:
        lines.append(f"{each.what}: expected {each.expected}, got {each.got}")
    return _clean("\n".join(lines))


def _clean(text: str) -> str:
    """XML takes no control characters, and no half of a character."""
    return "".join(
        char if char in _KEPT or (char >= " " and not 0xD800 <= ord(char) <= 0xDFFF) else "\ufffd"
        for char in text
    )
