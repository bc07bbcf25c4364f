"""The embedded PostgreSQL's own folder: made whole, waited for, opened to the right people."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from flowengine.store.postgres_home import (
    AlreadyRunning,
    Home,
    NotStarted,
    WrongMajor,
    environment,
)

DATABASE = "flowengine"
OWNER = "flowengine"
ROLES = (OWNER, "flow_web", "flow_worker")
POLL = 0.02


def refuse_other_major(home: Home) -> None:
    """PostgreSQL cannot read another major version's files: say so before making new ones."""
    if home.cluster.exists():
        return
    for other in home.data.glob("postgres-[0-9]*"):
        raise WrongMajor(
            f"{home.data} holds a database of PostgreSQL {other.name.removeprefix('postgres-')}, "
            f"and this version of Flowengine brings PostgreSQL {home.major}: dump it with the "
            "version that wrote it, or choose another folder (FLOWENGINE_DATA)."
        )


def wait_for_the_last_one(cluster: Path, patience: float) -> None:
    """Wait while the last owner's PostgreSQL stops; forget one that is gone."""
    until = time.monotonic() + patience
    while (pid := _postmaster(cluster)) is not None:
        if time.monotonic() > until:
            raise AlreadyRunning(
                f"PostgreSQL (process {pid}) still runs in {cluster} and did not stop in "
                f"{patience:g} seconds: stop it with `kill -INT {pid}`."
            )
        if sys.platform != "linux":
            # Nothing told it that its owner ended; on Linux the kernel did.
            os.kill(pid, signal.SIGINT)
            time.sleep(0.5)
        time.sleep(POLL)
    # What a hard kill leaves behind. Its number may be someone else's process by now.
    (cluster / "postmaster.pid").unlink(missing_ok=True)


def _postmaster(cluster: Path) -> int | None:
    """The living PostgreSQL that works in `cluster`, by its pid file."""
    lines = pid_file(cluster)
    if not lines or not lines[0].isdigit():
        return None
    pid = int(lines[0])
    try:
        if sys.platform == "linux":
            return pid if Path(f"/proc/{pid}/cwd").samefile(cluster) else None
        command = subprocess.run(["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True)
        return pid if os.fsencode(cluster) in command.stdout else None
    except OSError:
        return None


def pid_file(cluster: Path) -> list[str]:
    """The lines of postmaster.pid: 0 process, 4 socket folder, 7 state; empty if there is none."""
    try:
        return [line.strip() for line in (cluster / "postmaster.pid").read_text().splitlines()]
    except OSError:
        return []


def make_cluster(home: Home) -> None:
    """Make the database's folder, whole or not at all, with our empty database in it."""
    if home.cluster.exists():
        return
    for left in home.data.glob("making-postgres-*"):
        shutil.rmtree(left, ignore_errors=True)
    making = Path(tempfile.mkdtemp(prefix="making-postgres-", dir=home.data))
    home.account.own(making)
    shape = ["--username", OWNER, "--encoding=UTF8", "--locale=C", "--no-instructions"]
    _program(home, "initdb", "-D", str(making), *shape, "--auth=peer")
    create = f"CREATE DATABASE {DATABASE}"
    _program(home, "postgres", "--single", "-D", str(making), "postgres", say=create)
    making.rename(home.cluster)
    _sync(home.data)


def _program(home: Home, name: str, *arguments: str, say: str = "") -> None:
    done = subprocess.run(
        home.account.command(home.programs / name, *arguments),
        input=say.encode(),
        capture_output=True,
        env=environment(),
    )
    # A single-user server goes on after an error and ends well.
    if done.returncode != 0 or b"ERROR:" in done.stderr:
        raise NotStarted(f"{name} failed:\n{done.stderr.decode(errors='replace').strip()}")


def _sync(folder: Path) -> None:
    """Put a rename on the disk: without it a power cut could bring the old name back."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_access(home: Home) -> None:
    """Let this user and root in, as any of our roles, and nobody else. The socket says who asks."""
    users = {pwd.getpwuid(uid).pw_name for uid in (os.geteuid(), 0)}
    names = [f'flowengine "{user}" {role}\n' for user in sorted(users) for role in ROLES]
    (home.cluster / "pg_hba.conf").write_text("local all all peer map=flowengine\n")
    (home.cluster / "pg_ident.conf").write_text("".join(names))
