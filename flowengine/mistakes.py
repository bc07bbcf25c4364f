"""What a strict decoder refused, in our words: where it stands, and how it is mended."""

import difflib
from collections.abc import Iterable, Iterator
from typing import Any, Literal, cast, get_args, get_origin

import msgspec
import re2 as re

from flowengine.errors import FlowError
from flowengine.pointers import read_pointer
from flowengine.values import Doc

_UNKNOWN = re.compile(r"unknown field `([^`]*)`")
_MISSING = re.compile(r"missing required field `([^`]*)`")
_EXPECTED = re.compile(r"^Expected `([^`]*)`, got `([^`]*)`$")
_VALUE = re.compile(r"^Invalid (?:enum )?value '([^']*)'$")
_AT = re.compile(r" - at `([^`]*)`$")

_WANTED = {
    "array": "a list, [ … ]",
    "object": "an object, { … }",
    "str": 'a text, "…"',
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number",
    "bool": "true or false",
}
_PATTERNS = {
    "^[a-z0-9_-]{1,64}$": "Use lower-case letters, digits, `_` and `-`, up to 64.",
    "^[a-z_][a-z0-9_]{0,63}$": "Use lower-case letters, digits and `_`, no digit first, up to 64.",
    "^P(?=": 'Write an ISO 8601 duration, such as "PT2H" or "P7D".',
}
_ELSE = "See the format's reference for this field."


def explain(error: msgspec.ValidationError, document: Any) -> FlowError:
    """The first mistake of a document that its decoder refused with `error`. Cost: ~1 ms; only what
    is refused is looked at.
    """
    text = str(error)
    at = _AT.search(text)
    path = _pointer(at.group(1)) if at else ""
    said = _AT.sub("", text)
    where = _node_at(path, document)
    inside = f" (node «{where}»)" if where else ""
    values = _told(path, document)
    if found := _UNKNOWN.search(said):
        name = found.group(1)
        fix, near = _near(name, path, document)
        values |= {"name": name, "near": near}
        message = f"Unknown field `{name}`{inside}"
        return FlowError(message, f"{path}/{name}", fix, "unknown_field", values)
    if found := _MISSING.search(said):
        name = found.group(1)
        values["name"] = name
        return FlowError(f"`{name}` is missing{inside}", path, f"Add `{name}`.", "no_field", values)
    message, fix, code, more = _mend(said, path, document)
    return FlowError(f"{message}{inside}", path, fix, code, values | more)


def _told(path: str, document: Any) -> dict[str, str]:
    """The step that a path leads into, by what people see of it, and the field below it."""
    found = re.match(r"/nodes/(\d+)", path)
    node = read_pointer(document, found.group(0)) if found else None
    seen = cast("dict[str, Any]", node) if isinstance(node, dict) else {}
    told = {name: str(seen.get(name) or "") for name in ("id", "title", "type")}
    return {**told, "field": path.removeprefix(found.group(0) if found else "").lstrip("/")}


def _mend(said: str, path: str, document: Any) -> tuple[str, str, str, dict[str, str]]:
    """What is said, the mend, and the same as a code with its values."""
    if found := _EXPECTED.match(said):
        wanted = [kind for kind in found.group(1).split(" | ") if kind in _WANTED]
        fix = f"Write {' or '.join(_WANTED[kind] for kind in wanted)}." if wanted else _ELSE
        return said, fix, "wrong_type", {"wanted": " ".join(wanted)}
    if found := _VALUE.match(said):
        fix = _one_of(found.group(1), path, document)
        return said, fix, "wrong_value", {"value": found.group(1)}
    for pattern, fix in _PATTERNS.items():
        if f"matching regex '{pattern}" in said:
            value = read_pointer(document, path)
            shown = value if isinstance(value, str) else ""
            message = f"`{shown}` cannot stand here" if isinstance(value, str) else said
            return message, fix, "wrong_form", {"value": shown, "form": pattern}
    # Our own types say what is wrong and how it is mended in one sentence.
    message, mark, fix = said.partition("; ")
    fix = f"{fix[:1].upper()}{fix[1:]}." if mark else _ELSE
    return message if mark else said, fix, "wrong_here", {}


def _near(name: str, path: str, document: Any) -> tuple[str, str]:
    """The field of the same object that was meant, if one is near: as a mend, and its name."""
    names = {n for kind in _kinds_at(path, document) for n in kind.__struct_encode_fields__}
    near = difflib.get_close_matches(name, sorted(names - {name}), 1, 0.7)
    if near:
        return f"Did you mean `{near[0]}`?", near[0]
    return "Take it out: nothing would read it here.", ""


def _one_of(value: str, path: str, document: Any) -> str:
    """The values that the field may have; of many only the nearest."""
    holder, _, name = path.rpartition("/")
    allowed = sorted(set(_allowed(name, _kinds_at(holder, document))))
    near = difflib.get_close_matches(value, allowed, 1, 0.6)
    if near:
        return f"Did you mean `{near[0]}`?"
    return f"Write one of: {', '.join(allowed)}." if 0 < len(allowed) <= 25 else _ELSE


def _allowed(name: str, kinds: Iterable[type[Doc]]) -> Iterator[str]:
    for kind in kinds:
        config = kind.__struct_config__
        if config.tag_field == name:
            yield str(config.tag)
            continue
        for field in msgspec.structs.fields(kind):
            if field.encode_name == name:
                yield from _literals(field.type)


def _literals(kind: Any) -> Iterator[str]:
    if get_origin(kind) is Literal:
        yield from (str(value) for value in get_args(kind))
    else:
        for part in get_args(kind):
            yield from _literals(part)


def _kinds_at(path: str, document: Any) -> list[type[Doc]]:
    """The structs that the object at `path` may be: by its tag, else by the fields it has."""
    found = read_pointer(document, path)
    holder = set(cast("dict[str, Any]", found)) if isinstance(found, dict) else set[str]()
    tags = {tag: read_pointer(found, f"/{tag}") for tag in ("type", "kind")}
    structs = [kind for kind in _structs() if kind.__struct_config__.tag_field in (None, *holder)]
    tagged = [kind for kind in structs if _is_tagged(kind, tags)]
    if tagged:
        return tagged
    extra = {kind: len(holder - _fields(kind)) for kind in structs}
    return [kind for kind in structs if extra[kind] == min(extra.values())]


def _is_tagged(kind: type[Doc], tags: dict[str, Any]) -> bool:
    config = kind.__struct_config__
    return bool(config.tag) and tags.get(config.tag_field or "") == config.tag


def _fields(struct: type[Doc]) -> set[str]:
    config = struct.__struct_config__
    return {*struct.__struct_encode_fields__, *([config.tag_field] if config.tag_field else [])}


def _structs() -> Iterator[type[Doc]]:
    waiting: list[type[Doc]] = [Doc]
    while waiting:
        kind = waiting.pop()
        yield kind
        waiting.extend(kind.__subclasses__())


def _pointer(path: str) -> str:
    """`$.nodes[3].on` as a JSON Pointer."""
    pointer = re.sub(r"\[(\d+)\]", r"/\1", path.removeprefix("$"))
    return pointer.replace("[...]", "/*").replace(".", "/")


def _node_at(path: str, document: Any) -> str:
    found = re.match(r"/nodes/(\d+)", path)
    if not found:
        return ""
    name = read_pointer(document, f"/nodes/{found.group(1)}/id")
    return name if isinstance(name, str) else ""
