"""Yesterday's stored states to today's format.

What an execution or a conversation stores carries the number of its format; none written means the
first. Each step is a tiny pure function from plain JSON to plain JSON, from one format to the
next. Once shipped it is never altered: rows of our users look like its golden pair, and must go
on being read so. Readers are deployed before writers, so a newer format is refused, not guessed.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from flowengine.errors import UnreadableState

Document = dict[str, Any]
Steps = Mapping[int, Callable[[Document], Document]]

FIRST = 1
"""The format of what says none."""

STATES: Steps = {}
"""Format to how an execution's state of that format becomes one of the next."""

CONVERSATIONS: Steps = {}
"""The same, of conversations."""


def upgraded(raw: bytes, steps: Steps, newest: int, what: str) -> bytes:
    """Stored bytes (`raw`) in the format `newest`; the same ones where they are of it already.

    `steps` lead from each format to the next; `what` is stored is named in errors. Raises
    `UnreadableState` for a format that is newer, or from which no step leads on. Cost: linear; only
    what is not of the newest format is ever brought here.
    """
    document: Document = _decoder.decode(raw)
    found: object = document.get("format", FIRST)
    if found == newest:
        return raw
    if not isinstance(found, int) or found > newest:
        raise UnreadableState(f"a {what} has the format {found}; upgrade this worker")
    for step in range(found, newest):
        if step not in steps:
            raise UnreadableState(f"no step leads on from the format {step} of a {what}")
        document = {**steps[step](document), "format": step + 1}
    return _encoder.encode(document)


class _Number(str):
    """A number as it was written, to the last digit."""


def _written(value: Any) -> Any:
    if isinstance(value, _Number):
        return msgspec.Raw(value.encode())
    raise TypeError(type(value).__name__)


_decoder = msgspec.json.Decoder(dict[str, Any], float_hook=_Number)
_encoder = msgspec.json.Encoder(enc_hook=_written, order="deterministic")
