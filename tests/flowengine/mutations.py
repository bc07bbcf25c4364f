"""Random edits of a flow document, as a designer makes them from one version to the next."""

import copy
from collections.abc import Callable
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

Json = dict[str, Any]
Edit = Callable[[st.DrawFn, Json], None]

FEWER = settings(max_examples=max(settings().max_examples * 2 // 5, 1))
"""For properties of whole flows: to make one takes longer than what is proved of it."""

TITLES = st.sampled_from(["Título", "Outro título", ""])
TEXTS = st.sampled_from(["Outra coisa", "{{ a }}", "Oi {{ contact.name }}!"])
KINDS = ("text", "number", "boolean", "date", "list", "object")

REPLACEMENTS: list[Json] = [
    {"type": "tag", "add": ["novo"]},
    {"type": "wait", "expect": {"kind": "text"}},
    {"type": "wait", "timeout": "PT1H"},
    {"type": "delay", "for": "PT2H"},
    {"type": "message", "contents": [{"kind": "text", "text": "Novo"}]},
    {"type": "ask", "contents": [{"kind": "text", "text": "?"}], "expect": {"kind": "any"}},
    {"type": "transfer", "to": {"queue": "q"}},
    {"type": "flow", "flow": "filho"},
]


def _some(draw: st.DrawFn, document: Json) -> Json:
    """A node that is no trigger."""
    return draw(st.sampled_from([n for n in document["nodes"] if n["type"] != "trigger"]))


def retitle(draw: st.DrawFn, document: Json) -> None:
    _some(draw, document)["title"] = draw(TITLES)


def move(draw: st.DrawFn, document: Json) -> None:
    view = document.setdefault("view", {}).setdefault("nodes", {})
    view[_some(draw, document)["id"]] = [draw(st.integers(0, 9)), 1]


def reword(draw: st.DrawFn, document: Json) -> None:
    for content in _some(draw, document).get("contents", []):
        content["text"] = draw(TEXTS)


def rename(draw: st.DrawFn, document: Json) -> None:
    node = _some(draw, document)
    old, new = node["id"], f"{node['id']}-novo"
    if any(each["id"] == new for each in document["nodes"]):
        return
    node["id"] = new
    for edge in document["edges"]:
        edge.update({end: new for end in ("from", "to") if edge[end] == old})
    if document.get("start") == old:
        document["start"] = new


def replace(draw: st.DrawFn, document: Json) -> None:
    """Another kind under the same id; edges of exits that it lacks stay, as check would say."""
    node = _some(draw, document)
    new = draw(st.sampled_from(REPLACEMENTS))
    name = node["id"]
    node.clear()
    node.update({"id": name, **copy.deepcopy(new)})


def remove(draw: st.DrawFn, document: Json) -> None:
    node = _some(draw, document)
    if len(document["nodes"]) <= 4 or node["id"] == document.get("start"):
        return
    document["nodes"].remove(node)
    name = node["id"]
    document["edges"] = [e for e in document["edges"] if name not in (e["from"], e["to"])]


def rewire(draw: st.DrawFn, document: Json) -> None:
    if document["edges"]:
        edge = draw(st.sampled_from(document["edges"]))
        edge["to"] = _some(draw, document)["id"]


def unwire(draw: st.DrawFn, document: Json) -> None:
    if document["edges"]:
        document["edges"].remove(draw(st.sampled_from(document["edges"])))


def retype(draw: st.DrawFn, document: Json) -> None:
    listed = [v for v in document.get("variables", []) if v["name"] != "l"]
    if listed:
        draw(st.sampled_from(listed))["type"] = draw(st.sampled_from(KINDS))


def undeclare(draw: st.DrawFn, document: Json) -> None:
    if document.get("variables"):
        document["variables"] = document["variables"][1:]


def rechoose(draw: st.DrawFn, document: Json) -> None:
    """Choices go, come, and change places."""
    for node in document["nodes"]:
        for content in node.get("contents", []):
            buttons = content.get("buttons")
            if not buttons:
                continue
            match draw(st.sampled_from(["go", "come", "turn"])):
                case "go" if len(buttons) > 1:
                    buttons.pop(0)
                case "come":
                    content["buttons"] = [{"id": "z", "title": "Zê"}, *buttons][:3]
                case _:
                    buttons.reverse()


def shuffle(draw: st.DrawFn, document: Json) -> None:
    """The order of nodes, edges and variables means nothing (but where an exit has two edges)."""
    exits = [(edge["from"], edge.get("exit")) for edge in document["edges"]]
    if len(set(exits)) != len(exits):
        return
    for key in ("nodes", "edges", "variables"):
        document[key] = draw(st.permutations(document.get(key, [])))


EDITS = (
    retitle,
    move,
    reword,
    rename,
    replace,
    remove,
    rewire,
    unwire,
    retype,
    undeclare,
    rechoose,
    shuffle,
)
HARMLESS = (retitle, move, shuffle)
"""Edits that change nothing that a customer could notice."""


@st.composite
def edited(draw: st.DrawFn, document: Json, edits: tuple[Edit, ...] = EDITS, most: int = 4) -> Json:
    """The document after a few edits; it still parses and compiles."""
    new = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, most))):
        draw(st.sampled_from(edits))(draw, new)
    return new
