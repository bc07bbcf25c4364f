"""The note in the data folder that says who runs there, so that a second start can tell people."""

import os
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

FILE = "running.json"


class Running(Struct, frozen=True):
    """A running product: its process, its address, and how far it is.

    `stage`: opening, ready or stopping.
    """

    pid: int
    address: str
    stage: Literal["opening", "ready", "stopping"] = "opening"


def write_note(
    data: Path, address: str, stage: Literal["opening", "ready", "stopping"] = "opening"
) -> None:
    """Say that this process runs here."""
    note = msgspec.json.encode(Running(os.getpid(), address, stage))
    draft = data / f"{FILE}.{os.getpid()}"
    draft.write_bytes(note)
    draft.replace(data / FILE)


def read_note(data: Path) -> Running | None:
    """Who runs here; None where nobody says so, or who said so is gone."""
    try:
        note = msgspec.json.decode((data / FILE).read_bytes(), type=Running)
        os.kill(note.pid, 0)
    except (OSError, msgspec.DecodeError):
        return None
    return note


def remove_note(data: Path) -> None:
    """This process runs here no more."""
    (data / FILE).unlink(missing_ok=True)
