"""Phone numbers, by `phonenumbers` (Google's libphonenumber), with Brazil's ninth digit."""

from functools import lru_cache

import phonenumbers
from phonenumbers import Leniency, PhoneNumber, PhoneNumberFormat, PhoneNumberMatcher

LONGEST = 200
"""Characters in which a phone number is looked for."""

_BRAZIL = 55


@lru_cache(maxsize=1024)
def read_phone(text: str, region: str) -> str | None:
    """The phone number that a text is, as E.164 ("+5511999990001").

    `region`: the country meant where none is written ("BR"). A Brazilian mobile number written
    with eight digits gets its ninth. Some 50 µs; the first number of a country loads its rules.
    """
    if not 6 <= len(text) <= 40 or any(c.isalpha() for c in text):
        return None
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    return _written(parsed)


def find_phones(text: str, region: str) -> list[str]:
    """Every phone number in a text, as E.164, in order and once each; one without a country is of
    `region`. Cost: ~40 µs, linear in the text.
    """
    whole = read_phone(text, region)
    if whole is not None:
        return [whole]
    short = text[:LONGEST]
    found = (m.number for m in PhoneNumberMatcher(short, region, leniency=Leniency.POSSIBLE))
    numbers = (_written(number) for number in found)
    return list(dict.fromkeys(number for number in numbers if number is not None))


@lru_cache(maxsize=1024)
def write_phone(text: str, region: str) -> str:
    """A phone number as people read it: "(11) 99999-0001" at home, "+55 11 99999-0001" abroad.

    What is no phone number comes back as it is.
    """
    e164 = read_phone(text, region)
    if e164 is None:
        return text
    parsed = phonenumbers.parse(e164, None)
    at_home = parsed.country_code == phonenumbers.country_code_for_region(region)
    style = PhoneNumberFormat.NATIONAL if at_home else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(parsed, style)


def _written(parsed: PhoneNumber) -> str | None:
    if not phonenumbers.is_valid_number(parsed):
        national = str(parsed.national_number or "")
        if parsed.country_code != _BRAZIL or len(national) != 10 or national[2] not in "6789":
            return None
        # Mobile numbers have nine digits since 2016; WhatsApp ids and old cards still show eight.
        number = int(f"{national[:2]}9{national[2:]}")
        parsed = PhoneNumber(country_code=_BRAZIL, national_number=number)
        if not phonenumbers.is_valid_number(parsed):
            return None
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
