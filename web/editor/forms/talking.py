"""What is said, and what is asked: contents, buttons, lists, and the answer that is awaited."""

from typing import Any

from flowengine.workspace import Template
from web.drawing.says import CONTENTS
from web.editor.forms.making import Maker
from web.editor.forms.pieces import Add, Field, Group, Note, Piece, Row, Rows
from web.texts import _

MAIN = {"text": _("Mensagem"), "buttons": _("Mensagem com botões"), "list": _("Mensagem com lista")}
NAMES = {**CONTENTS, **MAIN, "cta_url": _("Botão que abre um site")}
FILES = ("image", "video", "audio", "document", "sticker")
ADDED = (
    ("text", _("Texto")),
    ("image", _("Imagem")),
    ("video", _("Vídeo")),
    ("audio", _("Áudio")),
    ("document", _("Documento")),
    ("sticker", _("Figurinha")),
    ("location", _("Localização")),
    ("contact", _("Cartão de contato")),
    ("cta_url", _("Botão que abre um site")),
    ("location_request", _("Pedir a localização")),
    ("contact_request", _("Pedir o número")),
    ("template", _("Modelo aprovado")),
    ("reaction", _("Reação")),
)
MEDIA = (("image", _("Imagem")), ("video", _("Vídeo")), ("document", _("Documento")))
EXPECT = (
    ("any", _("qualquer resposta")),
    ("text", _("um texto")),
    ("choice", _("uma das opções")),
    ("yes_no", _("sim ou não")),
    ("number", _("um número")),
    ("date", _("uma data")),
    ("datetime", _("uma data com hora")),
    ("email", _("um e-mail")),
    ("phone", _("um telefone")),
    ("cpf", _("um CPF")),
    ("cnpj", _("um CNPJ")),
    ("media", _("uma foto ou arquivo")),
    ("location", _("a localização")),
    ("contact", _("um contato")),
    ("form", _("um formulário")),
    ("pattern", _("um formato (expressão)")),
)
KINDS_OF_FILE = (
    ("image", _("fotos")),
    ("video", _("vídeos")),
    ("audio", _("áudios")),
    ("document", _("documentos")),
    ("sticker", _("figurinhas")),
)
SAVE = (
    ("value", _("o valor (ou o título)")),
    ("item", _("o item inteiro")),
    ("id", _("o código da opção")),
)
EARLY = (("take", _("contam")), ("ignore", _("são ignoradas")))
STALE = (
    ("reprompt", _("a pergunta de agora é repetida")),
    ("jump", _("vale, e o fluxo volta para lá")),
    ("ignore", _("nada acontece")),
)
LATE = _("O WhatsApp permite respostas livres por 24 horas.")


def message(m: Maker) -> list[Piece]:
    return [
        *contents(m),
        Group(
            m.t(_("Mais opções")),
            (
                *typing(m),
                m.field("/each", _("Repetir para cada item de"), "expr"),
                m.field("/as", _("O item se chama"), "name"),
            ),
            "fold",
        ),
        closed_window(m),
    ]


def ask(m: Maker) -> list[Piece]:
    return [*contents(m), *answer(m), more_answer(m, *typing(m)), closed_window(m)]


def wait(m: Maker) -> list[Piece]:
    return [*answer(m), more_answer(m)]


def typing(m: Maker) -> tuple[Field, ...]:
    shown = m.choose(
        "/typing",
        _("Mostrar “digitando…”"),
        m.words((("", _("não")), ("auto", _("sim, conforme o texto")))),
    )
    return (shown,)


# -- contents -----------------------------------------------------------------------------------


def contents(m: Maker) -> list[Piece]:
    items = tuple(_content(m, at, content) for _i, at, content in m.each("/contents"))
    if len(items) == 1:
        items = (Row(items[0].at, items[0].label, items[0].pieces, items[0].code, stays=True),)
    adds = tuple(Add("/contents", f"content:{kind}", m.t(label)) for kind, label in ADDED)
    return [Rows("/contents", "", items, adds, look="contents")]


def _content(m: Maker, at: str, content: dict[str, Any]) -> Row:
    kind = str(content["kind"])
    label = m.t(NAMES.get(kind, kind))
    return m.row(at, label, *_parts(m, at, kind), code=kind)


def _parts(m: Maker, at: str, kind: str) -> list[Piece | None]:
    def text(longest: int) -> Field:
        return m.field(f"{at}/text", _("Mensagem"), "rich", longest=longest, required=True)

    head = m.field(f"{at}/header", _("Título"), "line", longest=60)
    foot = m.field(f"{at}/footer", _("Rodapé"), "line", longest=60)
    match kind:
        case "text":
            preview = m.flag(f"{at}/preview_url", _("Mostrar a prévia do link"))
            return [text(4096), add_choice(m, at), preview if "http" in _said(m, at) else None]
        case "image" | "video" | "document" | "audio" | "sticker":
            return [file(m, at, kind), *_beside(m, at, kind)]
        case "buttons":
            return [
                text(1024),
                choices(m, f"{at}/buttons", _("Botão {n}"), 20, 3),
                Group(m.t(_("Título, imagem e rodapé")), (head, *_above(m, at), foot), "fold"),
            ]
        case "list":
            return [
                text(1024),
                *list_parts(m, at),
                Group(m.t(_("Título e rodapé")), (head, foot), "fold"),
            ]
        case "cta_url":
            title = m.field(f"{at}/title", _("Texto do botão"), "line", longest=20, required=True)
            url = m.field(f"{at}/url", _("Endereço que ele abre"), "line", required=True)
            return [text(1024), title, url, Group(m.t(_("Título e rodapé")), (head, foot), "fold")]
        case "location_request" | "contact_request":
            return [text(1024)]
        case "location":
            return [
                m.operand(f"{at}/latitude", _("Latitude"), required=True),
                m.operand(f"{at}/longitude", _("Longitude"), required=True),
                m.field(f"{at}/name", _("Nome do lugar"), "line"),
                m.field(f"{at}/address", _("Endereço"), "line"),
            ]
        case "contact":
            return _card(m, at)
        case "template":
            return [*template(m, at)]
        case "flow":
            return [
                text(1024),
                m.field(f"{at}/title", _("Texto do botão"), "line", longest=30, required=True),
                m.field(f"{at}/form", _("Código do formulário"), "line", required=True),
                m.field(f"{at}/screen", _("Primeira tela"), "line"),
                m.field(f"{at}/data", _("Dados que o preenchem"), "pairs"),
            ]
        case _:
            return [m.field(f"{at}/emoji", _("Emoji"), "line", required=True)]


def _said(m: Maker, at: str) -> str:
    return str(m.at(f"{at}/text") or "")


def file(m: Maker, at: str, kind: str, required: bool = True, name: str = "media") -> Field:
    """One of the workspace's files, one that is uploaded now, or an address."""
    return m.field(
        f"{at}/{name}",
        _("Arquivo"),
        "media",
        options=m.around.files.get(kind, ()),
        required=required,
        side=kind,
    )


def _beside(m: Maker, at: str, kind: str) -> list[Piece]:
    if kind == "audio":
        return [m.flag(f"{at}/voice", _("Mostrar como mensagem de voz"))]
    if kind == "sticker":
        return []
    caption = m.field(f"{at}/caption", _("Legenda"), "rich", longest=1024)
    if kind == "document":
        return [m.field(f"{at}/filename", _("Nome do arquivo"), "line"), caption]
    return [caption]


def _above(m: Maker, at: str) -> list[Field]:
    kind = str(m.at(f"{at}/media_kind") or "image")
    return [
        m.choose(
            f"{at}/media_kind", _("Arquivo acima do texto"), m.words(MEDIA), "image", reshapes=True
        ),
        file(m, at, kind, required=False),
    ]


def _card(m: Maker, at: str) -> list[Piece | None]:
    phones = Rows(
        f"{at}/phones",
        m.t(_("Telefones")),
        tuple(
            m.row(here, "", m.field(f"{here}/phone", _("Telefone"), "line", required=True))
            for _i, here, _phone in m.each(f"{at}/phones")
        ),
        (Add(f"{at}/phones", "phone", m.t(_("Acrescentar um telefone"))),),
    )
    return [
        m.field(f"{at}/name", _("Nome"), "line", required=True),
        phones,
        m.field(f"{at}/emails", _("E-mails"), "words"),
        m.field(f"{at}/organization", _("Empresa"), "line"),
    ]


# -- buttons and lists --------------------------------------------------------------------------


def add_choice(m: Maker, at: str) -> Rows:
    return Rows(f"{at}/buttons", "", (), (Add(at, "choice", m.t(_("Acrescentar um botão"))),))


def choices(m: Maker, at: str, label: str, longest: int, most: int) -> Rows:
    rows = tuple(
        _dynamic(m, here) if "each" in choice else _choice(m, here, m.t(label, n=i + 1), longest)
        for i, here, choice in m.each(at)
    )
    parent = at.rpartition("/")[0]
    button = _("Acrescentar um botão") if most == 3 else _("Acrescentar uma opção")
    adds = [Add(parent if most == 3 else at, "choice" if most == 3 else "row", m.t(button))]
    if most != 3:
        adds.append(Add(at, "dynamic", m.t(_("Opções de uma lista de dados"))))
    return Rows(
        at,
        m.t(_("Botões") if most == 3 else _("Opções")),
        rows,
        tuple(adds),
        most=most,
        look="choices",
    )


def _choice(m: Maker, at: str, label: str, longest: int) -> Row:
    code = str(m.at(f"{at}/id"))
    more = [
        m.field(
            f"{at}/synonyms",
            _("Também vale escrever"),
            "words",
            hint=_("Separe por vírgulas: preço, valor"),
        ),
        m.field(f"{at}/value", _("Valor que é guardado"), "operand", hint=_("Vazio: o título.")),
    ]
    if longest == 24:
        more.insert(0, m.field(f"{at}/description", _("Descrição"), "line", longest=72))
    title = Field(
        f"{at}/title", label, "line", {"": [str(m.at(f"{at}/title") or "")]}, "", (), longest, True
    )
    return m.row(
        at, label, title, Group(m.t(_("Sinônimos e valor")), tuple(more), "fold"), code=code
    )


def _dynamic(m: Maker, at: str) -> Row:
    return m.row(
        at,
        m.t(_("Uma opção por item")),
        m.field(f"{at}/each", _("A lista"), "expr", required=True),
        m.field(f"{at}/as", _("O item se chama"), "name"),
        m.field(f"{at}/title", _("Título de cada uma"), "line", required=True, longest=24),
        m.field(f"{at}/description", _("Descrição"), "line", longest=72),
        m.field(f"{at}/id", _("Código de cada uma"), "line", required=True),
        code="each",
    )


def list_parts(m: Maker, at: str) -> list[Piece]:
    button = m.field(f"{at}/button", _("Texto que abre a lista"), "line", longest=20)
    sections = m.each(f"{at}/sections")
    if not sections:
        split = Rows(
            f"{at}/sections",
            "",
            (),
            (Add(f"{at}/sections", "section", m.t(_("Dividir em seções"))),),
        )
        return [choices(m, f"{at}/rows", _("Opção {n}"), 24, 10), split, button]
    rows = tuple(
        m.row(
            here,
            m.t(_("Seção {n}"), n=i + 1),
            m.field(f"{here}/title", _("Título da seção"), "line", longest=24),
            choices(m, f"{here}/rows", _("Opção {n}"), 24, 10),
        )
        for i, here, _section in sections
    )
    add = Add(f"{at}/sections", "section", m.t(_("Acrescentar uma seção")))
    return [Rows(f"{at}/sections", m.t(_("Seções")), rows, (add,), most=10), button]


# -- approved templates -------------------------------------------------------------------------


def template(m: Maker, at: str) -> list[Piece]:
    """One of the workspace's templates with its body, and a line for each of its values."""
    known = m.around.workspace.templates
    name, language = str(m.at(f"{at}/name") or ""), str(m.at(f"{at}/language") or "")
    options = tuple((f"{each.name}|{each.language}", titled(m, each)) for each in known)
    chosen = f"{name}|{language}" if name else ""
    if chosen not in dict(options):
        options = ((chosen, name or m.t(_("escolha um modelo"))), *options)
    pick = Field(
        f"{at}/name",
        m.t(_("Modelo aprovado")),
        "choice",
        {"": [chosen]},
        "",
        options,
        reshapes=True,
        side="template",
    )
    found = next((each for each in known if (each.name, each.language) == (name, language)), None)
    if found is None:
        names = list(m.at(f"{at}/params") or {})
        body: list[Piece] = []
    else:
        names = list(found.params)
        body = [Note(found.body, "template")] if found.body else []
    if found is not None and found.header in ("image", "video", "document"):
        body.append(file(m, at, found.header, name="header"))
    lines = [
        Field(
            f"{at}/params/{each}",
            value_title(m, each),
            "line",
            {"": [str(m.at(f"{at}/params/{each}") or "")]},
            "",
            (),
            0,
            True,
        )
        for each in names
    ]
    return [pick, *body, *lines]


def titled(m: Maker, known: Template) -> str:
    """A template in the list; one that cannot be sent now says so."""
    name = f"{known.name} ({known.language})"
    return name if known.status == "approved" else f"{name} · {m.t(_('não aprovado'))}"


PARTS = {
    "header": _("Valor do cabeçalho: {name}"),
    "url": _("Fim do endereço do botão {name}"),
    "code": _("Código do botão {name}"),
}
PLACE = {
    "header.latitude": _("Latitude do cabeçalho"),
    "header.longitude": _("Longitude do cabeçalho"),
    "header.name": _("Nome do lugar"),
    "header.address": _("Endereço do lugar"),
}


def value_title(m: Maker, name: str) -> str:
    """What a value of a template belongs to; buttons are counted from 1."""
    if name in PLACE:
        return m.t(PLACE[name])
    part, _dot, rest = name.partition(".")
    if part not in PARTS or not rest:
        return m.t(_("Valor de {name}"), name=name)
    told = str(int(rest) + 1) if part != "header" and rest.isdecimal() else rest
    return m.t(PARTS[part], name=told)


def closed_window(m: Maker) -> Piece:
    """What is sent where 24 hours have passed since the customer wrote."""
    hint = m.t(
        _("Depois de 24 horas sem o contato escrever, o WhatsApp só aceita um modelo aprovado.")
    )
    if m.at("/template") is None:
        add = Add("/template", "template", m.t(_("Escolher um modelo")))
        rows = Rows("/template", "", (), (add,), hint=hint)
        return Group(m.t(_("Se a janela de 24 h fechou")), (rows,), "fold")
    return Group(
        m.t(_("Se a janela de 24 h fechou")),
        tuple(template(m, "/template")),
        "fold",
        "/template",
        hint,
    )


# -- the answer ---------------------------------------------------------------------------------


def answer(m: Maker) -> list[Piece]:
    kind = str(m.at("/expect/kind") or "")
    options = m.words(EXPECT)
    if str(m.body["type"]) == "wait":
        options = (("", m.t(_("nada: só um aviso de fora ou o tempo"))), *options)
    expect = m.choose("/expect/kind", _("Espera receber"), options, reshapes=True, side="expect")
    pieces: list[Piece] = [expect, *expected(m, kind)]
    if kind:
        hint = _("Um nome seu. O dado pode ser usado nas próximas mensagens.")
        pieces.append(m.field("/save_as", _("Guardar a resposta em"), "name", hint=hint))
        if kind != "any":
            pieces.append(m.field("/reprompt", _("Se não entender, dizer"), "rich", longest=1024))
            pieces.append(m.field("/attempts", _("Tentativas antes de desistir"), "number"))
    pieces.append(m.field("/timeout", _("Se não responder em"), "time", hint=LATE))
    return pieces


def expected(m: Maker, kind: str) -> list[Piece]:
    def number(at: str, label: str) -> Field:
        return m.field(f"/expect/{at}", label, "number")

    match kind:
        case "text":
            return [number("min", _("Letras, ao menos")), number("max", _("Letras, no máximo"))]
        case "number":
            whole = m.flag("/expect/integer", _("Só número inteiro"))
            return [number("min", _("O menor")), number("max", _("O maior")), whole]
        case "date" | "datetime":
            return [m.flag("/expect/future_only", _("Só no futuro"))]
        case "media":
            kinds = m.words(KINDS_OF_FILE)
            hint = _("Nenhum marcado: qualquer arquivo.")
            return [m.field("/expect/of", _("Aceita"), "many", options=kinds, hint=hint)]
        case "pattern":
            return [m.field("/expect/pattern", _("Expressão regular"), required=True)]
        case _:
            return []


def more_answer(m: Maker, *first: Piece) -> Group:
    events = Rows(
        "/events",
        m.t(_("Avisos de outros sistemas que encerram a espera")),
        tuple(
            m.row(
                at,
                m.t(_("Aviso {n}"), n=i + 1),
                m.field(f"{at}/name", _("Nome do aviso"), required=True),
                m.field(f"{at}/exit", _("Nome da saída"), "key", required=True),
                m.field(
                    f"{at}/match", _("Só se"), hint=_("Uma conta sobre “event”. Vazio: sempre.")
                ),
            )
            for i, at, _event in m.each("/events")
        ),
        (Add("/events", "event", m.t(_("Acrescentar um aviso"))),),
    )
    early = m.choose(
        "/early", _("Mensagens que chegaram antes da pergunta"), m.words(EARLY), "take"
    )
    stale = m.choose(
        "/stale", _("Toque num botão antigo desta pergunta"), m.words(STALE), "reprompt"
    )
    saved = m.choose("/save", _("De uma opção, guardar"), m.words(SAVE), "value")
    gather = m.field(
        "/gather",
        _("Juntar mensagens seguidas por"),
        "moment",
        hint=_("Várias mensagens seguidas viram uma resposta só."),
    )
    again = m.flag("/interruptible", _("Palavras de outros gatilhos podem interromper"))
    return Group(
        m.t(_("Mais opções")), (*first, saved, gather, early, stale, again, events), "fold"
    )
