"""Small numbers in words: what people answer to "for how many?"."""

from decimal import Decimal
from functools import cache

from flowengine.languages import Family

_UNITS: dict[Family, str] = {
    "pt": "zero um dois tres quatro cinco seis sete oito nove dez onze doze treze quatorze quinze "
    "dezesseis dezessete dezoito dezenove",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce "
    "quince dieciseis diecisiete dieciocho diecinueve",
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen",
}
_TENS: dict[Family, str] = {
    "pt": "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
}
_OTHERS: dict[Family, dict[str, int]] = {
    "pt": {"uma": 1, "duas": 2, "meia duzia": 6, "catorze": 14, "dezasseis": 16, "cem": 100,
           "uma duzia": 12, "um par": 2, "nenhum": 0, "nenhuma": 0, "mil": 1000},
    "es": {"un": 1, "una": 1, "media docena": 6, "una docena": 12, "cien": 100, "un par": 2,
           "ninguno": 0, "ninguna": 0, "veintiuno": 21, "veintidos": 22, "veintitres": 23,
           "veinticuatro": 24, "veinticinco": 25, "veintiseis": 26, "veintisiete": 27,
           "veintiocho": 28, "veintinueve": 29, "mil": 1000},
    "en": {"a dozen": 12, "half a dozen": 6, "a couple": 2, "none": 0, "hundred": 100,
           "one hundred": 100, "a hundred": 100, "one thousand": 1000},
}  # fmt: skip
_AND: dict[Family, tuple[str, ...]] = {"pt": (" e ",), "es": (" y ",), "en": (" ", "-")}


@cache
def number_words(kind: Family) -> dict[str, Decimal]:
    """Folded words and their numbers, 0 to 99 and a few more."""
    units = _UNITS[kind].split()
    known = {word: number for number, word in enumerate(units)} | _OTHERS[kind]
    small = [(w, n) for w, n in known.items() if 0 < n < 10 and " " not in w]
    for position, ten in enumerate(_TENS[kind].split()):
        value = 20 + 10 * position
        known[ten] = value
        known |= {f"{ten}{join}{w}": value + n for w, n in small for join in _AND[kind]}
    return {word: Decimal(number) for word, number in known.items()}
