"""Mistakes of our callers, one sentence each."""

from collections.abc import Mapping


class FlowError(Exception):
    """A document cannot be read: `path` says where (a JSON Pointer), `fix` how to mend it.

    `code` and `values` are the same for who says it in other words; "" where there are none.
    """

    def __init__(
        self,
        message: str,
        path: str = "",
        fix: str = "",
        code: str = "",
        values: Mapping[str, str] | None = None,
    ) -> None:
        self.message = message
        self.path = path
        self.fix = fix
        self.code = code
        self.values = dict(values or {})
        where = f" at {path}" if path else ""
        mend = f". {fix}" if fix else ""
        super().__init__(f"{message}{where}{mend}")


class ReleaseError(Exception):
    """A flow cannot be made into a release: it needs `check` first."""


class UnreadableState(Exception):
    """A stored state is newer than this version of Flowengine; upgrade the worker."""
