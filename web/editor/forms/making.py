"""Short words for making pieces, each with what stands in the node already."""

from typing import Any, cast

from web.editor.forms.pieces import Around, Field, Json, Option, Row, read
from web.editor.forms.values import KINDS


class Maker:
    """Makes the pieces of one node: `body` is its JSON, `defaults` hold where it is silent."""

    def __init__(self, body: Json, around: Around, defaults: Json) -> None:
        self.body, self.around, self.defaults = body, around, defaults
        self.t = around.t

    def at(self, at: str) -> Any:
        """What stands at a place, else the default; a place of the form's own has neither."""
        if not at.startswith("/") or at.endswith("#mode"):
            return None
        found = read(self.body, at)
        return read(self.defaults, at) if found is None and at.count("/") == 1 else found

    def field(self, at: str, label: str, kind: str = "text", **more: Any) -> Field:
        """`hint` is translated; `options` are pairs of a code and a translated word."""
        more["hint"] = self.t(more.get("hint", "")) if more.get("hint") else ""
        return Field(at, self.t(label), kind, KINDS[kind].show(self.at(at)), **more)

    def flag(self, at: str, label: str, hint: str = "") -> Field:
        return self.field(at, label, "flag", hint=hint)

    def choose(
        self, at: str, label: str, options: tuple[Option, ...], default: str = "", **more: Any
    ) -> Field:
        """One of some words; what stands there is offered even where it is not among them."""
        value = self.at(at)
        text = default if value is None else str(value)
        if text not in {code for code, _words in options}:
            options = ((text, text or "—"), *options)
        made = self.field(at, label, "choice", options=options, **more)
        return made if value is not None else _shown(made, default)

    def words(self, pairs: tuple[Option, ...]) -> tuple[Option, ...]:
        """Pairs whose words are still to be translated."""
        return tuple((code, self.t(label)) for code, label in pairs)

    def operand(self, at: str, label: str, **more: Any) -> Field:
        return self.field(at, label, "operand", **more)

    def row(self, at: str, label: str, *pieces: Any, **more: Any) -> Row:
        return Row(at, label, tuple(piece for piece in pieces if piece is not None), **more)

    def each(self, at: str) -> list[tuple[int, str, Any]]:
        """The items of a list with their numbers and places."""
        found = read(self.body, at)
        items = cast("list[Any]", found) if isinstance(found, list) else []
        return [(index, f"{at}/{index}", item) for index, item in enumerate(items)]


def _shown(field: Field, text: str) -> Field:
    return Field(
        field.at,
        field.label,
        field.kind,
        {"": [text]},
        field.hint,
        field.options,
        field.longest,
        field.required,
        field.reshapes,
        field.side,
    )
