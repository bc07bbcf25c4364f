"""Mistakes of the store's callers, one sentence each."""


class StoreError(Exception):
    """The store cannot do what it was asked."""


class NotFound(StoreError):
    """There is no such row in this tenant."""


class Taken(StoreError):
    """Another row has this name already."""


class InUse(StoreError):
    """Something else still points at it."""


class NotPublished(StoreError):
    """A flow would be published that calls one which is not.

    `callers`: names of the published flows that call such; `missing`: keys of what they call.
    """

    def __init__(self, said: str, callers: tuple[str, ...] = (), missing: tuple[str, ...] = ()):
        super().__init__(said)
        self.callers, self.missing = callers, missing


class Tried(StoreError):
    """A draft that ran on a tester's phone and a version have the same bytes."""


class Stale(StoreError):
    """Somebody else saved in the meantime; `current` is the revision now stored."""

    def __init__(self, current: int) -> None:
        super().__init__(f"revision {current} is stored now")
        self.current = current


class AlreadyGone(StoreError):
    """It is being done already, or was changed since it was read."""


class TooMany(StoreError):
    """There would be more of them than one thing may have."""


class OutOfTime(StoreError):
    """A time that has passed, or lies too far ahead."""


class LastOwner(StoreError):
    """A workspace keeps at least one owner."""


class Untold(StoreError):
    """The transaction speaks for no tenant, and this function needs one."""


class NotCommitted(StoreError):
    """The transaction could not be committed, though nobody raised an error."""


class Unsealed(StoreError):
    """None of the keys opens it: it was sealed with another key, or altered."""
