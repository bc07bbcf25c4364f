"""How wide a text is, and where it breaks: SVG cannot break lines by itself.

Widths are those of Inter, rounded, in parts of the font size: good to a few per cent, which is what
a card needs. A text that the browser sets in another font is only a little off.
"""

NARROW = frozenset("iljtfrI.,:;'|!()[]{}\"`/\\-· ")
WIDE = frozenset("mwMWQO@%&—…")


def width_of(text: str, size: float) -> float:
    """The width of a line in pixels."""
    return sum(advance(char) for char in text) * size


def advance(char: str) -> float:
    if char in NARROW:
        return 0.31
    if char in WIDE:
        return 0.86
    if ord(char) > 0x2190:  # symbols and emoji
        return 1.3
    return 0.66 if char.isupper() else 0.575


def clip(text: str, size: float, room: float) -> str:
    """The text, cut with an ellipsis where it would not fit."""
    text = " ".join(text.split())
    if width_of(text, size) <= room:
        return text
    while text and width_of(text + "…", size) > room:
        text = text[:-1]
    return text.rstrip() + "…"


def wrap(text: str, size: float, room: float, lines: int) -> tuple[str, ...]:
    """At most so many lines that fit the room; an ellipsis ends the last one if there is more."""
    found: list[str] = []
    line = ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if line and width_of(longer, size) > room:
            found.append(line)
            line = word
        else:
            line = longer
    if line:
        found.append(line)
    if len(found) > lines:
        found = [*found[: lines - 1], " ".join(found[lines - 1 :])]
    return tuple(clip(line, size, room) for line in found)
