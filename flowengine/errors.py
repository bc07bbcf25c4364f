"""Mistakes of our callers, one sentence each."""


class FlowError(Exception):
    """A document cannot be read: `path` says where (a JSON Pointer), `fix` how to mend it."""

    def __init__(self, message: str, path: str = "", fix: str = "") -> None:
        self.message = message
        self.path = path
        self.fix = fix
        where = f" at {path}" if path else ""
        mend = f". {fix}" if fix else ""
        super().__init__(f"{message}{where}{mend}")


class ReleaseError(Exception):
    """A flow cannot be made into a release: it needs `check` first."""


class UnreadableState(Exception):
    """A stored state is newer than this version of Flowengine; upgrade the worker."""
