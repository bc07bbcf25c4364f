"""Folders of test servers that were killed go; those of servers that run, or are made, stay."""

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.services.leftovers import YOUNG, sweep


def folder(memory: Path, name: str, pid: int | None, age: float) -> Path:
    made = memory / name
    (made / "data").mkdir(parents=True)
    if pid is not None:
        (made / "data" / "postmaster.pid").write_text(f"{pid}\n/somewhere\n")
    then = time.time() - age
    os.utime(made, (then, then))
    return made


def test_only_what_nobody_runs_goes(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    dead = folder(tmp_path, "flowengine-dead", ended.pid, 2 * YOUNG)
    never = folder(tmp_path, "flowengine-never", None, 2 * YOUNG)
    alive = folder(tmp_path, "flowengine-alive", os.getpid(), 2 * YOUNG)
    young = folder(tmp_path, "flowengine-young", None, 1)
    other = folder(tmp_path, "another", None, 2 * YOUNG)
    sweep(tmp_path)
    assert not dead.exists()
    assert not never.exists()
    assert alive.exists()
    assert young.exists()
    assert other.exists()
