"""A value that a form's field cannot hold, told to who typed it: what goes there."""

import re

from msgspec import ValidationError

from web.problems import Problem
from web.texts import _

AT = re.compile(r" - at `\$?([^`]*)`$")
LEAST = re.compile(r"Expected `(?:int|float|decimal|str)` (>=|<=|>|<) (\S+)")
LENGTH = re.compile(r"of length (<=|>=) (\d+)")
KIND = re.compile(r"Expected `(int|float|decimal)[^`]*`, got")
NAME, KEY = "[a-z_][a-z0-9_]{0,63}", "[a-z0-9_-]{1,64}"


def refused(error: ValidationError, place: str) -> Problem:
    """The problem of a form whose node a decoder refused; `place`: its field's path."""
    said = AT.sub("", str(error))
    if found := LEAST.search(said):
        words = {
            ">=": _("O menor número que cabe aqui é {n}."),
            "<=": _("O maior número que cabe aqui é {n}."),
            ">": _("Aqui cabe um número maior que {n}."),
            "<": _("Aqui cabe um número menor que {n}."),
        }
        return Problem(words[found[1]], place=place, n=found[2])
    if found := LENGTH.search(said):
        many = found[1] == "<="
        words_of_it = _("Cabem aqui até {n}.") if many else _("É preciso ao menos {n}.")
        return Problem(words_of_it, place=place, n=found[2])
    if found := KIND.search(said):
        whole = found[1] == "int"
        return Problem(
            _("Aqui vai um número inteiro.") if whole else _("Aqui vai um número."), place=place
        )
    if NAME in said or KEY in said:
        return Problem(_("Use letras sem acento, algarismos e _, até 64."), place=place)
    if "when" in place.split("/"):
        return Problem(
            _("A condição está incompleta."),
            place=place,
            mend=_("Escolha o que se compara, como e com quê."),
        )
    if "^P(?=" in said:
        return Problem(_("Escolha um número e uma unidade de tempo."), place=place)
    return Problem(
        _("Este valor não serve aqui."), place=place, mend=_("Escolha ou escreva outro.")
    )
