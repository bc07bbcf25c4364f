"""Forms of the steps that do something: data, tags, calls to other systems, the AI."""

from web.editor.forms.making import Maker
from web.editor.forms.parameters import params_of
from web.editor.forms.pieces import Add, Field, Group, Piece, Rows
from web.editor.forms.trees import is_tree
from web.texts import _

PUT = (
    ("put", _("passa a ser")),
    ("add", _("soma")),
    ("append", _("acrescenta no fim")),
    ("remove", _("tira")),
    ("clear", _("fica vazio")),
)
METHODS = (
    ("GET", _("GET: buscar")),
    ("POST", _("POST: enviar")),
    ("PUT", _("PUT: substituir")),
    ("PATCH", _("PATCH: mudar")),
    ("DELETE", _("DELETE: apagar")),
    ("HEAD", "HEAD"),
)
BODIES = (
    ("none", _("nada")),
    ("pairs", _("campos")),
    ("json", _("JSON escrito por mim")),
)
TYPES = (
    ("text", _("texto")),
    ("number", _("número")),
    ("boolean", _("sim ou não")),
    ("date", _("data")),
    ("list", _("lista")),
)

PARAM_TYPES = (
    ("string", _("um texto")),
    ("number", _("um número")),
    ("integer", _("um número inteiro")),
    ("boolean", _("sim ou não")),
    ("one", _("uma opção")),
    ("list", _("textos")),
    ("json", "JSON"),
)


def assign(m: Maker) -> list[Piece]:
    rows = tuple(
        m.row(
            at,
            m.t(_("Dado {n}"), n=i + 1),
            m.field(f"{at}/to", _("O dado"), "name", required=True, side="target"),
            m.choose(f"{at}/op", _("O que fazer"), m.words(PUT), "put", reshapes=True),
            None
            if each.get("op") == "clear"
            else m.operand(f"{at}/value", _("Valor"), hint="", required=True),
        )
        for i, at, each in m.each("/assign")
    )
    add = Add("/assign", "assign", m.t(_("Acrescentar um dado")))
    result = Group(
        m.t(_("Resultado para relatórios")),
        (
            m.field("/result/name", _("Nome do resultado"), "line", side="optional"),
            m.field("/result/category", _("Categoria"), "line", side="optional"),
        ),
        "fold",
    )
    return [Rows("/assign", m.t(_("Dados")), rows, (add,)), result]


def tag(m: Maker) -> list[Piece]:
    hint = _("Separe por vírgulas.")
    return [
        m.field("/add", _("Pôr as etiquetas"), "words", side="tags", hint=hint),
        m.field("/remove", _("Tirar as etiquetas"), "words", side="tags"),
    ]


def http(m: Maker) -> list[Piece]:
    method = m.choose("/method", _("O que pedir"), m.words(METHODS), "GET", reshapes=True)
    url = m.field("/url", _("Endereço"), "line", required=True)
    return [
        method,
        url,
        *body(m),
        Group(
            m.t(_("Cabeçalhos, busca e senha")),
            (
                secret(m),
                m.field("/headers", _("Cabeçalhos"), "texts"),
                m.field("/query", _("Parâmetros do endereço"), "texts"),
            ),
            "fold",
        ),
        saves(m, "/save", _("Guardar da resposta")),
        statuses(m),
        Group(
            m.t(_("Mais opções")),
            (
                m.field("/status_as", _("Guardar o código da resposta em"), "name"),
                m.field("/timeout", _("Esperar no máximo"), "time", required=True),
                m.field("/retry", _("Tentar de novo quantas vezes"), "number"),
                m.field("/idempotency_key", _("Chave contra repetição"), "line"),
                m.flag("/interruptible", _("Palavras de outros gatilhos podem interromper")),
            ),
            "fold",
        ),
    ]


def body(m: Maker) -> list[Piece]:
    if str(m.at("/method") or "GET") in ("GET", "HEAD") and m.at("/body") is None:
        return []
    mode = body_mode(m)
    pick = m.choose("#body", _("Enviar"), m.words(BODIES), mode, reshapes=True, side="body")
    match mode:
        case "pairs":
            hint = _("Um ponto põe um campo dentro de outro: cliente.nome; um número, numa lista.")
            return [pick, m.field("/body", _("Campos enviados"), "tree", hint=hint)]
        case "json":
            return [pick, m.field("/body", _("JSON enviado"), "json")]
        case _:
            return [pick]


def body_mode(m: Maker) -> str:
    value = m.at("/body")
    if value is None:
        return "none"
    return "pairs" if value == {} or is_tree(value) else "json"


def secret(m: Maker) -> Field:
    options = (("", m.t(_("nenhuma"))), *((key, key) for key in m.around.workspace.secrets))
    return m.choose("/auth/secret", _("Senha (segredo do espaço)"), options, side="auth")


def saves(m: Maker, at: str, label: str) -> Rows:
    rows = tuple(
        m.row(
            here,
            m.t(_("Valor {n}"), n=i + 1),
            m.field(f"{here}/path", _("O que da resposta"), hint="", side="path"),
            m.field(f"{here}/to", _("Guardar em"), "name", required=True),
        )
        for i, here, _save in m.each(at)
    )
    return Rows(at, m.t(label), rows, (Add(at, "save", m.t(_("Guardar mais um valor"))),))


def statuses(m: Maker) -> Rows:
    rows = tuple(
        m.row(
            at,
            m.t(_("Saída {n}"), n=i + 1),
            m.field(f"{at}/id", _("Nome da saída"), "key", required=True),
            m.field(
                f"{at}/status", _("Quando o código for"), "words", side="numbers", required=True
            ),
        )
        for i, at, _exit in m.each("/exits")
    )
    add = Add("/exits", "status", m.t(_("Acrescentar uma saída por código")))
    return Rows("/exits", m.t(_("Saídas por código")), rows, (add,))


def ai_reply(m: Maker) -> list[Piece]:
    names = m.around.workspace
    profiles = (("", m.t(_("o primeiro do espaço"))), *((key, key) for key in names.profiles))
    variables = tuple((name, name) for name in m.around.known.variables)
    shown: tuple[Piece, ...] = (
        (m.field("/reads", _("Dados que ela vê"), "many", options=variables),) if variables else ()
    )
    known = tuple((key, key) for key in names.knowledge)
    books: tuple[Piece, ...] = (
        (m.field("/knowledge", _("Bases de conhecimento"), "many", options=known),) if known else ()
    )
    return [
        m.field("/instructions", _("Instruções para a IA"), "long", required=True),
        m.choose("/profile", _("Modelo de IA"), profiles),
        m.flag("/dialogue", _("Continuar conversando até uma saída")),
        outcomes(m),
        *shown,
        *books,
        extracts(m),
        Group(
            m.t(_("Limites")),
            (
                m.field("/history", _("Mensagens que ela lê"), "number"),
                m.field("/unsure_below", _("Em dúvida abaixo de (0 a 1)"), "number"),
                m.field("/budget", _("Tokens por resposta (0: o do modelo)"), "number"),
                m.field("/timeout", _("Esperar no máximo"), "time", required=True),
                m.flag("/interruptible", _("Palavras de outros gatilhos podem interromper")),
            ),
            "fold",
        ),
        tools(m),
    ]


def outcomes(m: Maker) -> Rows:
    rows = tuple(
        m.row(
            at,
            m.t(_("Saída {n}"), n=i + 1),
            m.field(f"{at}/id", _("Nome da saída"), "key", required=True),
            m.field(f"{at}/when", _("Quando escolher"), "long"),
        )
        for i, at, _outcome in m.each("/outcomes")
    )
    add = Add("/outcomes", "outcome", m.t(_("Acrescentar uma saída")))
    hint = m.t(_("A IA escolhe uma delas quando a conversa chega lá."))
    return Rows("/outcomes", m.t(_("Saídas que a IA escolhe")), rows, (add,), hint)


def extracts(m: Maker) -> Rows:
    rows = tuple(
        m.row(
            at,
            m.t(_("Dado {n}"), n=i + 1),
            m.field(f"{at}/to", _("Guardar em"), "name", required=True),
            m.choose(f"{at}/type", _("Tipo"), m.words(TYPES), "text"),
            m.field(f"{at}/description", _("O que é"), "line"),
        )
        for i, at, _extract in m.each("/extract")
    )
    add = Add("/extract", "extract", m.t(_("Acrescentar um dado")))
    return Rows("/extract", m.t(_("Dados que a IA tira da conversa")), rows, (add,))


def parameters(m: Maker, at: str) -> Field:
    """What the model fills in, in words; a schema that is no object with names stays JSON."""
    if params_of(m.at(f"{at}/parameters")) is None:
        return m.field(f"{at}/parameters", _("Parâmetros (JSON Schema)"), "json")
    hint = _("O que a IA preenche quando chama: cada um chega ao fluxo com este nome.")
    return m.field(
        f"{at}/parameters",
        _("Parâmetros"),
        "params",
        hint=hint,
        options=m.words(PARAM_TYPES),
    )


def tools(m: Maker) -> Group:
    rows = tuple(
        m.row(
            at,
            m.t(_("Ferramenta {n}"), n=i + 1),
            m.field(f"{at}/name", _("Nome da ferramenta"), "name", required=True),
            m.field(f"{at}/description", _("O que ela faz"), "line"),
            m.choose(
                f"{at}/flow",
                _("Fluxo que ela chama"),
                (("", "—"), *m.around.flows.items()),
            ),
            parameters(m, at),
        )
        for i, at, _tool in m.each("/tools")
    )
    add = Add("/tools", "tool", m.t(_("Acrescentar uma ferramenta")))
    return Group(m.t(_("Ferramentas")), (Rows("/tools", "", rows, (add,)),), "fold")
