"""Numbers as people type them."""

import re
from decimal import Decimal, InvalidOperation

DIGITS = 34
"""Digits that a number may have, before and behind its point together: as the engine computes."""


def typed_number(text: str) -> Decimal | None:
    """ "3", "2,5", "-0.75", "1.234,56" as a number; None where it is none that can be kept: NaN,
    infinity, and what is larger or finer than `DIGITS` digits ("1e999999").
    """
    plain = text.strip()
    if re.fullmatch(r"-?\d{1,3}(\.\d{3})+,\d+", plain):
        plain = plain.replace(".", "")
    try:
        found = Decimal(plain.replace(",", "."))
    except InvalidOperation:
        return None
    if not found.is_finite():
        return None
    exponent = found.as_tuple().exponent
    fine = isinstance(exponent, int) and -DIGITS <= exponent <= DIGITS
    return found if fine and found.adjusted() < DIGITS else None
