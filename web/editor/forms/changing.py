"""Buttons of a form: one item more, one less, one place up or down."""

from typing import Any, cast

from flowengine.workspace import Workspace
from web.editor.forms.pieces import Json, read, write
from web.texts import Texts, _

INTERACTIVE = {"buttons", "list", "cta_url", "location_request", "contact_request", "flow"}
LEAF: Json = {"left": {"expr": "message.text"}, "op": "is_not_empty"}


def change(body: Json, action: str, names: Workspace, t: Texts) -> None:
    """`add:WHAT:PLACE`, `remove:PLACE`, `up:PLACE`, `down:PLACE`, `move:PLACE:INDEX`; anything else
    does nothing.
    """
    verb, _colon, rest = action.partition(":")
    match verb:
        case "add":
            what, _colon, at = rest.rpartition(":")
            add(body, what, at, names, t)
        case "remove":
            remove(body, rest)
        case "up" | "down" | "move":
            move(body, action)
        case _:
            pass


def add(body: Json, what: str, at: str, names: Workspace, t: Texts) -> None:
    if what.startswith("content:"):
        add_content(body, what.removeprefix("content:"), names, t)
    elif what == "choice":
        add_button(body, at, t(_("Nova opção")))
    elif what == "section":
        add_section(body, at, t)
    elif what.startswith("save="):
        _save, to, _type, path = what.split("=", 3)
        keep(_list(body, at), to, path)
    elif what in ("when", "wrap", "wrapgroup"):
        wrap(body, what, at)
    elif what == "template":
        found = next(iter(names.templates), None)
        name, language = (found.name, found.language) if found else ("modelo", "pt_BR")
        params = dict.fromkeys(found.params, "") if found else {}
        write(body, at, {"name": name, "language": language, "params": params})
    else:
        items = _list(body, at)
        items.append(fresh_item(what, items, t))


def keep(saves: list[Any], to: str, path: str) -> None:
    """A value of an answer goes into a variable, once; a name that is taken gets a number."""
    if any(each.get("path", "") == path for each in saves):
        return
    taken = {each["to"] for each in saves}
    name = (
        to
        if to not in taken
        else next(f"{to}_{n}" for n in range(2, 99) if f"{to}_{n}" not in taken)
    )
    saves.append({"to": name, "path": path})


def fresh_item(what: str, items: list[Any], t: Texts) -> Any:
    """A new item of a list, as little as it can be."""
    number = len(items) + 1
    fresh: dict[str, Any] = {
        "row": lambda: {"id": free_id(items, "o"), "title": t(_("Nova opção"))},
        "dynamic": lambda: {
            "each": {"expr": "itens"}, "id": "{{ item.id }}", "title": "{{ item.nome }}"
        },
        "phone": lambda: {"phone": "+55 11 99999-0000"},
        "event": lambda: {"exit": free_id(items, "aviso", "exit"), "name": "pedido.pago"},
        "case": lambda: {"id": free_id(items, "c"), "label": "", "when": dict(LEAF)},
        "leaf": lambda: dict(LEAF),
        "group": lambda: {"any": [dict(LEAF)]},
        "variant": lambda: {"id": free_id(items, "v")},
        "assign": lambda: {"to": f"dado_{number}", "value": ""},
        "save": lambda: {"to": f"dado_{number}", "path": ""},
        "status": lambda: {"id": free_id(items, "saida-"), "status": [404]},
        "outcome": lambda: {"id": free_id(items, "saida-"), "when": ""},
        "extract": lambda: {"to": f"dado_{number}"},
        "tool": lambda: {"name": f"ferramenta_{number}"},
    }  # fmt: skip
    return fresh[what]() if what in fresh else {}


def free_id(items: list[Any], stem: str, name: str = "id") -> str:
    taken = {each.get(name) for each in items if isinstance(each, dict)}  # pyright: ignore
    return next(f"{stem}{n}" for n in range(1, 1000) if f"{stem}{n}" not in taken)


def _list(body: Json, at: str) -> list[Any]:
    found = read(body, at)
    if not isinstance(found, list):
        found = []
        write(body, at, found)
        found = read(body, at)
    return cast("list[Any]", found)


# -- contents -----------------------------------------------------------------------------------


def add_content(body: Json, kind: str, names: Workspace, t: Texts) -> None:
    """One more thing said; what can be tapped stays last, and there is one of it at most."""
    media: Json = {"url": "https://"}
    words = t(_("Escreva aqui a sua mensagem."))
    fresh: dict[str, Json] = {
        "text": {"text": words},
        "location": {"latitude": -23.5505, "longitude": -46.6333},
        "contact": {"name": "Ana"},
        "cta_url": {"text": words, "title": t(_("Abrir o site")), "url": "https://"},
        "location_request": {"text": words},
        "contact_request": {"text": words},
        "reaction": {"emoji": "👍"},
    }
    made: Json = {"kind": kind, **fresh.get(kind, {"media": media})}
    if kind == "template":
        found = next(iter(names.templates), None)
        made = {"kind": kind, "name": found.name if found else "modelo"}
        made["language"] = found.language if found else "pt_BR"
        made["params"] = dict.fromkeys(found.params, "") if found else {}
    contents = _list(body, "/contents")
    last = bool(contents) and contents[-1]["kind"] in INTERACTIVE
    if last and kind in INTERACTIVE:
        contents[-1] = made
    else:
        contents.insert(len(contents) - 1 if last else len(contents), made)
    settle(body)


def add_button(body: Json, at: str, label: str) -> None:
    """A text with its first button is a question; a fourth button makes a list of it."""
    content = cast(Json, read(body, at))
    if content["kind"] == "text":
        content["kind"] = "buttons"
        content.pop("preview_url", None)
        content["buttons"] = []
        contents = cast("list[Any]", body["contents"])
        contents.append(contents.pop(contents.index(content)))
        settle(body)
    name = "buttons" if content["kind"] == "buttons" else "rows"
    choices = content.setdefault(name, [])
    choices.append({"id": free_id(choices, "o"), "title": label})
    if name == "buttons" and len(choices) > 3:
        content.update(kind="list", rows=content.pop("buttons"))
        for gone in ("media", "media_kind"):
            content.pop(gone, None)


def add_section(body: Json, at: str, t: Texts) -> None:
    """The first section takes the rows that there are."""
    content = cast(Json, read(body, at.rpartition("/")[0]))
    sections = content.setdefault("sections", [])
    rows = content.pop("rows", None) or [
        {"id": f"s{len(sections) + 1}", "title": t(_("Nova opção"))}
    ]
    sections.append({"title": t(_("Seção {n}"), n=len(sections) + 1), "rows": rows})


def settle(body: Json) -> None:
    """A message that offers something to tap is a question; one without it takes any text."""
    contents = cast("list[Json]", body.get("contents", []))
    kind = contents[-1]["kind"] if contents else ""
    offers = kind in ("buttons", "list")
    if offers and body["type"] == "message":
        body["type"] = "ask"
        for name in ("each", "as", "max"):
            body.pop(name, None)
    if body["type"] != "ask":
        return
    if offers:
        body["expect"] = {"kind": "choice"}
    elif kind == "location_request":
        body["expect"] = {"kind": "location"}
    elif kind == "contact_request":
        body["expect"] = {"kind": "contact"}
    elif body.get("expect") == {"kind": "choice"} and kind != "template":
        body["expect"] = {"kind": "text"}


# -- conditions ---------------------------------------------------------------------------------


def wrap(body: Json, what: str, at: str) -> None:
    """A lone comparison becomes a list of it and a new one."""
    if what == "when":
        write(body, at, dict(LEAF))
        return
    old = read(body, at)
    second = dict(LEAF) if what == "wrap" else {"any": [dict(LEAF)]}
    write(body, at, {"all": [old, second]})


# -- less, and elsewhere ------------------------------------------------------------------------


def remove(body: Json, at: str) -> None:
    """An item goes, and with the last one of a list whatever cannot do without."""
    parent, _slash, name = at.rpartition("/")
    around = read(body, parent) if parent else body
    if isinstance(around, list):
        items = cast("list[Any]", around)
        if not name.isdecimal() or int(name) >= len(items):
            return
        del items[int(name)]
        if not items:
            emptied(body, parent)
    else:
        write(body, at, None)
    if "contents" in body:
        settle(body)


def emptied(body: Json, at: str) -> None:
    """The list at this place has nothing in it any more."""
    parent, _slash, name = at.rpartition("/")
    match name:
        case "buttons" | "rows" if parent.startswith("/contents") and parent.count("/") == 2:
            content = cast(Json, read(body, parent))
            if content["kind"] in ("buttons", "list") and not content.get("sections"):
                write(body, parent, {"kind": "text", "text": content["text"]})
        case "rows":
            remove(body, parent)
        case "sections":
            content = cast(Json, read(body, parent))
            write(body, parent, {"kind": "text", "text": content["text"]})
        case "all" | "any":
            gone = parent.removesuffix("/not")
            if gone.rpartition("/")[2] == "when" and gone.startswith("/cases"):
                write(body, gone, dict(LEAF))
            else:
                remove(body, gone)
        case _:
            pass


def moved(body: Json, action: str) -> tuple[str, int, int] | None:
    """What `up`, `down` or `move` does to a list: its place, an item's index and its next one.

    None where the item stays. What can be tapped stays the last of what is said.
    """
    verb, _colon, at = action.partition(":")
    at, _colon, to = at.partition(":") if verb == "move" else (at, "", "")
    parent, _slash, name = at.rpartition("/")
    found = read(body, parent)
    if not isinstance(found, list) or not name.isdecimal():
        return None
    items = cast("list[Any]", found)
    here, last = int(name), len(items) - 1
    steps = {"up": here - 1, "down": here + 1}
    there = int(to) if verb == "move" and to.isdecimal() else steps.get(verb, here)
    if parent == "/contents" and items[-1]["kind"] in INTERACTIVE:
        last -= 1
    there = min(there, last)
    return (parent, here, there) if 0 <= here <= last and there >= 0 and here != there else None


def move(body: Json, action: str) -> None:
    """An item of a list one place up or down, or to any other."""
    found = moved(body, action)
    if found is None:
        return
    parent, here, there = found
    items = cast("list[Any]", read(body, parent))
    items.insert(there, items.pop(here))
