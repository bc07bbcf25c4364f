"""What a workspace calls the things that its flows name by keys, and what its templates say."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

Kind = Literal["flow", "queue", "schedule", "tag"]


class Saying(Struct, frozen=True):
    """What an approved template says: `header` is its kind ("none", "image" …), `body` holds
    `{{1}}` or `{{name}}`, `buttons` their titles."""

    header: str
    body: str
    buttons: tuple[str, ...]


class Names(Struct, frozen=True):
    """By (kind, key) and by (name, language). `sign` tells two of them apart, in this process."""

    found: Mapping[tuple[str, str], str] = {}
    templates: Mapping[tuple[str, str], Saying] = {}
    sign: int = 0

    def of(self, kind: Kind, key: str) -> str:
        """What people call it; its key where it is not known here, or has no name."""
        return self.found.get((kind, key)) or key

    def first(self, kind: Kind, none: str, but: str = "") -> str:
        """The key of the first by name that is not `but`; `none` where there is none."""
        keys = [key for of, key in self.found if of == kind and key != but]
        return min(keys, key=lambda key: self.of(kind, key).lower(), default=none)

    def knows(self, kind: Kind, key: str) -> bool:
        return (kind, key) in self.found

    def template(self, name: str, language: str) -> Saying | None:
        """Its language may be written either way (pt_BR, pt-BR)."""
        return self.templates.get((name, language.replace("-", "_")))


NONE = Names()
"""For a drawing of a flow that lies in no workspace."""
