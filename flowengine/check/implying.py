"""Whether one condition can only hold where another does: exact where it says yes, else no claim.

Numbers are intervals, words are sets; everything else must be the same. Both sides are compared as
the operators do it: texts folded, every number of a sentence for itself.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, cast

from msgspec import UNSET, Struct

from flowengine.conditions import When
from flowengine.state import encode
from flowengine.text import fold, words

Number = int | Decimal

FAR = Decimal("Infinity")


class Interval(Struct, frozen=True):
    """From `low` to `high`; the ends themselves only where they are `closed`."""

    low: Decimal
    high: Decimal
    low_closed: bool = True
    high_closed: bool = True


def implies(later: When, earlier: When) -> bool:
    """Whether `earlier` holds wherever `later` does."""
    if _same(later, earlier):
        return True
    if earlier.any is not UNSET and any(implies(later, part) for part in earlier.any):
        return True
    if earlier.all is not UNSET:
        return all(implies(later, part) for part in earlier.all)
    if later.all is not UNSET and any(implies(part, earlier) for part in later.all):
        return True
    if later.any is not UNSET:
        return all(implies(part, earlier) for part in later.any)
    if later.not_ is not UNSET and earlier.not_ is not UNSET:
        return implies(earlier.not_, later.not_)
    return _comparison_implies(later, earlier)


def covered(later: When, earlier: Sequence[When]) -> bool:
    """Whether numbers that `later` takes are all taken by one or another of the earlier ones."""
    wanted = interval(later)
    if wanted is None:
        return False
    taken = [found for when in earlier for found in _intervals(when, later)]
    return bool(taken) and within(wanted, taken)


def interval(when: When) -> Interval | None:
    """The numbers that a comparison takes; None for one that is about something else."""
    right = _number(when.right)
    if right is not None:
        match when.op:
            case "less":
                return Interval(-FAR, right, False, False)
            case "at_most":
                return Interval(-FAR, right, False, True)
            case "more":
                return Interval(right, FAR, False, False)
            case "at_least":
                return Interval(right, FAR, True, False)
            case "equals":
                return Interval(right, right)
            case _:
                return None
    listed: Any = when.right
    if when.op == "between" and isinstance(listed, list):
        ends = [_number(each) for each in cast("list[Any]", listed)]
        if len(ends) == 2 and ends[0] is not None and ends[1] is not None:
            return Interval(ends[0], ends[1])
    return None


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    return Decimal(value)


def _intervals(when: When, later: When) -> Iterator[Interval]:
    """What an earlier case takes of the same value, by one comparison or any of several."""
    if when.any is not UNSET:
        for part in when.any:
            yield from _intervals(part, later)
        return
    found = interval(when) if when.op is not UNSET and _alike(when.left, later.left) else None
    if found is not None and when.op != "equals":
        yield found


def within(wanted: Interval, taken: Sequence[Interval]) -> bool:
    """Whether these take all of it, one joining the next."""
    at, closed = wanted.low, wanted.low_closed
    for each in sorted(taken, key=lambda found: (found.low, not found.low_closed)):
        starts = each.low < at or (each.low == at and (each.low_closed or not closed))
        if not starts:
            continue
        if each.high > wanted.high:
            return True
        if each.high == wanted.high and (each.high_closed or not wanted.high_closed):
            return True
        if each.high > at or (each.high == at and each.high_closed and closed):
            at, closed = each.high, not each.high_closed
    return False


def _comparison_implies(later: When, earlier: When) -> bool:
    if later.op is UNSET or earlier.op is UNSET or not _alike(later.left, earlier.left):
        return False
    wanted, taken = interval(later), interval(earlier)
    if wanted is not None and taken is not None and earlier.op != "equals":
        return within(wanted, [taken])
    return _words_imply(later, earlier) or _texts_imply(later, earlier)


def _words_imply(later: When, earlier: When) -> bool:
    """A text that has these words has those."""
    match later.op, earlier.op:
        case (("has_word" | "has_any_word"), ("has_word" | "has_any_word")):
            mine, theirs = _single_words(later.right), _single_words(earlier.right)
            return bool(mine) and bool(theirs) and mine <= theirs
        case (("has_word" | "has_all_words"), ("has_word" | "has_all_words" | "has_any_word")):
            mine, theirs = _single_words(later.right), _single_words(earlier.right)
            if not mine or not theirs:
                return False
            return bool(mine & theirs) if earlier.op == "has_any_word" else theirs <= mine
        case _:
            return False


def _single_words(right: Any) -> frozenset[str]:
    """The words of a text, or of a list of single words; none where it is something else."""
    listed = cast("list[Any]", right) if isinstance(right, list) else [right]
    found: set[str] = set()
    for each in listed:
        parts = words(each) if isinstance(each, str) and "{" not in each else []
        if not parts or (isinstance(right, list) and len(parts) > 1):
            return frozenset()
        found.update(parts)
    return frozenset(found)


def _texts_imply(later: When, earlier: When) -> bool:
    mine, theirs = _texts(later), _texts(earlier)
    if not mine or not theirs:
        return False
    match later.op, earlier.op:
        case (("equals" | "in"), ("equals" | "in")):
            return mine <= theirs
        case (("equals" | "in" | "contains" | "starts_with" | "ends_with"), "contains"):
            return all(any(text in said for text in theirs) for said in mine)
        case (("equals" | "in" | "starts_with"), "starts_with"):
            return all(any(said.startswith(text) for text in theirs) for said in mine)
        case (("equals" | "in" | "ends_with"), "ends_with"):
            return all(any(said.endswith(text) for text in theirs) for said in mine)
        case _:
            return False


def _texts(when: When) -> frozenset[str]:
    """The folded texts of a right side that is nothing but fixed words."""
    right: Any = when.right
    listed = cast("list[Any]", right) if isinstance(right, list) else [right]
    if not all(isinstance(each, str) and each and "{" not in each for each in listed):
        return frozenset()
    return frozenset(fold(each) for each in listed)


def _alike(a: Any, b: Any) -> bool:
    return encode(_plain(a)) == encode(_plain(b))


def _plain(value: Any) -> Any:
    return None if value is UNSET else value


def _same(a: When, b: When) -> bool:
    return encode(a) == encode(b)
