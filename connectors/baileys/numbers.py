"""Whether two numbers are the same phone, though one country's numbers are written in two ways."""

import re

from connectors.net.pieces import Json, object_of
from connectors.net.web_pieces import identity_of

_WAYS = (
    (re.compile(r"55([1-9]\d)9?([6-9]\d{7})"), "55"),  # Brazil's ninth digit
    (re.compile(r"521?(\d{10})"), "52"),  # Mexico's old mobile 1
    (re.compile(r"549?([1-9]\d{9})"), "54"),  # Argentina's mobile 9
)
"""Sources: WHATSAPP.md §A.2, §A.11, §H.7."""


def number_of(session: Json) -> str:
    """The number of the phone that paired a session, E.164; "" while none has."""
    me = identity_of(object_of(session.get("me")).get("id"), "")
    return me.value if me and me.kind == "phone" else ""


def is_same_phone(one: str, other: str) -> bool:
    """Whether two numbers, E.164 with or without the plus, lead to one phone."""
    return _plain(one) == _plain(other)


def _plain(number: str) -> str:
    digits = number.removeprefix("+")
    for form, country in _WAYS:
        if found := form.fullmatch(digits):
            return country + "".join(found.groups())
    return digits
