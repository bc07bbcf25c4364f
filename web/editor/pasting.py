"""What somebody has already becomes a flow to begin with: a menu's text, rows of a table, a chat.

    Olá! Como posso ajudar?          titulo;descrição
    1 - Vendas                       Banho;Cães e gatos
    2 - Suporte                      Tosa;

A menu and a table become a question with its choices, each leading to a message to fill in; a chat
exported from WhatsApp becomes the bot's own words with a wait between them.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Literal

from msgspec import Struct

from web.editor.pasted_chat import is_chat, read_chat
from web.editor.pasted_table import HEADS, rows_of

Json = dict[str, Any]

MOST, TITLE = 10, 24
"""Rows of a WhatsApp list, and characters of a row's title."""

MOST_CHOICES, MOST_TURNS = 300, 1000
"""Choices of a menu, over all of its lists, and answers of a chat; what is beyond is told."""

LONGEST = 4000
"""Characters of one message."""

MORE = "mais-opcoes"
"""The choice that leads to the next list."""

BUTTON = 20
"""Characters of a button; three of them fit."""

_OPTION = re.compile(
    r"^\s*(?:\*?\(?(?:\d{1,2}|[a-jA-J])\)?\*?\s*[-–—.):]+|[•●▪*-]|(?:\d\ufe0f?\u20e3))\s*(.+?)\s*$"
)
_INVISIBLE = re.compile("[\u200e\u200f\u202a-\u202e\ufeff]")


class Pasted(Struct, frozen=True):
    """Nodes and edges of a new flow, without its trigger; `first` is where it begins. `said`: what
    a customer says after the word that begins it, for its first talk. `left`: what had no room.
    `bot`: whose part of a chat the flow speaks; `missing`: what its export did not hold."""

    nodes: tuple[Json, ...]
    edges: tuple[Json, ...]
    first: str
    said: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    bot: str = ""
    missing: int = 0


class Choice(Struct, frozen=True):
    title: str
    description: str = ""


class Words(Struct, frozen=True):
    """What a skeleton says by itself. `prompt`: a table's question; `todo`: messages that are still
    to be written; `more`: the row that leads to the next list; `button`: opens a list; `done`: how
    it ends."""

    prompt: str
    todo: str
    more: str = "Mais opções"
    button: str = "Ver opções"
    done: str = "atendido"


def kind_of(text: str) -> Literal["chat", "table", "menu", "text"]:
    """What the text looks like."""
    lines = lines_of(text)
    if is_chat(lines):
        return "chat"
    if rows_of(_INVISIBLE.sub("", text)):
        return "table"
    return "menu" if sum(bool(_OPTION.match(line)) for line in lines) >= 2 else "text"


def read_pasted(text: str, words: Words) -> Pasted:
    """The skeleton that a text becomes."""
    match kind_of(text):
        case "chat":
            return from_chat(text, words)
        case "table":
            return question(words.prompt, from_table(text), words)
        case "menu":
            said = [line for line in lines_of(text) if not _OPTION.match(line)]
            found = [hit[1] for line in lines_of(text) if (hit := _OPTION.match(line))]
            choices = [Choice(clean(each)) for each in found]
            return question("\n".join(said) or words.prompt, choices, words)
        case _:
            messages = [{"kind": "text", "text": literal(each)} for each in pieces_of(text.strip())]
            said = {"id": "ola", "type": "message", "contents": messages}
            return Pasted((said, end_of(words)), ({"from": "ola", "to": "fim"},), "ola")


def lines_of(text: str) -> list[str]:
    return [_INVISIBLE.sub("", line).rstrip() for line in text.splitlines() if line.strip()]


def clean(title: str) -> str:
    """A title without WhatsApp's marks around it."""
    return title.strip(" *_~`;:.")


def from_table(text: str) -> list[Choice]:
    """Rows of a table: title, then perhaps a description; a head line is left out. Where the first
    cell is empty the next that is not is the title."""
    rows = rows_of(_INVISIBLE.sub("", text))
    if fold(rows[0][0]) in HEADS:
        rows = rows[1:]
    filled = [[cell for cell in row if cell] if not row[0] else row for row in rows]
    return [Choice(row[0], row[1] if len(row) > 1 else "") for row in filled]


def end_of(words: Words) -> Json:
    return {"id": "fim", "type": "end", "outcome": words.done}


def question(text: str, choices: list[Choice], words: Words) -> Pasted:
    """A question with these choices, each with a message of its own behind it. More than one list
    shows go on in further ones, each behind the last row of the one before."""
    kept = choices[:MOST_CHOICES]
    ids = ids_of([choice.title for choice in kept])
    pages = list(paged(list(zip(ids, kept, strict=True))))
    menus = [menu_of(text, page, at, at < len(pages), words) for at, page in enumerate(pages, 1)]
    answers = [
        {
            "id": id,
            "type": "message",
            "title": choice.title,
            "contents": [{"kind": "text", "text": literal(words.todo.format(title=choice.title))}],
        }
        for id, choice in zip(ids, kept, strict=True)
    ]
    edges: list[Json] = []
    for at, page in enumerate(pages, 1):
        here = menu_id(at)
        edges += [{"from": here, "exit": f"choice:{id}", "to": id} for id, _choice in page]
        if at < len(pages):
            edges.append({"from": here, "exit": f"choice:{MORE}", "to": menu_id(at + 1)})
        edges.append({"from": here, "exit": "timeout", "to": "fim"})
    edges += [{"from": id, "to": "fim"} for id in ids]
    said = tuple(literal(choice.title[:TITLE]) for choice in kept[:1])
    left = tuple(choice.title for choice in choices[MOST_CHOICES:])
    return Pasted((*menus, *answers, end_of(words)), tuple(edges), "menu", said, left)


Page = list[tuple[str, Choice]]
"""Ids and choices of one list."""


def paged(choices: Page) -> Iterator[Page]:
    """As many as a list shows; where others follow, one row less, which leads to them."""
    while len(choices) > MOST:
        yield choices[: MOST - 1]
        choices = choices[MOST - 1 :]
    yield choices


def menu_id(at: int) -> str:
    return "menu" if at == 1 else f"menu-{at}"


def menu_of(text: str, page: Page, at: int, goes_on: bool, words: Words) -> Json:
    """One question: buttons where they fit, else a list."""
    short = all(len(choice.title) <= BUTTON and not choice.description for _id, choice in page)
    buttons = len(page) <= 3 and short and at == 1 and not goes_on
    listed = [row_of(id, choice, buttons) for id, choice in page]
    if goes_on:
        listed.append({"id": MORE, "title": words.more})
    content: Json = {"kind": "buttons" if buttons else "list", "text": literal(text)}
    content["buttons" if buttons else "rows"] = listed
    if not buttons:
        content["button"] = words.button
    return {
        "id": menu_id(at),
        "type": "ask",
        "contents": [content],
        "expect": {"kind": "choice"},
        "timeout": "PT23H",
    }


def row_of(id: str, choice: Choice, button: bool) -> Json:
    row: Json = {"id": id, "title": literal(choice.title[: BUTTON if button else TITLE])}
    if choice.description:
        row["description"] = literal(choice.description[:72])
    elif not button and len(choice.title) > TITLE:
        row["description"] = literal(choice.title[:72])
    return row


def from_chat(text: str, said: Words) -> Pasted:
    """An exported chat: who answered is the bot, and a wait stands wherever the other wrote."""
    chat = read_chat(lines_of(text))
    every = [turn.words for turn in chat.turns if turn.bot]
    spoken, left = every[:MOST_TURNS], every[MOST_TURNS:]
    nodes: list[Json] = []
    for number, words in enumerate(spoken, 1):
        last = number == len(spoken)
        node: Json = {
            "id": f"fala-{number}",
            "type": "message" if last else "ask",
            "contents": [{"kind": "text", "text": literal(each)} for each in pieces_of(words)],
        }
        nodes.append(node if last else node | {"expect": {"kind": "any"}, "timeout": "PT23H"})
    nodes.append(end_of(said))
    edges: list[Json] = []
    for node, after in pairwise(nodes):
        exit = "reply" if node["type"] == "ask" else "next"
        edges.append({"from": node["id"], "exit": exit, "to": after["id"]})
        if node["type"] == "ask":
            edges.append({"from": node["id"], "exit": "timeout", "to": "fim"})
    written = [turn.words[:1000] for turn in chat.turns if not turn.bot][: len(spoken) - 1]
    first = str(nodes[0]["id"])
    return Pasted(
        tuple(nodes), tuple(edges), first, tuple(written), tuple(left), chat.bot, chat.missing
    )


def pieces_of(words: str) -> list[str]:
    """Words as messages that WhatsApp takes: a long one is several."""
    return [words[at : at + LONGEST] for at in range(0, len(words), LONGEST)]


def ids_of(titles: list[str]) -> list[str]:
    """An id for each title, each once."""
    found: list[str] = []
    for number, title in enumerate(titles, 1):
        plain = re.sub(r"[^a-z0-9]+", "-", fold(title)).strip("-")[:40] or f"opcao-{number}"
        ours = plain in ("fim", "inicio", MORE) or re.fullmatch(r"menu(-\d+)?", plain)
        id = f"{plain}-opcao-{number}" if ours else plain
        found.append(id if id not in found else f"{id}-{number}")
    return found


def fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return plain.lower().strip()


def literal(text: str) -> str:
    """Words as a template that says them: braces of the pasted text are no code."""
    return re.sub(r"\{(?=[{%#])", "{ ", text)
