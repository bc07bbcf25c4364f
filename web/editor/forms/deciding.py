"""Forms of the steps that choose a way or wait: hours, split, loop, delay."""

from web.editor.forms.making import Maker
from web.editor.forms.pieces import Add, Piece, Rows
from web.texts import _

BY = (("contact", _("o contato (sempre o mesmo caminho)")), ("execution", _("a conversa")))
DELAYS = (
    ("for", _("por um tempo")),
    ("forexpr", _("por um tempo calculado")),
    ("open", _("até um horário abrir")),
    ("expr", _("até uma data")),
)


def hours(m: Maker) -> list[Piece]:
    options = tuple(
        (key, m.around.names.of("schedule", key)) for key in m.around.workspace.schedules
    )
    hint = _("Os horários ficam em Configurações → Horários.")
    return [m.choose("/schedule", _("Horário de atendimento"), options, hint=hint)]


def split(m: Maker) -> list[Piece]:
    for _i, _at, each in m.each("/variants"):
        each.setdefault("weight", 1)  # what holds where it is not written
    weights = [int(each["weight"]) for _i, _at, each in m.each("/variants")]
    total = sum(weights) or 1
    rows = tuple(
        m.row(
            at,
            m.t(_("Caminho {n}"), n=i + 1),
            m.field(f"{at}/id", _("Nome do caminho"), "key", required=True),
            m.field(
                f"{at}/weight",
                m.t(_("Peso (agora {share} %)"), share=round(100 * weights[i] / total)),
                "number",
            ),
            code=str(each.get("id", "")),
        )
        for i, at, each in m.each("/variants")
    )
    add = Add("/variants", "variant", m.t(_("Acrescentar um caminho")))
    by = m.choose("/by", _("Quem fica no mesmo caminho"), m.words(BY), "contact")
    return [Rows("/variants", m.t(_("Caminhos")), rows, (add,)), by]


def loop(m: Maker) -> list[Piece]:
    return [
        m.field(
            "/each",
            _("Para cada item de"),
            "expr",
            required=True,
            hint=_("Um dado que é uma lista, como “pedidos”."),
            side="list",
        ),
        m.field("/as", _("O item se chama"), "name"),
        m.field("/max", _("No máximo quantos"), "number"),
    ]


def delay(m: Maker) -> list[Piece]:
    mode = delay_mode(m)
    pick = m.choose("#delay", _("Aguardar"), m.words(DELAYS), mode, reshapes=True, side="delay")
    schedules = tuple(
        (key, m.around.names.of("schedule", key)) for key in m.around.workspace.schedules
    )
    match mode:
        case "open":
            more: Piece = m.choose("/until/open", _("Horário"), schedules)
        case "expr":
            more = m.field("/until/expr", _("A data"), required=True, side="when")
        case "forexpr":
            more = m.field("/for", _("O tempo, numa conta"), "expr", required=True)
        case _:
            more = m.field("/for", _("Quanto tempo"), "time", required=True)
    return [
        pick,
        more,
        m.flag("/interruptible", _("Palavras de outros gatilhos podem interromper")),
    ]


def delay_mode(m: Maker) -> str:
    if m.at("/until/open") is not None:
        return "open"
    if m.at("/until/expr") is not None:
        return "expr"
    return "forexpr" if isinstance(m.at("/for"), dict) else "for"
