"""Reading our smaller documents, workspaces and talks, as strictly as flows are read."""

from decimal import Decimal
from typing import Any, TypeVar, cast

import msgspec

from flowengine.document import explain
from flowengine.errors import FlowError
from flowengine.pointers import read_pointer

T = TypeVar("T")

MAX_BYTES = 2_000_000

_raw_decoder = msgspec.json.Decoder(float_hook=Decimal)


def read(raw: bytes, decoder: msgspec.json.Decoder[T], begin: str) -> T:
    """What `raw` (UTF-8 JSON) says; `begin` is how such a document begins, for the mend.

    Raises `FlowError` with the path of the first mistake.
    """
    if len(raw) > MAX_BYTES:
        raise FlowError(f"The document has {len(raw):,} bytes; at most {MAX_BYTES:,} are read")
    document = _read_json(raw, begin)
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        found = explain(error, document)
        path = _named(found.path, str(error), document, decoder)
        raise FlowError(found.message, path, found.fix) from None


def _read_json(raw: bytes, begin: str) -> dict[str, Any]:
    try:
        document = _raw_decoder.decode(raw)
    except msgspec.DecodeError as error:
        _, _, place = str(error).rpartition("(byte ")
        offset = int(place[:-1]) if place[:-1].isdigit() else len(raw)
        line = raw.count(b"\n", 0, offset) + 1
        column = offset - (raw.rfind(b"\n", 0, offset) + 1) + 1
        raise FlowError(
            f"This is not JSON: {str(error).lower()}", fix=f"Look at line {line}, column {column}."
        ) from None
    except RecursionError:
        raise FlowError("The document is nested too deep") from None
    except UnicodeDecodeError as error:
        raise FlowError(f"Byte {error.start} is not UTF-8", fix="Save the file as UTF-8.") from None
    if not isinstance(document, dict):
        raise FlowError("The document is no JSON object", fix=f"Begin with {begin}")
    return cast("dict[str, Any]", document)


def _named(
    path: str, said: str, document: dict[str, Any], decoder: msgspec.json.Decoder[Any]
) -> str:
    """The path with the key of an object's member in the place of `*`.

    The decoder does not tell which member it stopped at, so the first one is looked for that says
    the same all by itself.
    """
    parts = path.split("/")
    if "*" not in parts:
        return path
    star = parts.index("*")
    holder = cast("dict[str, Any]", read_pointer(document, "/".join(parts[:star])))
    members = dict(holder)
    for key, member in members.items():
        holder.clear()
        holder[key] = member
        try:
            decoder.decode(msgspec.json.encode(document))
        except msgspec.ValidationError as error:
            if str(error) == said:
                return _named(
                    "/".join([*parts[:star], key, *parts[star + 1 :]]), said, document, decoder
                )
    return path
