"""Node and the packages of the Baileys service, for tests. Installed once for each lock file."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.services.lacking import lacking

SERVICE = Path(__file__).parents[2] / "connectors" / "baileys" / "service"
OLDEST = (20, 6)


@pytest.fixture(scope="session")
def node() -> str:
    """Node's program, new enough for the service."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("node is not installed (20.6 or newer)")
    told = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    version = tuple(int(part) for part in told.strip().removeprefix("v").split(".")[:2])
    if version < OLDEST:
        pytest.skip(f"node {told.strip()} is too old for the Baileys service (20.6 or newer)")
    return found


@pytest.fixture(scope="session")
def node_modules(node: str) -> Path:
    """The folder with the service's `node_modules`, for FLOWENGINE_BAILEYS_MODULES.

    It is outside the tree, named after the lock file, and made by whichever test process comes
    first.
    """
    assert node
    lock = (SERVICE / "package-lock.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "flowengine"
    folder = cache / f"baileys-{hashlib.sha256(lock).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            _install(folder)
    return folder


def _install(folder: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(SERVICE / name, folder)
    npm = shutil.which("npm")
    if npm is None:
        lacking("npm is not installed")
    command = [npm, "ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"]
    for last in (False, True):  # a registry may stumble once
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
        if done.returncode == 0:
            (folder / "done").touch()
            return
        if last:
            lacking(f"npm could not install the Baileys service's packages: {done.stderr[-300:]}")
