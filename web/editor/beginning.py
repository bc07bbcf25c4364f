"""What a new flow begins as: a trigger, a question, an end. It answers from its first moment."""

import re
import unicodedata
from collections.abc import Container

import msgspec

from flowengine.flow import Flow
from web.problems import Problem
from web.publishing import read_flow
from web.texts import Texts, _

START = {"inicio": (80, 160), "pergunta": (440, 136), "fim": (800, 160)}

PAGES = frozenset({"new", "triggers", "import"})
"""Pages beside the flows': a flow of such a key would stand behind them."""


def first_draft(name: str, t: Texts, taken: Container[str] = ()) -> Flow:
    """A flow that asks one thing of who writes its name; a problem where that has no letters. One
    in letters that keys have none of (Arabic, Chinese …) has the next free key: "fluxo-2"."""
    key, word = key_of(name), word_of(name)
    if not key and not word.replace("_", ""):
        raise Problem(_("O nome precisa de letras ou números."), place="name")
    key = free_key(key) if key else free_key("fluxo", taken)
    question = t(_("Olá! Como posso ajudar?"))
    document = {
        "format": "flowengine/1",
        "key": key,
        "name": name,
        "language": t.language,
        "nodes": [
            {"id": "inicio", "type": "trigger", "on": {"kind": "keyword", "words": [word]}},
            {
                "id": "pergunta",
                "type": "ask",
                "contents": [{"kind": "text", "text": question}],
                "expect": {"kind": "any"},
            },
            {"id": "fim", "type": "end"},
        ],
        "edges": [
            {"from": "inicio", "to": "pergunta"},
            {"from": "pergunta", "exit": "reply", "to": "fim"},
        ],
        "view": {"nodes": START},
    }
    return read_flow(msgspec.json.encode(document))


def key_of(name: str) -> str:
    """A key for a name: "Agenda do João" → "agenda-do-joao"."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:64].rstrip("-")


def word_of(name: str) -> str:
    """What somebody would write to begin a flow of this name: "Banho & Tosa!" → "banho tosa"."""
    return re.sub(r"\W+", " ", name.lower()).strip()[:64].rstrip()


def free_key(key: str, taken: Container[str] = ()) -> str:
    """The key itself, else with the first number that is free: "pesquisa-2"."""
    free, number = key, 2
    while free in taken or free in PAGES:
        free, number = f"{key[:60]}-{number}", number + 1
    return free
