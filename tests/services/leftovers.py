"""What test runs that were killed have left in memory: gone before the next one needs the room."""

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path

YOUNG = 3600
"""Seconds in which a folder may belong to a server that is only just being made."""


def sweep(memory: Path) -> None:
    """Removes servers' folders below `memory` whose server does not run any more."""
    for folder in memory.glob("flowengine-*"):
        with suppress(FileNotFoundError):  # it may end, or be swept by another run, meanwhile
            old = time.time() - folder.stat().st_mtime > YOUNG
            if old and not any(_runs(found) for found in folder.rglob("postmaster.pid")):
                shutil.rmtree(folder, ignore_errors=True)


def _runs(pid_file: Path) -> bool:
    try:
        os.kill(int(pid_file.read_text().split()[0]), 0)
    except PermissionError:
        return True  # somebody else's, and alive
    except (OSError, IndexError, ValueError):
        return False
    return True
