"""Ways of writing one mobile number that WhatsApp and people mix up.

Brazil's ninth digit (+55 AA 9NNNN-NNNN was +55 AA NNNN-NNNN), Mexico's old mobile 1 (+52 1 …) and
Argentina's 9 (+54 9 …): `wa_id` has one form, the number that was typed the other. Sources:
WHATSAPP.md §A.2, §A.11, §H.7; the countries' numbering plans.
"""

from functools import lru_cache

import re2

_BRAZIL = re2.compile(r"^\+55([1-9]\d)(9?)([6-9]\d{7})$")
_MEXICO = re2.compile(r"^\+52(1?)(\d{10})$")
_ARGENTINA = re2.compile(r"^\+54(9?)([1-9]\d{9})$")


@lru_cache(maxsize=4096)  # who writes first is looked up four times
def other_form(phone: str) -> str:
    """The other way of writing a number, E.164; "" where there is none.

    A Brazilian landline (its local number begins with 2 to 5) has none.
    """
    found = _BRAZIL.match(phone)
    if found:
        return f"+55{found.group(1)}{'' if found.group(2) else '9'}{found.group(3)}"
    found = _MEXICO.match(phone)
    if found:
        return f"+52{'' if found.group(1) else '1'}{found.group(2)}"
    found = _ARGENTINA.match(phone)
    if found:
        return f"+54{'' if found.group(1) else '9'}{found.group(2)}"
    return ""
