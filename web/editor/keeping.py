"""From a step's new content to operations: exits renamed with their lines, variables declared."""

import re
from typing import Any, cast

import msgspec

from flowengine.editing import Clip, Connect, Op, Put, SetFlow, Translate, paste
from flowengine.flow import Flow
from flowengine.nodes import Http, Loop, Message, Node
from web.editor.forms.changing import moved
from web.editor.forms.filling import names_given, plain
from web.editor.forms.pieces import Json

RENAMED = {
    "split": ("variants", "id", "variant:"),
    "http": ("exits", "id", "status:"),
    "ai_reply": ("outcomes", "id", "outcome:"),
    "ask": ("events", "exit", "event:"),
    "wait": ("events", "exit", "event:"),
}


def put_step(flow: Flow, old: Node, new: Node, action: str) -> tuple[Op, ...]:
    """The operations that put `new` in the place of `old`; none where they are equal."""
    if new == old:
        return ()
    ops: list[Op] = [Put(node=new)]
    ops += rejoined(flow, old, new)
    ops += moved_texts(flow, old, action)
    ops += declared(flow, old, new, action)
    return tuple(ops)


def rejoined(flow: Flow, old: Node, new: Node) -> list[Op]:
    """A renamed exit keeps its line."""
    before, after = plain(old), plain(new)
    if before["type"] != after["type"] or before["type"] not in RENAMED:
        return []
    name, field, stem = RENAMED[before["type"]]
    was, now = before.get(name, []), after.get(name, [])
    if len(was) != len(now):
        return []
    new_names = {
        f"{stem}{a[field]}": f"{stem}{b[field]}"
        for a, b in zip(was, now, strict=True)
        if a[field] != b[field]
    }
    kept = {f"{stem}{each[field]}" for each in now}
    return [
        Connect(from_=new.id, exit=new_names[edge.exit], to=edge.to)
        for edge in flow.edges
        if edge.from_ == new.id and edge.exit in new_names and edge.exit not in kept
    ]


def moved_texts(flow: Flow, old: Node, action: str) -> list[Op]:
    """Translations go with the items that a button of the form moved or took away."""
    found = _shift(old, action)
    if found is None:
        return []
    parent, here, there = found
    ops: list[Op] = []
    for language, nodes in flow.translations.items():
        texts = nodes.get(old.id)
        if texts and any(path.startswith(f"{parent}/") for path in texts):
            kept = {
                new: texts[path] for path in texts if (new := _moved(path, parent, here, there))
            }
            ops.append(Translate(language=language, node=old.id, texts=kept or None))
    return ops


def _shift(old: Node, action: str) -> tuple[str, int, int | None] | None:
    """The list that an action changes, an item's index, and where it goes: None, away."""
    verb, _colon, at = action.partition(":")
    parent, _slash, index = at.rpartition("/")
    if verb == "remove" and index.isdecimal():
        return parent, int(index), None
    return moved(plain(old), action) if verb in ("up", "down", "move") else None


def _moved(path: str, parent: str, here: int, there: int | None) -> str:
    """Where a text stands afterwards; "" where it is gone."""
    if not path.startswith(f"{parent}/"):
        return path
    number, slash, rest = path.removeprefix(f"{parent}/").partition("/")
    if not number.isdecimal():
        return path
    at = int(number)
    if at == here:
        return "" if there is None else f"{parent}/{there}{slash}{rest}"
    at -= at > here
    if there is not None:
        at += at >= there
    return f"{parent}/{at}{slash}{rest}"


# -- variables ----------------------------------------------------------------------------------


def declared(flow: Flow, old: Node, new: Node, action: str = "") -> list[Op]:
    """Names that the step fills in are declared by themselves; one of no more use goes."""
    known = {each.name: each for each in (*flow.variables, *flow.inputs)}
    given = names_given(new) | _items(new)
    if action.startswith("add:save=") and isinstance(new, Http) and new.save:
        given[new.save[-1].to] = action.split("=")[2]
    fresh = [{"name": name, "type": kind} for name, kind in given.items() if name not in known]
    gone = (names_given(old) | _items(old)).keys() - given.keys()
    unused = {name for name in gone if not _is_read(flow, new, name)}
    kept = [plain_variable(each) for each in flow.variables if each.name not in unused]
    if not fresh and len(kept) == len(flow.variables):
        return []
    return [SetFlow(part="variables", value=[*kept, *fresh])]


def pasted(flow: Flow, piece: Clip, at: tuple[float, float]) -> tuple[Op, ...]:
    """What a clip becomes here: its steps, and the variables that they fill in."""
    known = {each.name for each in (*flow.variables, *flow.inputs)}
    given: dict[str, str] = {}
    for node in piece.nodes:
        given |= names_given(node) | _items(node)
    fresh = [{"name": name, "type": kind} for name, kind in given.items() if name not in known]
    ops = paste(flow, piece, at)
    if not fresh:
        return ops
    kept = [plain_variable(each) for each in flow.variables]
    return (*ops, SetFlow(part="variables", value=[*kept, *fresh]))


def _items(node: Node) -> dict[str, str]:
    if isinstance(node, Loop):
        return {node.as_: "object"}
    if isinstance(node, Message) and node.each is not None:
        return {node.as_: "object"}
    return {}


def plain_variable(variable: Any) -> Json:
    return cast(Json, msgspec.to_builtins(variable))


def _is_read(flow: Flow, new: Node, name: str) -> bool:
    word = re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w)".encode())
    others = (node for node in flow.nodes if node.id != new.id)
    return any(word.search(msgspec.json.encode(node)) for node in (*others, new))
