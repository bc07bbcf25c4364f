"""The smallest pieces of a flow document: keys, expressions, saves, and the values between.

A JSON string is always a text template; `{"expr": "…"}` is an expression that yields a value.
"""

from typing import Annotated, Any

from msgspec import Meta, Struct

Key = Annotated[str, Meta(pattern=r"^[a-z0-9_-]{1,64}$")]
"""An id or key: lower-case letters, digits, `_` and `-`, up to 64."""

Name = Annotated[str, Meta(pattern=r"^[a-z_][a-z0-9_]{0,63}$")]
"""A variable's name: it must be readable in an expression, so no `-` and no digit first."""

Value = Any
"""Any JSON value; strings in it are templates, `{"expr"}` objects are expressions."""

TYPES = (
    "text",
    "number",
    "boolean",
    "date",
    "time",
    "datetime",
    "duration",
    "list",
    "object",
    "media",
    "location",
)

RESERVED = frozenset(
    {"contact", "message", "history", "conversation", "trigger", "const", "secret", "now"}
    | {"true", "false", "none", "null", "loop", "and", "or", "not", "in", "is", "if", "else"}
)
"""Names that an execution's variables may not take."""


class Doc(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """The base of every authored piece: unknown fields are refused, defaults are not written."""


class Expr(Doc, frozen=True, kw_only=True):
    """An expression.

    - `expr`: its source, such as `pontos + 1`.
    """

    expr: str


class Save(Doc, frozen=True, kw_only=True):
    """Copies a piece of a result into a variable.

    - `to`: the variable.
    - `path`: a JSON Pointer into the result; "" is the whole of it.
    """

    to: str
    path: str = ""
