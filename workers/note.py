"""Which conversation this process has in hand, written where a sudden death does not lose it.

If a process dies inside the engine (out of memory, a crash in a library), the conversation that did
it would kill the next process too. So each process keeps the id in a small mapped file of the data
folder: whoever starts next finds it, takes that one alone, and counts it as broken once more.
"""

import mmap
import os
from pathlib import Path
from uuid import UUID

from workers.settings import PREFIX, SettingsError

FOLDER = "advancing"
_NOTHING = bytes(16)


class Note:
    """One per process; writing costs about a microsecond, as no system call is made.

    Raises `SettingsError` where the data folder cannot be written to.
    """

    def __init__(self, data: Path) -> None:
        folder = data / FOLDER
        self._path = folder / str(os.getpid())
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._path.write_bytes(_NOTHING)
        except OSError as error:
            raise SettingsError(
                f"{PREFIX}DATA não serve: use uma pasta em que se possa gravar "
                f"({data}: {error.strerror})."
            ) from None
        with self._path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), len(_NOTHING))

    def write(self, conversation: UUID) -> None:
        self._map[:] = conversation.bytes

    def clear(self) -> None:
        self._map[:] = _NOTHING

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
        if len(raw) == len(_NOTHING) and raw != _NOTHING:
            found.append(UUID(bytes=raw))
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
