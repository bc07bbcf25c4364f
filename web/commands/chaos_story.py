"""What is said in a chaos run: one flow, and for each customer exactly what must be heard.

Five stories: a timer, a call over HTTP, two answers written at once, a person who takes over, and
silence at a menu. Every story has several turns, and turns of several messages.
"""

import random
from typing import Any, Literal

from msgspec import Struct

NAMES = ("Maria", "João", "Ana", "Zé", "Lívia", "Pedro", "Íris", "Caio")
STORIES = ("banho", "pedido", "apressado", "pessoa", "calado")
Story = Literal["banho", "pedido", "apressado", "pessoa", "calado"]

SHIPPED = "a caminho"
"""What the shop says of every order."""


class Step(Struct, frozen=True):
    """After the text `after` was heard (empty: at once), the customer acts.

    `act`: say, tap, both (two messages at once, in separate webhooks), agent (a person answers by
    the API), close (the person closes the chat by the API).
    """

    after: str
    act: Literal["say", "tap", "both", "agent", "close"]
    texts: tuple[str, ...] = ()


class Script(Struct, frozen=True):
    """What a customer does, and what they must hear: one of `heard`, to the letter, in order.

    There are two only where the customer wrote two messages at once: the provider may deliver
    them in either order, and which came first is for our inbox to say. `order`: the number that
    was given to the shop.
    """

    story: str
    steps: tuple[Step, ...]
    heard: tuple[tuple[str, ...], ...]
    order: str = ""


def script(number: int, dice: random.Random) -> Script:
    """The script of customer `number`."""
    story, name = STORIES[number % len(STORIES)], dice.choice(NAMES)
    order = str(100_000 + number)
    hello, menu = "Olá! Qual é o seu nome?", f"Prazer, {name}! O que vai ser?"
    begin = (Step("", "say", ("oi",)), Step(hello, "say", (name,)))
    return {
        "banho": _bath,
        "pedido": _order,
        "apressado": _hasty,
        "pessoa": _person,
        "calado": _silent,
    }[story](name, order, begin, (hello, menu))


Begin = tuple[Step, ...]
Heard = tuple[str, ...]


def _bath(name: str, _order: str, begin: Begin, heard: Heard) -> Script:
    times, done = "Temos às 15h. Confirma?", f"Marcado, {name}: sim. Até logo!"
    steps = (*begin, Step(heard[-1], "tap", ("Banho",)), Step(times, "say", ("sim",)))
    told = (*heard, f"Vejo a agenda, {name}.", "Um instante.", times, done)
    return Script("banho", steps, (told,))


def _order(name: str, order: str, begin: Begin, heard: Heard) -> Script:
    which, where = "Qual é o número do pedido?", "E o CEP?"
    steps = (
        *begin,
        Step(heard[-1], "tap", ("Pedido",)),
        Step(which, "say", (order,)),
        Step(where, "say", ("01310-100",)),
    )
    told = (*heard, which, where, *_answer(name, order, "01310-100"))
    return Script("pedido", steps, (told,), order)


def _hasty(name: str, order: str, begin: Begin, heard: Heard) -> Script:
    which, where = "Qual é o número do pedido?", "E o CEP?"
    steps = (
        *begin,
        Step(heard[-1], "tap", ("Pedido",)),
        Step(which, "both", (order, "01310-100")),
    )
    told = tuple(
        (*heard, which, where, *_answer(name, *pair))
        for pair in ((order, "01310-100"), ("01310-100", order))
    )
    return Script("apressado", steps, told, order)


def _answer(name: str, order: str, place: str) -> Heard:
    return (f"Pedido {order}, {place}: {SHIPPED}.", f"Até logo, {name}!")


def _person(name: str, _order: str, begin: Begin, heard: Heard) -> Script:
    moment, hello = f"Um momento, {name}.", f"Aqui é a Bia, {name}."
    steps = (
        *begin,
        Step(heard[-1], "tap", ("Pessoa",)),
        Step(moment, "agent", (hello,)),
        Step(hello, "close"),
    )
    told = (*heard, moment, hello, f"Obrigado, {name}.", "A conversa acabou.")
    return Script("pessoa", steps, (told,))


def _silent(name: str, order: str, begin: Begin, heard: Heard) -> Script:
    """Says nothing until the time is up; begins anew when told that there is no hurry."""
    bath = _bath(name, order, begin, heard)
    told = ("Quando fica bom?", "Sem pressa.", "Escreva quando quiser.")
    again = Step(told[-1], "say", ("oi",))
    steps = (Step("", "say", ("depois",)), again, *bath.steps[1:])
    return Script("calado", steps, ((*told, *bath.heard[0]),))


def document() -> dict[str, Any]:
    """The flow that they all talk to."""
    nodes: list[dict[str, Any]] = [
        {"id": "oi", "type": "trigger", "on": {"kind": "keyword", "words": ["oi"]}},
        _ask("nome", "Olá! Qual é o seu nome?"),
        {
            "id": "menu",
            "type": "ask",
            "contents": [
                {
                    "kind": "buttons",
                    "text": "Prazer, {{ nome }}! O que vai ser?",
                    "buttons": [
                        {"id": each.lower(), "title": each}
                        for each in ("Banho", "Pedido", "Pessoa")
                    ],
                }
            ],
            "expect": {"kind": "choice"},
        },
        {"id": "depois", "type": "trigger", "on": {"kind": "keyword", "words": ["depois"]}},
        {**_ask("quando", "Quando fica bom?"), "timeout": "PT3S"},
        _say("calma", "Sem pressa.", "Escreva quando quiser."),
        _say("agenda", "Vejo a agenda, {{ nome }}.", "Um instante."),
        {"id": "pausa", "type": "wait", "timeout": "PT2S"},
        _ask("hora", "Temos às 15h. Confirma?"),
        _say("marcado", "Marcado, {{ nome }}: {{ hora }}. Até logo!"),
        _ask("pedido", "Qual é o número do pedido?"),
        _ask("cep", "E o CEP?"),
        {
            "id": "busca",
            "type": "http",
            "method": "POST",
            "url": "{{ const.loja }}/pedidos",
            "body": {"pedido": {"expr": "pedido"}, "cep": {"expr": "cep"}},
            "timeout": "PT5S",
            "retry": 5,
            "save": [{"to": "situacao", "path": "/situacao"}],
        },
        _say("achou", "Pedido {{ pedido }}, {{ cep }}: {{ situacao }}.", "Até logo, {{ nome }}!"),
        _say("falhou", "A loja não respondeu."),
        _say("chama", "Um momento, {{ nome }}."),
        {"id": "fila", "type": "transfer", "to": {"queue": "geral"}},
        _say("acabou", "Obrigado, {{ nome }}.", "A conversa acabou."),
        {"id": "fim", "type": "end"},
    ]
    names = ("nome", "quando", "hora", "pedido", "cep", "situacao")
    return {
        "format": "flowengine/1",
        "key": "caos",
        "name": "Caos",
        "variables": [{"name": name, "type": "text"} for name in names],
        "nodes": nodes,
        "edges": [_edge(line) for line in _EDGES],
    }


_EDGES = (
    "oi nome", "nome:reply menu", "menu:choice:banho agenda", "menu:choice:pedido pedido",
    "menu:choice:pessoa chama", "depois quando", "quando:reply nome", "quando:timeout calma",
    "agenda pausa", "pausa:timeout hora",
    "hora:reply marcado", "pedido:reply cep", "cep:reply busca", "busca:ok achou",
    "busca:failed falhou", "chama fila", "fila:closed acabou", "calma fim", "marcado fim",
    "achou fim", "falhou fim", "acabou fim",
)  # fmt: skip


def _edge(line: str) -> dict[str, str]:
    source, target = line.split()
    node, _, exit_ = source.partition(":")
    return {"from": node, "to": target} | ({"exit": exit_} if exit_ else {})


def _say(name: str, *texts: str) -> dict[str, Any]:
    return {"id": name, "type": "message", "contents": [{"kind": "text", "text": t} for t in texts]}


def _ask(name: str, text: str) -> dict[str, Any]:
    contents = [{"kind": "text", "text": text}]
    return {
        "id": name, "type": "ask", "contents": contents, "expect": {"kind": "text"},
        "save_as": name,
    }  # fmt: skip
