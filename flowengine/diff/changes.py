"""A difference as data."""

from typing import Any, Literal

from msgspec import Struct

What = Literal[
    "flow",
    "setting",
    "variable",
    "input",
    "output",
    "trigger",
    "node",
    "edge",
    "translation",
]


class FieldChange(Struct, frozen=True, omit_defaults=True):
    """A field that differs. `path`: a JSON Pointer below what changed.

    It leads into the new version, for `removed` into the old one. `reordered`: the same ids in
    another order. `words`: only the team reads it.
    """

    path: str
    how: Literal["added", "removed", "changed", "reordered"]
    old: Any = None
    new: Any = None
    words: bool = False


class Change(Struct, frozen=True, omit_defaults=True):
    """Something that differs.

    `id`: of the node, or the node that an edge leaves (by `exit`); the name of a variable or
    setting; of a translation "es/menu". `kind`: of a node, its type. `was`: what it was called,
    where it was `renamed`, or the type that the node had.
    """

    what: What
    how: Literal["added", "removed", "changed", "renamed"]
    id: str
    kind: str = ""
    exit: str = ""
    was: str = ""
    fields: tuple[FieldChange, ...] = ()

    @property
    def words_only(self) -> bool:
        """Whether it changes nothing that a customer could notice."""
        return self.how == "changed" and all(field.words for field in self.fields)


class Difference(Struct, frozen=True, omit_defaults=True):
    """All that differs between two versions. `moved`: nodes at another place of the canvas.

    `looks`: notes or frames of the canvas differ.
    """

    changes: tuple[Change, ...] = ()
    moved: tuple[str, ...] = ()
    looks: bool = False

    @property
    def same_logic(self) -> bool:
        """Whether both versions do the same."""
        return all(change.words_only for change in self.changes)

    @property
    def renames(self) -> dict[str, str]:
        """Old node id to new one, of the nodes that only have another id."""
        return {change.was: change.id for change in self.changes if change.how == "renamed"}
