"""Whose fault a database error is: a passing trouble of the server, or the data of one row."""

import asyncpg


def is_passing(error: BaseException) -> bool:
    """Whether the same transaction may well succeed later: nothing is wrong with its data."""
    return isinstance(error, _PASSING)


class DatabaseAway(OSError):
    """No connection to the database is to be had now."""


def is_away(error: BaseException) -> bool:
    """Whether the database itself was away, rather than some file or peer: ask again soon."""
    return isinstance(error, (DatabaseAway, *_AWAY))


def is_unstorable(error: BaseException) -> bool:
    """Whether somebody gave a value that no column holds: a NUL in a text, a number too large."""
    unfit = isinstance(error.__cause__, OverflowError | UnicodeEncodeError)
    return isinstance(error, _UNSTORABLE) or (unfit and isinstance(error, asyncpg.DataError))


def is_tangled(error: BaseException) -> bool:
    """Whether two transactions stood in each other's way: repeat it at once, in smaller pieces."""
    return isinstance(
        error,
        asyncpg.DeadlockDetectedError | asyncpg.SerializationError | asyncpg.LockNotAvailableError,
    )


_AWAY = (
    asyncpg.InternalClientError,  # the server said it goes down; the end has not come yet
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.CannotConnectNowError,
    asyncpg.ReadOnlySQLTransactionError,
)
_UNSTORABLE = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)
_PASSING = (OSError, TimeoutError, asyncpg.InterfaceError, *_AWAY)
