"""A tool's JSON Schema as rows: what a model fills in, in words, with the limits that have fields.

What has no field stays as JSON beside its row, or beside all of them, so that nothing is lost: a
schema that is shown and written again says what it said.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

from msgspec import Struct

from web.editor.forms.pieces import Json

KINDS = ("string", "number", "integer", "boolean", "one", "list", "json")
"""A JSON type of its own each, but for `one` (a text of some) and `list` (of texts); `json` is
whatever else a schema says."""

LIMITS = {
    "string": ("minLength", "maxLength"),
    "number": ("minimum", "maximum"),
    "integer": ("minimum", "maximum"),
    "list": ("minItems", "maxItems"),
}
"""By kind, the rules for the least and the most."""


class Param(Struct, frozen=True):
    """A parameter. `about`: for the model; `options`: of a text that is one of some; `least`,
    `most`: of a number itself, of a text's characters, of a list's items; `rest`: all other rules.
    """

    name: str
    kind: str = "string"
    about: str = ""
    need: bool = False
    options: tuple[str, ...] = ()
    least: int | Decimal | None = None
    most: int | Decimal | None = None
    rest: Json = {}


class Params(Struct, frozen=True):
    """`more`: what the schema says beside its properties."""

    rows: tuple[Param, ...] = ()
    more: Json = {}


def params_of(schema: Any) -> Params | None:
    """The rows of a schema; None where it is not an object with named properties."""
    if schema in (None, {}):
        return Params()
    if not isinstance(schema, dict) or cast(Json, schema).get("type") != "object":
        return None
    whole = dict(cast(Json, schema))
    properties, needed = whole.pop("properties", {}), whole.pop("required", [])
    del whole["type"]
    if not isinstance(properties, dict) or not isinstance(needed, list):
        return None
    named, must = cast(Json, properties), cast("list[Any]", needed)
    if not all(shows(name) and isinstance(said, dict) for name, said in named.items()):
        return None
    if not all(isinstance(name, str) for name in must):
        return None
    others = [name for name in must if name not in named]
    more = whole | ({"required": others} if others else {})
    return Params(tuple(_param(n, rules, n in must) for n, rules in named.items()), more)


def schema_of(params: Params) -> Json | None:
    """The schema that rows say; None where they say nothing."""
    named = [each for each in params.rows if each.name]
    more = dict(params.more)
    others: list[Any] = more.pop("required", [])
    needed = [*(each.name for each in named if each.need), *others]
    if not named and not more and not needed:
        return None
    schema: Json = {"type": "object", "properties": {each.name: rules(each) for each in named}}
    return schema | ({"required": needed} if needed else {}) | more


def rules(param: Param) -> Json:
    """The schema of one parameter."""
    made: Json = {}
    if param.kind != "json":
        made["type"] = {"one": "string", "list": "array"}.get(param.kind, param.kind)
    if param.kind == "list":
        made["items"] = {"type": "string"}
    if param.kind == "one" and param.options:
        made["enum"] = list(param.options)
    for rule, value in zip(LIMITS.get(param.kind, ()), (param.least, param.most), strict=False):
        if value is not None:
            made[rule] = value
    if param.about:
        made["description"] = param.about
    return param.rest | made


def shows(text: str) -> bool:
    """Whether a line of a form holds a text as it is."""
    return bool(text) and text == text.strip() and text.isprintable()


def _param(name: str, said: Json, need: bool) -> Param:
    rest = dict(said)
    kind = _kind(rest)
    if kind != "json":
        del rest["type"]
    options: tuple[str, ...] = tuple(rest.pop("enum")) if kind == "one" else ()
    if kind == "list":
        del rest["items"]
    about: Any = rest.get("description", "")
    if isinstance(about, str) and shows(about):
        del rest["description"]
    else:
        about = ""
    least, most = (_taken(rest, rule, kind) for rule in LIMITS.get(kind, ("", "")))
    return Param(name, kind, about, need, options, least, most, rest)


def _kind(said: Mapping[str, Any]) -> str:
    kind = said.get("type")
    if kind == "array":
        return "list" if said.get("items") == {"type": "string"} else "json"
    if kind == "string" and "enum" in said:
        return "one" if _are_options(said["enum"]) else "json"
    return kind if isinstance(kind, str) and kind in LIMITS | {"boolean": ()} else "json"


def _are_options(listed: Any) -> bool:
    """Whether these are texts that a line holds with commas between them."""
    if not isinstance(listed, list) or not listed:
        return False
    found = cast("list[Any]", listed)
    return all(isinstance(each, str) and shows(each) and "," not in each for each in found)


def _taken(rest: Json, rule: str, kind: str) -> int | Decimal | None:
    """A limit that its field shows, out of the rules."""
    value = rest.get(rule)
    number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    if not number or (kind in ("string", "list") and not isinstance(value, int)):
        return None
    del rest[rule]
    return value if isinstance(value, int) else Decimal(str(value))
