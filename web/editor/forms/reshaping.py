"""Choices that make another form of a step: what is awaited, what begins it, how parts are joined.

Each gets the node's JSON, the place of the choice and what was chosen. They are done last, the
deepest first, because they move what other fields stand on.
"""

from collections.abc import Callable
from typing import Any, cast

from flowengine.conditions.when import UNARY
from flowengine.workspace import Workspace
from web.editor.forms.conditions import BARE, LISTS, unfold
from web.editor.forms.pieces import Json, read, write

Reshape = Callable[[Json, str, str, Workspace], None]


def expect(body: Json, _at: str, kind: str, _names: Workspace) -> None:
    if kind:
        body["expect"] = {"kind": kind} | ({"pattern": "."} if kind == "pattern" else {})
    else:
        body.pop("expect", None)


BEGUN: dict[str, Json] = {
    "keyword": {"words": ["oi"]},
    "link": {"text": "Olá"},
    "button": {"payload": "Sim"},
    "cron": {"expression": "0 9 * * mon-fri"},
    "event": {"name": "pedido.criado"},
    "tag_added": {"tag": "vip"},
    "field_changed": {"field": "campo"},
}


def on(body: Json, _at: str, kind: str, names: Workspace) -> None:
    begun = dict(BEGUN.get(kind, {}))
    if kind == "tag_added" and names.tags:
        begun["tag"] = names.tags[0]
    if kind == "field_changed" and names.fields:
        begun["field"] = next(iter(names.fields))
    body["on"] = {"kind": kind, **begun}


def interrupts(body: Json, _at: str, scope: str, _names: Workspace) -> None:
    if scope:
        body["interrupts"] = {**body.get("interrupts", {}), "scope": scope}
    else:
        body.pop("interrupts", None)


def delay(body: Json, _at: str, mode: str, names: Workspace) -> None:
    body.pop("for", None)
    body.pop("until", None)
    match mode:
        case "open":
            body["until"] = {"open": next(iter(names.schedules), "comercial")}
        case "expr":
            body["until"] = {"expr": "now + days(1)"}
        case "forexpr":
            body["for"] = {"expr": "hours(1)"}
        case _:
            body["for"] = "PT1H"


def to(body: Json, _at: str, mode: str, names: Workspace) -> None:
    targets: dict[str, Json] = {
        "owner": {"owner": True},
        "agent": {"agent": "pessoa@exemplo.com.br"},
        "queue": {"queue": next(iter(names.queues), "geral")},
    }
    body["to"] = targets[mode]


def http_body(body: Json, _at: str, mode: str, _names: Workspace) -> None:
    if mode == "none":
        body.pop("body", None)
    else:
        body["body"] = {"nome": {"expr": "contact.name"}} if mode == "pairs" else {"itens": []}


def template(body: Json, at: str, chosen: str, names: Workspace) -> None:
    """Its values keep what was written for names that it shares with the one before."""
    name, _bar, language = chosen.partition("|")
    around = at.rpartition("/")[0]
    found = next((t for t in names.templates if (t.name, t.language) == (name, language)), None)
    kept = cast(Json, read(body, f"{around}/params") or {})
    params = {each: kept.get(each, "") for each in found.params} if found else kept
    buttons = [{"id": b.id, "title": b.title} for b in found.buttons] if found else []
    made: Json = {"name": name, "language": language, "params": params}
    if read(body, f"{around}/kind"):
        made["kind"] = "template"
    write(body, around, made | ({"buttons": buttons} if buttons else {}))


# -- conditions ---------------------------------------------------------------------------------


def mode(body: Json, at: str, chosen: str, _names: Workspace) -> None:
    place = at.removesuffix("#mode")
    when = cast(Json, read(body, place))
    inside: Any = read(when, unfold(when)[1]) or []
    folded: dict[str, Any] = {
        "all": {"all": inside},
        "any": {"any": inside},
        "none": {"not": {"any": inside}},
        "notall": {"not": {"all": inside}},
    }
    write(body, place, folded[chosen])


def operator(body: Json, at: str, op: str, names: Workspace) -> None:
    """The right side is kept where the new operator can read it."""
    place = at.removesuffix("/op")
    when = dict(cast(Json, read(body, place)))
    before, right = when.get("op", ""), when.pop("right", None)
    when["op"] = op
    if op in BARE:
        when.pop("left", None)
    else:
        when.setdefault("left", {"expr": "message.text"})
    if op not in UNARY:
        when["right"] = right_of(op, right if before not in BARE | UNARY else None, names)
    write(body, place, when)


def right_of(op: str, right: Any, names: Workspace) -> Any:
    match op:
        case "has_tag":
            return next(iter(names.tags), "vip")
        case "is_open" | "is_closed":
            return next(iter(names.schedules), "comercial")
        case "media_kind":
            return "image"
        case "between":
            two = isinstance(right, list) and len(cast(list[Any], right)) == 2
            return cast(Any, right) if two else [0, 10]
        case _ if op in LISTS:
            return cast(Any, right) if isinstance(right, list) else [str(right or "sim")]
        case _:
            return "sim" if right is None or isinstance(right, list) else right


RESHAPES: dict[str, Reshape] = {
    "expect": expect,
    "on": on,
    "interrupts": interrupts,
    "delay": delay,
    "to": to,
    "body": http_body,
    "template": template,
    "mode": mode,
    "op": operator,
}
