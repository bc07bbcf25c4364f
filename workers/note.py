"""Which conversation this process has in hand, written where a sudden death does not lose it.

If a process dies inside the engine (out of memory, a crash in a library), the conversation that did
it would kill the next process too. So each process keeps the id in a small mapped file of the data
folder: whoever starts next finds it, takes that one alone, and counts it as broken once more.
Batches that are in hand side by side have a slot each.
"""

import mmap
import os
from pathlib import Path
from uuid import UUID

from workers.settings import PREFIX, SettingsError

FOLDER = "advancing"
SLOTS = 16
"""Batches in hand at the same time; a process has two pumps."""

_NOTHING = bytes(16)


class Slot:
    """Where one batch writes which conversation it has in hand; leaving it wipes it."""

    def __init__(self, note: "Note", number: int) -> None:
        self._note = note
        self.number = number

    def write(self, conversation: UUID) -> None:
        self._note.write(self.number, conversation.bytes)

    def __enter__(self) -> "Slot":
        return self

    def __exit__(self, *_: object) -> None:
        self._note.leave(self)


class Note:
    """One per process; writing costs about a microsecond, as no system call is made.

    Raises `SettingsError` where the data folder cannot be written to.
    """

    def __init__(self, data: Path) -> None:
        folder = data / FOLDER
        self._path = folder / str(os.getpid())
        self._free = list(range(SLOTS))
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._path.write_bytes(_NOTHING * SLOTS)
        except OSError as error:
            raise SettingsError(
                f"{PREFIX}DATA não serve: use uma pasta em que se possa gravar "
                f"({data}: {error.strerror})."
            ) from None
        with self._path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), len(_NOTHING) * SLOTS)

    def slot(self) -> Slot:
        """A slot of one's own, for the length of a batch. Raises `IndexError` beyond `SLOTS`."""
        return Slot(self, self._free.pop())

    def write(self, slot: int, raw: bytes) -> None:
        at = slot * len(_NOTHING)
        self._map[at : at + len(_NOTHING)] = raw

    def leave(self, slot: Slot) -> None:
        self.write(slot.number, _NOTHING)
        self._free.append(slot.number)

    def close(self) -> None:
        self._map.close()
        self._path.unlink(missing_ok=True)


def left_behind(data: Path) -> list[UUID]:
    """Conversations that dead processes had in hand; each is told once."""
    found: list[UUID] = []
    for path in sorted((data / FOLDER).glob("*")):
        if not path.name.isdigit() or _alive(int(path.name)):
            continue
        raw = path.read_bytes()
        path.unlink(missing_ok=True)
        ids = (raw[at : at + len(_NOTHING)] for at in range(0, len(raw), len(_NOTHING)))
        found += [UUID(bytes=id) for id in ids if len(id) == len(_NOTHING) and id != _NOTHING]
    return found


def _alive(process: int) -> bool:
    if process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
