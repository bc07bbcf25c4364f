"""Sound flows that look suspicious: `check` has nothing to say about any of them.

A table, read line by line. Each could be taken for a mistake that is planted in `planted.py`.
"""

# ruff: noqa: E501

from typing import Any

from msgspec import Struct

from tests.flowengine.planted import (
    END,
    KEPT,
    LOOKS_UP,
    RESTS,
    THINKS,
    Json,
    buttons,
    cases,
    flow,
    model,
    node,
    one,
    schema,
    stock,
    tests,
)
from tests.flowengine.playing import OI, ask, document, menu, text

TEMPLATE: Json = {
    "kind": "template",
    "name": "aviso",
    "language": "pt_BR",
    "params": {"nome": "Ana"},
}
NOME = [{"name": "nome"}]
NUMBER = [{"name": "n", "type": "number", "default": 0}]
ITEMS: list[Json] = [
    {"name": "itens", "type": "list", "default": []},
    {"name": "i", "type": "object"},
    {"name": "j"},
]


class Sound(Struct):
    """`why` it looks like a mistake and is none."""

    why: str
    flow: Json
    others: tuple[Json, ...] = ()


def window(op: str = "", left: str = "conversation.window.open", **more: Any) -> Json:
    """A comparison with whether the window is open."""
    return {"left": {"expr": left}, "op": op, **more}


def later(when: Json, held: str, failed: str) -> Json:
    """Two days later: a template `t` or free words `m`, by what the condition says."""
    wait, looks = (
        node("delay", **{"for": "P2D"}),
        {**node("condition", cases=[{"id": "x", "when": when}]), "id": "c"},
    )
    says = {"id": "t", "type": "message", "contents": [TEMPLATE]}
    lines = ["oi > n", "n > c", f"c:case:x > {held}", f"c:else > {failed}", "t > fim", "m > fim"]
    return flow(wait, looks, says, text("m", "Oi"), lines=lines)


def named(*nodes: Json, lines: list[str]) -> Json:
    """`nome` is asked on one of two paths, which both lead to `c`."""
    lines = ["oi > m", "m:choice:x > a", "m:choice:y > c", "a:reply > c", *lines]
    return flow(
        menu("m", "?", "x", "y"), ask("a", "?", save_as="nome"), *nodes, lines=lines, variables=NOME
    )


def case(left: str, op: str, **more: Any) -> Json:
    """A condition `c` with one case, `x`."""
    when = {"left": {"expr": left}, "op": op, **more}
    return {**node("condition", cases=[{"id": "x", "when": when}]), "id": "c"}


def case_of_maybe() -> Json:
    """A condition `c` that takes every number `m`: smaller than 5, or not."""
    less, more = ({"left": {"expr": "m"}, "op": op, "right": 5} for op in ("less", "at_least"))
    return {
        **node("condition", cases=[{"id": "x", "when": less}, {"id": "y", "when": more}]),
        "id": "c",
    }


TRIES = document(
    "tenta",
    [ask("p", "Qual?"), {"id": "h", "type": "http", "url": "https://x.example"}, END],
    ["p:reply > h", "h:ok > fim"], start="p",
)  # fmt: skip
PAYS = document(
    "pagar",
    [{"id": "w", "type": "wait", "events": [{"exit": "p", "name": "pago"}], "timeout": "PT1H"}, END],
    ["w:event:p > fim", "w:timeout > fim"], start="w",
)  # fmt: skip
ASKS = document(
    "filho",
    [ask("p", "Nome?", save_as="n"), {**END, "outcome": "ok", "outputs": {"n": {"expr": "n"}}}],
    ["p:reply > fim"], start="p", outputs=[{"name": "n"}],
)  # fmt: skip
ONCE = document(
    "outro",
    [
        {
            "id": "s",
            "type": "start",
            "flow": "teste",
            "at": {"expr": "now + hours(2)"},
            "purpose": "utility",
        },
        END,
    ],
    ["s > fim"],
    start="s",
)
IF_NAMED = ["c:case:x > b", "c:else > fim", "b > fim"]
BACK: Json = {
    "id": "v",
    "type": "trigger",
    "on": {"kind": "keyword", "words": ["menu"]},
    "interrupts": {"scope": "flow", "then": "jump"},
}

SOUND: tuple[Sound, ...] = (
    # -- circles that are bounded
    Sound("a file that the workspace has", flow({"id": "m", "type": "message", "contents": [{"kind": "image", "media": {"asset": KEPT}}]})),
    Sound("a menu that comes again, with a way out", flow(menu("m", "?", "de-novo", "sair"), text("a", "Vamos lá"), lines=["oi > m", "m:choice:de-novo > a", "a > m", "m:choice:sair > fim"])),
    Sound("a counter, asked between its rounds", flow(node("set", assign=[{"to": "n", "op": "add", "value": 1}]), ask("a", "De novo? ({{ n }})"), case("n", "less", right=3), lines=["oi > n", "n > a", "a:reply > c", "c:case:x > n", "c:else > fim"], variables=NUMBER)),
    Sound("a call that is tried again a minute later", flow(node("http", url="https://x.example"), {"id": "d", "type": "delay", "for": "PT1M"}, lines=["oi > n", "n:ok > fim", "n:failed > d", "d > n"])),
    Sound("a day that the circle itself moves on", flow({"id": "m", "type": "message", "contents": [TEMPLATE]}, node("set", assign=[{"to": "dia", "value": {"expr": "dia + days(1)"}}]), {"id": "d", "type": "delay", "until": {"expr": "dia"}}, case("dia", "before", right="2026-02-01"), lines=["oi > m", "m > n", "n > d", "d > c", "c:case:x > m", "c:else > fim"], variables=[{"name": "dia", "type": "date", "default": "2026-01-01"}])),
    Sound("a loop inside a loop", flow(node("loop", each={"expr": "itens"}, **{"as": "i"}), {"id": "k", "type": "loop", "each": {"expr": "i.sub"}, "as": "j"}, text("a", "{{ j }}"), lines=["oi > n", "n:item > k", "k:item > a", "a > k", "k:done > n", "n:done > fim"], variables=ITEMS)),
    Sound("a model for each item of a loop", flow(node("loop", each={"expr": "itens"}, **{"as": "i"}), {"id": "ia", "type": "ai_reply", "instructions": "{{ i.nome }}"}, lines=["oi > n", "n:item > ia", "ia > n", "n:done > fim"], variables=ITEMS)),
    Sound("a called flow that asks, called again and again", flow(node("flow", flow="filho"), lines=["oi > n", "n > n", "n:outcome:ok > fim"]), (ASKS,)),
    Sound("a jump to itself after an answer", flow(ask("a", "Mais uma?", timeout="PT1H"), node("flow", flow="teste", **{"return": False}), lines=["oi > a", "a:reply > n", "a:timeout > fim"], start="a")),
    Sound("a start of itself, tomorrow and with a template", flow({"id": "m", "type": "message", "contents": [TEMPLATE]}, node("start", flow="teste", at={"expr": "now + days(1)"}, purpose="utility"), start="m")),
    # -- models
    Sound("a dialogue that an outcome ends", one(node("ai_reply", instructions="Oi", dialogue=True, outcomes=[{"id": "ok"}]), "outcome:ok")),
    Sound("a dialogue that only a person ends", flow(node("ai_reply", instructions="Oi", dialogue=True), {"id": "t", "type": "transfer", "to": {"queue": "suporte"}}, lines=["oi > n", "n > fim", "n:handoff > t", "t:closed > fim"])),
    Sound("a model and a question by turns", flow(node("ai_reply", instructions="Oi", outcomes=[{"id": "fim"}]), ask("a", "Mais?"), lines=["oi > n", "n > a", "a:reply > n", "n:outcome:fim > fim"])),
    Sound("a model in a circle through a flow that asks", flow(node("ai_reply", instructions="Oi", outcomes=[{"id": "fim"}]), {"id": "v", "type": "flow", "flow": "filho"}, lines=["oi > n", "n > v", "v > n", "n:outcome:fim > fim"]), (ASKS,)),
    # -- a model's tools
    Sound("a tool whose arguments are the flow's inputs", model(stock()), (LOOKS_UP,)),
    Sound("a tool that describes its arguments, as integer and text", model(stock(parameters=schema(sku={"type": "string", "description": "código"}, loja={"type": "integer"}))), (LOOKS_UP,)),
    Sound("a tool that waits for an event, not for the customer", model({"name": "pagar", "flow": "pagar"}), (PAYS,)),
    Sound("a tool whose model only answers", model({"name": "t", "flow": "pensa"}), (THINKS,)),
    Sound("tools that take hours, with room before the window closes", model({"name": "t", "flow": "descansa"}, rounds=3), (RESTS,)),
    # -- called flows that fail
    Sound("calling once more what failed, where the called flow asks before it can", flow(node("flow", flow="tenta"), lines=["oi > n", "n:failed > n", "n > fim"]), (TRIES,)),
    # -- exits that may come
    Sound("an else that leads where a case leads", flow(ask("a", "?", save_as="s"), {**node("condition", cases=[{"id": "x", "when": {"left": {"expr": "s"}, "op": "is_empty"}}, {"id": "y", "when": {"left": {"expr": "s"}, "op": "is_not_empty"}}]), "id": "c"}, text("x", "Vazio"), lines=["oi > a", "a:reply > c", "c:case:x > x", "c:case:y > fim", "c:else > fim", "x > fim"], variables=[{"name": "s"}])),
    Sound("numbers with a gap between the cases", cases({"left": {"expr": "n"}, "op": "less", "right": 10}, {"left": {"expr": "n"}, "op": "more", "right": 10})),
    Sound("yes and no of a text, which may say neither", cases({"left": "{{ message.text }}", "op": "is_yes"}, {"left": "{{ message.text }}", "op": "is_no"})),
    Sound("all numbers, of one that may be none", flow(case_of_maybe(), text("x", "Sem número"), lines=["oi > c", "c:case:x > fim", "c:case:y > fim", "c:else > x", "x > fim"], variables=[{"name": "m", "type": "number"}])),
    Sound("a loop that stops at the first that fits", flow(node("loop", each={"expr": "itens"}, **{"as": "i"}), case("i.livre", "is_yes"), text("x", "{{ i.hora }}"), lines=["oi > n", "n:item > c", "c:case:x > x", "c:else > n", "n:done > fim", "x > fim"], variables=ITEMS)),
    # -- variables that are guarded
    Sound("asked about in the text", named(text("c", "{% if nome is not none %}Oi, {{ nome }}!{% else %}Oi!{% endif %}"), lines=["c > fim"])),
    Sound("asked about by an expression", named(case("nome is not none", "is_yes"), text("b", "Oi, {{ nome }}!"), lines=IF_NAMED)),
    Sound("asked about the other way round", named(case("not nome", "is_no"), text("b", "Oi, {{ nome }}!"), lines=IF_NAMED)),
    Sound("compared with null", named(case("nome", "not_equals", right=None), text("b", "Oi, {{ nome }}!"), lines=IF_NAMED)),
    Sound("set where it is not", named({**node("set", assign=[{"to": "nome", "value": {"expr": "nome or 'você'"}}]), "id": "c"}, text("b", "Oi, {{ nome }}!"), lines=["c > b", "b > fim"])),
    Sound("stored by the called flow", flow(node("flow", flow="filho", save=[{"to": "nome", "path": "/n"}]), text("t", "Oi, {{ nome }}!"), variables=NOME), (ASKS,)),
    Sound("an interrupt to a menu that does without", flow(BACK, ask("a", "Nome?", save_as="nome"), menu("m", "Oi, {{ nome or 'você' }}", "x", "y"), lines=["oi > a", "a:reply > m", "v > m", "m:reply > fim"], variables=NOME)),
    Sound("unset in a body is null, as it should be", one(node("http", url="https://x.example", method="POST", body={"nome": {"expr": "nome"}}), "ok", variables=NOME)),
    # -- the window
    Sound("the window was looked at: no", later(window("is_no"), "t", "m")),
    Sound("the window was looked at: not yes", later({"not": window("is_yes")}, "t", "m")),
    Sound("the window was looked at: false", later(window("equals", right=False), "t", "m")),
    Sound("the window was looked at by an expression", later(window("is_yes", "not conversation.window.open"), "t", "m")),
    Sound("the window and a tag", later({"all": [window("is_yes"), {"op": "has_tag", "right": "cliente"}]}, "m", "t")),
    Sound("the window is closed, or a tag", later({"any": [window("is_no"), {"op": "has_tag", "right": "cliente"}]}, "t", "m")),
    Sound("a delay of an hour or two, as an expression", flow(node("delay", until={"expr": "now + hours(2)"}), {"id": "d", "type": "delay", "for": {"expr": "minutes(90)"}}, text("m", "Oi"))),
    Sound("begun by another flow two hours later", flow(text("m", "Oi"), start="m"), (ONCE,)),
    Sound("23 hours, and an answer begins them anew", flow(ask("a", "1?", timeout="PT23H"), ask("b", "2?", timeout="PT23H"), text("m", "Tudo bem"), lines=["oi > a", "a:reply > b", "b:reply > fim", "a:timeout > fim", "b:timeout > m", "m > fim"])),
    # -- branches and choices
    Sound("intervals that touch", flow(node("condition", cases=[{"id": "x", "when": {"left": {"expr": "n"}, "op": "between", "right": [1, 5]}}, {"id": "y", "when": {"left": {"expr": "n"}, "op": "between", "right": [5, 9]}}, {"id": "z", "when": {"left": {"expr": "n"}, "op": "more", "right": 8}}]), lines=["oi > n", "n:case:x > fim", "n:case:y > fim", "n:case:z > fim", "n:else > fim"], variables=NUMBER)),
    Sound("a text may hold two numbers", tests({"all": [{"left": "{{ message.text }}", "op": "more", "right": 5}, {"left": "{{ message.text }}", "op": "less", "right": 3}]})),
    Sound("an empty list, and one that is not", tests({"any": [{"left": {"expr": "contact.tags"}, "op": "is_empty"}, {"left": {"expr": "contact.tags"}, "op": "is_not_empty"}]})),
    Sound("a choice reached by its synonym, which is nobody else's", one({**menu("m", "?"), "contents": [{"kind": "buttons", "text": "?", "buttons": [{"id": "v", "title": "Vendas", "synonyms": ["comprar", "venda"]}, {"id": "s", "title": "Suporte", "synonyms": ["ajuda", "suporte"]}]}]}, "choice:v", "choice:s")),
    Sound("choices that are numbers, not in their order", one({**menu("m", "?"), "contents": [buttons("2", "3", "1")]}, "reply")),
    Sound("a wait for what was offered some nodes before", flow({"id": "m", "type": "message", "contents": [buttons("Sim")]}, node("tag", add=["cliente"]), {"id": "w", "type": "wait", "expect": {"kind": "choice"}}, lines=["oi > m", "m > n", "n > w", "w:choice:a > fim"])),
    Sound("an event with a condition before the same without", one(node("wait", events=[{"exit": "a", "name": "pago", "match": "event.valor > 10"}, {"exit": "b", "name": "pago"}], timeout="PT2H"), "event:a", "event:b", "timeout")),
    Sound("words within the words of another trigger", document("teste", [OI, {**OI, "id": "n", "on": {"kind": "keyword", "words": ["oi tudo bem"], "match": "exact"}}, END], ["oi > fim", "n > fim"])),
    Sound("a node that only a give-back leads to", flow(ask("a", "?"), text("m", "De volta!"), lines=["oi > a", "a:reply > fim", "m > fim"], settings={"resume": "m"})),
    # -- types, patterns, secrets, waits
    Sound("a date less a day, a third of a number", flow(ask("a", "Quando?", "date", save_as="d"), text("t", "{{ (d - days(1))|date('dd/MM') }} {{ (n / 3)|round(2) }}"), lines=["oi > a", "a:reply > t", "t > fim"], variables=[*NUMBER, {"name": "d", "type": "date"}])),
    Sound("a pattern with both its ends", one({**ask("a", "CEP?"), "expect": {"kind": "pattern", "pattern": r"^\d{5}-?\d{3}$"}}, "reply")),
    Sound("a number in a text, compared as one", tests({"left": "{{ message.text }}", "op": "at_least", "right": 3})),
    Sound("keys that are no secrets", one(node("http", url="https://x.example/v1?key=nome&sort_by=created_at", query={"page_token": "{{ n }}", "token": "{{ secret.loja }}"}, headers={"X-Request-Id": "0123456789abcdef"}, body={"password": "{{ secret.loja }}"}), "ok", variables=NUMBER)),
    Sound("a timeout just before the flow expires", one(ask("a", "?", timeout="PT20H"), "reply", "timeout", settings={"expires": "P1D"})),
    Sound("a translation of all that is said", flow(text("a", "Oi, {{ n }}!"), variables=NUMBER, translations={"es": {"a": {"/contents/0/text": "¡Hola, {{ n }}!"}}})),
)  # fmt: skip
