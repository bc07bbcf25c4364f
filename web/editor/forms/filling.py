"""A step's form: what it shows of a node, and the node that what was typed makes of it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

import msgspec

from flowengine.errors import FlowError
from flowengine.json_text import read_object
from flowengine.mistakes import explain
from flowengine.nodes import Node
from web.editor.forms import acting, conditions, deciding, leading, talking
from web.editor.forms.changing import change
from web.editor.forms.making import Maker
from web.editor.forms.pieces import Around, Field, Json, Piece, fields_in, read, write
from web.editor.forms.refused import refused
from web.editor.forms.reshaping import RESHAPES
from web.editor.forms.values import KINDS, sent
from web.forms import Form
from web.problems import Problem
from web.refused import Refused
from web.texts import _

FORMS: dict[str, Callable[[Maker], list[Piece]]] = {
    "trigger": leading.trigger,
    "message": talking.message,
    "ask": talking.ask,
    "wait": talking.wait,
    "condition": conditions.condition,
    "set": acting.assign,
    "tag": acting.tag,
    "delay": deciding.delay,
    "hours": deciding.hours,
    "split": deciding.split,
    "loop": deciding.loop,
    "http": acting.http,
    "ai_reply": acting.ai_reply,
    "transfer": leading.transfer,
    "flow": leading.flow,
    "start": leading.start,
    "cancel": leading.cancel,
    "notify": leading.notify,
    "consent": leading.consent,
    "end": leading.end,
}

_encoder = msgspec.json.Encoder(decimal_format="number", order="deterministic")


def plain(node: Node) -> Json:
    """The node as JSON values."""
    return read_object(_encoder.encode(node), "{")


def form_of(node: Node, around: Around) -> tuple[Piece, ...]:
    """The pieces of a node's form. Cost: ~100 µs."""
    return _pieces(node, plain(node), around)


def _pieces(node: Node, body: Json, around: Around) -> tuple[Piece, ...]:
    defaults = {
        field.encode_name: getattr(node, field.name) for field in msgspec.structs.fields(node)
    }
    return tuple(FORMS[str(body["type"])](Maker(body, around, defaults)))


def fill(node: Node, form: Form, around: Around) -> Node:
    """The node with what was typed, and with what a button of the form did.

    Raises `Problem` with the field where that makes no node.
    """
    body = plain(node)
    late: list[tuple[Field, str]] = []
    for field in fields_in(_pieces(node, body, around)):
        came = sent(form, field.at, field.shown)
        if came is None or came == field.shown:
            continue
        if field.side in RESHAPES:
            late.append((field, came[""][0] if came.get("") else ""))
        else:
            write(body, field.at, take(field, form))
    for field, chosen in sorted(late, key=lambda pair: -pair[0].at.count("/")):
        RESHAPES[field.side](body, field.at, chosen, around.workspace)
    change(body, form.raw("action", ""), around.workspace, around.t)
    tidy(body)
    for name in ("title", "note"):
        body[name] = form.raw(name, str(getattr(node, name))).strip()
    return read_node(body)


def take(field: Field, form: Form) -> Any:
    value = KINDS[field.kind].take(form, field.at, field.required)
    if field.side == "numbers":
        try:
            return [int(each) for each in cast("list[str]", value or [])]
        except ValueError:
            raise Problem(
                _("Escreva códigos como 404, separados por vírgulas."), place=field.at
            ) from None
    if field.side == "path" and value and not str(value).startswith("/"):
        return "/" + str(value).replace(".", "/")
    return "" if value is None and field.side == "path" else value


def tidy(body: Json) -> None:
    """Objects that lost what they are for go away."""
    for name, needed in (("auth", "secret"), ("result", "name"), ("interrupts", "scope")):
        if name in body and not cast(Json, body[name] or {}).get(needed):
            del body[name]
    heard = body.get("on")
    if isinstance(heard, dict) and cast(Json, heard).get("audience") == {}:
        del heard["audience"]
    for assign in cast("list[Json]", body.get("assign", [])):
        if assign.get("op") == "clear":
            assign.pop("value", None)


def from_json(node: Node, raw: str) -> Node:
    """The node that a person wrote as JSON; its id stays. A problem where it cannot be read."""
    try:
        body = read_object(raw.encode(), '{"type": "message", …}')
    except FlowError as error:
        raise Refused(error) from None
    body["id"] = node.id
    return read_node(body, as_json=True)


def read_node(body: Json, *, as_json: bool = False) -> Node:
    """The node of some JSON values; a problem with its place where they make none, in the words of
    the form, or of the document where somebody wrote that (`as_json`)."""
    try:
        return msgspec.json.decode(_encoder.encode(body), type=Node)
    except msgspec.ValidationError as error:
        found = explain(error, body)
        if not as_json:
            raise refused(error, found.path) from None
        found.values |= {name: str(body.get(name) or "") for name in ("id", "title", "type")}
        raise Refused(found) from None


def pretty(node: Node) -> str:
    return msgspec.json.format(_encoder.encode(node), indent=2).decode()


def names_given(node: Node) -> dict[str, str]:
    """Variables that this step fills in, and what they will hold: those that it must declare."""
    body = plain(node)
    found: dict[str, str] = {}
    if body.get("save_as"):
        kind = str(read(body, "/expect/kind") or "")
        asked = {"number": "number", "yes_no": "boolean", "date": "date", "datetime": "datetime"}
        asked |= {"media": "media", "location": "location", "contact": "object", "form": "object"}
        found[body["save_as"]] = "object" if body["type"] == "transfer" else asked.get(kind, "text")
        if body.get("save") == "item":
            found[body["save_as"]] = "object"
    if body["type"] == "http":
        found |= {save["to"]: "text" for save in body.get("save", [])}
        if body.get("status_as"):
            found[body["status_as"]] = "number"
    if body["type"] == "flow":
        found |= {save["to"]: "text" for save in body.get("save", [])}
    if body["type"] == "set":
        found |= {each["to"]: _type_of(each) for each in body.get("assign", [])}
    if body["type"] == "ai_reply":
        found |= {each["to"]: each.get("type", "text") for each in body.get("extract", [])}
    return {name: kind for name, kind in found.items() if not name.startswith("contact.")}


def _type_of(assign: Json) -> str:
    value = assign.get("value")
    number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    if number or assign.get("op") == "add":
        return "number"
    return "list" if isinstance(value, list) else "text"
