"""What the Node service needs of the machine: Node itself, and its packages."""

import asyncio
import hashlib
import os
import shutil
from pathlib import Path

import connectors

SERVICE = Path(connectors.__file__).parent / "baileys" / "service"
ENTRY = SERVICE / "src" / "main.js"
LEAST = (20, 6)
PATIENCE = 300.0
"""Seconds that the installation may take."""

NO_NODE, NO_MODULES = "no_node", "no_modules"


class Lacking(Exception):
    """`word`: no_node or no_modules; the message says how to mend it."""

    def __init__(self, word: str, text: str) -> None:
        super().__init__(text)
        self.word = word


async def find_node() -> str:
    """The program. Raises `Lacking` where it is missing or too old."""
    found = shutil.which("node")
    if found is None:
        raise Lacking(NO_NODE, "Node.js 20 or later is not installed: Baileys needs it")
    process = await asyncio.create_subprocess_exec(
        found, "--version", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    said, _ = await process.communicate()
    numbers = said.decode("ascii", "replace").strip().removeprefix("v").split(".")[:2]
    version = tuple(int(each) for each in numbers if each.isdecimal())
    if version < LEAST:
        raise Lacking(NO_NODE, f"Node.js {'.'.join(numbers)} is too old: Baileys needs 20.6")
    return found


async def find_modules(given: Path | None, data: Path) -> Path:
    """The folder that has `node_modules`: the one given, the service's own, or ours in `data`.

    Where there is none, they are installed into the last one, exactly as the lock file has them and
    without running any of their scripts. Raises `Lacking`.
    """
    if given is not None:
        if not (given / "node_modules").is_dir():
            raise Lacking(NO_MODULES, f"FLOWENGINE_BAILEYS_MODULES: {given} has no node_modules")
        return given
    data = Path.cwd() / data
    lock = (SERVICE / "package-lock.json").read_bytes()
    ours = data / "baileys" / hashlib.sha256(lock).hexdigest()[:12]
    for folder in (SERVICE, ours):
        if (folder / "node_modules" / "baileys").is_dir() and not (folder / "begun").exists():
            return folder
    return await _install(ours)


async def _install(folder: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise Lacking(NO_MODULES, "npm is not installed: run `make baileys` where it is")
    _lay_out(folder)
    process = await asyncio.create_subprocess_exec(
        npm, "ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund",
        cwd=folder, env={**os.environ},
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(PATIENCE):
            _, said = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        words = said.decode("utf-8", "replace").strip().splitlines()[-3:]
        raise Lacking(NO_MODULES, f"npm ci failed: {' / '.join(words)}"[:500])
    (folder / "begun").unlink()
    return folder


def _lay_out(folder: Path) -> None:
    """`begun` goes last: what was broken off is done again, not used."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "begun").touch()
    for name in ("package.json", "package-lock.json", ".npmrc"):
        if (SERVICE / name).exists():
            shutil.copyfile(SERVICE / name, folder / name)
