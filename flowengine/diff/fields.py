"""What differs between two JSON values, place by place."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any, cast

from flowengine.diff.changes import FieldChange
from flowengine.state import encode

Json = dict[str, Any]
Items = Sequence[Any]


def compare(old: Any, new: Any, path: str = "") -> Iterator[FieldChange]:
    """Every place that differs, in the order of the new value.

    Items of lists are told apart by their `id` where all have one, else by what they hold.
    """
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _objects(cast(Json, old), cast(Json, new), path)
    elif isinstance(old, list | tuple) and isinstance(new, list | tuple):
        yield from _lists(cast(Items, old), cast(Items, new), path)
    elif encode(cast(Any, old)) != encode(new):
        yield FieldChange(path, "changed", old, new)


def pointer(path: str, *keys: str | int) -> str:
    """`path` and what lies below it, as a JSON Pointer."""
    parts = (str(key).replace("~", "~0").replace("/", "~1") for key in keys)
    return "".join([path, *(f"/{part}" for part in parts)])


def _objects(old: Json, new: Json, path: str) -> Iterator[FieldChange]:
    for key, value in new.items():
        if key in old:
            yield from compare(old[key], value, pointer(path, key))
        else:
            yield FieldChange(pointer(path, key), "added", None, value)
    for key, value in old.items():
        if key not in new:
            yield FieldChange(pointer(path, key), "removed", value)


def _lists(old: Items, new: Items, path: str) -> Iterator[FieldChange]:
    before, after = _by_id(old), _by_id(new)
    if before is None or after is None:
        yield from _aligned(old, new, path)
        return
    for at, (name, item) in enumerate(after.items()):
        if name in before:
            yield from compare(before[name], item, pointer(path, at))
        else:
            yield FieldChange(pointer(path, at), "added", None, item)
    for at, (name, item) in enumerate(before.items()):
        if name not in after:
            yield FieldChange(pointer(path, at), "removed", item)
    was, now = [n for n in before if n in after], [n for n in after if n in before]
    if was != now:
        yield FieldChange(path, "reordered", was, now)


def _by_id(items: Items) -> dict[str, Any] | None:
    """The items by their ids, if each has one of its own."""
    found: dict[str, Any] = {}
    for item in items:
        name = cast(Json, item).get("id") if isinstance(item, dict) else None
        if not isinstance(name, str) or name in found:
            return None
        found[name] = item
    return found


def _aligned(old: Items, new: Items, path: str) -> Iterator[FieldChange]:
    if len(old) == len(new):
        for at, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from compare(one, other, pointer(path, at))
        return
    bytes_of = [encode(item) for item in old], [encode(item) for item in new]
    matcher = SequenceMatcher(None, *bytes_of, autojunk=False)
    for kind, a, a_end, b, b_end in matcher.get_opcodes():
        if kind == "equal":
            continue
        both = min(a_end - a, b_end - b)
        for at in range(both):
            yield from compare(old[a + at], new[b + at], pointer(path, b + at))
        for at in range(b + both, b_end):
            yield FieldChange(pointer(path, at), "added", None, new[at])
        for at in range(a + both, a_end):
            yield FieldChange(pointer(path, at), "removed", old[at])
