"""Conditions as rows: what is looked at, an operator in words, what it is compared with."""

from typing import Any, cast

import msgspec

from flowengine.conditions.when import UNARY, When
from web.agreeing import agreed, value_of
from web.comparing import BARE, OPERATORS, in_short
from web.editor.forms.making import Maker
from web.editor.forms.pieces import Add, Field, Group, Json, Piece, Row, Rows, read
from web.texts import _

MODES = (
    ("all", _("todas são verdade")),
    ("any", _("ao menos uma é verdade")),
    ("none", _("nenhuma é verdade")),
    ("notall", _("não são todas verdade")),
)

COMMON = {"equals", "not_equals", "is_empty", "is_not_empty"}
DATES = {"before", "after", "same_day"}
NUMBERS = {"more", "at_least", "less", "at_most", "between"}
OF_TYPE: dict[str, set[str]] = {
    "list": {"contains", "has_word"},
    "number": NUMBERS | {"in", "not_in"},
    "boolean": {"is_yes", "is_no"},
    "date": DATES,
    "datetime": DATES,
    "time": {"in", "not_in"},
    "duration": NUMBERS,
    "media": {"media_kind"},
}
"""What can be asked of a value beside what can of all; a type that is not here takes everything."""

LISTS = {"in", "not_in", "has_any_word", "has_all_words"}
FILES = (
    ("media", _("qualquer arquivo")),
    ("image", _("imagem")),
    ("audio", _("áudio")),
    ("video", _("vídeo")),
    ("document", _("documento")),
    ("sticker", _("figurinha")),
    ("text", _("texto")),
    ("location", _("localização")),
    ("contact", _("cartão de contato")),
)


def condition(m: Maker) -> list[Piece]:
    rows = tuple(
        m.row(
            at,
            m.t(_("Caminho {n}"), n=i + 1),
            m.field(f"{at}/label", _("Nome do caminho"), "line", empty=unnamed(m, case)),
            when(m, f"{at}/when"),
            code=str(case.get("id", "")),
        )
        for i, at, case in m.each("/cases")
    )
    adds = (Add("/cases", "case", m.t(_("Acrescentar um caminho"))),)
    hint = m.t(_("O primeiro caminho que for verdade é o que segue. Se nenhum for: “Senão”."))
    return [Rows("/cases", m.t(_("Caminhos")), rows, adds, hint)]


def unnamed(m: Maker, case: Json) -> str:
    """What the card calls a case without a name; "" where its condition is not whole."""
    try:
        return in_short(msgspec.convert(case.get("when"), When), m.t)
    except msgspec.ValidationError:
        return ""


def optional_when(m: Maker, at: str, label: str) -> Piece:
    """A condition that may be left out."""
    if read(m.body, at) is None:
        return Rows(at, m.t(label), (), (Add(at, "when", m.t(_("Acrescentar uma condição"))),))
    return Rows(at, m.t(label), (m.row(at, m.t(label), when(m, at)),))


def when(m: Maker, at: str) -> Group:
    """A condition and all that is in it; a lone comparison is shown as a list of one."""
    body = read(m.body, at)
    mode, inside = unfold(cast(Json, body) if isinstance(body, dict) else {})
    if mode == "leaf":
        row = Row(at, "", comparison(m, at), stays=True)
        return Group("", (Rows(at, "", (row,), _adds(m, at, "wrap"), look="when"),), "when", at)
    pick = Field(
        at, m.t(_("Segue por aqui se")), "choice", {"": [mode]}, "", m.words(MODES), side="mode"
    )
    listed = read(m.body, f"{at}{inside}")
    items: list[Row] = []
    for index, each in enumerate(cast("list[Any]", listed) if isinstance(listed, list) else []):
        here = f"{at}{inside}/{index}"
        if unfold(each)[0] == "leaf":
            items.append(Row(here, "", comparison(m, here)))
        else:
            items.append(Row(here, m.t(_("Grupo")), (when(m, here),)))
    rows = Rows(f"{at}{inside}", "", tuple(items), _adds(m, f"{at}{inside}", "leaf"), look="when")
    # A condition has the same place as its mode: the mode's own input is told apart by its side.
    return Group("", (_mode(pick), rows), "when", at)


def _mode(field: Field) -> Field:
    return Field(
        f"{field.at}#mode", field.label, "choice", field.shown, "", field.options,
        reshapes=True, side="mode",
    )  # fmt: skip


def _adds(m: Maker, at: str, what: str) -> tuple[Add, ...]:
    group = "wrapgroup" if what == "wrap" else "group"
    return (
        Add(at, what, m.t(_("Mais uma condição"))),
        Add(at, group, m.t(_("Grupo de condições"))),
    )


def unfold(body: Json) -> tuple[str, str]:
    """The mode of a condition, and where its list is below it: {"not": {"any": …}} is "none"."""
    if "all" in body:
        return "all", "/all"
    if "any" in body:
        return "any", "/any"
    inner = body.get("not")
    if not isinstance(inner, dict):
        return "leaf", ""
    if "any" in inner:
        return "none", "/not/any"
    if "all" in inner:
        return "notall", "/not/all"
    return "not", ""


def comparison(m: Maker, at: str) -> tuple[Piece, ...]:
    op = str(m.at(f"{at}/op") or "")
    looked = m.at(f"{at}/left")
    fits = fitting(m, looked) | {op}
    groups = (
        (group, [(code, agreed(code, words, looked, m.t)) for code, words in ops if code in fits])
        for group, ops in OPERATORS
    )
    options = tuple((m.t(group), tuple(ops)) for group, ops in groups if ops)
    pick = m.field(f"{at}/op", _("Comparação"), "choice", options=options, reshapes=True, side="op")
    left = (
        ()
        if op in BARE
        else (m.operand(f"{at}/left", _("O que é olhado"), required=True, reshapes=True),)
    )
    return (*left, pick, *_right(m, at, op))


def fitting(m: Maker, left: Any) -> set[str]:
    """The operators that make sense of a left side; those of their own thing always do."""
    every = {code for _group, ops in OPERATORS for code, _words in ops}
    value = m.around.known.find(value_of(left))
    own = OF_TYPE.get(value.type) if value is not None else None
    return every if own is None else COMMON | own | BARE


def _right(m: Maker, at: str, op: str) -> tuple[Field, ...]:
    if not op or op in UNARY:
        return ()
    here, label = f"{at}/right", _("Comparado com")
    names, called = m.around.workspace, m.around.names.of
    match op:
        case "has_tag":
            return (m.choose(here, label, tuple((tag, called("tag", tag)) for tag in names.tags)),)
        case "media_kind":
            return (m.choose(here, label, m.words(FILES)),)
        case "is_open" | "is_closed":
            return (
                m.choose(
                    here, label, tuple((key, called("schedule", key)) for key in names.schedules)
                ),
            )
        case "between":
            return (m.operand(f"{here}/0", _("De")), m.operand(f"{here}/1", _("Até")))
        case "matches":
            return (m.field(here, label, required=True),)
        case _:
            return (m.operand(here, label, required=True),)
