"""Comparing what people write: case, accents, width, typos.

Everything that matches a customer's words goes through `fold`, so "Não!", "NAO" and "ｎãｏ" are one
word everywhere: triggers, choices, conditions, answers.
"""

import re  # noqa: TID251 - our own pattern, not an author's
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

CACHED_LENGTH = 64
"""Texts up to this long are remembered: menu words repeat, essays do not."""

_ALIKE = str.maketrans(
    {
        "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "\u0131": "i", "æ": "ae", "œ": "oe",
        "þ": "th", "’": "'", "‘": "'", "\u00b4": "'", "`": "'", "“": '"', "”": '"', "«": '"',
        "»": '"', "–": "-", "—": "-", "\u2212": "-", "\u2010": "-", "\u2011": "-",
    }
)  # fmt: skip
"""Letters and marks that no Unicode decomposition brings together."""

_MARKS = re.compile(
    "[\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff"  # accents, keycaps
    "\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc"  # Hebrew and Arabic points
    "\ufe00-\ufe0f\U0001f3fb-\U0001f3ff"  # emoji presentation and skin tone
    "\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"  # invisible
)
"""What does not change a word. Vowel signs of Indic scripts stay: there they are letters."""

_WORD = re.compile(
    r"[^\W_]+(?:'[^\W_]+)*"  # letters and digits, an apostrophe inside
    "|[\U0001f1e6-\U0001f1ff]{2}"  # a flag
    "|[\u203c-\u3299\U0001f000-\U0001faff]"  # an emoji
)


def fold(text: str) -> str:
    """The form in which two texts are compared.

    Lower case, no accents, ordinary width, digits as 0-9, single spaces, no punctuation at the
    ends ("(Não!)" -> "nao", "2." -> "2"). A text of nothing but punctuation is kept. Emoji stay,
    without skin tone. Linear; about 100 ns for a short text seen before, 1 µs for a new one.
    """
    if len(text) <= CACHED_LENGTH:
        return _fold_short(text)
    return _fold(text)


def words(text: str) -> list[str]:
    """The folded words of a text in order; each emoji is a word ("Oi, Ana 👍" -> oi, ana, 👍)."""
    return [*said_words(text)]


def said_words(text: str) -> tuple[str, ...]:
    """As `words`; 100 ns for a short text seen before, which routing asks for again and again."""
    return _words_short(text) if len(text) <= CACHED_LENGTH else _words(text)


def word_set(text: str) -> frozenset[str]:
    """The words of a text that holds a table of them."""
    return frozenset(text.split())


def plain_digits(text: str) -> str:
    """Ordinary width and 0-9 for every script's digits; case, accents and spaces are kept."""
    if text.isascii():
        return text
    return _digits(unicodedata.normalize("NFKC", text))


def has_phrase(said: Sequence[str], phrase: Sequence[str]) -> bool:
    """Whether the words of `phrase` stand in `said` one after the other (never for no words).
    Cost: linear.
    """
    return find_phrase(said, phrase) >= 0


def find_phrase(said: Sequence[str], phrase: Sequence[str]) -> int:
    """Where the words of `phrase` first stand together in `said`, -1 for nowhere. Cost: linear."""
    size = len(phrase)
    if not size:
        return -1
    first = phrase[0]
    for start in range(len(said) - size + 1):
        if said[start] == first and list(said[start : start + size]) == list(phrase):
            return start
    return -1


def one_typo(a: str, b: str) -> bool:
    """Whether at most one slip parts two texts `a` and `b`.

    A slip is a letter too many, too few, wrong, or two neighbours swapped. Give folded texts.
    Cost: linear.
    """
    if a == b:
        return True
    if len(a) > len(b):
        a, b = b, a
    if len(b) - len(a) > 1:
        return False
    start = 0
    while start < len(a) and a[start] == b[start]:
        start += 1
    if len(a) < len(b):
        return a[start:] == b[start + 1 :]
    if a[start + 1 :] == b[start + 1 :]:
        return True
    swapped = b[start : start + 2][::-1]
    return (
        len(swapped) == 2 and a[start : start + 2] == swapped and a[start + 2 :] == b[start + 2 :]
    )


def _fold(text: str) -> str:
    text = text.lower() if text.isascii() else _fold_wide(text)
    if not text.isalnum():
        text = " ".join(text.split())
        return _strip(text)
    return text


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(fold(text)))


_fold_short = lru_cache(maxsize=8192)(_fold)
_words_short = lru_cache(maxsize=8192)(_words)


def _fold_wide(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold().translate(_ALIKE)
    text = _MARKS.sub("", unicodedata.normalize("NFD", text))
    return _digits(unicodedata.normalize("NFC", text))


def _digits(text: str) -> str:
    if text.isascii() or not any(c.isdecimal() and c > "9" for c in text):
        return text
    return "".join(str(unicodedata.decimal(c)) if c > "9" and c.isdecimal() else c for c in text)


def _strip(text: str) -> str:
    start, end = 0, len(text)
    while start < end and _is_edge(text[start]):
        start += 1
    while end > start and _is_edge(text[end - 1]):
        end -= 1
    return text[start:end] or text


def _is_edge(char: str) -> bool:
    return char == " " or (not char.isalnum() and unicodedata.category(char).startswith("P"))
