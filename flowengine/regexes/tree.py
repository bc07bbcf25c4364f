"""From a pattern's source to its tree."""

from msgspec import Struct

Ranges = tuple[tuple[int, int], ...]
"""Code points, from and to, both included."""

LAST = 0x10FFFF


class Chars(Struct, frozen=True):
    """One character out of these."""

    ranges: Ranges


class Cat(Struct, frozen=True):
    """One after the other; nothing at all if there are none."""

    parts: "tuple[Tree, ...]"


class Alt(Struct, frozen=True):
    """One of them."""

    parts: "tuple[Tree, ...]"


class Repeat(Struct, frozen=True):
    """Again and again; `most` is None where there is no end to it."""

    part: "Tree"
    least: int
    most: int | None


class Assert(Struct, frozen=True):
    """No character: a place. `kind`: begin, end, line_begin, line_end, word or not_word."""

    kind: str


Tree = Chars | Cat | Alt | Repeat | Assert


class Unknown(Exception):
    """Syntax that is not read here."""


def read(source: str) -> Tree | None:
    """The tree of a pattern that RE2 takes; None where it holds what we do not read. Cost: ~5 µs,
    linear.
    """
    try:
        reader = _Reader(source)
        tree = reader.alternatives()
    except (Unknown, IndexError, ValueError, RecursionError):
        return None
    return tree if reader.at == len(source) else None


DIGITS: Ranges = ((48, 57),)
WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
SPACE: Ranges = ((9, 10), (12, 13), (32, 32))
_CLASSES = {"d": DIGITS, "w": WORD, "s": SPACE}
_NAMED: dict[str, Ranges] = {
    "digit": DIGITS,
    "alpha": ((65, 90), (97, 122)),
    "alnum": ((48, 57), (65, 90), (97, 122)),
    "lower": ((97, 122),),
    "upper": ((65, 90),),
    "space": ((9, 13), (32, 32)),
    "punct": ((33, 47), (58, 64), (91, 96), (123, 126)),
    "word": WORD,
}
_ESCAPES = {"n": 10, "t": 9, "r": 13, "f": 12, "v": 11, "a": 7}
_PLACES = {"b": "word", "B": "not_word", "A": "begin", "z": "end"}
_ANY: Ranges = ((0, LAST),)


class _Reader:
    def __init__(self, source: str) -> None:
        self.source, self.at = source, 0
        self.dot_all = self.lines = False

    def alternatives(self) -> Tree:
        flags = (self.dot_all, self.lines)
        parts = [self._sequence()]
        while self._take("|"):
            parts.append(self._sequence())
        self.dot_all, self.lines = flags
        return parts[0] if len(parts) == 1 else Alt(tuple(parts))

    def _sequence(self) -> Tree:
        parts: list[Tree] = []
        while self.at < len(self.source) and self.source[self.at] not in "|)":
            part = self._repeated(self._atom())
            parts.append(part)
        return parts[0] if len(parts) == 1 else Cat(tuple(parts))

    def _take(self, text: str) -> bool:
        if self.source.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    def _next(self) -> str:
        self.at += 1
        return self.source[self.at - 1]

    # -- pieces ----------------------------------------------------------------------------------

    def _repeated(self, part: Tree) -> Tree:
        bounds = self._bounds()
        if bounds is None:
            return part
        self._take("?")
        if self._bounds() is not None:
            raise Unknown
        return Repeat(part, *bounds)

    def _bounds(self) -> tuple[int, int | None] | None:
        simple = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        if self.at >= len(self.source):
            return None
        char = self.source[self.at]
        if char in simple:
            self.at += 1
            return simple[char]
        end = self.source.find("}", self.at)
        if char != "{" or end < 0:
            return None
        least, comma, most = self.source[self.at + 1 : end].partition(",")
        if not least.isdigit() or (most and not most.isdigit()):
            return None
        self.at = end + 1
        return int(least), (int(most) if most else None) if comma else int(least)

    def _atom(self) -> Tree:
        char = self._next()
        match char:
            case "(":
                return self._group()
            case "[":
                return Chars(self._set())
            case ".":
                return Chars(_ANY if self.dot_all else invert(((10, 10),)))
            case "^":
                return Assert("line_begin" if self.lines else "begin")
            case "$":
                return Assert("line_end" if self.lines else "end")
            case "\\":
                return self._escaped()
            case _:
                return Chars(_both_cases(ord(char)))

    def _group(self) -> Tree:
        if self._take("?"):
            if self._take("P<") or self._take("<"):
                self.at = self.source.index(">", self.at) + 1
            elif not self._take(":"):
                return self._flags()
        return self._closed(self.alternatives())

    def _closed(self, tree: Tree) -> Tree:
        if not self._take(")"):
            raise Unknown
        return tree

    def _flags(self) -> Tree:
        """(?i) or (?i:…): case never counts, lines and dots may."""
        flags = (self.dot_all, self.lines)
        on = True
        while (char := self._next()) not in ":)":
            if char == "-":
                on = False
            elif char == "s":
                self.dot_all = on
            elif char == "m":
                self.lines = on
            elif char != "i" or not on:
                raise Unknown
        if char == ")":
            return Cat(())
        tree = self._closed(self.alternatives())
        self.dot_all, self.lines = flags
        return tree

    def _escaped(self) -> Tree:
        char = self._next()
        if char in _PLACES:
            return Assert(_PLACES[char])
        if char == "Q":
            end = self.source.find("\\E", self.at)
            stop = len(self.source) if end < 0 else end
            quoted = self.source[self.at : stop]
            self.at = stop if end < 0 else stop + 2
            return Cat(tuple(Chars(_both_cases(ord(each))) for each in quoted))
        return Chars(self._escape(char))

    def _escape(self, char: str) -> Ranges:
        """A class or a single character after a backslash."""
        if char.lower() in _CLASSES:
            found = _CLASSES[char.lower()]
            return found if char.islower() else invert(found)
        if char in _ESCAPES:
            return ((_ESCAPES[char], _ESCAPES[char]),)
        if char == "x":
            return _both_cases(self._hexadecimal())
        if char.isalnum():
            raise Unknown
        return ((ord(char), ord(char)),)

    def _hexadecimal(self) -> int:
        if self._take("{"):
            end = self.source.index("}", self.at)
            digits, self.at = self.source[self.at : end], end + 1
        else:
            digits, self.at = self.source[self.at : self.at + 2], self.at + 2
        return int(digits, 16)

    def _set(self) -> Ranges:
        inverted = self._take("^")
        found: list[tuple[int, int]] = []
        first = True
        while first or not self._take("]"):
            first = False
            found += self._member()
        ranges = tuple(sorted(found))
        return invert(ranges) if inverted else ranges

    def _member(self) -> Ranges:
        if self._take("[:"):
            end = self.source.index(":]", self.at)
            name, self.at = self.source[self.at : end], end + 2
            if name.lstrip("^") not in _NAMED:
                raise Unknown
            found = _NAMED[name.lstrip("^")]
            return invert(found) if name.startswith("^") else found
        first = self._one()
        low = _single(first)
        if low is None:
            return first
        if self.source[self.at] == "-" and self.source[self.at + 1] != "]":
            self.at += 1
            high = _single(self._one())
            if high is None:
                raise Unknown
            return _cased(low, high)
        return _both_cases(low)

    def _one(self) -> Ranges:
        char = self._next()
        if char != "\\":
            return ((ord(char), ord(char)),)
        escaped = self._next()
        if escaped == "x":
            code = self._hexadecimal()
            return ((code, code),)
        return self._escape(escaped)


def invert(ranges: Ranges) -> Ranges:
    """Every code point that is not in them."""
    found: list[tuple[int, int]] = []
    start = 0
    for low, high in sorted(ranges):
        if low > start:
            found.append((start, low - 1))
        start = max(start, high + 1)
    if start <= LAST:
        found.append((start, LAST))
    return tuple(found)


def _single(ranges: Ranges) -> int | None:
    """The one code point that these are."""
    codes = {code for low, high in ranges for code in (low, high)}
    return codes.pop() if len(codes) == 1 else None


def _both_cases(code: int) -> Ranges:
    """A character as it is written, then as it could be."""
    char = chr(code)
    cases = [char, *(c for c in (char.lower(), char.upper()) if len(c) == 1)]
    return tuple((ord(each), ord(each)) for each in dict.fromkeys(cases))


def _cased(low: int, high: int) -> Ranges:
    """A range; of ASCII letters in both cases."""
    found = [(low, high)]
    for start, end, shift in ((65, 90, 32), (97, 122, -32)):
        first, last = max(low, start), min(high, end)
        if first <= last:
            found.append((first + shift, last + shift))
    return tuple(found)
