"""Tools of language models: those that every `ai_reply` has, and the flows that it may call."""

from collections.abc import Mapping
from typing import Any

from flowengine.compiled import CompiledFlow
from flowengine.declarations import Type
from flowengine.limits import MAX_TOOL_TEXT
from flowengine.state import encode

OWN = frozenset({"outcome", "handoff", "confidence", "extract", "unsure"})
"""Names of what a model tells the node itself; no tool of an author may have one."""

Schema = dict[str, Any]

_JSON: Mapping[Type, Schema] = {
    "text": {"type": "string"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "time"},
    "datetime": {"type": "string", "format": "date-time"},
    "duration": {"type": "string", "format": "duration"},
    "list": {"type": "array", "items": {}},
    "object": {"type": "object"},
    "media": {"type": "object"},
    "location": {"type": "object"},
}


def json_type(type: Type) -> Schema:
    """The JSON Schema of a declared type, as models are told it."""
    return dict(_JSON[type])


def object_of(properties: Schema, required: tuple[str, ...] = ()) -> Schema:
    """The JSON Schema of an object with these properties and no others, some of them `required`.
    Cost: under 1 µs.
    """
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": list(required)} if required else schema


def arguments_of(flow: CompiledFlow) -> Schema:
    """The JSON Schema of what a flow is called with: its inputs. Cost: ~0.5 µs an input."""
    properties = {name: json_type(flow.types[name]) for name in flow.inputs}
    return object_of(properties, tuple(name for name, need in flow.inputs.items() if need))


def told_result(outcome: str, outputs: Mapping[str, Any]) -> str:
    """What a model is told of a flow that ended with an `outcome` and `outputs`, as JSON; a long
    one is cut. Cost: linear in it.
    """
    result = {"outcome": outcome} if outcome else {}
    text = encode({**result, "outputs": dict(outputs)} if outputs or not result else result)
    return _cut(text.decode())


def told_trouble(reason: str) -> str:
    """What a model is told where nothing came of its call."""
    return _cut(encode({"error": reason}).decode())


def _cut(text: str) -> str:
    if len(text) <= MAX_TOOL_TEXT:
        return text
    return text[:MAX_TOOL_TEXT] + f" … (cut: {len(text):,} characters)"
