"""Reading and writing flow documents: strict parsing, canonical bytes, the two hashes."""

import difflib
import hashlib
from decimal import Decimal
from typing import Any, cast

import msgspec
import re2 as re

from flowengine.errors import FlowError
from flowengine.flow import FORMAT, Flow, View
from flowengine.pointers import read_pointer
from flowengine.upgrade import upgrade
from flowengine.values import Doc

MAX_BYTES = 2_000_000
"""A document larger than this is refused before it is read: 5,000 nodes fit."""

MAX_NODES = 5_000

_decoder = msgspec.json.Decoder(Flow, float_hook=Decimal)
_raw_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number", order="deterministic")


def parse(raw: bytes) -> Flow:
    """The flow that `raw` (UTF-8 JSON) says.

    Raises `FlowError` with the path of the first mistake and its mend. Cost: ~1 µs a node.
    """
    if len(raw) > MAX_BYTES:
        raise FlowError(
            f"The document has {len(raw):,} bytes; at most {MAX_BYTES:,} are read",
            fix="Split it into sub-flows.",
        )
    document = _read_json(raw)
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
        )
    return flow


def canonical(flow: Flow) -> bytes:
    """The document's canonical bytes: fields in their order, defaults left out, no spaces."""
    return _encoder.encode(flow)


def pretty(flow: Flow) -> bytes:
    """The canonical document for people: two spaces, one field a line."""
    return msgspec.json.format(canonical(flow), indent=2)


def whole_hash(flow: Flow) -> str:
    """SHA-256 (hex) of the canonical bytes: looks included."""
    return hashlib.sha256(canonical(flow)).hexdigest()


def logic_hash(flow: Flow) -> str:
    """SHA-256 (hex) of what the flow does: without view, titles and notes."""
    nodes = tuple(msgspec.structs.replace(node, title="", note="") for node in flow.nodes)
    bare = msgspec.structs.replace(flow, view=View(), nodes=nodes)
    return hashlib.sha256(canonical(bare)).hexdigest()


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of flow documents, generated from the types."""
    schema = msgspec.json.schema(Flow)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Flowengine flow, version 1",
        **schema,
    }


def _read_json(raw: bytes) -> dict[str, Any]:
    try:
        document = _raw_decoder.decode(raw)
    except msgspec.DecodeError as error:
        raise _malformed(raw, error) from None
    except RecursionError:
        raise FlowError(
            "The document is nested too deep", fix="A flow needs no more than a few levels."
        ) from None
    except UnicodeDecodeError as error:
        raise FlowError(f"Byte {error.start} is not UTF-8", fix="Save the file as UTF-8.") from None
    if not isinstance(document, dict):
        raise FlowError("A flow is a JSON object", fix='Begin with {"format": "flowengine/1", …}.')
    return cast(dict[str, Any], document)


def _malformed(raw: bytes, error: msgspec.DecodeError) -> FlowError:
    place = re.search(r"byte (\d+)", str(error))
    offset = int(place.group(1)) if place else len(raw)
    line = raw.count(b"\n", 0, offset) + 1
    column = offset - (raw.rfind(b"\n", 0, offset) + 1) + 1
    return FlowError(
        f"This is not JSON: {str(error).lower()}",
        fix=f"Look at line {line}, column {column}.",
    )


_UNKNOWN = re.compile(r"unknown field `([^`]*)`")
_MISSING = re.compile(r"missing required field `([^`]*)`")
_AT = re.compile(r" - at `([^`]*)`$")


def explain(error: msgspec.ValidationError, document: Any) -> FlowError:
    """A `FlowError` that says in our words where a strict decoder stopped, and the mend."""
    text = str(error)
    at = _AT.search(text)
    path = _pointer(at.group(1)) if at else ""
    said = _AT.sub("", text)
    where = _node_at(path, document)
    inside = f" (node «{where}»)" if where else ""
    if found := _UNKNOWN.search(said):
        name = found.group(1)
        near = difflib.get_close_matches(name, _field_names(), 1, 0.7)
        fix = f"Did you mean `{near[0]}`?" if near else "Take it out: nothing would read it."
        return FlowError(f"Unknown field `{name}`{inside}", f"{path}/{name}", fix)
    if found := _MISSING.search(said):
        name = found.group(1)
        return FlowError(f"`{name}` is missing{inside}", path, f"Add `{name}`.")
    return FlowError(f"{said}{inside}", path, "See the flow format's reference for this field.")


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


def _field_names() -> list[str]:
    names: set[str] = set()
    waiting: list[type[Doc]] = [Doc]
    while waiting:
        kind = waiting.pop()
        names.update(kind.__struct_encode_fields__)
        waiting.extend(kind.__subclasses__())
    return sorted(names)
