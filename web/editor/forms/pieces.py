"""What a step's form is made of: fields, rows of fields, and groups of both.

A piece stands at a place in the node's JSON (`at`, a JSON Pointer). The tree is made anew from the
node each time it is shown or filled in, so a form has always the fields that the node has.
"""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias, cast

from msgspec import Struct

from flowengine.workspace import EMPTY, Workspace
from web.drawing.names import NONE, Names
from web.editor.forms.naming import Known
from web.texts import Texts

Json = dict[str, Any]
Option = tuple[str, str]


class Field(Struct, frozen=True):
    """One thing to fill in.

    `kind`: see `values.KINDS`. `shown`: what the browser would send untouched, by the end of the
    input's name ("" is the field itself, ".unit" its unit). `longest`: the characters that the
    provider shows, 0 for no limit. `options`: pairs, or (label, pairs) for groups of them.
    `reshapes`: another value asks for other fields, so the form is shown again. `empty`: what an
    empty line shows.
    """

    at: str
    label: str
    kind: str
    shown: dict[str, list[str]]
    hint: str = ""
    options: tuple[Any, ...] = ()
    longest: int = 0
    required: bool = False
    reshapes: bool = False
    side: str = ""
    empty: str = ""

    @property
    def value(self) -> str:
        return self.part("")

    def part(self, end: str) -> str:
        found = self.shown.get(end)
        return found[0] if found else ""


class Row(Struct, frozen=True):
    """An item of a list: its fields, and whether it may be moved or taken away."""

    at: str
    label: str
    pieces: tuple["Piece", ...]
    code: str = ""
    stays: bool = False


class Add(Struct, frozen=True):
    """A button that adds a `what` to the list at `at`."""

    at: str
    what: str
    label: str


class Rows(Struct, frozen=True):
    """A list. `most`: how many there may be, said beside the label; 0 for no limit."""

    at: str
    label: str
    items: tuple[Row, ...]
    adds: tuple[Add, ...] = ()
    hint: str = ""
    most: int = 0
    look: str = ""


class Group(Struct, frozen=True):
    """Fields that belong together. `look`: "fold" opens by a click, "when" is a condition."""

    label: str
    pieces: tuple["Piece", ...]
    look: str = ""
    at: str = ""
    hint: str = ""
    adds: tuple[Add, ...] = ()


class Note(Struct, frozen=True):
    """Words in a form. `look`: "template" is the body of an approved message."""

    words: str
    look: str = ""


Piece: TypeAlias = Field | Rows | Group | Note
Pieces: TypeAlias = tuple[Piece, ...]


class Around(Struct, frozen=True):
    """What a form may offer: names of the workspace, other flows, files, what variables there are.

    `flows`: key to name. `files`: pairs of "sha256:…" and name, by kind of file. `names`: what
    people call queues, hours and tags.
    """

    t: Texts
    known: Known
    workspace: Workspace = EMPTY
    flows: dict[str, str] = {}
    files: dict[str, tuple[Option, ...]] = {}
    names: Names = NONE


def fields_in(pieces: Sequence[Piece]) -> Iterator[Field]:
    """Every field of a tree, in its order."""
    for piece in pieces:
        match piece:
            case Field():
                yield piece
            case Rows():
                for item in piece.items:
                    yield from fields_in(item.pieces)
            case Group():
                yield from fields_in(piece.pieces)
            case Note():
                pass


def read(body: Any, at: str) -> Any:
    """What stands at a JSON Pointer, None where nothing does."""
    for part in at.split("/")[1:]:
        if isinstance(body, dict):
            body = cast(Json, body).get(part.replace("~1", "/").replace("~0", "~"))
        elif isinstance(body, list) and part.isdecimal() and int(part) < len(cast(list[Any], body)):
            body = cast(list[Any], body)[int(part)]
        else:
            return None
    return body


def write(body: Json, at: str, value: Any) -> None:
    """Put a value at a JSON Pointer, making the objects on the way; None takes the place away.

    An object that this leaves empty goes as well, where it was made of optional parts.
    """
    parts = [part.replace("~1", "/").replace("~0", "~") for part in at.split("/")[1:]]
    around: Any = body
    for part in parts[:-1]:
        inside = read(around, f"/{part}")
        if inside is None:
            if value is None or not isinstance(around, dict):
                return
            inside = cast(Any, {})
            around[part] = inside
        around = inside
    if isinstance(around, list):
        cast(list[Any], around)[int(parts[-1])] = value
    elif isinstance(around, dict):
        if value is None:
            cast(Json, around).pop(parts[-1], None)
        else:
            around[parts[-1]] = value
