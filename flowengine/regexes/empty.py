"""Whether a pattern matches nothing: places that contradict each other, impossible characters.

The pattern is made into a small automaton, which is walked with what is known of the last character
and of the next: exact for the places that RE2 knows, whatever lies between them.
"""

from collections.abc import Iterator

from msgspec import Struct

from flowengine.regexes.tree import SPACE, WORD, Alt, Assert, Cat, Chars, Ranges, Repeat, Tree, read
from flowengine.text import plain_digits

Kind = str
"""What a character is: word, space, line (a newline) or other; `begin` is no character."""

KINDS = ("word", "space", "line", "other")

SMALL = 64
"""A set of so many characters is looked at one by one."""


class _Now(Struct, frozen=True):
    """A state of the automaton. `last`: what came before. `ahead`: what the next must be."""

    state: int
    last: Kind
    ahead: frozenset[Kind]


ANYTHING = frozenset({*KINDS, "end"})


def matches_nothing(source: str) -> bool:
    """Whether no message whatever could match; False where that is not known.

    Texts come without spaces at their ends, in ordinary width, with digits as 0-9
    (`flowengine.patterns`). Cost: ~50 µs.
    """
    tree = read(source)
    if tree is None:
        return False
    return not _Automaton(tree).accepts()


class _Automaton:
    """`chars` and `places`: from a state, on a kind of character or at a place, to the next."""

    def __init__(self, tree: Tree) -> None:
        self.count = 2
        self.chars: dict[int, list[tuple[frozenset[Kind], int]]] = {}
        self.places: dict[int, list[tuple[str, int]]] = {}
        for state in (0, 1):
            # A search: anything may come before the match and behind it.
            self.chars.setdefault(state, []).append((frozenset(KINDS), state))
        self.last = 1
        self._add(tree, self._empty(0), 1)

    def _state(self) -> int:
        self.count += 1
        return self.count - 1

    def _empty(self, start: int, end: int | None = None) -> int:
        to = self._state() if end is None else end
        self.places.setdefault(start, []).append(("", to))
        return to

    def _add(self, tree: Tree, start: int, end: int) -> None:
        match tree:
            case Chars():
                self.chars.setdefault(start, []).append((kinds_of(tree.ranges), end))
            case Assert():
                self.places.setdefault(start, []).append((tree.kind, end))
            case Cat():
                at = start
                for part in tree.parts:
                    to = self._state()
                    self._add(part, at, to)
                    at = to
                self._empty(at, end)
            case Alt():
                for part in tree.parts:
                    self._add(part, self._empty(start), end)
            case Repeat():
                self._repeat(tree, start, end)

    def _repeat(self, tree: Repeat, start: int, end: int) -> None:
        """Once stands for more than once: what can stand between two places is the same."""
        if tree.most == 0:
            self._empty(start, end)
            return
        inside, done = self._empty(start), self._state()
        self._add(tree.part, inside, done)
        if tree.most != 1:
            self._empty(done, inside)
        self._empty(done, end)
        if tree.least == 0:
            self._empty(start, end)

    def accepts(self) -> bool:
        """Whether the end can be reached from the beginning."""
        seen: set[_Now] = set()
        ahead = [_Now(0, "begin", ANYTHING)]
        while ahead:
            now = ahead.pop()
            if now in seen or not now.ahead:
                continue
            seen.add(now)
            if now.state == self.last and "end" in now.ahead and now.last not in ("space", "line"):
                return True
            ahead.extend(self._onward(now))
        return False

    def _onward(self, now: _Now) -> Iterator[_Now]:
        for kinds, to in self.chars.get(now.state, ()):
            for kind in kinds & now.ahead:
                if now.last == "begin" and kind in ("space", "line"):
                    continue  # texts are stripped
                yield _Now(to, kind, ANYTHING)
        for place, to in self.places.get(now.state, ()):
            yield _Now(to, now.last, now.ahead & _after(place, now.last))


def _after(place: str, last: Kind) -> frozenset[Kind]:
    """What may come next for a place to hold here, after a character of kind `last`."""
    wordy = frozenset({"word"})
    match place:
        case "begin":
            return ANYTHING if last == "begin" else frozenset()
        case "line_begin":
            return ANYTHING if last in ("begin", "line") else frozenset()
        case "end":
            return frozenset({"end"})
        case "line_end":
            return frozenset({"end", "line"})
        case "word":
            return ANYTHING - wordy if last == "word" else wordy
        case "not_word":
            return wordy if last == "word" else ANYTHING - wordy
        case _:
            return ANYTHING


def kinds_of(ranges: Ranges) -> frozenset[Kind]:
    """What the characters of a set can be; none where no message holds any of them."""
    if sum(high - low + 1 for low, high in ranges) <= SMALL:
        codes = (code for low, high in ranges for code in range(low, high + 1))
        return frozenset(_kind(code) for code in codes if _occurs(code))
    found = {"other"}
    if _overlap(ranges, WORD):
        found.add("word")
    if _overlap(ranges, ((10, 10),)):
        found.add("line")
    if _overlap(ranges, SPACE):
        found.add("space")
    return frozenset(found)


def _kind(code: int) -> Kind:
    if any(low <= code <= high for low, high in WORD):
        return "word"
    if code == 10:
        return "line"
    return "space" if chr(code).isspace() else "other"


def _occurs(code: int) -> bool:
    """Whether a character is left as it is when a message is read."""
    char = chr(code)
    return not 0xD800 <= code <= 0xDFFF and plain_digits(char) == char


def _overlap(ranges: Ranges, others: Ranges) -> bool:
    return any(low <= high2 and low2 <= high for low, high in ranges for low2, high2 in others)
