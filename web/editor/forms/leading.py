"""Forms of the steps that begin, lead elsewhere or end: triggers, people, other flows."""

from typing import cast

from web.editor.forms.acting import saves
from web.editor.forms.conditions import optional_when
from web.editor.forms.making import Maker
from web.editor.forms.pieces import Field, Group, Json, Piece
from web.texts import _

ON = (
    ("keyword", _("o contato escreve certas palavras")),
    ("message", _("o contato escreve qualquer coisa")),
    ("new_contact", _("um contato novo escreve")),
    ("link", _("alguém abre um link ou QR do WhatsApp")),
    ("referral", _("alguém vem de um anúncio")),
    ("button", _("alguém toca o botão de um modelo")),
    ("cron", _("chega um dia e hora")),
    ("event", _("outro sistema avisa")),
    ("tag_added", _("o contato ganha uma etiqueta")),
    ("field_changed", _("um campo do contato muda")),
    ("conversation_closed", _("um atendimento é encerrado")),
    ("fallback", _("nada mais se encaixa")),
)
MATCH = (
    ("any_word", _("ter uma das palavras")),
    ("exact", _("ser exatamente isso")),
    ("all_words", _("ter todas as palavras")),
    ("phrase", _("ter a frase")),
    ("pattern", _("seguir uma expressão regular")),
)
BUSY = (
    ("", _("o padrão do fluxo")),
    ("queue", _("espera a conversa acabar")),
    ("interrupt", _("passa na frente")),
    ("skip", _("desiste")),
    ("speak", _("fala assim mesmo")),
)
SCOPES = (
    ("", _("não interrompe")),
    ("flow", _("interrompe este fluxo")),
    ("workspace", _("interrompe qualquer fluxo")),
)
THEN = (
    ("jump", _("e segue daqui")),
    ("return", _("e depois volta aonde estava")),
    ("restart", _("e começa de novo")),
)
TARGETS = (
    ("queue", _("uma fila")),
    ("agent", _("uma pessoa")),
    ("owner", _("quem já cuida do contato")),
)
PAST = (("now", _("começa na hora")), ("skip", _("não começa")))


def trigger(m: Maker) -> list[Piece]:
    kind = str(m.at("/on/kind"))
    if m.body.get("interrupts") is not None:
        m.body["interrupts"].setdefault("scope", "flow")  # what holds where it is not written
    pick = m.choose(
        "/on/kind", _("A conversa começa quando"), m.words(ON), reshapes=True, side="on"
    )
    scope = m.choose(
        "/interrupts/scope",
        _("No meio de outra conversa"),
        m.words(SCOPES),
        reshapes=True,
        side="interrupts",
    )
    then = m.choose("/interrupts/then", _("E depois"), m.words(THEN), "jump")
    acting: tuple[Field, ...] = (scope, then) if m.at("/interrupts") else (scope,)
    more = Group(
        m.t(_("Mais opções")),
        (
            *acting,
            m.field("/priority", _("Prioridade (a maior vence)"), "number"),
            m.field("/cooldown", _("Não repetir na mesma conversa por"), "time"),
            m.choose("/busy", _("Se a conversa está ocupada"), m.words(BUSY)),
            m.field("/channels", _("Só nestes canais"), "words"),
        ),
        "fold",
    )
    return [pick, *on(m, kind), optional_when(m, "/when", _("E só se")), more]


def on(m: Maker, kind: str) -> list[Piece]:
    names = m.around.workspace
    match kind:
        case "keyword":
            return [
                m.field(
                    "/on/words",
                    _("Palavras que começam a conversa"),
                    "words",
                    required=True,
                    hint=_("Separe por vírgulas. Maiúsculas e acentos não importam."),
                ),
                m.choose("/on/match", _("A mensagem precisa"), m.words(MATCH), "any_word"),
            ]
        case "link":
            return [m.field("/on/text", _("Texto que o link escreve"), "text", required=True)]
        case "referral":
            return [m.field("/on/source_id", _("Só destes anúncios"), "words")]
        case "button":
            return [m.field("/on/payload", _("Texto do botão"), "text", required=True)]
        case "cron":
            return [
                m.field("/on/expression", _("Dia e hora"), "text", required=True, side="cron"),
                purpose(m, "/on/purpose"),
                m.field(
                    "/on/audience/tags",
                    _("Só contatos com uma das etiquetas"),
                    "words",
                    side="tags",
                ),
                m.field("/on/audience/without", _("Menos os que têm"), "words", side="tags"),
            ]
        case "event":
            return [
                m.field("/on/name", _("Nome do aviso"), "text", required=True),
                purpose(m, "/on/purpose"),
                Group(
                    m.t(_("De quem é o aviso")),
                    (
                        m.field("/on/contact", _("O telefone, nos dados do aviso")),
                        m.field("/on/channel", _("O canal, nos dados do aviso")),
                        m.field("/on/dedupe", _("Chave contra repetição")),
                        m.field("/on/schema", _("Formato dos dados (JSON Schema)"), "json"),
                    ),
                    "fold",
                ),
            ]
        case "tag_added":
            return [m.choose("/on/tag", _("Etiqueta"), tuple((tag, tag) for tag in names.tags))]
        case "field_changed":
            options = tuple((key, field.title or key) for key, field in names.fields.items())
            return [m.choose("/on/field", _("Campo"), options)]
        case _:
            return []


def purpose(m: Maker, at: str) -> Field:
    known = (("utility", m.t(_("utilidade"))), ("marketing", m.t(_("marketing"))))
    extra = tuple((each, each) for each in m.around.workspace.purposes)
    nothing = (("", m.t(_("escolha"))),)
    return m.choose(at, _("Finalidade"), (*nothing, *known, *extra))


def transfer(m: Maker) -> list[Piece]:
    to = cast(Json, m.at("/to") or {})
    mode = "owner" if to.get("owner") else "agent" if to.get("agent") else "queue"
    pick = m.choose("#to", _("Passar para"), m.words(TARGETS), mode, reshapes=True, side="to")
    queues = tuple((key, queue.name or key) for key, queue in m.around.workspace.queues.items())
    who: list[Piece] = []
    if mode == "queue":
        who.append(m.choose("/to/queue", _("Fila"), queues))
    if mode == "agent":
        who.append(m.field("/to/agent", _("E-mail da pessoa"), "text", required=True))
    return [
        pick,
        *who,
        m.field("/briefing", _("Resumo para quem atende"), "long"),
        m.field("/timeout", _("Se ninguém pegar em"), "time"),
        Group(
            m.t(_("Mais opções")),
            (
                m.field("/priority", _("Prioridade na fila (0 a 9)"), "number"),
                m.field("/notify", _("Avisar os sistemas inscritos em"), "words"),
                m.field("/save_as", _("Guardar o resultado em"), "name"),
            ),
            "fold",
        ),
    ]


def which(m: Maker, at: str = "/flow", required: bool = True) -> Field:
    options = tuple(m.around.flows.items())
    return m.choose(
        at, _("Fluxo"), options if required else (("", m.t(_("qualquer um"))), *options)
    )


def flow(m: Maker) -> list[Piece]:
    return [
        which(m),
        m.field("/with", _("Dados que ele recebe"), "pairs"),
        saves(m, "/save", _("Guardar do que ele devolve")),
        m.flag("/return", _("Voltar para cá quando ele acabar")),
    ]


def start(m: Maker) -> list[Piece]:
    return [
        which(m),
        m.operand("/at", _("Quando"), hint=_("Vazio: agora mesmo.")),
        m.choose("/if_past", _("Se a hora já passou"), m.words(PAST), "now"),
        m.field(
            "/key",
            _("Chave"),
            "line",
            hint=_("Um novo agendamento com a mesma chave troca o anterior."),
        ),
        purpose(m, "/purpose"),
        m.field("/with", _("Dados que ele recebe"), "pairs"),
    ]


def cancel(m: Maker) -> list[Piece]:
    return [m.field("/key", _("Chave"), "line", required=True), which(m, required=False)]


def notify(m: Maker) -> list[Piece]:
    data = m.at("/data")
    kind = "pairs" if data is None or isinstance(data, dict) else "json"
    return [
        m.field("/name", _("Nome do aviso"), "line", required=True),
        m.field("/data", _("Dados enviados"), kind),
    ]


def consent(m: Maker) -> list[Piece]:
    return [purpose(m, "/purpose"), m.flag("/give", _("O contato aceita"))]


def end(m: Maker) -> list[Piece]:
    return [
        m.field(
            "/outcome",
            _("Resultado"),
            "key",
            hint=_("Uma palavra para os relatórios: vendido, desistiu."),
        ),
        m.flag("/close_conversation", _("Encerrar a conversa")),
        m.field("/outputs", _("Dados que ele devolve"), "pairs"),
    ]
