"""Whether data from outside has the shape that an author asked for: the useful part of JSON Schema.

Read are `type`, `properties`, `required`, `additionalProperties`, `items`, `enum`, `const`,
`minimum`, `maximum`, `minLength`, `maxLength`, `minItems`, `maxItems` and `pattern` (RE2); `title`,
`description`, `default`, `examples`, `$schema` and `format` are for people. All else is refused
when the flow is read, so that nothing is silently not checked.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, cast

from flowengine.expressions import ExpressionError
from flowengine.patterns import compile_pattern

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int, Decimal),
    "number": (int, float, Decimal),
    "boolean": (bool,),
    "null": (type(None),),
}

FOR_PEOPLE = frozenset({"title", "description", "default", "examples", "$schema", "format"})
COUNTS = ("minLength", "maxLength", "minItems", "maxItems")
KEYWORDS = frozenset(
    {"type", "properties", "required", "additionalProperties", "items", "enum", "const"}
    | {"minimum", "maximum", "pattern", *COUNTS}
)

DEEPEST = 20
"""Levels of a schema."""

Schema = Mapping[str, Any]


def schema_trouble(schema: Any, path: str = "", depth: int = 0) -> str:
    """What is wrong with a schema, with its place below `path`; empty where nothing is. `depth`:
    how deep it lies. Cost: linear in the schema.
    """
    return next(_troubles(schema, path, depth), "")


def _troubles(schema: Any, path: str, depth: int) -> Iterator[str]:
    here = path or "the schema"
    if not isinstance(schema, Mapping):
        yield f"{here} is not an object"
        return
    if depth > DEEPEST:
        yield f"{here} is more than {DEEPEST} levels deep"
        return
    for name, value in cast(Schema, schema).items():
        at = f"{path}/{name}"
        if name in FOR_PEOPLE:
            continue
        if name not in KEYWORDS:
            yield f"{at} is not checked here; write {', '.join(sorted(KEYWORDS))}"
        elif name == "properties" and isinstance(value, Mapping):
            for key, member in cast(Schema, value).items():
                yield from _troubles(member, f"{at}/{key}", depth + 1)
        elif name == "items" or (name == "additionalProperties" and not isinstance(value, bool)):
            yield from _troubles(value, at, depth + 1)
        elif wrong := _wrong_value(name, value):
            yield f"{at} {wrong}"


def _wrong_value(name: str, value: Any) -> str:
    match name:
        case "type":
            names = cast(list[Any], value if isinstance(value, list | tuple) else [value])
            known = all(isinstance(each, str) and each in TYPES for each in names)
            return "" if known and names else f"must be one of {', '.join(TYPES)}"
        case "required" | "enum":
            listed = isinstance(value, list | tuple)
            return "" if listed else "must be a list"
        case "properties":
            return "must be an object"
        case "minimum" | "maximum":
            number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
            return "" if number else "must be a number"
        case "pattern":
            return _wrong_pattern(value)
        case _ if name in COUNTS:
            whole = isinstance(value, int) and not isinstance(value, bool) and value >= 0
            return "" if whole else "must be a whole number"
        case _:
            return ""


def _wrong_pattern(value: Any) -> str:
    if not isinstance(value, str) or not value:
        return "must be a pattern"
    try:
        compile_pattern(value)
    except ExpressionError as refused:
        return f"is no pattern: {refused.message}"
    return ""


def misfit(value: Any, schema: Schema, path: str = "") -> str:
    """The first place below `path` where data is not as a schema says, and why; empty where it
    fits.

    The schema is one that `schema_trouble` finds nothing in. Cost: about 1 µs a value.
    """
    return next(_misfits(value, schema, path), "")


def _misfits(value: Any, schema: Schema, path: str) -> Iterator[str]:
    here = path or "it"
    wanted = schema.get("type")
    if wanted is not None:
        names = [wanted] if isinstance(wanted, str) else wanted
        if not any(_is(value, name) for name in names):
            yield f"{here} is not {' or '.join(names)}"
            return
    if "const" in schema and value != schema["const"]:
        yield f"{here} is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{here} is none of {list(schema['enum'])}"
    if isinstance(value, dict):
        yield from _object(cast("dict[str, Any]", value), schema, path)
    elif isinstance(value, list):
        items = cast("list[Any]", value)
        yield from _counted(len(items), schema, "Items", f"{here} has", "items")
        if "items" in schema:
            for at, item in enumerate(items):
                yield from _misfits(item, schema["items"], f"{path}/{at}")
    elif isinstance(value, str):
        yield from _counted(len(value), schema, "Length", f"{here} has", "characters")
        if "pattern" in schema and compile_pattern(schema["pattern"]).search(value) is None:
            yield f"{here} is not like {schema['pattern']}"
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        if "minimum" in schema and value < schema["minimum"]:
            yield f"{here} is less than {schema['minimum']}"
        if "maximum" in schema and value > schema["maximum"]:
            yield f"{here} is more than {schema['maximum']}"


def _is(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer" and isinstance(value, Decimal):
        return value.is_finite() and value == value.to_integral_value()
    return isinstance(value, TYPES[name])


def _object(value: dict[str, Any], schema: Schema, path: str) -> Iterator[str]:
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{path}/{name} is missing"
    known = schema.get("properties", {})
    others = schema.get("additionalProperties", True)
    for name, member in value.items():
        if name in known:
            yield from _misfits(member, known[name], f"{path}/{name}")
        elif others is False:
            yield f"{path}/{name} is not known"
        elif isinstance(others, Mapping):
            yield from _misfits(member, cast(Schema, others), f"{path}/{name}")


def _counted(count: int, schema: Schema, of: str, has: str, what: str) -> Iterator[str]:
    least, most = schema.get(f"min{of}", 0), schema.get(f"max{of}", count)
    if not least <= count <= most:
        yield f"{has} {count} {what}"
