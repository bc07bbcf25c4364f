"""Two long texts shortened so that one sees where they differ."""

from itertools import takewhile


def apart(old: str, new: str, longest: int) -> tuple[str, str]:
    """`old` and `new` in at most `longest` characters each, the place where they part among them.

    Texts that fit are as they are. Cost: linear in what they have in common.
    """
    if len(old) <= longest and len(new) <= longest:
        return old, new
    common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
    if common < longest * 2 // 3:
        start = 0
    else:
        room = max(len(old), len(new)) - longest + 1
        start = _word(old, min(common - longest // 3, room), longest // 6)
    return _window(old, start, longest), _window(new, start, longest)


def _word(text: str, near: int, most: int) -> int:
    """Where the first word from `near` on begins, or `near` where that is more than `most` away."""
    begins = text.find(" ", near - 1, near + most) + 1
    return begins or near


def _window(text: str, start: int, longest: int) -> str:
    room = longest - (2 if start else 1)
    rest = text[start:] if len(text) - start <= room + 1 else f"{text[start : start + room]}…"
    return f"…{rest}" if start else rest
