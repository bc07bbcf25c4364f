"""Nested JSON as fields in words: "cliente.nome" is a field inside another.

What cannot be said so (a name with a dot in it) stays JSON.
"""

from collections.abc import Iterator, Sequence
from typing import Any, cast

Json = dict[str, Any]


def is_leaf(value: Any) -> bool:
    if isinstance(value, dict):
        inside = cast(Json, value)
        return len(inside) == 1 and "expr" in inside
    return not isinstance(value, list)


def is_tree(value: Any) -> bool:
    """Whether dotted names say all of an object, and say it back."""
    return isinstance(value, dict) and "expr" not in value and _plain(cast(Json, value))


def _plain(value: Any) -> bool:
    if is_leaf(value):
        return True
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return len(items) > 0 and all(_plain(each) for each in items)
    inside = cast(Json, value)
    names = all(name and "." not in name and not name.isdecimal() for name in inside)
    return bool(inside) and names and all(_plain(each) for each in inside.values())


def flat(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf with its dotted name: {"a": {"b": [1]}} → ("a.b.0", 1)."""
    if is_leaf(value):
        yield at, value
        return
    inside = (
        enumerate(cast("list[Any]", value))
        if isinstance(value, list)
        else cast(Json, value).items()
    )
    for name, each in inside:
        yield from flat(each, f"{at}.{name}" if at else str(name))


def grown(leaves: Sequence[tuple[str, Any]]) -> Json:
    """The object of some leaves; of two that need the same place the later one has it."""
    root: Json = {}
    for name, value in leaves:
        parts = [part for part in name.split(".") if part]
        around = root
        for part in parts[:-1]:
            inside = around.get(part)
            if not isinstance(inside, dict) or is_leaf(inside):
                inside = cast(Json, {})
                around[part] = inside
            around = cast(Json, inside)
        if parts:
            around[parts[-1]] = value
    return {name: _listed(value) for name, value in root.items()}


def _listed(value: Any) -> Any:
    """Objects whose names are 0, 1, 2 … are lists."""
    if is_leaf(value):
        return value
    inside = {name: _listed(each) for name, each in cast(Json, value).items()}
    numbers = [str(place) for place in range(len(inside))]
    return [inside[place] for place in numbers] if sorted(inside) == sorted(numbers) else inside
