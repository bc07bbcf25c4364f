"""What a step's form asks for, and how what was typed gets back into the node.

A field names a place in the node's JSON. What no field covers stays as it is, and can be seen and
changed as JSON under "Avançado".
"""

from collections.abc import Mapping
from typing import Any, cast

import msgspec
from msgspec import Struct

from flowengine.durations import seconds
from flowengine.errors import FlowError
from flowengine.json_text import read_object
from flowengine.mistakes import explain
from flowengine.nodes import Node
from flowengine.workspace import Workspace
from web.forms import Form
from web.problems import Problem
from web.texts import Texts, _

Json = dict[str, Any]

UNITS = (("D", 86400), ("H", 3600), ("M", 60), ("S", 1))


class Field(Struct, frozen=True):
    """`at`: a JSON Pointer in the node. `kind`: text, long, words, number, time, flag, choice.

    `options`: for a choice; the name of a table of the workspace ("queues"), or pairs.
    """

    at: str
    label: str
    kind: str = "text"
    hint: str = ""
    options: str | tuple[tuple[str, str], ...] = ()
    longest: int = 4096


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
)
WORDS = (("text", _("Mensagem")), ("caption", _("Legenda")), ("footer", _("Rodapé")))
CHOICES = (("buttons", _("Botão"), 20), ("rows", _("Opção"), 24))
METHODS = tuple((name, name) for name in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"))
YES_NO = (("1", _("sim")), ("", _("não")))

_WAITS = (
    Field("/save_as", _("Guardar a resposta em"), hint=_("O nome de uma variável do fluxo.")),
    Field("/attempts", _("Tentativas antes de desistir"), "number"),
    Field("/reprompt", _("Se não entender, dizer"), "long"),
    Field(
        "/timeout",
        _("Se não responder em"),
        "time",
        _("O WhatsApp permite respostas livres por 24 horas."),
    ),
)
_FLOW = Field("/flow", _("Fluxo"), "choice", options="flows")

FIELDS: dict[str, tuple[Field, ...]] = {
    "trigger": (Field("/on/words", _("Palavras que começam a conversa"), "words"),),
    "ask": (Field("/expect/kind", _("Espera receber"), "choice", options=EXPECT), *_WAITS),
    "wait": (Field("/expect/kind", _("Espera receber"), "choice", options=EXPECT), *_WAITS),
    "tag": (
        Field("/add", _("Pôr as etiquetas"), "words"),
        Field("/remove", _("Tirar as etiquetas"), "words"),
    ),
    "delay": (Field("/for", _("Aguardar"), "time"),),
    "hours": (Field("/schedule", _("Horário de atendimento"), "choice", options="schedules"),),
    "http": (
        Field("/method", _("Método"), "choice", options=METHODS),
        Field("/url", _("Endereço")),
        Field("/timeout", _("Esperar no máximo"), "time"),
    ),
    "ai_reply": (
        Field("/instructions", _("Instruções para a IA"), "long"),
        Field("/history", _("Mensagens que ela lê"), "number"),
    ),
    "transfer": (
        Field("/to/queue", _("Fila"), "choice", options="queues"),
        Field("/briefing", _("Resumo para quem atende"), "long"),
        Field("/timeout", _("Se ninguém pegar em"), "time"),
    ),
    "flow": (_FLOW,),
    "start": (_FLOW, Field("/key", _("Chave")), Field("/purpose", _("Finalidade"))),
    "cancel": (Field("/key", _("Chave")),),
    "notify": (Field("/name", _("Nome do aviso")),),
    "consent": (
        Field("/purpose", _("Finalidade")),
        Field("/give", _("O contato aceita"), "flag", options=YES_NO),
    ),
    "end": (
        Field("/outcome", _("Resultado")),
        Field("/close_conversation", _("Encerrar a conversa"), "flag", options=YES_NO),
    ),
}


class Shown(Struct, frozen=True):
    """A field with what stands in it. A time is a number and a unit (D, H, M, S)."""

    field: Field
    name: str
    value: str
    unit: str = ""
    options: tuple[tuple[str, str], ...] = ()


def fields_of(node: Node) -> tuple[Field, ...]:
    """The fields of a node: the words that it says, then what its kind asks for."""
    body = plain(node)
    own = FIELDS.get(str(body["type"]), ())
    return tuple(field for field in (*_spoken(body), *own) if not _is_else(body, field))


def _is_else(body: Json, field: Field) -> bool:
    """A place that holds something else than the field can show: an expression, another trigger."""
    parent, _slash, name = field.at.rpartition("/")
    around = read(body, parent)
    value = cast(Json, around).get(name) if isinstance(around, dict) else None
    if parent and not isinstance(around, dict):
        return True
    if field.at == "/on/words":
        return cast(Json, around).get("kind") != "keyword"
    if field.at == "/to/queue" and value is None:
        return True
    return isinstance(value, dict)


def _spoken(body: Json) -> list[Field]:
    found: list[Field] = []
    for index, content in enumerate(body.get("contents", [])):
        for name, label in WORDS:
            if name in content:
                found.append(Field(f"/contents/{index}/{name}", label, "long"))
        for kind, label, longest in CHOICES:
            for at, choice in enumerate(content.get(kind, [])):
                if "each" not in choice:
                    place = f"/contents/{index}/{kind}/{at}/title"
                    found.append(Field(place, label, longest=longest))
    return found


def show(node: Node, names: Workspace, flows: Mapping[str, str], t: Texts) -> list[Shown]:
    """The fields of a node with their values, for its form."""
    body = plain(node)
    return [
        _shown(field, _value(node, body, field.at), names, flows, t) for field in fields_of(node)
    ]


def _value(node: Node, body: Json, at: str) -> Any:
    """What stands there; a default is not written in the document, and yet it is what holds."""
    value = read(body, at)
    return getattr(node, at[1:], None) if value is None else value


def _shown(field: Field, value: Any, names: Workspace, flows: Mapping[str, str], t: Texts) -> Shown:
    options = _options(field, names, flows, t)
    if field.kind == "time":
        number, unit = split_time(str(value)) if value else ("", "H")
        return Shown(field, field.at, number, unit, options)
    if field.kind == "words":
        return Shown(field, field.at, ", ".join(value or []), options=options)
    if field.kind == "flag":
        return Shown(field, field.at, "1" if value else "", options=options)
    text = "" if value is None else str(value)
    if field.kind == "choice" and text not in {code for code, _label in options}:
        options = ((text, text), *options)
    return Shown(field, field.at, text, options=options)


def _options(
    field: Field, names: Workspace, flows: Mapping[str, str], t: Texts
) -> tuple[tuple[str, str], ...]:
    match field.options:
        case "queues":
            return tuple((key, key) for key in names.queues)
        case "schedules":
            return tuple((key, key) for key in names.schedules)
        case "flows":
            return tuple(flows.items())
        case str():
            return ()
        case pairs:
            return tuple((code, t(label)) for code, label in pairs)


def fill(node: Node, form: Form) -> Node:
    """The node with what was typed. A problem, with its field, where that makes no node."""
    body = plain(node)
    title = form.raw("title", node.title).strip()
    for field in fields_of(node):
        if field.at in form.values or field.kind == "flag":
            write(body, field.at, _typed(field, form, node))
    change_choices(body, form)
    body["title"] = title
    return read_node(body)


def _typed(field: Field, form: Form, node: Node) -> Any:
    """The JSON of a field; None takes it out of the node."""
    raw = form.raw(field.at, "")
    match field.kind:
        case "words":
            return form.lines(field.at)
        case "flag":
            return bool(raw)
        case "number":
            return int(raw) if raw.isdecimal() else None
        case "time":
            return join_time(raw, form.raw(f"{field.at}.unit", "H"))
        case "text" | "choice":
            return raw.strip() or (None if _may_be_left_out(node, field.at) else "")
        case _:
            return raw.replace("\r\n", "\n")


def _may_be_left_out(node: Node, at: str) -> bool:
    """Whether the node itself can do without this field."""
    own = {field.encode_name: field.required for field in msgspec.structs.fields(node)}
    return not own.get(at[1:], True)


def change_choices(body: Json, form: Form) -> None:
    """One button more, or one less; a message that gets its first one becomes a question."""
    action = form.raw("action", "")
    if action == "add-button":
        add_button(body, form.raw("label", "Nova opção"))
    elif action.startswith("remove:"):
        parent, _slash, index = action.removeprefix("remove:").rpartition("/")
        choices = read(body, parent)
        if (
            isinstance(choices, list)
            and index.isdecimal()
            and int(index) < len(cast("list[Any]", choices))
        ):
            del choices[int(index)]
            drop_empty_choices(body)


def add_button(body: Json, label: str) -> None:
    content = next((c for c in body["contents"] if c["kind"] in ("buttons", "list")), None)
    if content is None:
        content = next(c for c in body["contents"] if c["kind"] == "text")
        content["kind"] = "buttons"
        content.pop("preview_url", None)
        content["buttons"] = []
        if body["type"] == "message":
            body.update(type="ask", timeout="PT23H")
            for name in ("each", "as", "max"):
                body.pop(name, None)
        body["expect"] = {"kind": "choice"}
    name = "buttons" if content["kind"] == "buttons" else "rows"
    choices = content.setdefault(name, [])
    taken = {choice.get("id") for choice in choices}
    number = next(n for n in range(1, 1000) if f"o{n}" not in taken)
    choices.append({"id": f"o{number}", "title": label})
    if name == "buttons" and len(choices) > 3:
        content.update(kind="list", rows=content.pop("buttons"))


def drop_empty_choices(body: Json) -> None:
    """Without a button left it is a plain text again, and any text answers it."""
    for content in body["contents"]:
        if content["kind"] == "buttons" and not content.get("buttons"):
            content.pop("buttons", None)
            content["kind"] = "text"
            if body.get("expect") == {"kind": "choice"}:
                body["expect"] = {"kind": "text"}


def from_json(node: Node, raw: str) -> Node:
    """The node that a person wrote as JSON; its id stays. A problem where it cannot be read."""
    try:
        body = read_object(raw.encode(), '{"type": "message", …}')
    except FlowError as error:
        raise Problem(error.message, place=error.path, mend=error.fix) from None
    return read_node({**body, "id": node.id})


def read_node(body: Json) -> Node:
    try:
        return msgspec.json.decode(msgspec.json.encode(body), type=Node)
    except msgspec.ValidationError as error:
        found = explain(error, body)
        raise Problem(found.message, place=found.path, mend=found.fix) from None


def plain(node: Node) -> Json:
    """The node as JSON values."""
    return msgspec.json.decode(msgspec.json.encode(node))


def read(body: Any, at: str) -> Any:
    """What stands at a JSON Pointer, None where nothing does."""
    for part in at.split("/")[1:]:
        if isinstance(body, dict):
            body = cast(Json, body).get(part)
        elif isinstance(body, list) and part.isdecimal() and int(part) < len(cast(list[Any], body)):
            body = cast(list[Any], body)[int(part)]
        else:
            return None
    return body


def write(body: Json, at: str, value: Any) -> None:
    """Put a value at a JSON Pointer whose parent is there; None takes the place away."""
    parent, _slash, name = at.rpartition("/")
    around = read(body, parent) if parent else body
    if isinstance(around, list):
        cast(list[Any], around)[int(name)] = value
    elif isinstance(around, dict):
        if value is None:
            cast(Json, around).pop(name, None)
        else:
            around[name] = value


def split_time(duration: str) -> tuple[str, str]:
    """A duration as a number and the largest unit that leaves no rest: PT23H → ("23", "H")."""
    total = int(seconds(duration))
    unit, length = next((u, n) for u, n in UNITS if (total % n == 0 and total >= n) or n == 1)
    return str(total // length), unit


def join_time(number: str, unit: str) -> str | None:
    """("23", "H") → "PT23H"; None where no number was typed."""
    if not number.strip().isdecimal() or unit not in dict(UNITS):
        return None
    return f"P{int(number)}D" if unit == "D" else f"PT{int(number)}{unit}"
