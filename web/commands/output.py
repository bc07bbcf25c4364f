"""What a command prints: JSON lines for programs, or text for people; trouble to standard error."""

import sys
from typing import Any

import msgspec

_encoder = msgspec.json.Encoder(decimal_format="number")


class CommandError(Exception):
    """The command ends with one sentence; `code` is 1 (it failed) or 2 (bad usage or file)."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


class BadFile(CommandError):
    """A file cannot be read: `path` is the place in it (a JSON Pointer), `fix` the mend."""

    def __init__(self, file: str, message: str, path: str = "", fix: str = "") -> None:
        at = f" at {path}" if path else ""
        super().__init__(f"{file}: {message}{at}{'. ' + fix if fix else ''}", 2)
        self.message = message
        self.path = path
        self.fix = fix


def bad_usage(message: str) -> CommandError:
    """Bad usage or a bad file."""
    return CommandError(message, 2)


def json_line(value: Any) -> None:
    """One JSON value on one line of standard output."""
    sys.stdout.write(_encoder.encode(value).decode() + "\n")
    sys.stdout.flush()


def text(line: str = "") -> None:
    """A line for people on standard output."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def note(line: str) -> None:
    """A line on standard error: it never mixes with what a program reads."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def read_json(source: str, what: str) -> Any:
    """A JSON value from the command line; `what` names the option in the error."""
    try:
        return msgspec.json.decode(source)
    except msgspec.DecodeError as error:
        raise bad_usage(f"{what} is not JSON: {str(error).lower()}") from None
