"""Yesterday's flow documents to today's format.

Each step is a tiny pure function from raw JSON to raw JSON; once shipped it is never altered. The
first format upgrades to itself: the pair stands here so that the way is walked from day one.
"""

from collections.abc import Callable
from typing import Any

from flowengine.errors import FlowError

CURRENT = "flowengine/1"

Document = dict[str, Any]


def _same(document: Document) -> Document:
    return document


UPGRADES: dict[str, tuple[str, Callable[[Document], Document]]] = {
    "flowengine/1": ("flowengine/1", _same),
}
"""Format to (the next format, how to get there)."""


def upgrade(document: Document) -> Document:
    """The same flow in the current format.

    Raises `FlowError` where the format is missing, unknown or newer than this version. Cost: ~1 µs
    for a document of today.
    """
    for _ in range(len(UPGRADES) + 1):
        name = document.get("format")
        if name == CURRENT:
            return UPGRADES[CURRENT][1](document)
        if not isinstance(name, str) or name not in UPGRADES:
            raise FlowError(
                f"The format {name!r} is not known",
                "/format",
                f'Write "format": "{CURRENT}", or use a newer Flowengine.',
                "unknown_format",
            )
        _, step = UPGRADES[name]
        document = step(document)
    raise FlowError("The upgrades go round in a circle", "/format", "This is our mistake.")
