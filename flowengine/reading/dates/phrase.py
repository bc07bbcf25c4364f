"""A text from which the pieces of a date are taken, one by one, until nothing is left over."""

import re  # noqa: TID251 - our own pattern, not an author's

from flowengine.text import fold

LONGEST = 160
"""Characters in which a date is looked for."""

_NOON_MARK = re.compile(r"\b([ap])\.? ?m\b\.?(?= |$)")
_POINTS = re.compile(r"(?<![0-9])\.|\.(?![0-9])|[,;!?()|\"'*_~…]")
_TAKEN = "|"


class Phrase:
    """The folded words of an answer; `take` gives a match and removes it.

    `doubtful`: the weekday found may be an ordinal ("a segunda via").
    """

    __slots__ = ("doubtful", "text")

    def __init__(self, text: str) -> None:
        self.doubtful = False
        folded = _NOON_MARK.sub(r"\1m", fold(text[: LONGEST + 1]))
        self.text = " ".join(_POINTS.sub(" ", folded).split()).replace("tonight", "today night")

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.search(self.text)
        if found is not None:
            self.text = f"{self.text[: found.start()]} {_TAKEN} {self.text[found.end() :]}"
        return found

    @property
    def is_touched(self) -> bool:
        return _TAKEN in self.text

    def left_over(self) -> list[str]:
        return [word for word in self.text.split() if word != _TAKEN]
