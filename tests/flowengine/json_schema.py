"""As much of JSON Schema (2020-12) as our generated schemas use; anything else is an error here."""

import re
from typing import Any, cast

Json = dict[str, Any]

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_KNOWN = set(
    "$schema $defs $ref title description examples default type anyOf oneOf allOf discriminator "
    "properties required additionalProperties items prefixItems minItems maxItems enum const "
    "pattern minimum maximum exclusiveMinimum exclusiveMaximum minLength maxLength format".split()
)


def mistakes(value: Any, schema: Json, root: Json | None = None, path: str = "") -> list[str]:
    """Where `value` is not what `schema` says: one line a mistake, none where it is."""
    root = schema if root is None else root
    assert set(schema) <= _KNOWN, set(schema) - _KNOWN
    if "$ref" in schema:
        return mistakes(value, _at(root, schema["$ref"]), root, path)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return _any(value, schema, schema[key], root, path)
    found = _kind(value, schema, path)
    if found:
        return found
    if isinstance(value, dict):
        return _object(cast(Json, value), schema, root, path)
    if isinstance(value, list):
        return _array(cast("list[Any]", value), schema, root, path)
    return _leaf(value, schema, path)


def _at(root: Json, ref: str) -> Json:
    found: Any = root
    for part in ref.removeprefix("#/").split("/"):
        found = found[part]
    return found


def _any(value: Any, schema: Json, options: list[Json], root: Json, path: str) -> list[str]:
    told = schema.get("discriminator")
    if told and isinstance(value, dict):
        ref = told["mapping"].get(cast(Json, value).get(told["propertyName"]))
        if ref is None:
            return [f"{path}: no {told['propertyName']} of the known ones"]
        return mistakes(cast(Json, value), _at(root, ref), root, path)
    tried = [mistakes(value, option, root, path) for option in options]
    return [] if [] in tried else min(tried, key=len)


def _kind(value: Any, schema: Json, path: str) -> list[str]:
    if "const" in schema and value != schema["const"]:
        return [f"{path}: not {schema['const']!r}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{path}: not one of {schema['enum']}"]
    wanted = schema.get("type")
    if wanted is None:
        return []
    names = [wanted] if isinstance(wanted, str) else wanted
    kinds = tuple(kind for name in names for kind in _TYPES[name])
    right = isinstance(value, kinds) and (not isinstance(value, bool) or bool in kinds)
    return [] if right else [f"{path}: not {wanted}"]


def _object(value: Json, schema: Json, root: Json, path: str) -> list[str]:
    found = [
        f"{path}: {name} is missing" for name in schema.get("required", ()) if name not in value
    ]
    known = schema.get("properties", {})
    others = schema.get("additionalProperties", True)
    for name, member in value.items():
        here = f"{path}/{name}"
        if name in known:
            found += mistakes(member, known[name], root, here)
        elif others is False:
            found.append(f"{here}: unknown")
        elif isinstance(others, dict):
            found += mistakes(member, cast(Json, others), root, here)
    return found


def _array(value: list[Any], schema: Json, root: Json, path: str) -> list[str]:
    least, most = schema.get("minItems", 0), schema.get("maxItems", len(value))
    found = [] if least <= len(value) <= most else [f"{path}: {len(value)} items"]
    first = schema.get("prefixItems", [])
    for at, item in enumerate(value):
        each = first[at] if at < len(first) else schema.get("items", {})
        if isinstance(each, dict):
            found += mistakes(item, cast(Json, each), root, f"{path}/{at}")
    return found


def _leaf(value: Any, schema: Json, path: str) -> list[str]:
    if isinstance(value, str):
        if "pattern" in schema and not re.search(schema["pattern"], value):
            return [f"{path}: not like {schema['pattern']}"]
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            return [f"{path}: {len(value)} characters"]
    if isinstance(value, int | float) and not isinstance(value, bool):
        low, high = schema.get("minimum", value), schema.get("maximum", value)
        if not low <= value <= high:
            return [f"{path}: not from {low} to {high}"]
    return []
