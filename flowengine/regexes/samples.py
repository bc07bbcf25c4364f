"""Short texts that match a pattern."""

from collections.abc import Iterator
from itertools import islice, product

from flowengine.patterns import compile_pattern
from flowengine.regexes.tree import Alt, Assert, Cat, Chars, Ranges, Repeat, Tree, read

MOST = 64
"""Texts that are tried for one pattern."""

NEWLINE = 10

_LIKED = "aA10 b2z-.,@/"
"""Characters that people would write, the plainest first."""


def samples(source: str, count: int = 3) -> list[str]:
    """Up to `count` texts in which the pattern `source` is found, none of them empty; plainest
    first.

    None where it cannot be read, or where no short text was found. Cost: ~50 µs; what is tried is
    bounded.
    """
    tree = read(source)
    if tree is None:
        return []
    pattern = compile_pattern(source)
    found: list[str] = []
    for text in islice(_texts(tree), MOST):
        for each in (text, f"{text}a", f"a{text}"):
            if each.strip() and each not in found and pattern.matches(each):
                found.append(each)
                break
        if len(found) == count:
            break
    return found


def _texts(tree: Tree) -> Iterator[str]:
    match tree:
        case Chars():
            yield from _chars(tree.ranges)
        case Assert():
            yield ""
        case Alt():
            for firsts in zip(*(_first(part) for part in tree.parts), strict=True):
                yield from firsts
        case Cat():
            for parts in product(*(list(islice(_texts(part), 3)) for part in tree.parts)):
                yield "".join(parts)
        case Repeat():
            yield from _repeats(tree)


def _first(tree: Tree) -> list[str]:
    """Two texts of an alternative, so that each has its turn."""
    found = list(islice(_texts(tree), 2))
    return [*found, *found[:1]][:2] if found else ["", ""]


def _repeats(tree: Repeat) -> Iterator[str]:
    counts = [max(tree.least, 1), tree.least, tree.least + 1]
    for count in dict.fromkeys(counts):
        if tree.most is not None and count > tree.most:
            continue
        for text in islice(_texts(tree.part), 2):
            yield text * count


def _chars(ranges: Ranges) -> Iterator[str]:
    for char in _LIKED:
        if any(low <= ord(char) <= high for low, high in ranges):
            yield char
    for low, high in ranges:
        for code in (low, high):
            if chr(code).isprintable() or code == NEWLINE:
                yield chr(code)
