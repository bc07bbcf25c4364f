"""A difference in lines for people."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from flowengine.apart import apart
from flowengine.diff.changes import Change, Difference, FieldChange
from flowengine.diff.words import WORDS, Words
from flowengine.languages import family
from flowengine.state import encode

LONGEST = 72
"""Characters of a value that a line shows."""

_MARKS = {"added": "+", "removed": "-", "changed": "~", "renamed": ">", "reordered": "~"}


def describe(difference: Difference, language: str = "pt-BR") -> list[str]:
    """A difference as lines: a headline, then a line a change with its fields below it.

    `language`: pt, en or es, as a tag. Cost: ~10 µs a change.
    """
    words = WORDS[family(language)]
    lines = [_headline(difference, words)]
    for change in difference.changes:
        lines.append(f"{_MARKS[change.how]} {_subject(change, words)}")
        lines.extend(f"    {line}" for line in _fields(change, words))
    if difference.moved:
        count = len(difference.moved)
        lines.append(words.moved[count > 1].format(count=count))
    if difference.looks:
        lines.append(words.looks)
    return lines


def _headline(difference: Difference, words: Words) -> str:
    if not difference.same_logic:
        counts = Counter(c.what for c in difference.changes if not c.words_only)
        named = ((count, words.nouns[what]) for what, count in counts.items())
        listed = ", ".join(f"{count} {noun[count > 1]}" for count, noun in named)
        return words.different.format(counts=listed)
    if difference.changes:
        return words.words
    return words.same if difference.moved or difference.looks else words.nothing


def _subject(change: Change, words: Words) -> str:
    noun = words.nouns[change.what][0]
    if change.how == "renamed":
        return words.renamed.format(noun=noun, was=change.was, id=change.id)
    if change.what == "edge":
        return f"{noun} «{change.id}» {change.exit}{_target(change)}"
    told = [change.kind, words.was.format(was=change.was) if change.was else ""]
    kind = ", ".join(each for each in told if each)
    return f"{noun} «{change.id}»{f' ({kind})' if kind else ''}"


def _target(change: Change) -> str:
    field = change.fields[0]
    ends = [f"«{end}»" for end in (field.old, field.new) if end is not None]
    return " → " + " → ".join(ends)


def _fields(change: Change, words: Words) -> Iterator[str]:
    if change.what == "edge":
        return
    for field in change.fields:
        path = field.path.removeprefix("/")
        # A setting or a variable is its only field: its name is not said twice.
        named = "" if path == change.id else f"{path}: "
        yield f"{_MARKS[field.how]} {named}{_values(field, words)}"


def _values(field: FieldChange, words: Words) -> str:
    match field.how:
        case "added":
            return _shown(field.new)
        case "removed":
            return _shown(field.old)
        case "reordered":
            return f"{words.reordered}: {', '.join(field.new)}"
        case _:
            old, new = apart(_flat(field.old), _flat(field.new), LONGEST)
            return f"{_marked(field.old, old)} → {_marked(field.new, new)}"


def _shown(value: Any) -> str:
    text = _flat(value)
    return _marked(value, text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…")


def _flat(value: Any) -> str:
    return " ".join((value if isinstance(value, str) else encode(value).decode()).split())


def _marked(value: Any, text: str) -> str:
    return f"«{text}»" if isinstance(value, str) else text
