"""Conditions as rows: what is looked at, an operator in words, what it is compared with."""

from typing import Any, cast

from flowengine.conditions.when import UNARY
from web.editor.forms.making import Maker
from web.editor.forms.pieces import Add, Field, Group, Json, Piece, Row, Rows, read
from web.texts import _

MODES = (
    ("all", _("todas são verdade")),
    ("any", _("ao menos uma é verdade")),
    ("none", _("nenhuma é verdade")),
    ("notall", _("não são todas verdade")),
)

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
            m.field(f"{at}/label", _("Nome do caminho"), "line", hint=""),
            when(m, f"{at}/when"),
            code=str(case.get("id", "")),
        )
        for i, at, case in m.each("/cases")
    )
    adds = (Add("/cases", "case", m.t(_("Acrescentar um caminho"))),)
    hint = m.t(_("O primeiro caminho que for verdade é o que segue. Se nenhum for: “Senão”."))
    return [Rows("/cases", m.t(_("Caminhos")), rows, adds, hint)]


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
    options = tuple((m.t(group), m.words(ops)) for group, ops in OPERATORS)
    pick = m.field(f"{at}/op", _("Comparação"), "choice", options=options, reshapes=True, side="op")
    left = (
        ()
        if op in BARE
        else (m.operand(f"{at}/left", _("O que é olhado"), required=True, reshapes=False),)
    )
    return (*left, pick, *_right(m, at, op))


def _right(m: Maker, at: str, op: str) -> tuple[Field, ...]:
    if not op or op in UNARY:
        return ()
    here, label = f"{at}/right", _("Comparado com")
    names = m.around.workspace
    match op:
        case "has_tag":
            return (m.choose(here, label, tuple((tag, tag) for tag in names.tags)),)
        case "media_kind":
            return (m.choose(here, label, m.words(FILES)),)
        case "is_open" | "is_closed":
            return (m.choose(here, label, tuple((key, key) for key in names.schedules)),)
        case "between":
            return (m.operand(f"{here}/0", _("De")), m.operand(f"{here}/1", _("Até")))
        case "matches":
            return (m.field(here, label, required=True),)
        case _:
            return (m.operand(here, label, required=True),)
