"""JSON Pointers (RFC 6901): a path into a JSON value."""

from typing import Any


def read_pointer(value: Any, path: str) -> Any:
    """What stands at `path` ("" is the whole), or null where nothing does."""
    if not path:
        return value
    for raw in path.removeprefix("/").split("/"):
        part = raw.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def write_pointer(value: Any, path: str, new: Any) -> None:
    """Puts `new` at `path`, whose parents must exist; `KeyError` or `IndexError` otherwise."""
    *parents, last = [p.replace("~1", "/").replace("~0", "~") for p in path[1:].split("/")]
    for part in parents:
        value = value[int(part)] if isinstance(value, list) else value[part]
    if isinstance(value, list):
        value[int(last)] = new
    else:
        value[last] = new
