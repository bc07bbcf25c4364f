"""Numbers in local notation: "R$ 1.234,56" in Portuguese, "1,234.56" in English, "duas"."""

import re  # noqa: TID251 - our own pattern, not an author's
from decimal import Context, Decimal

from flowengine.languages import family, region
from flowengine.reading.number_words import number_words
from flowengine.text import fold, plain_digits

LONGEST = 64
"""Characters in which a number is looked for; no number that people write is longer."""

MOST_DIGITS = 28
"""More digits than this are a code, not an amount: they would not stay exact."""

_EXACT = Context(prec=MOST_DIGITS + 4)
"""Our own: the thread's context may have been changed by somebody else."""

_POINT_REGIONS = frozenset({"MX", "GT", "HN", "NI", "SV", "PA", "DO", "PR", "US", "PE"})
"""Where Spanish writes 1,234.56."""

_AROUND = r"(?:R\$|US\$|\$|€|£|BRL|USD|EUR|reais|real|d[oó]lares|d[oó]lar|euros?|pesos?|soles)"
_DIGITS = r"[0-9](?:[0-9.,' ]*[0-9])?"
_WHOLE = re.compile(
    rf"([-+]?)\s*{_AROUND}?\s*([-+]?)\s*({_DIGITS}|[.,][0-9]+)\s*(mil|k|%)?\s*{_AROUND}?\.?",
    re.IGNORECASE,
)
_INSIDE = re.compile(
    r"(?<![\w.,])([-+]?)((?:[0-9]{1,3}(?:[.,'][0-9]{3})+|[0-9]+)(?:[.,][0-9]+)?|[.,][0-9]+)"
    r"(?:(?!\w|[.,'][0-9])|(?=[^\W\d_]{2,20}(?!\w)))"
)
"""A unit may touch it ("24anos", "5kg"); a single letter makes a code or a time of it ("10h")."""

_EXOTIC = str.maketrans(
    {"\u066b": ",", "\u066c": ".", "\u2212": "-", "–": "-", "\u00a0": " ", "\u202f": " "}
)


def read_number(text: str, language: str) -> Decimal | None:
    """The number that a text is, whole ("R$ 1.234,56", "-3", "1,5 mil", "٤٢", "duas").

    Where a separator could mean either, the language decides: "1.234" is 1234 in Portuguese and
    1.234 in English. About 2 µs.
    """
    if len(text) > LONGEST:
        return None
    if text.isascii() and text.isdigit():
        return Decimal(text) if len(text) <= MOST_DIGITS else None
    plain = plain_digits(text).translate(_EXOTIC).strip()
    found = _WHOLE.fullmatch(plain)
    if found is None:
        return _spoken(text, language)
    before, after, digits, unit = found.groups()
    value = _amount(digits, _decimal_mark(language))
    if value is None or (before and after):
        return None
    if unit and unit.lower() in ("mil", "k"):
        value = _EXACT.multiply(value, 1000)
    return value.copy_negate() if "-" in (before, after) else value


def read_numbers(text: str, language: str) -> list[Decimal]:
    """Every number in a text, in order, in the notation of `language`: "tenho 42 anos e 2 filhos"
    -> 42, 2. Cost: ~5 µs a number, linear in the text.
    """
    whole = read_number(text, language)
    if whole is not None:
        return [whole]
    plain = plain_digits(text[:2000]).translate(_EXOTIC)
    mark = _decimal_mark(language)
    found: list[Decimal] = []
    for match in _INSIDE.finditer(plain):
        value = _amount(match[2], mark)
        if value is not None:
            found.append(value.copy_negate() if match[1] == "-" else value)
    return found


def read_only_number(text: str, language: str) -> Decimal | None:
    """The number of an answer, in the notation of `language`: the whole text, or the one number in
    it ("somos 4 pessoas"). Cost: ~10 µs.
    """
    whole = read_number(text, language)
    if whole is not None:
        return whole
    found = read_numbers(text, language)
    if found:
        return found[0] if len(found) == 1 else None
    said = {word: number_words(family(language)).get(word) for word in fold(text[:200]).split()}
    spoken = [value for value in said.values() if value is not None]
    return spoken[0] if len(spoken) == 1 and len(said) <= 4 else None


def _decimal_mark(language: str) -> str:
    kind = family(language)
    if kind == "en" or (kind == "es" and region(language) in _POINT_REGIONS):
        return "."
    return ","


def _amount(written: str, mark: str) -> Decimal | None:
    """The value of digits with separators; None where the separators make no sense."""
    digits = written.replace(" ", "").replace("'", "")
    if " " in written and not re.fullmatch(r"[0-9]{1,3}( [0-9]{3})+([.,][0-9]+)?", written):
        return None
    marks = [c for c in digits if c in ".,"]
    if not marks:
        whole, fraction = digits, ""
    elif len(set(marks)) == 2:
        last = marks[-1]
        if marks.count(last) > 1:
            return None
        whole, _, fraction = digits.rpartition(last)
        if not _grouped(whole, marks[0]):
            return None
        whole = whole.replace(marks[0], "")
    elif _grouped(digits, marks[0]) and (len(marks) > 1 or marks[0] != mark):
        whole, fraction = digits.replace(marks[0], ""), ""
    elif len(marks) == 1:
        whole, _, fraction = digits.partition(marks[0])
    else:
        return None
    if len(whole) + len(fraction) > MOST_DIGITS:
        return None
    return Decimal(f"{whole or '0'}.{fraction}" if fraction else whole)


def _grouped(digits: str, mark: str) -> bool:
    head, *rest = digits.split(mark)
    return 1 <= len(head) <= 3 and head[0] != "0" and all(len(group) == 3 for group in rest)


def _spoken(text: str, language: str) -> Decimal | None:
    return number_words(family(language)).get(fold(text))
