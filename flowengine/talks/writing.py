"""Writing talks so that people can read and change them: a step a line."""

from decimal import Decimal
from typing import Any

import msgspec

from flowengine.state import encode
from flowengine.talks.format import Talk

_LISTS = ("http", "model", "steps")

_decoder = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


def write_talk(talk: Talk) -> bytes:
    """Its JSON (UTF-8): a field a line, and in its lists an item a line."""
    lines: list[str] = []
    for name, value in _decoder.decode(encode(talk)).items():
        if name in _LISTS:
            items = ",\n".join("    " + _line(item) for item in value)
            lines.append(f'  "{name}": [\n{items}\n  ]')
        else:
            lines.append(f'  "{name}": {_line(value)}')
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def _line(value: Any) -> str:
    return msgspec.json.format(encode(value), indent=0).decode()
