"""Names with values as rows of a form: bodies, headers, what a flow is given.

A value is one line. A lone place keeps its type, unless its row says by `.as` that it is a text; a
number stays one, and a text that would be read as a number stands in quotes.
"""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import zip_longest
from typing import Any, cast

from flowengine.state import encode
from web.editor.forms.trees import flat, grown
from web.forms import Form

WHOLE = re.compile(r"^\{\{\s*([^{}]*?)\s*\}\}$")
NUMBER = re.compile(r"^-?\d+([.,]\d+)?$")
ENDS = (".name", ".value", ".as")
TEXT = "text"

Inputs = dict[str, list[str]]


def show_pairs(value: Any) -> Inputs:
    return _columns(cast(dict[str, Any], value or {}).items())


def take_pairs(form: Form, at: str, _required: bool) -> Any:
    return dict(_taken(form, at)) or None


def show_texts(value: Any) -> Inputs:
    pairs = cast(dict[str, Any], value or {})
    values = [str(each) for each in pairs.values()]
    return {".name": list(pairs), ".value": values, ".as": [""] * len(values)}


def take_texts(form: Form, at: str, _required: bool) -> Any:
    names, values = form.many(f"{at}.name"), form.many(f"{at}.value")
    return {name: value for name, value in zip(names, values, strict=False) if name} or None


def show_tree(value: Any) -> Inputs:
    return _columns(flat(value) if value else ())


def take_tree(form: Form, at: str, _required: bool) -> Any:
    return grown(list(_taken(form, at))) or None


def _columns(pairs: Iterable[tuple[str, Any]]) -> Inputs:
    rows = [(name, *_written(value)) for name, value in pairs]
    return {end: [row[place] for row in rows] for place, end in enumerate(ENDS)}


def _taken(form: Form, at: str) -> Iterator[tuple[str, Any]]:
    """The rows that came and have a name."""
    names, values, kinds = (form.many(f"{at}{end}") for end in ENDS)
    for name, value, kind in zip_longest(names, values, kinds, fillvalue=""):
        if name:
            yield name, value if kind == TEXT and WHOLE.match(value) else _read(value)


def _written(value: Any) -> tuple[str, str]:
    """A value in one line, and what it is where the line does not tell."""
    if isinstance(value, str):
        if WHOLE.match(value):
            return value, TEXT
        return value if _read(value) == value else f'"{value}"', ""
    if isinstance(value, dict) and list(cast(dict[str, Any], value)) == ["expr"]:
        return f"{{{{ {value['expr']} }}}}", ""
    return encode(cast(Any, value)).decode(), ""


def _read(text: str) -> Any:
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1]
    found = WHOLE.match(text)
    if found:
        return {"expr": found[1]}
    if NUMBER.match(text) and not (text.startswith("0") and text.isdecimal() and len(text) > 1):
        plain = text.replace(",", ".")
        return int(plain) if re.fullmatch(r"-?\d{1,15}", plain) else Decimal(plain)
    return {"true": True, "false": False}.get(text, text)
