"""A flow with a step of every kind, each with all that its form can show filled in."""

import itertools
from typing import Any, get_args

from flowengine.nodes import Node
from tests.pages.words import Words

KEY = "passos"
KINDS = tuple(str(kind.__struct_config__.tag) for kind in get_args(Node))
"""Each is also the id of its step."""


def every_kind(say: Words) -> dict[str, Any]:
    """A draft; the call comes first, so that a simulator asks what it answers at once."""
    nodes = [{"id": kind, "title": "", **_forms(say)[kind]} for kind in KINDS]
    nodes = [{**node, "type": node["id"]} for node in nodes]
    order = ["trigger", "http", *(kind for kind in KINDS if kind not in ("trigger", "http", "end")),
             "end"]  # fmt: skip
    lines = [(a, _FORTH.get(a, "next"), b) for a, b in itertools.pairwise(order)]
    lines += [(*each.split(), "end") for each in _LAST]
    lines += [("loop", "item", "loop")]
    return {
        "format": "flowengine/1",
        "key": KEY,
        "name": say("Um passo de cada tipo"),
        "nodes": nodes,
        "edges": [{"from": a, "exit": exit, "to": b} for a, exit, b in lines],
        "variables": [{"name": "pedido", "type": "object"}, {"name": "itens", "type": "list"},
                      {"name": "pontos", "type": "number", "default": 10},
                      {"name": "cidade", "type": "text"}],
        "settings": {"on_problem": {"queue": "atendimento"}},
    }  # fmt: skip


def empty_flow() -> dict[str, Any]:
    return {
        "format": "flowengine/1",
        "key": "vazio",
        "name": "Nada ainda",
        "nodes": [],
        "edges": [],
    }


def warned_flow() -> dict[str, Any]:
    """A draft that runs, and says what nobody may have told it."""
    nodes: list[dict[str, Any]] = [
        {"id": "oi", "type": "trigger", "on": {"kind": "keyword", "words": ["aviso"]}},
        {"id": "diz", "type": "message",
         "contents": [{"kind": "text", "text": "Você tem {{ idade }} anos."}]},
        {"id": "fim", "type": "end"},
    ]  # fmt: skip
    return {
        "format": "flowengine/1",
        "key": "com-aviso",
        "name": "Um rascunho com um aviso",
        "nodes": nodes,
        "edges": [{"from": "oi", "to": "diz"}, {"from": "diz", "to": "fim"}],
        "variables": [{"name": "idade", "type": "number"}],
        "settings": {"on_problem": {"queue": "atendimento"}},
    }


_FORTH = {
    "ask": "choice:banho",
    "wait": "reply",
    "condition": "case:ouro",
    "hours": "open",
    "split": "variant:curto",
    "loop": "done",
    "http": "ok",
    "transfer": "closed",
}
_LAST = ("wait event:pago", "ask choice:spa", "ask choice:tosa", "condition case:resto",
         "condition else", "hours closed", "split variant:longo",
         "http status:nao-achou")  # fmt: skip
"""Exits that lead to the end; a round of the loop leads back."""


def _forms(say: Words) -> dict[str, dict[str, Any]]:
    ask = say("Qual serviço, {{ contact.name }}? Pode escolher mais de um depois.")
    rows = [{"id": id, "title": say(title), "description": say("A partir de R$ 60")}
            for id, title in (("banho", "Banho"), ("tosa", "Tosa higiênica"),
                              ("spa", "Spa"))]  # fmt: skip
    return {
        "trigger": {"title": say("Quando perguntam o preço ou quanto custa alguma coisa da loja"),
                    "on": {"kind": "keyword", "words": ["quanto custa", "preco", "orcamento"],
                           "match": "any_word"}},
        "message": {"contents": [{"kind": "text", "text": say("*Oi*, {{ contact.name }}!")},
                                 {"kind": "cta_url", "text": say("Veja o site"),
                                  "title": say("Abrir"), "url": "https://exemplo.com.br/"}]},
        "ask": {"contents": [{"kind": "list", "text": ask, "button": say("Ver"), "rows": rows}],
                "expect": {"kind": "choice"}, "save_as": "cidade", "timeout": "PT2H",
                "reprompt": say("Não entendi. Escolha uma das opções.")},
        "wait": {"expect": {"kind": "text", "min": 2, "max": 40}, "save_as": "cidade",
                 "gather": "PT8S", "timeout": "P1D",
                 "events": [{"exit": "pago", "name": "pedido.pago", "match": "cidade"}]},
        "condition": {"cases": [
            {"id": "ouro", "label": say("Cliente ouro"),
             "when": {"left": {"expr": "pontos"}, "op": "at_least", "right": 100}},
            {"id": "resto", "when": {"left": {"expr": "cidade"}, "op": "is_not_empty"}}]},
        "set": {"assign": [{"to": "pontos", "op": "add", "value": 2},
                           {"to": "contact.fields.obs", "op": "put", "value": "{{ cidade }}"}]},
        "tag": {"add": ["vip", "lead-quente"], "remove": ["frio"]},
        "delay": {"for": "PT30S"},
        "hours": {"schedule": "comercial"},
        "split": {"variants": [{"id": "curto"}, {"id": "longo", "weight": 3}]},
        "loop": {"each": {"expr": "itens"}, "as": "cidade"},
        "http": {"method": "POST", "url": "https://loja.exemplo.com.br/pedidos/{{ contact.name }}",
                 "headers": {"X-Loja": "{{ const.empresa }}"}, "query": {"q": "{{ cidade }}"},
                 "body": {"nome": "{{ contact.name }}", "n": {"expr": "pontos + 1"}},
                 "auth": {"secret": "loja"}, "retry": 2,
                 "save": [{"to": "pedido", "path": ""}, {"to": "cidade", "path": "/end/0/rua"}],
                 "exits": [{"id": "nao-achou", "status": [404]}]},
        "ai_reply": {"instructions": say("Ajude {{ contact.name }} a escolher um serviço. " * 4),
                     "profile": "atendente", "knowledge": ["loja"], "reads": ["cidade"],
                     "outcomes": [{"id": "quer-marcar", "when": say("quer marcar um horário")},
                                  {"id": "pessoa", "when": say("pede uma pessoa")}],
                     "tools": [{"name": "precos", "description": say("A tabela de preços")}],
                     "extract": [{"to": "cidade", "description": say("De onde escreve")}]},
        "transfer": {"to": {"queue": "atendimento"}, "priority": 7, "timeout": "PT10M",
                     "briefing": say("{{ contact.name }} pede uma pessoa"),
                     "notify": ["fila.nova"]},
        "flow": {"flow": "agendamento", "save": [{"to": "pedido", "path": ""}]},
        "start": {"flow": "lembrete", "at": {"expr": "now + hours(2)"},
                  "key": "r-{{ contact.name }}"},
        "cancel": {"key": "r-{{ contact.name }}"},
        "notify": {"name": "pedido.criado", "data": {"quem": "{{ contact.name }}"}},
        "consent": {"purpose": "lembretes", "give": True},
        "end": {"outcome": "atendido"},
    }  # fmt: skip
