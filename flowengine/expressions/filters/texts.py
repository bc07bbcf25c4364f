"""Filters on texts. What is no text is taken as it prints."""

import re  # noqa: TID251 - our own pattern, not an author's

from flowengine.expressions.arguments import number_of, text_of, whole_of
from flowengine.expressions.env import Evaluation
from flowengine.expressions.errors import EvaluationError
from flowengine.expressions.operators import number_in
from flowengine.expressions.plain import to_json
from flowengine.expressions.spec import Spec, Trouble
from flowengine.expressions.values import Value, kind_of
from flowengine.languages import region
from flowengine.reading.phones import write_phone

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_LOOK_ALIKE = str.maketrans({"*": "\u2217", "_": "\uff3f", "~": "\u223c", "`": "\u02cb"})
_LINE_MARK = re.compile(r"(?m)^([ \t]*)(?:>|[-\u2217]|\#{1,6}|([0-9]{1,4})\.)(?=[ \t])")


def upper(ev: Evaluation, value: Value) -> Value:
    """`{{ nome|upper }}`: all capitals."""
    return _bounded(ev, text_of(ev, value).upper())


def lower(ev: Evaluation, value: Value) -> Value:
    """`{{ email|lower }}`: all small letters."""
    return _bounded(ev, text_of(ev, value).lower())


def title(ev: Evaluation, value: Value) -> Value:
    """`{{ nome|title }}`: each word with a capital ("ana d'avila" -> "Ana D'avila")."""
    text = text_of(ev, value)
    return _bounded(ev, _WORD.sub(lambda m: m[0][0].upper() + m[0][1:].lower(), text))


def capitalize(ev: Evaluation, value: Value) -> Value:
    """`{{ texto|capitalize }}`: a capital first, the rest small."""
    text = text_of(ev, value)
    return _bounded(ev, text[:1].upper() + text[1:].lower())


def trim(ev: Evaluation, value: Value) -> Value:
    """`{{ nome|trim }}`: without spaces at the ends."""
    return text_of(ev, value).strip()


def replace(ev: Evaluation, value: Value, old: Value, new: Value) -> Value:
    """`{{ cpf|replace(".", "") }}`: every `old` becomes `new`."""
    text, was, becomes = text_of(ev, value), text_of(ev, old), text_of(ev, new)
    if not was:
        raise EvaluationError("replace needs a text to look for")
    ev.check_text(len(text) + text.count(was) * (len(becomes) - len(was)))
    return text.replace(was, becomes)


def truncate(ev: Evaluation, value: Value, length: Value, end: Value = "…") -> Value:
    """`{{ texto|truncate(60) }}`: at most so many characters, cut between words, with `end`."""
    text, tail = text_of(ev, value), text_of(ev, end)
    most = whole_of(length, "length", 1, 100_000)
    if len(text) <= most:
        return text
    room = max(most - len(tail), 0)
    cut = text[:room]
    if room and not text[room].isspace() and " " in cut[1:]:
        cut = cut[: cut.rindex(" ")]
    return (cut.rstrip() + tail)[:most]


def split(ev: Evaluation, value: Value, separator: Value = None) -> Value:
    """`{{ nome|split|first }}`: the pieces of a text, between spaces or a separator."""
    text = text_of(ev, value)
    if separator is None:
        return [*text.split()]
    mark = text_of(ev, separator)
    if not mark:
        raise EvaluationError("split needs a separator")
    return [*text.split(mark)]


def phone(ev: Evaluation, value: Value) -> Value:
    """`{{ contact.phone|phone }}`: as people read it, "(11) 99999-0001"."""
    if value is None:
        return None
    ev.spend(20)
    return write_phone(text_of(ev, value)[:200], region(ev.env.language))


def plain(ev: Evaluation, value: Value) -> Value:
    """`{{ message.text|plain }}`: without WhatsApp formatting.

    WhatsApp has no escape character: the marks * _ ~ ` and those at the beginning of a line
    (quote, list, heading) are replaced by marks that look alike and mean nothing.
    """
    text = text_of(ev, value).translate(_LOOK_ALIKE)
    return _LINE_MARK.sub(lambda m: f"{m[1]}{m[2]})" if m[2] else f"{m[1]}\u203a", text)


def as_json(ev: Evaluation, value: Value) -> Value:
    """`{{ pedido|json }}`: as JSON."""
    return to_json(ev, value)


def plural(ev: Evaluation, value: Value, one: Value, many: Value) -> Value:
    """`{{ n }} {{ n|plural("item", "itens") }}`: the word for that number (or list).

    One is singular; in Portuguese so is what lies between zero and two, zero is plural.
    """
    if isinstance(value, list | tuple | dict):
        amount = len(value)
    else:
        amount = number_of(ev, 0 if value is None else value)
    single = 0 < abs(amount) < 2 if ev.env.language.startswith("pt") else abs(amount) == 1
    return one if single else many


def text(ev: Evaluation, value: Value) -> Value:
    """`{{ x|string }}`: as it prints."""
    return text_of(ev, value)


def _bounded(ev: Evaluation, made: str) -> str:
    ev.check_text(len(made))
    return made


def _needs_positive(value: Value) -> Trouble | None:
    number = number_in(value)
    if number is not None and number >= 1:
        return None
    return f"the length is a number of characters, not {kind_of(value)}", "write truncate(60)"


TEXT_FILTERS: dict[str, Spec] = {
    "upper": Spec(upper),
    "lower": Spec(lower),
    "title": Spec(title),
    "capitalize": Spec(capitalize),
    "trim": Spec(trim),
    "replace": Spec(replace, ("old", "new"), 2),
    "truncate": Spec(truncate, ("length", "end"), 1, (("length", _needs_positive),)),
    "split": Spec(split, ("separator",)),
    "phone": Spec(phone),
    "plain": Spec(plain),
    "json": Spec(as_json),
    "plural": Spec(plural, ("one", "many"), 2),
    "string": Spec(text),
}
