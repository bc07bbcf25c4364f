"""Answers of customers: for each kind that a wait expects, one that fits and one that does not."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from flowengine.answers import (
    Expect,
    ExpectAny,
    ExpectChoice,
    ExpectCnpj,
    ExpectContact,
    ExpectCpf,
    ExpectDate,
    ExpectDatetime,
    ExpectEmail,
    ExpectForm,
    ExpectLocation,
    ExpectMedia,
    ExpectNumber,
    ExpectPattern,
    ExpectPhone,
    ExpectText,
    ExpectYesNo,
)
from flowengine.explore.steering import MONDAY, OTHER
from flowengine.messages import Card, Phone
from flowengine.regexes import samples
from flowengine.talks.format import SaidLocation, SaidMedia, SaidMessage, Step

GIBBERISH = "xyzzy qwrt"
"""What no menu offers and no keyword says."""

_PLACE = SaidLocation(latitude=Decimal("-23.5891"), longitude=Decimal("-46.6344"))
_FILE = "https://exemplo.com.br/arquivo"


def fitting(expect: Expect, values: Iterable[Any]) -> Iterator[Step]:
    """Answers that fit, the plainest first; then those that take each of `values`.

    Not every one does: what the engine refuses leads nowhere, and is not looked at again.
    """
    match expect:
        case ExpectMedia():
            for kind in expect.of or ("image",):
                yield Step(media=SaidMedia(kind=kind, url=_FILE))
        case ExpectLocation():
            yield Step(location=_PLACE)
        case ExpectContact():
            card = Card("Caio", (Phone("+5511999990003"),))
            yield Step(message=SaidMessage(kind="contact", contact=card))
        case ExpectForm():
            yield Step(message=SaidMessage(kind="form", form=_form(values)))
        case _:
            for text in dict.fromkeys([*_texts(expect), *map(as_text, values)]):
                if text.strip():
                    yield Step(say=text)


def wrong(expect: Expect) -> Step | None:
    """An answer that does not fit; None where any does."""
    match expect:
        case ExpectAny():
            return None
        case ExpectText() if expect.max is not None and expect.max < LONG:
            return Step(say="x" * (expect.max + 1))
        case ExpectText() | ExpectPattern():
            return Step(media=SaidMedia(kind="sticker", url=_FILE))
        case _:
            return Step(say=GIBBERISH)


LONG = 200
"""An answer longer than this is no fun to read in a talk."""


def as_text(value: Any) -> str:
    """A value as somebody would write it."""
    if isinstance(value, bool):
        return "sim" if value else "não"
    if isinstance(value, Decimal):
        return format(value, "f").replace(".", ",")
    if isinstance(value, str | int):
        return str(value)
    return ""


def _texts(expect: Expect) -> Iterator[str]:
    match expect:
        case ExpectText():
            yield _length(OTHER, expect.min, expect.max)
        case ExpectYesNo():
            yield from ("sim", "não")
        case ExpectNumber():
            yield from map(as_text, _numbers(expect))
        case ExpectDate():
            yield (MONDAY + timedelta(days=8)).strftime("%d/%m/%Y")
        case ExpectDatetime():
            yield (MONDAY + timedelta(days=8)).strftime("%d/%m/%Y às 10:00")
        case ExpectEmail():
            yield "ana@exemplo.com.br"
        case ExpectPhone():
            yield "+55 11 99999-0001"
        case ExpectCpf():
            yield "390.533.447-05"
        case ExpectCnpj():
            yield "16.727.230/0001-97"
        case ExpectPattern():
            yield from samples(expect.pattern, 2)
        case ExpectAny() | ExpectChoice():
            yield OTHER
        case _:
            return


def _numbers(expect: ExpectNumber) -> Iterator[int | Decimal]:
    low, high = expect.min, expect.max
    fits = (low is None or low <= 5) and (high is None or high >= 5)
    if fits:
        yield 5
    elif low is not None:
        yield low if not expect.integer or low == int(low) else int(low) + 1
    elif high is not None:
        yield high


def _length(text: str, least: int, most: int | None) -> str:
    while len(text) < least:
        text += f" {OTHER}"
    return text if most is None else text[:most].strip() or "x"


def _form(values: Iterable[Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {"nome": "Ana"}
    for at, value in enumerate(values):
        fields[f"campo{at}"] = value
    return fields
