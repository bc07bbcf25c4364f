"""Reading and writing flow documents: strict parsing, canonical bytes, the two hashes."""

import hashlib
from decimal import Decimal
from typing import Any, cast

import msgspec

from flowengine.defaults import with_defaults
from flowengine.errors import FlowError
from flowengine.flow import FORMAT, Flow, View
from flowengine.json_text import MAX_BYTES, read_object
from flowengine.meanings import meanings, struct_types
from flowengine.mistakes import explain
from flowengine.upgrade import upgrade

__all__ = [
    "MAX_BYTES",
    "MAX_NODES",
    "canonical",
    "json_schema",
    "logic_hash",
    "parse",
    "pretty",
    "whole_hash",
]

MAX_NODES = 5_000

_decoder = msgspec.json.Decoder(Flow, float_hook=Decimal)
_raw_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number", order="deterministic")


def parse(raw: bytes) -> Flow:
    """The flow that `raw` (UTF-8 JSON) says.

    Raises `FlowError` with the path of the first mistake and its mend. Cost: ~5 µs a node.
    """
    document = read_object(raw, '{"format": "flowengine/1", …}')
    if document.get("format") != FORMAT:
        raw = _encoder.encode(upgrade(document))
        document = _raw_decoder.decode(raw)
    try:
        flow = _decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise explain(error, document) from None
    if len(flow.nodes) > MAX_NODES:
        raise FlowError(
            f"The flow has {len(flow.nodes)} nodes; at most {MAX_NODES} are read",
            "/nodes",
            "Split it into sub-flows.",
            "too_many_nodes",
            {"count": str(len(flow.nodes)), "most": str(MAX_NODES)},
        )
    return flow


def canonical(flow: Flow) -> bytes:
    """The document's canonical bytes: fields in their order, defaults left out, no spaces.

    Equal flows have equal bytes: what is written though it is the default is left out. Cost: ~8 µs
    a node.
    """
    return _encoder.encode(with_defaults(flow))


def pretty(flow: Flow) -> bytes:
    """The canonical document for people: two spaces, one field a line. Cost: ~8 µs a node."""
    return msgspec.json.format(canonical(flow), indent=2)


def whole_hash(flow: Flow) -> str:
    """SHA-256 (hex) of the canonical bytes: looks included. Cost: ~8 µs a node."""
    return hashlib.sha256(canonical(flow)).hexdigest()


def logic_hash(flow: Flow) -> str:
    """SHA-256 (hex) of what the flow does: without view, titles and notes. Cost: ~8 µs a node."""
    nodes = tuple(msgspec.structs.replace(node, title="", note="") for node in flow.nodes)
    bare = msgspec.structs.replace(flow, view=View(), nodes=nodes)
    return hashlib.sha256(canonical(bare)).hexdigest()


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of flow documents, generated from the types. Cost: ~10 ms."""
    schema = _with_numbers(msgspec.json.schema(Flow))
    for kind in set(struct_types(Flow)):
        told = meanings(kind)
        for name, member in schema["$defs"].get(kind.__name__, {}).get("properties", {}).items():
            if name in told:
                # A reference with a description of its own is read so since draft 2019-09.
                member["description"] = told[name]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Flowengine flow, version 1",
        **schema,
    }


def _with_numbers(schema: Any) -> Any:
    """Decimals are written as JSON numbers; msgspec would have them as texts."""
    if isinstance(schema, dict):
        members = cast("dict[str, Any]", schema)
        if members.get("format") == "decimal":
            return {"type": "number"}
        return {key: _with_numbers(member) for key, member in members.items()}
    if isinstance(schema, list | tuple):
        return [_with_numbers(item) for item in cast("list[Any]", schema)]
    return schema
