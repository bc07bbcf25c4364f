"""Run as a script, in a process of its own: turns into a PostgreSQL program.

    python -I -S postgres_launch.py PARENT UID GID PROGRAM ARGUMENT…

It is a script and no `preexec_fn`, which must not be used in a process with threads. What it
arranges survives the exec, and the process id stays the same:

- on Linux, PROGRAM is interrupted (PostgreSQL: fast shutdown) when the thread that started it ends;
- as root, PROGRAM runs as UID and GID, since PostgreSQL refuses root (-1: stay who we are);
- a GID written as `search:GID` keeps the one right to walk through folders closed to UID.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
PR_SET_SECUREBITS = 28
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
SECURE_NO_SETUID_FIXUP = 4
CAPABILITY_VERSION_3 = 0x20080522

# The first lets a process walk through and read; the second also write. Containers often
# have only the second.
CAP_DAC_READ_SEARCH = 2
CAP_DAC_OVERRIDE = 1

SEARCH = "search:"


class _CapHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _CapData(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable")]


def launch(parent: int, uid: int, gid: int, search: bool, command: list[str]) -> None:
    """Replace this process by `command`. Raises OSError when the system refuses a step."""
    if uid >= 0:
        _become(uid, gid, search)
    if sys.platform == "linux":
        # After the change of user, which clears it.
        _prctl(PR_SET_PDEATHSIG, signal.SIGINT)
        if os.getppid() != parent:
            sys.exit("its parent ended before PostgreSQL began")
    os.execv(command[0], command)


def _become(uid: int, gid: int, search: bool) -> None:
    if search:
        # Keeps rights through the change of user, and makes access(), by which PostgreSQL looks
        # for its programs, count them.
        _prctl(PR_SET_SECUREBITS, SECURE_NO_SETUID_FIXUP)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if search:
        _keep_search()


def _keep_search() -> None:
    """Keep one capability through the exec, as an ambient one; all others go."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = _CapHeader(CAPABILITY_VERSION_3, 0)
    for capability in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
        bit = 1 << capability
        data = (_CapData * 2)(_CapData(bit, bit, bit), _CapData(0, 0, 0))
        if libc.capset(ctypes.byref(header), ctypes.byref(data)) == 0:
            _prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability)
            return
    raise PermissionError(ctypes.get_errno(), "this root may not keep a capability")


def _prctl(option: int, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    words = [ctypes.c_ulong(word) for word in (*arguments, 0, 0, 0, 0)[:4]]
    if libc.prctl(option, *words) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"prctl({option}): {os.strerror(error)}")


if __name__ == "__main__":
    PARENT, UID, GID, *COMMAND = sys.argv[1:]
    launch(int(PARENT), int(UID), int(GID.removeprefix(SEARCH)), GID.startswith(SEARCH), COMMAND)
