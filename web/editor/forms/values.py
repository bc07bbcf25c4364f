"""How each kind of field shows a value of the document, and reads what came back.

`show` gives the inputs as the browser would send them untouched, by the end of their names;
`take` gives the JSON, None where the place is to be empty. What was not touched is not written.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, cast

import msgspec
from msgspec import Struct

from flowengine.durations import DurationError, seconds
from flowengine.errors import FlowError
from flowengine.json_text import read_object
from flowengine.state import encode
from web.editor.forms.naming import SIMPLE, key_of, name_of
from web.editor.forms.pairs import (
    WHOLE,
    Inputs,
    show_pairs,
    show_texts,
    show_tree,
    take_pairs,
    take_texts,
    take_tree,
)
from web.editor.forms.parameters import LIMITS, Param, Params, params_of, schema_of
from web.forms import Form
from web.problems import Problem
from web.texts import _
from web.typed import typed_number

UNITS = (("D", 86400), ("H", 3600), ("M", 60), ("S", 1))


class Kind(Struct, frozen=True):
    """`take` gets the form, the field's name, and whether the place must hold something."""

    show: Callable[[Any], Inputs]
    take: Callable[[Form, str, bool], Any]


def sent(form: Form, at: str, shown: Mapping[str, list[str]]) -> Inputs | None:
    """What came for a field, None where nothing of it did."""
    found = {end: form.values.get(f"{at}{end}") for end in shown}
    if all(values is None for values in found.values()):
        return None
    return {end: [_line_ends(v) for v in values or []] for end, values in found.items()}


def _line_ends(value: Any) -> str:
    return str(value).replace("\r\n", "\n")


# -- plain ones ---------------------------------------------------------------------------------


def _show_text(value: Any) -> Inputs:
    return {"": ["" if value is None else str(value)]}


def _take_text(form: Form, at: str, required: bool) -> Any:
    text = _line_ends(form.raw(at, "")).strip(" \n")
    if not text and required:
        raise Problem(_("Falta preencher este campo."), place=at)
    return text or None


def _take_any_text(form: Form, at: str, required: bool) -> Any:
    """A text that may be empty and yet is there: what a bubble says while one writes it."""
    return _line_ends(form.raw(at, "")) if required else _line_ends(form.raw(at, "")) or None


def _take_name(form: Form, at: str, required: bool) -> Any:
    said = form.raw(at, "").strip()
    if said.startswith("contact."):
        return said
    return _must(name_of(said), said, at, required)


def _take_key(form: Form, at: str, required: bool) -> Any:
    said = form.raw(at, "").strip()
    return _must(key_of(said), said, at, required)


def _must(found: str, said: str, at: str, required: bool) -> str | None:
    if not found and (said or required):
        raise Problem(_("O nome precisa de letras ou números."), place=at)
    return found or None


def _show_words(value: Any) -> Inputs:
    return {"": [", ".join(str(each) for each in cast(list[Any], value or []))]}


def _take_words(form: Form, at: str, required: bool) -> Any:
    found = form.lines(at)
    if not found and required:
        raise Problem(_("Escreva ao menos uma palavra."), place=at)
    return found or None


def _show_number(value: Any) -> Inputs:
    return {"": ["" if value is None else str(value).replace(".", ",")]}


def _take_number(form: Form, at: str, required: bool) -> Any:
    return number_of(form.raw(at, ""), at, required)


def number_of(raw: str, at: str, required: bool = True) -> int | Decimal | None:
    """A number as people write it; a problem at its field where it is none."""
    text = raw.strip()
    if not text and not required:
        return None
    if re.fullmatch(r"-?\d{1,15}", text):
        return int(text)
    found = typed_number(text)
    if found is None:
        raise Problem(_("Escreva um número, como 3 ou 2,5."), place=at)
    return found


def _show_flag(value: Any) -> Inputs:
    return {"": ["", "1"] if value else [""]}


def _take_flag(form: Form, at: str, _required: bool) -> Any:
    return "1" in form.many(at)


def _show_many(value: Any) -> Inputs:
    return {"": ["", *(str(each) for each in cast(list[Any], value or []))]}


def _take_many(form: Form, at: str, _required: bool) -> Any:
    return [each for each in form.many(at) if each] or None


# -- times --------------------------------------------------------------------------------------


def split_time(duration: str) -> tuple[str, str]:
    """A duration as a number and the largest unit that leaves no rest: PT23H → ("23", "H")."""
    total = int(seconds(duration))
    unit, length = next((u, n) for u, n in UNITS if (total % n == 0 and total >= n) or n == 1)
    return str(total // length), unit


def join_time(number: str, unit: str) -> str | None:
    """("23", "H") → "PT23H"; None where no number was typed."""
    if not number.strip().isdecimal() or unit not in dict(UNITS):
        return None
    return f"P{int(number)}D" if unit == "D" else f"PT{int(number)}{unit}"


def _show_time(value: Any, unit: str = "H") -> Inputs:
    """`unit`: the one that is offered where there is no time yet."""
    try:
        number, unit = split_time(str(value)) if value else ("", unit)
    except DurationError:
        number = ""
    return {"": [number], ".unit": [unit]}


def _show_moment(value: Any) -> Inputs:
    return _show_time(value, "S")


def _take_time(form: Form, at: str, required: bool) -> Any:
    raw = form.raw(at, "").strip()
    found = join_time(raw, form.raw(f"{at}.unit", "H"))
    if found is None and (raw or required):
        raise Problem(_("Escreva um número inteiro, como 2, e escolha a unidade."), place=at)
    return found


# -- values: a text, a number, a variable, or a sum ----------------------------------------------


def _show_operand(value: Any) -> Inputs:
    source, text = _source(value)
    return {".from": [source], "": [text]}


def _source(value: Any) -> tuple[str, str]:
    match value:
        case None:
            return "", ""
        case bool():
            return "formula", "true" if value else "false"
        case int() | float() | Decimal():
            return "number", str(value).replace(".", ",")
        case str():
            found = WHOLE.match(value)
            simple = found is not None and SIMPLE.match(found[1])
            return (f"var:{found[1]}", "") if found and simple else ("text", value)
        case {"expr": str(source)} if len(cast(dict[str, Any], value)) == 1:
            return (f"var:{source}", "") if SIMPLE.match(source) else ("formula", source)
        case list() if all(isinstance(each, str) for each in cast(list[Any], value)):
            return "list", ", ".join(cast(list[str], value))
        case _:
            return "json", encode(value).decode()


def _take_operand(form: Form, at: str, required: bool) -> Any:
    source, text = form.raw(f"{at}.from", "text"), _line_ends(form.raw(at, ""))
    if source.startswith("var:"):
        return {"expr": source.removeprefix("var:")}
    match source:
        case "number":
            return number_of(text or "0", at)
        case "formula":
            if not text.strip():
                raise Problem(_("Escreva a conta."), place=at)
            return {"expr": text.strip()}
        case "list":
            return form.lines(at)
        case "json":
            return _take_json(form, at, required)
        case "":
            return None
        case _:
            return text


def _show_expr(value: Any) -> Inputs:
    found: Any = cast(dict[str, Any], value).get("expr", "") if isinstance(value, dict) else ""
    return {"": [str(found)]}


def _take_expr(form: Form, at: str, required: bool) -> Any:
    text = form.raw(at, "").strip()
    if not text and required:
        raise Problem(_("Falta preencher este campo."), place=at)
    return {"expr": text} if text else None


# -- several at once ----------------------------------------------------------------------------


PARAM = (".was", ".name", ".type", ".about", ".need", ".options", ".least", ".most", ".rest")


def _show_params(value: Any) -> Inputs:
    found = params_of(value) or Params()
    rows = [
        (
            each.name,
            each.name,
            each.kind,
            each.about,
            "1" if each.need else "",
            ", ".join(each.options),
            _limit(each.least),
            _limit(each.most),
            encode(each.rest).decode() if each.rest else "",
        )
        for each in found.rows
    ]
    columns = {end: [row[place] for row in rows] for place, end in enumerate(PARAM)}
    return columns | {".more": [encode(found.more).decode() if found.more else ""]}


def _limit(value: int | Decimal | None) -> str:
    return "" if value is None else str(value).replace(".", ",")


def _take_params(form: Form, at: str, _required: bool) -> Any:
    columns = [form.many(f"{at}{end}") for end in PARAM]
    rows = tuple(_param(at, *row) for row in zip(*columns, strict=False) if row[1])
    return schema_of(Params(rows, _rules(form.raw(f"{at}.more", ""), at)))


def _param(at: str, was: str, said: str, kind: str, *others: str) -> Param:
    """A row of the form. A name that was there stays as it is; a new one becomes a variable's."""
    about, need, options, least, most, rest = others
    listed = tuple(part.strip() for part in options.split(",") if part.strip())
    whole = kind in ("string", "list")
    low, high = (number_of(each, at, required=False) for each in (least, most))
    if kind in LIMITS and any(isinstance(each, Decimal) for each in (low, high)) and whole:
        raise Problem(_("Aqui vai um número inteiro."), place=at)
    if kind in LIMITS and low is not None and high is not None and low > high:
        raise Problem(_("O mínimo é maior que o máximo."), place=at)
    name = said if said == was else name_of(said)
    return Param(name, kind, about, bool(need), listed, low, high, _rules(rest, at))


def _rules(text: str, at: str) -> dict[str, Any]:
    """Rules that somebody wrote as JSON."""
    if not text.strip():
        return {}
    try:
        return read_object(text.encode(), '{"pattern": "…"}')
    except FlowError:
        raise Problem(_("Isto não é JSON."), place=at) from None


def _show_media(value: Any) -> Inputs:
    media = cast(dict[str, str], value or {})
    return {"": [media.get("asset", "")], ".url": [media.get("url", "")]}


def _take_media(form: Form, at: str, required: bool) -> Any:
    asset, url = form.raw(at, ""), form.raw(f"{at}.url", "").strip()
    if asset and not url:
        return {"asset": asset}
    if not url and required:
        raise Problem(_("Escolha um arquivo, ou escreva o endereço de um."), place=at)
    return {"url": url} if url else None


def _show_json(value: Any) -> Inputs:
    if value in (None, {}, []):
        return {"": [""]}
    return {"": [msgspec.json.format(encode(value), indent=2).decode()]}


def _take_json(form: Form, at: str, _required: bool) -> Any:
    raw = form.raw(at, "").strip()
    if not raw:
        return None
    try:
        return read_object(b'{"value": ' + raw.encode() + b"}", "{")["value"]
    except (FlowError, KeyError):
        raise Problem(_("Isto não é JSON."), place=at) from None


_TEXT = Kind(_show_text, _take_text)
_WRITTEN = Kind(_show_text, _take_any_text)

KINDS: dict[str, Kind] = {
    "text": _TEXT,
    "choice": _TEXT,
    "line": _WRITTEN,
    "long": _WRITTEN,
    "rich": _WRITTEN,
    "name": Kind(_show_text, _take_name),
    "key": Kind(_show_text, _take_key),
    "words": Kind(_show_words, _take_words),
    "number": Kind(_show_number, _take_number),
    "flag": Kind(_show_flag, _take_flag),
    "many": Kind(_show_many, _take_many),
    "time": Kind(_show_time, _take_time),
    "moment": Kind(_show_moment, _take_time),
    "operand": Kind(_show_operand, _take_operand),
    "expr": Kind(_show_expr, _take_expr),
    "pairs": Kind(show_pairs, take_pairs),
    "texts": Kind(show_texts, take_texts),
    "tree": Kind(show_tree, take_tree),
    "params": Kind(_show_params, _take_params),
    "media": Kind(_show_media, _take_media),
    "json": Kind(_show_json, _take_json),
}
"""`line`, `long` and `rich` are templates, `rich` with WhatsApp's formatting; `texts` are pairs
whose values stay texts; a `moment` is a time of some seconds; `expr` is an expression; `operand`
whatever a value may be."""
