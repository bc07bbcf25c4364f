"""Bodies that other systems could answer with: made up from what a flow reads out of them."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from typing import Any, cast

from flowengine.explore.names import Name, Names
from flowengine.explore.reads import ITEM, Path
from flowengine.explore.steering import MONDAY, generic
from flowengine.nodes import AiReply, Http
from flowengine.values import Save

MOST = 12
"""Bodies that are tried for one call."""


def bodies(names: Names, flow: str, node: Http) -> list[Any]:
    """The plainest first; then with each value that decides something further on; then nothing."""
    whole = _body(names, flow, node.save, {})
    found = [whole]
    for save in node.save:
        for name in names.below((flow, (save.to,))):
            for value in names.values.get(name, ()):
                found.append(_body(names, flow, node.save, {name: value}))
    if node.save:
        found.append({})
    unique: list[Any] = []
    for body in found:
        if body not in unique:
            unique.append(body)
    return unique[:MOST]


def _body(names: Names, flow: str, saves: tuple[Save, ...], fixed: dict[Name, Any]) -> Any:
    body: Any = {}
    for save in saves:
        value = sample(names, (flow, (save.to,)), fixed)
        body = _put(body, [part for part in save.path.split("/")[1:] if part], value)
    return body


def _put(body: Any, path: list[str], value: Any) -> Any:
    if not path:
        if isinstance(body, dict) and isinstance(value, dict):
            return {**cast("dict[str, Any]", body), **cast("dict[str, Any]", value)}
        return value
    holder = cast("dict[str, Any]", body) if isinstance(body, dict) else {}
    return {**holder, path[0]: _put(holder.get(path[0], {}), path[1:], value)}


def sample(names: Names, name: Name, fixed: dict[Name, Any] | None = None, at: int = 0) -> Any:
    """A value for a name, of its declared type and with all that is read below it."""
    fixed = fixed or {}
    if name in fixed:
        return deepcopy(fixed[name])
    flow, path = name
    kind = names.declared.get(flow, {}).get(path[0], "text") if len(path) == 1 else ""
    children = _children(names, name)
    if ITEM in children or kind == "list" or (not children and names.hints.get(name) == "list"):
        each = (flow, (*path, ITEM))
        return [sample(names, each, fixed, number) for number in (1, 2)]
    if children:
        return {key: sample(names, (flow, (*path, key)), fixed, at) for key in children}
    return _leaf(kind or names.hints.get(name, "text"), path, at)


def _children(names: Names, name: Name) -> list[str]:
    size = len(name[1])
    longer = (each[1] for each in names.below(name) if len(each[1]) > size)
    return list(dict.fromkeys(path[size] for path in longer))


def _leaf(kind: str, path: Path, at: int) -> Any:
    day = MONDAY + timedelta(days=8, hours=at)
    match kind:
        case "number":
            return 5 + at
        case "boolean":
            return True
        case "date":
            return day.isoformat() if len(path) > 1 else day.date().isoformat()
        case "datetime":
            return day.isoformat()
        case "time":
            return "10:00"
        case "duration":
            return "PT1H"
        case "object":
            return {"id": f"{path[-1]}-1"}
        case "location":
            return {"latitude": -23.5891, "longitude": -46.6344}
        case "media":
            return {"kind": "image", "url": "https://exemplo.com.br/foto.jpg"}
        case _:
            last = path[-1] if path[-1] != ITEM else path[0]
            return f"{last}-{at}" if at else last


def extracts(names: Names, flow: str, node: AiReply) -> Iterator[dict[str, Any]]:
    """What a model could take out of the conversation: each value that decides something."""
    plain = {each.to: sample(names, (flow, (each.to,))) for each in node.extract}
    yield plain
    for each in node.extract:
        for value in names.of(flow, (each.to,)) or generic(each.type)[:1]:
            yield {**plain, each.to: value}
    if node.extract:
        yield {}
