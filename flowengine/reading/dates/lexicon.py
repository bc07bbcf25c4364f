"""The words of dates and times in Portuguese, Spanish and English, folded.

All three languages are understood together; a Brazilian bot gets Spanish and English answers too.
Only what would clash is kept by family: abbreviations and the words for "no" and "or".
"""

import re  # noqa: TID251 - our own pattern, not an author's

from flowengine.languages import Family
from flowengine.text import word_set

WEEKDAYS = {
    "segunda": 0, "terca": 1, "quarta": 2, "quinta": 3, "sexta": 4, "sabado": 5, "domingo": 6,
    "lunes": 0, "martes": 1, "miercoles": 2, "jueves": 3, "viernes": 4,
    "monday": 0, "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4, "saturday": 5,
    "sunday": 6, "2a": 0, "3a": 1, "4a": 2, "5a": 3, "6a": 4,
}  # fmt: skip

SHORT_WEEKDAYS: dict[Family, dict[str, int]] = {
    "pt": {"seg": 0, "ter": 1, "qua": 2, "qui": 3, "sex": 4, "sab": 5, "dom": 6},
    "es": {"lun": 0, "mie": 2, "jue": 3, "vie": 4, "sab": 5, "dom": 6},
    "en": {"mon": 0, "tue": 1, "tues": 1, "wed": 2, "thu": 3, "thur": 3, "thurs": 3, "fri": 4,
           "sat": 5, "sun": 6},
}  # fmt: skip

_MONTHS = (
    "janeiro enero january jan ene", "fevereiro febrero february fev feb",
    "marco marzo march mar", "abril april abr apr", "maio mayo may mai",
    "junho junio june jun", "julho julio july jul", "agosto august ago aug",
    "setembro septiembre setiembre september set sep sept", "outubro octubre october out oct",
    "novembro noviembre november nov", "dezembro diciembre december dez dic dec",
)  # fmt: skip
MONTHS = {name: at + 1 for at, names in enumerate(_MONTHS) for name in names.split()}

DAYS = {
    "depois de amanha": 2, "pasado manana": 2, "day after tomorrow": 2, "amanha": 1, "amanh": 1,
    "tomorrow": 1, "manana": 1, "hoje": 0, "hj": 0, "hoy": 0, "today": 0,
    "anteontem": -2, "anteayer": -2, "day before yesterday": -2, "ontem": -1, "ayer": -1,
    "yesterday": -1,
}  # fmt: skip

_SIMPLE = {
    "um": 1, "uma": 1, "dois": 2, "duas": 2, "tres": 3, "quatro": 4, "cinco": 5, "seis": 6,
    "sete": 7, "oito": 8, "nove": 9, "dez": 10, "onze": 11, "doze": 12, "treze": 13,
    "quatorze": 14, "catorze": 14, "quinze": 15, "dezesseis": 16, "dezessete": 17, "dezoito": 18,
    "dezenove": 19, "vinte": 20, "trinta": 30,
    "un": 1, "una": 1, "dos": 2, "cuatro": 4, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10,
    "once": 11, "doce": 12, "trece": 13, "quince": 15, "dieciseis": 16, "diecisiete": 17,
    "dieciocho": 18, "diecinueve": 19, "veinte": 20, "veintiuno": 21, "veintidos": 22,
    "veintitres": 23, "veinticuatro": 24, "veinticinco": 25, "veintiseis": 26, "veintisiete": 27,
    "veintiocho": 28, "veintinueve": 29, "treinta": 30, "treinta y uno": 31,
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30,
}  # fmt: skip
_PT_UNITS = ("um", "dois", "tres", "quatro", "cinco", "seis", "sete", "oito", "nove")
NUMBERS = _SIMPLE | {f"vinte e {unit}": 21 + at for at, unit in enumerate(_PT_UNITS)}
NUMBERS.update({"vinte e uma": 21, "vinte e duas": 22, "trinta e um": 31})
"""The days of a month and the hours of a day, in words."""

ARTICLES = {"a": 1, "an": 1}
"""One, but only before a unit: "in an hour"."""

UNITS = {
    "minute": "minutos minuto min mins minutes minute",
    "hour": "horas hora h hs hrs hours hour",
    "day": "dias dia days day",
    "week": "semanas semana weeks week",
    "month": "meses mes months month",
}
UNIT_OF = {word: unit for unit, names in UNITS.items() for word in names.split()}

MORNING = "manha|manana|morning|madrugada|dawn"
AFTERNOON = "tarde|tardinha|afternoon"
NIGHT = "noite|noitinha|noche|evening|night"

VAGUE = word_set(
    "semana semanas week weeks mes meses month year ano anos fim final inicio comeco meados fin "
    "principio end antes depois before after despues ate until hasta entre between qualquer any "
    "cualquier talvez maybe quizas exceto menos except nunca never ou or nem"
)
"""What leaves a date open, or offers two: with one of these left over there is no answer."""

ORDINALS = word_set("segunda quarta quinta sexta")
"""Weekdays that are ordinals too."""

FILLERS = word_set(
    "a na o no de da do para pra pro pode podia poderia ser seria e eh por favor quero queria dia "
    "gostaria marcar agendar remarcar prefiro melhor entao sim ok obrigado obrigada la acho vou "
    "feira em as so somente apenas mesmo tenho posso consigo fica bom otimo"
)
"""What may stand around a weekday that could be an ordinal."""

DENIALS: dict[Family, frozenset[str]] = {
    "pt": frozenset({"nao"}),
    "es": frozenset({"no", "o", "tampoco", "nao"}),
    "en": frozenset({"no", "not", "dont", "cant", "nao"}),
}


def one_of(table: "dict[str, int] | dict[str, str]") -> str:
    """A regular expression for the keys of a table, the longest first."""
    return "|".join(re.escape(key) for key in sorted(table, key=lambda k: (-len(k), k)))
