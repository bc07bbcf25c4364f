"""Conditions in words: the operators as forms offer them, and a condition as a card calls it."""

from functools import reduce
from typing import Any, cast

from msgspec import UNSET

from flowengine.conditions.when import IMPLIED, When
from web.agreeing import agreed
from web.texts import Texts, _
from web.value_names import FIRST, LAST, in_words, name_of

OPERATORS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        _("Comparar"),
        (
            ("equals", _("é igual a")),
            ("not_equals", _("é diferente de")),
            ("is_empty", _("está vazio")),
            ("is_not_empty", _("está preenchido")),
            ("in", _("é um destes")),
            ("not_in", _("não é nenhum destes")),
        ),
    ),
    (
        _("Palavras"),
        (
            ("contains", _("contém")),
            ("starts_with", _("começa com")),
            ("ends_with", _("termina com")),
            ("has_word", _("tem a palavra")),
            ("has_any_word", _("tem alguma das palavras")),
            ("has_all_words", _("tem todas as palavras")),
            ("has_phrase", _("tem a frase")),
            ("is_yes", _("quer dizer sim")),
            ("is_no", _("quer dizer não")),
            ("matches", _("segue o formato (expressão)")),
        ),
    ),
    (
        _("Números"),
        (
            ("more", _("é maior que")),
            ("at_least", _("é no mínimo")),
            ("less", _("é menor que")),
            ("at_most", _("é no máximo")),
            ("between", _("está entre")),
            ("is_number", _("é um número")),
            ("has_number", _("tem um número")),
        ),
    ),
    (
        _("Datas"),
        (
            ("before", _("é antes de")),
            ("after", _("é depois de")),
            ("same_day", _("é no mesmo dia que")),
            ("is_date", _("é uma data")),
            ("is_time", _("é uma hora")),
        ),
    ),
    (
        _("Formato"),
        (
            ("is_email", _("é um e-mail")),
            ("has_email", _("tem um e-mail")),
            ("is_phone", _("é um telefone")),
            ("has_phone", _("tem um telefone")),
        ),
    ),
    (
        _("Contato e horário"),
        (
            ("has_tag", _("tem a etiqueta")),
            ("media_kind", _("é um arquivo do tipo")),
            ("is_open", _("o horário está aberto")),
            ("is_closed", _("o horário está fechado")),
        ),
    ),
)
BARE = {"has_tag", "media_kind", "is_open", "is_closed"}
"""Operators that look at one thing only, so none is asked for."""


WORDS = {code: words for _group, ops in OPERATORS for code, words in ops}


def in_short(when: When, t: Texts) -> str:
    """A condition in a line: "última mensagem está preenchida e tem a etiqueta vip"."""
    if when.all is not UNSET:
        shorts = [in_short(each, t) for each in when.all]
        return reduce(lambda one, other: t("{one} e {other}", one=one, other=other), shorts)
    if when.any is not UNSET:
        shorts = [in_short(each, t) for each in when.any]
        return reduce(lambda one, other: t("{one} ou {other}", one=one, other=other), shorts)
    if when.not_ is not UNSET:
        return t("não: {what}", what=in_short(when.not_, t))
    op = str(when.op)
    left = "" if op in IMPLIED and when.left is UNSET else side(when.left, t)
    right = "" if when.right is UNSET else side(when.right, t)
    words = agreed(op, WORDS[op], when.left, t)
    return " ".join(part for part in (left, words, right) if part)


def side(value: Any, t: Texts) -> str:
    """One side of a comparison, as people call it."""
    if isinstance(value, dict):
        return name_of(str(cast("dict[str, Any]", value).get("expr", "")), t)
    if isinstance(value, list | tuple):
        return ", ".join(side(each, t) for each in cast("list[Any]", value))
    return in_words(str(value), t).replace(FIRST, "").replace(LAST, "")
