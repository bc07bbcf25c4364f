"""Types of the format in words, with links to where they are told."""

from collections.abc import Mapping
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from flowengine.answers import Expect
from flowengine.contents import AuthoredContent
from flowengine.durations import Duration, Typing
from flowengine.meanings import meanings
from flowengine.nodes import Node
from flowengine.nodes.base import Base
from flowengine.nodes.trigger import On
from flowengine.values import Key, Name

_NAMED: list[tuple[Any, str]] = [
    (Key, "[key](document.md#values)"),
    (Name, "[name](document.md#values)"),
    (Duration, "[duration](document.md#values)"),
    (Typing, "`auto` or a [duration](document.md#values)"),
]
_UNIONS: list[tuple[Any, str]] = [
    (AuthoredContent, "[content](contents.md)"),
    (Expect, "[expected answer](answers.md)"),
    (On, "[event](#on)"),
    (Node, "[node](index.md#nodes)"),
]
_PLAIN: dict[Any, str] = {
    str: "text",
    bool: "true or false",
    int: "whole number",
    float: "number",
    Decimal: "number",
    Any: "[value](document.md#values)",
}


Anchors = Mapping[type, str]
"""Types to the place where they are told, "contents.md#text"."""


class Shape(msgspec.Struct, frozen=True):
    """A field as a row of a table. `attribute`: its name in Python."""

    attribute: str
    name: str
    type: str
    default: str
    meaning: str


def rows(kind: type, anchors: Anchors) -> list[Shape]:
    """The fields of a type. `anchors`: where other types are told."""
    types = get_type_hints(kind, include_extras=True)
    told = meanings(kind)
    found: list[Shape] = []
    for field in msgspec.structs.fields(kind):
        if issubclass(kind, Base) and field.name in Base.__struct_fields__:
            continue  # What every node has is told once, on the index.
        words, name = type_words(types[field.name], anchors), field.encode_name
        found.append(Shape(field.name, name, words, _default(field), told[name]))
    return found


def type_words(annotation: Any, anchors: Anchors) -> str:
    """A type in words."""
    for known, words in _NAMED + _UNIONS:
        if annotation == known:
            return words
    origin = get_origin(annotation)
    if origin is Annotated:
        base, *more = get_args(annotation)
        return type_words(base, anchors) + _limits(more)
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in get_args(annotation))
    if origin in (Union, UnionType):
        return _union(annotation, anchors)
    if origin is tuple:
        inner = get_args(annotation)
        if inner[-1] is ...:
            return f"list of {type_words(inner[0], anchors)}"
        return f"[{', '.join(type_words(each, anchors) for each in inner)}]"
    if origin is dict:
        return f"object of {type_words(get_args(annotation)[1], anchors)}"
    if annotation in anchors:
        return f"[{annotation.__name__}]({anchors[annotation]})"
    return _PLAIN[annotation]


def _union(annotation: Any, anchors: Anchors) -> str:
    parts = [part for part in get_args(annotation) if part not in (NoneType, msgspec.UnsetType)]
    for known, words in _UNIONS:
        if set(parts) == set(get_args(known)):
            return words
    if set(parts) == {int, Decimal}:
        return "number"
    return " or ".join(type_words(part, anchors) for part in parts)


def _limits(more: list[Any]) -> str:
    said: list[str] = []
    for meta in more:
        if not isinstance(meta, Meta):
            continue
        if meta.ge is not None and meta.le is not None:
            said.append(f"{meta.ge} to {meta.le:,}")
        elif meta.ge is not None:
            said.append(f"at least {meta.ge}")
        if meta.min_length is not None and meta.max_length is not None:
            said.append(f"{meta.min_length} to {meta.max_length:,} characters")
    return f", {', '.join(said)}" if said else ""


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "**needed**"
    value = field.default
    if value is msgspec.NODEFAULT or value in (None, msgspec.UNSET, "", ()):
        return "—"
    if isinstance(value, msgspec.Struct):
        return "—"
    return f"`{msgspec.json.encode(value).decode()}`"
