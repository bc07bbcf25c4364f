"""An exception as the log shows it: where it happened, and its words only where they are ours.

The words of an exception may quote what a customer wrote: a database driver repeats the value that
it refused, `int()` the text that is no number. So they are left out, but for kinds whose words are
about the machine; FLOWENGINE_LOG_TEXTS=true shows them all.
"""

import traceback
from types import TracebackType

from flowengine.store.errors import StoreError
from workers.settings import SettingsError

Raised = tuple[type[BaseException], BaseException, TracebackType | None]

PLAIN: tuple[type[BaseException], ...] = (
    OSError,
    TimeoutError,
    AttributeError,
    NameError,
    ImportError,
    TypeError,
    RuntimeError,
    RecursionError,
    MemoryError,
    StoreError,
    SettingsError,
)
PLAIN_MODULES = ("httpx", "httpcore", "redis", "dramatiq", "uvicorn", "litestar")
DEEPEST = 8
"""Exceptions of one chain that are shown."""


class Failures:
    """Formats exceptions; `texts`: with all their words."""

    def __init__(self, texts: bool) -> None:
        self._texts = texts

    def __call__(self, exc_info: Raised) -> str:
        """The whole chain, the first cause first, without the values of variables."""
        pieces: list[str] = []
        error: BaseException | None = exc_info[1]
        seen: set[int] = set()
        while error is not None and id(error) not in seen and len(pieces) < DEEPEST:
            seen.add(id(error))
            pieces.append(self._piece(error))
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\nThen:\n".join(reversed(pieces))

    def _piece(self, error: BaseException) -> str:
        frames = "".join(traceback.format_tb(error.__traceback__))
        return f"Traceback (most recent call last):\n{frames}{self._line(error)}"

    def _line(self, error: BaseException) -> str:
        kind = type(error)
        words = str(error) if self._texts or is_plain(error) else facts(error)
        inner: tuple[BaseException, ...] = getattr(error, "exceptions", ())
        group = "".join(f"\n  within it: {self._line(each)}" for each in inner[:DEEPEST])
        return f"{kind.__module__}.{kind.__qualname__}{': ' + words if words else ''}{group}"


def is_plain(error: BaseException) -> bool:
    """Whether its words are about the machine."""
    return isinstance(error, PLAIN) or type(error).__module__.split(".")[0] in PLAIN_MODULES


def facts(error: BaseException) -> str:
    """What PostgreSQL says beside words: the code and the names of things."""
    names = ("sqlstate", "table_name", "column_name", "constraint_name")
    found = [f"{name}={getattr(error, name)}" for name in names if getattr(error, name, None)]
    return " ".join(found)
