"""Operators on words: contains, has_any_word, has_phrase, starts_with …

All compare folded text: no case, no accents, ordinary width, digits as 0-9; an emoji is a word.
"""

from flowengine.conditions.amounts import same, text_of
from flowengine.conditions.spec import BadRight, Test
from flowengine.expressions import Env, Value
from flowengine.text import find_phrase, fold, words


def contains(right: Value) -> Test:
    """A text holds a text, a list a value, an object a key."""
    folded = fold(right) if isinstance(right, str) else ""

    def test(left: Value, env: Env) -> bool:
        if isinstance(left, list | tuple):
            return any(same(item, right, env) for item in left)
        if isinstance(left, dict):
            return isinstance(right, str) and right in left
        wanted = folded or fold(text_of(right, env))
        return bool(wanted) and wanted in fold(text_of(left, env))

    return test


def starts_with(right: Value) -> Test:
    """The text begins so."""

    def test(left: Value, env: Env) -> bool:
        wanted = fold(text_of(right, env))
        return bool(wanted) and fold(text_of(left, env)).startswith(wanted)

    return test


def ends_with(right: Value) -> Test:
    """The text ends so."""

    def test(left: Value, env: Env) -> bool:
        wanted = fold(text_of(right, env))
        return bool(wanted) and fold(text_of(left, env)).endswith(wanted)

    return test


def has_word(right: Value) -> Test:
    """The word stands in the text as a whole word."""
    phrases = _phrases(right)
    if len(phrases) != 1 or len(phrases[0]) != 1:
        raise BadRight("has_word takes one word", "write has_any_word, has_all_words or has_phrase")
    word = phrases[0][0]
    return lambda left, env: word in words(text_of(left, env))


def has_any_word(right: Value) -> Test:
    """At least one of the words (of a text), or of the words and phrases (of a list)."""
    phrases = _each(right)
    return lambda left, env: _any(words(text_of(left, env)), phrases)


def has_all_words(right: Value) -> Test:
    """All of the words, in any order."""
    phrases = _each(right)
    return lambda left, env: _all(words(text_of(left, env)), phrases)


def has_phrase(right: Value) -> Test:
    """The words of the phrase, one after the other (one of the phrases, of a list)."""
    phrases = _phrases(right)
    return lambda left, env: _any(words(text_of(left, env)), phrases)


def _phrases(right: Value) -> list[list[str]]:
    """Each text as its words."""
    texts = right if isinstance(right, list | tuple) else [right]
    phrases = [words(text) if isinstance(text, str) else words(str(text)) for text in texts]
    if not phrases or not all(phrases):
        raise BadRight("there is no word to look for", "write a word, or a list of words")
    return phrases


def _each(right: Value) -> list[list[str]]:
    """Every word of a text by itself; of a list, each item."""
    phrases = _phrases(right)
    if isinstance(right, list | tuple):
        return phrases
    return [[word] for word in phrases[0]]


def _any(said: list[str], phrases: list[list[str]]) -> bool:
    return any(find_phrase(said, phrase) >= 0 for phrase in phrases)


def _all(said: list[str], phrases: list[list[str]]) -> bool:
    return all(find_phrase(said, phrase) >= 0 for phrase in phrases)
