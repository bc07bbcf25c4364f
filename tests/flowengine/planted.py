"""One small flow for each mistake that `check` knows: the mistake planted in it, and where.

A table, read line by line.
"""

# ruff: noqa: E501

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from msgspec import Struct

from tests.flowengine.playing import OI, ask, document, menu, text

Json = dict[str, Any]

END: Json = {"id": "fim", "type": "end"}
KEPT, GONE = "sha256:" + "a" * 64, "sha256:" + "b" * 64
"""A file that the workspace has, and one that it has not."""


class Planted(Struct):
    """`code` must be found at `node` and `exit` in `flow`, and the sentence must hold `says`."""

    code: str
    flow: Json
    node: str = ""
    exit: str = ""
    says: str = ""
    others: tuple[Json, ...] = ()
    workspace: bool = True


WORKSPACE: Json = {
    "format": "flowengine-workspace/1",
    "queues": {"suporte": {}},
    "schedules": {
        "loja": {"timezone": "America/Sao_Paulo"},
        "dias": {
            "timezone": "America/Sao_Paulo",
            "weekly": {day: [["08:00", "20:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
        },
    },
    "fields": {"plano": {}},
    "tags": ["cliente"],
    "constants": {"empresa": "Loja"},
    "secrets": ["loja"],
    "profiles": ["atendente"],
    "files": [KEPT],
    "templates": [
        {"name": "aviso", "language": "pt_BR", "params": ["nome"], "buttons": [{"id": "ok"}]}
    ],
}


def flow(*nodes: Mapping[str, Any], lines: Sequence[str] = (), **more: Any) -> Json:
    """Trigger `oi`, these nodes one after the other, and an end; or with edges of its own."""
    ids = ["oi", *(node["id"] for node in nodes), "fim"]
    drawn = list(lines) or [f"{a} > {b}" for a, b in pairwise(ids)]
    return document("teste", [OI, *nodes, END], drawn, **more)


def one(node: Mapping[str, Any], *exits: str, **more: Any) -> Json:
    """Trigger, one node whose exits all lead to the end."""
    lines = [f"oi > {node['id']}", *(f"{node['id']}:{exit} > fim" for exit in exits)]
    return flow(node, lines=lines, **more)


def asks(**expect: Any) -> Json:
    """An ask `a` that expects this."""
    return {**ask("a", "?"), "expect": expect}


def says(content: Mapping[str, Any], *more: Mapping[str, Any]) -> Json:
    """A flow with a message of these contents."""
    return flow({"id": "m", "type": "message", "contents": [content, *more]})


def buttons(*titles: str, body: str = "Qual?", **more: Any) -> Json:
    """Buttons whose ids are a, b, c …"""
    listed = [{"id": "abcdefghijkl"[at], "title": title} for at, title in enumerate(titles)]
    return {"kind": "buttons", "text": body, "buttons": listed, **more}


def listing(count: int, **more: Any) -> Json:
    """A list with so many rows."""
    rows = [{"id": f"r{at}", "title": f"Linha {at}"} for at in range(count)]
    return {"kind": "list", "text": "Qual?", "rows": rows, **more}


def node(kind: str, **more: Any) -> Json:
    """A node `n`."""
    return {"id": "n", "type": kind, **more}


def trigger(**on: Any) -> Json:
    """A flow with one trigger more, `n`."""
    nodes = [OI, {"id": "n", "type": "trigger", "on": on}, END]
    return document("teste", nodes, ["oi > fim", "n > fim"])


def tests(when: Mapping[str, Any]) -> Json:
    """A condition `n` with one case, `x`."""
    condition = node("condition", cases=[{"id": "x", "when": when}])
    number = {"name": "n", "type": "number", "default": 1}
    return one(condition, "case:x", "else", variables=[number])


CHILD = document(
    "filho",
    [{"id": "c", "type": "end", "outcome": "pago"}],
    [],
    start="c",
    inputs=[{"name": "cep", "required": True}],
    outputs=[{"name": "rua"}],
)
LOST = document(
    "perdido", [OI, {**OI, "id": "ola"}, END, {**END, "id": "z"}], ["oi > fim", "ola > z"]
)
BACK = document(
    "volta",
    [ask("p", "?"), {"id": "v", "type": "flow", "flow": "teste"}, END],
    ["p:reply > v", "v > fim"],
    start="p",
)
SPEAKS = document("fala", [text("f", "Oi"), END], ["f > fim"], start="f")
RIVAL = document("rival", [{**OI, "id": "entra", "priority": 3}, END], ["entra > fim"])

JUMPS = document(
    "pula", [{"id": "j", "type": "flow", "flow": "teste", "return": False}], [], start="j"
)
THINKS = document(
    "pensa", [{"id": "ia", "type": "ai_reply", "instructions": "Oi"}, END], ["ia > fim"], start="ia"
)

DEEP = [
    document(
        f"d{at}", [{"id": "v", "type": "flow", "flow": f"d{at + 1}"}, END], ["v > fim"], start="v"
    )
    for at in range(1, 8)
]
DEEP.append(document("d8", [text("t", "fundo"), END], ["t > fim"], start="t"))

LOOKS_UP = document(
    "estoque",
    [{"id": "e", "type": "end", "outcome": "ok", "outputs": {"quantos": {"expr": "2"}}}],
    [],
    start="e",
    inputs=[{"name": "sku", "required": True}, {"name": "loja", "type": "number"}],
    outputs=[{"name": "quantos", "type": "number"}],
)
ASKS_FIRST = document("pergunta", [ask("p", "Qual?"), END], ["p:reply > fim"], start="p")
THROUGH = document(
    "passa", [{"id": "c", "type": "flow", "flow": "pergunta"}, END], ["c > fim"], start="c"
)
RESTS = document(
    "descansa", [{"id": "d", "type": "delay", "for": "PT6H"}, END], ["d > fim"], start="d"
)
SLEEPS = document(
    "dorme", [{"id": "d", "type": "delay", "for": "PT25H"}, END], ["d > fim"], start="d"
)
USES_IT = document(
    "circula",
    [{"id": "ia", "type": "ai_reply", "instructions": "Oi", "tools": [{"name": "t", "flow": "teste"}]}, END],
    ["ia > fim"], start="ia",
)  # fmt: skip

NAMES = [{"name": "nome", "type": "text"}]
LONG = "a" * 1025


def model(*tools: Mapping[str, Any], **more: Any) -> Json:
    """A flow with a model `n` that has these tools."""
    return one(node("ai_reply", instructions="Oi", tools=list(tools), **more), "next", start="n")


def stock(**more: Any) -> Json:
    """A tool that runs `LOOKS_UP`."""
    return {"name": "estoque", "flow": "estoque", **more}


def schema(**properties: Any) -> Json:
    return {"type": "object", "properties": properties, "required": sorted(properties)}


def cases(*whens: Mapping[str, Any], **more: Any) -> Json:
    """A question `a` for the number `n`, and a condition `c` with these cases before `x`."""
    condition = {
        **node(
            "condition", cases=[{"id": f"k{at}", "when": each} for at, each in enumerate(whens)]
        ),
        "id": "c",
    }
    question = {**ask("a", "?", save_as="n"), "expect": {"kind": "number"}}
    lines = [
        "oi > a",
        "a:reply > c",
        *(f"c:case:k{at} > fim" for at in range(len(whens))),
        "c:else > x",
        "x > fim",
    ]
    return flow(
        question,
        condition,
        text("x", "Nunca"),
        lines=lines,
        variables=[{"name": "n", "type": "number"}],
        **more,
    )


PLANTED: tuple[Planted, ...] = (
    # -- edges
    Planted("duplicate_id", flow(text("a", "1"), text("a", "2")), "a"),
    Planted("unknown_node", flow(text("a", "1"), lines=["oi > a", "a > fin"]), "a", "next", "«fim»"),
    Planted("unknown_exit", flow(text("a", "1"), lines=["oi > a", "a > fim", "a:nexto > fim"]), "a", "nexto", "«next»"),
    Planted("duplicate_edge", flow(text("a", "1"), lines=["oi > a", "a > fim", "a > fim"]), "a", "next"),
    Planted("missing_edge", flow(text("a", "1"), lines=["oi > a"]), "a", "next", "«next»"),
    Planted("missing_choice_edge", flow(menu("m", "?", "sim", "nao"), lines=["oi > m", "m:choice:sim > fim"]), "m", "choice:nao", "«reply»"),
    Planted("unknown_start", flow(start="fims"), says="«fim»"),
    Planted("no_beginning", document("teste", [END], [])),
    Planted("unreachable", flow(text("a", "1"), lines=["oi > fim", "a > fim"]), "a"),
    Planted("timeout_without_edge", one(ask("a", "?", timeout="PT2H"), "reply"), "a", "timeout"),
    Planted("edge_without_timeout", one(ask("a", "?"), "reply", "timeout"), "a", "timeout"),
    # -- cycles
    Planted("endless_cycle", flow(text("a", "1"), text("b", "2"), lines=["oi > a", "a > b", "b > a"]), "a", says="a → b → a"),
    Planted("call_cycle", one(node("flow", flow="volta"), "next", start="n"), "n", says="teste → volta → teste", others=(BACK,)),
    Planted("calls_too_deep", one(node("flow", flow="d1"), "next", start="n"), "n", says="d7 → d8; no máximo 8", others=tuple(DEEP)),
    # -- references
    Planted("not_known_here", one(node("hours", schedule="loja"), "open", "closed"), "n", says="o horário «loja»", workspace=False),
    Planted("unknown_queue", one(node("transfer", to={"queue": "suport"}), "closed"), "n", says="«suporte»"),
    Planted("unknown_schedule", one(node("hours", schedule="lojas"), "open", "closed"), "n", says="«loja»"),
    Planted("unknown_template", says({"kind": "template", "name": "avizo", "language": "pt_BR"}), "m", says="«aviso»"),
    Planted("unknown_template_language", says({"kind": "template", "name": "aviso", "language": "en"}), "m", says="pt_BR"),
    Planted("unknown_field", flow(text("a", "{{ contact.fields.planos }}")), "a", says="«plano»"),
    Planted("unknown_tag", flow(node("tag", add=["clientes"])), "n", says="«cliente»"),
    Planted("unknown_constant", flow(text("a", "{{ const.empreza }}")), "a", says="«empresa»"),
    Planted("unknown_secret", one(node("http", url="https://x.example", auth={"secret": "lojas"}), "ok"), "n", says="«loja»"),
    Planted("unknown_profile", one(node("ai_reply", instructions="Oi", profile="atendent"), "next"), "n", says="«atendente»"),
    Planted("unknown_knowledge", one(node("ai_reply", instructions="Oi", knowledge=["faq"]), "next"), "n"),
    Planted("unknown_purpose", flow(node("consent", purpose="novidades", give=True)), "n"),
    Planted("unknown_flow", one(node("flow", flow="outro"), "next"), "n"),
    Planted("unknown_file", says({"kind": "image", "media": {"asset": GONE}}), "m", says=GONE),
    Planted("template_params", says({"kind": "template", "name": "aviso", "language": "pt_BR", "params": {"nme": "x"}}), "m", says="nome"),
    Planted("template_buttons", says({"kind": "template", "name": "aviso", "language": "pt_BR", "params": {"nome": "x"}, "buttons": [{"id": "a"}, {"id": "b"}]}), "m"),
    Planted("template_header", says({"kind": "template", "name": "aviso", "language": "pt_BR", "params": {"nome": "x"}, "header": {"url": "https://x.example/a.png"}}), "m"),
    Planted("call_without_start", one(node("flow", flow="perdido"), "next"), "n", others=(LOST,)),
    Planted("unknown_input", one(node("flow", flow="filho", **{"with": {"cepp": "1", "cep": "2"}}), "next"), "n", says="«cep»", others=(CHILD,)),
    Planted("missing_input", one(node("flow", flow="filho"), "next"), "n", says="«cep»", others=(CHILD,)),
    Planted("unknown_output", one(node("flow", flow="filho", **{"with": {"cep": "2"}}, save=[{"to": "nome", "path": "/ruas"}]), "next", variables=NAMES), "n", says="«rua»", others=(CHILD,)),
    Planted("unknown_outcome", one(node("flow", flow="filho", **{"with": {"cep": "2"}}), "next", "outcome:pagou"), "n", "outcome:pagou", "«pago»", others=(CHILD,)),
    # -- names
    Planted("undeclared_name", one(ask("a", "?", save_as="nom"), "reply", variables=NAMES), "a", says="«nome»"),
    Planted("undeclared_output", document("teste", [OI, {**END, "outputs": {"rua": "x"}}], ["oi > fim"]), "fim"),
    Planted("not_settable", flow(node("set", assign=[{"to": "contact.phone", "value": "1"}])), "n"),
    Planted("reserved_name", flow(variables=[{"name": "contact"}])),
    Planted("duplicate_name", flow(variables=[*NAMES, *NAMES])),
    Planted("unknown_name", flow(text("a", "Oi, {{ nom }}!"), variables=NAMES), "a", says="«nome»"),
    Planted("secret_in_text", flow(text("a", "{{ secret.loja }}")), "a"),
    # -- templates, expressions
    Planted("template_invalid", flow(text("a", "Oi, {{ nome ")), "a", says="linha 1"),
    Planted("expression_invalid", flow(node("delay", **{"for": {"expr": "1 +"}})), "n", says="coluna"),
    Planted("pattern_invalid", trigger(kind="keyword", words=["(a"], match="pattern"), "n"),
    Planted("condition_invalid", one(node("condition", cases=[{"id": "x", "when": {"left": {"expr": "1 +"}, "op": "equals", "right": 1}}]), "case:x", "else"), "n"),
    # -- contents
    Planted("no_contents", flow({"id": "m", "type": "message", "contents": []}), "m"),
    Planted("interactive_not_last", says(buttons("Sim"), {"kind": "text", "text": "depois"}), "m"),
    Planted("empty_text", says({"kind": "text", "text": "  "}), "m"),
    Planted("too_long", says({"kind": "text", "text": "a" * 4097}), "m", says="4097 caracteres"),
    Planted("too_long_at_least", says(buttons("Sim", body=LONG + "{{ contact.name }}")), "m", says="pelo menos 1025"),
    Planted("media_source", says({"kind": "image", "media": {}}), "m"),
    Planted("media_asset", says({"kind": "image", "media": {"asset": "foto.png"}}), "m"),
    Planted("two_headers", says(buttons("Sim", header="Oi", media={"url": "https://x.example/a.png"})), "m"),
    Planted("no_choices_here", says(buttons()), "m"),
    Planted("too_many_buttons", says(buttons("1", "2", "3", "4")), "m", says="4 botões"),
    Planted("too_many_rows", says(listing(11)), "m", says="11 linhas"),
    Planted("too_many_sections", says({"kind": "list", "text": "?", "sections": [{"title": f"S{at}", "rows": [{"id": f"r{at}", "title": f"L{at}"}]} for at in range(11)]}), "m"),
    Planted("rows_and_sections", says(listing(1, sections=[{"title": "S", "rows": [{"id": "x", "title": "X"}]}])), "m"),
    Planted("bad_choice_id", says({"kind": "buttons", "text": "?", "buttons": [{"id": "Sim Não", "title": "Sim"}]}), "m"),
    Planted("repeated_choice", says({"kind": "buttons", "text": "?", "buttons": [{"id": "a", "title": "Sim"}, {"id": "a", "title": "Não"}]}), "m"),
    Planted("repeated_title", says(buttons("Sim", "Sim")), "m"),
    # -- fields
    Planted("bad_timezone", flow(timezone="America/Sampa")),
    Planted("bad_resume", flow(settings={"resume": "fin"}), says="«fim»"),
    Planted("nobody", one(node("transfer", to={}), "closed"), "n"),
    Planted("translates_nothing", flow(text("a", "Oi"), translations={"es": {"a": {"/contents/1/text": "Hola"}}}), "a"),
    Planted("missing_translation", flow(text("a", "Oi"), text("b", "Tchau"), translations={"es": {"a": {"/contents/0/text": "Hola"}}}), "b", says="«es» de 1 de 1 textos"),
    Planted("unfit_translation", flow(text("a", "Oi"), node("tag", add=["cliente"]), translations={"es": {"a": {"/contents/0/text": "Hola"}, "n": {"/add/0": "otro"}}}), "n"),
    Planted("translation_names", flow(text("a", "Oi, {{ nome }}!"), variables=NAMES, translations={"es": {"a": {"/contents/0/text": "¡Hola!"}}}), "a", says="«Oi, {{ nome }}!» não mostra nome"),
    Planted("translation_of_own", flow(text("a", "Hi"), translations={"pt-BR": {"a": {"/contents/0/text": "Oi"}}})),
    Planted("bad_duration", flow(node("delay", **{"for": "P99999D"})), "n"),
    Planted("repeated_id", one(node("split", variants=[{"id": "a"}, {"id": "a"}]), "variant:a"), "n"),
    Planted("no_choices", one(asks(kind="choice"), "reply"), "a"),
    Planted("no_choices_before", one(node("wait", expect={"kind": "choice"}), "reply"), "n"),
    Planted("of_without_choices", flow(text("a", "1"), node("wait", expect={"kind": "choice"}, of="a"), lines=["oi > a", "a > n", "n:reply > fim"]), "n"),
    Planted("waits_for_nothing", flow(node("wait"), lines=["oi > n"]), "n"),
    Planted("no_cases", one(node("condition", cases=[]), "else"), "n"),
    Planted("no_weight", one(node("split", variants=[{"id": "a", "weight": 0}]), "variant:a"), "n"),
    Planted("no_tags", flow(node("tag")), "n"),
    Planted("for_or_until", flow(node("delay")), "n"),
    Planted("no_address", one(node("http", url="https://"), "ok"), "n"),
    Planted("no_address", one(node("http", url="loja.example/{{ contact.name }}"), "ok"), "n", says="«loja.example"),
    Planted("no_status", one(node("http", url="https://x.example", exits=[{"id": "x", "status": []}]), "ok"), "n", "status:x"),
    Planted("bad_status", one(node("http", url="https://x.example", exits=[{"id": "x", "status": [999]}]), "ok"), "n", "status:x"),
    Planted("endless_dialogue", one(node("ai_reply", instructions="Oi", dialogue=True), "next"), "n"),
    # -- triggers
    Planted("opt_out_word", trigger(kind="keyword", words=["Parar"]), "n"),
    Planted("no_words", trigger(kind="keyword", words=[]), "n"),
    Planted("bad_cron", trigger(kind="cron", expression="61 * * * *"), "n"),
    # -- paths: what is said too soon, too late, for ever
    Planted("unset_read", flow(menu("m", "?", "x", "y"), ask("a", "?", save_as="nome"), text("b", "Oi, {{ nome }}!"), lines=["oi > m", "m:choice:x > a", "m:choice:y > b", "a:reply > b", "b > fim"], variables=NAMES), "b", says="«nome»"),
    Planted("text_outside_window", flow(ask("a", "?", timeout="PT30H"), text("b", "Oi"), lines=["oi > a", "a:reply > fim", "a:timeout > b", "b > fim"]), "b", says="24 horas"),
    Planted("call_outside_window", flow(node("delay", **{"for": "P2D"}), {"id": "c", "type": "flow", "flow": "fala"}), "c", says="«fala»", others=(SPEAKS,)),
    Planted("start_without_purpose", flow(node("start", flow="fala", at={"expr": "now + days(2)"})), "n", others=(SPEAKS,)),
    Planted("ai_loop", flow(node("ai_reply", instructions="Oi"), lines=["oi > n", "n > n"]), "n"),
    # -- branches that nothing takes
    Planted("shadowed_branch", one(node("condition", cases=[{"id": "x", "label": "Até 10", "when": {"left": {"expr": "n"}, "op": "at_most", "right": 10}}, {"id": "y", "when": {"left": {"expr": "n"}, "op": "between", "right": [3, 5]}}]), "case:x", "case:y", "else", variables=[{"name": "n", "type": "number"}]), "n", "case:y", "«Até 10»"),
    Planted("reserved_choice", one(menu("m", "?", "ver-mais", "sair"), "reply"), "m", "choice:ver-mais"),
    Planted("dead_choice", flow({"id": "m", "type": "message", "contents": [buttons("Sim")]}, ask("a", "?"), node("wait", expect={"kind": "choice"}), lines=["oi > m", "m > a", "a:reply > n", "n:choice:a > fim"]), "n", "choice:a", "«Sim»"),
    Planted("pattern_matches_nothing", trigger(kind="keyword", words=["a^b"], match="pattern"), "n"),
    # -- types and secrets
    Planted("wrong_type", flow(node("set", assign=[{"to": "d", "value": {"expr": "d + 1"}}]), variables=[{"name": "d", "type": "date", "default": "2026-01-01"}]), "n"),
    Planted("not_a_list", one(node("loop", each={"expr": "nome"}, **{"as": "nome"}), "item", "done", variables=NAMES), "n", says="«nome»"),
    Planted("cannot_store", one({**ask("a", "?", save_as="d"), "expect": {"kind": "yes_no"}}, "reply", variables=[{"name": "d", "type": "date"}]), "a", says="«d»"),
    Planted("typed_secret", one(node("http", url="https://x.example", headers={"Authorization": "Bearer abcdef0123456789"}), "ok"), "n"),
    Planted("typed_secret", one(node("http", url="https://x.example/v1?api_key=abcd1234efgh"), "ok"), "n"),
    Planted("typed_secret", one(node("http", url="https://x.example", method="POST", body={"login": {"password": "Caio2026!"}}), "ok"), "n"),
    Planted("typed_secret", one(node("http", url="https://ana:1234abcd@x.example"), "ok"), "n"),
    Planted("typed_secret", flow(text("a", "Oi") | {"note": "chave: sk-abcdefghijklmnopqrstuvwx"}), "a", says="/nodes/1/note"),
    Planted("typed_secret", model({"name": "estoque", "flow": "estoque", "description": "use AKIAABCDEFGHIJKLMNOP"}), "n", says="/tools/0/description", others=(LOOKS_UP,)),
    # -- circles through other flows
    Planted("endless_cycle", flow(text("a", "1"), node("delay", **{"for": "PT0S"}), lines=["oi > a", "a > n", "n > a"]), "a"),
    Planted("endless_cycle", flow(text("a", "1"), node("delay", until={"open": "dias"}), lines=["oi > a", "a > n", "n > a"]), "a"),
    Planted("endless_cycle", flow(text("a", "1"), node("delay", until={"expr": "dia"}), lines=["oi > a", "a > n", "n > a"], variables=[{"name": "dia", "type": "date", "default": "2026-01-01"}]), "a"),
    Planted("endless_cycle", flow(text("a", "1"), node("flow", flow="teste", **{"return": False}), lines=["oi > a", "a > n"], start="a"), "a", says="a → n → a"),
    Planted("endless_cycle", flow(text("a", "1"), node("flow", flow="pula", **{"return": False}), lines=["oi > a", "a > n"], start="a"), "a", says="a → n → pula/j → a", others=(JUMPS,)),
    Planted("endless_cycle", flow(text("a", "1"), node("start", flow="teste"), start="a"), "a", says="a → n → a"),
    Planted("ai_loop", flow(node("flow", flow="pensa"), lines=["oi > n", "n > n"]), "n", others=(THINKS,)),
    Planted("endless_cycle", flow(node("flow", flow="filho"), lines=["oi > n", "n:failed > n", "n > fim"]), "n", says="n → n", others=(CHILD,)),
    # -- what never comes
    Planted("expires_first", one(ask("a", "?", timeout="P8D"), "reply", "timeout"), "a", "timeout", "P7D"),
    Planted("expires_first", flow(node("delay", **{"for": "P8D"}), node("notify", name="x") | {"id": "x"}), "n", "next", "P8D"),
    Planted("never_holds", tests({"left": {"expr": "n"}, "op": "between", "right": [9, 1]}), "n", "case:x"),
    Planted("never_holds", tests({"all": [{"left": {"expr": "n"}, "op": "more", "right": 5}, {"left": {"expr": "n"}, "op": "at_most", "right": 5}]}), "n", "case:x"),
    Planted("never_holds", tests({"all": [{"op": "has_tag", "right": "cliente"}, {"not": {"op": "has_tag", "right": "cliente"}}]}), "n", "case:x"),
    Planted("wrong_comparison", tests({"left": {"expr": "n"}, "op": "before", "right": "2026-01-01"}), "n", "case:x", "«n» é do tipo number"),
    Planted("unknown_tag", tests({"op": "has_tag", "right": "clinte"}), "n", says="«cliente»"),
    Planted("ambiguous_choice", one({**menu("m", "?"), "contents": [buttons("Vendas", "Suporte") | {"buttons": [{"id": "a", "title": "Vendas"}, {"id": "b", "title": "Suporte", "synonyms": ["vendas"]}]}]}, "reply"), "m", says="«Vendas»"),
    Planted("ambiguous_choice", one({**menu("m", "?"), "contents": [buttons("Não", "nao")]}, "reply"), "m", says="«Não»"),
    # -- null that is handed on
    Planted("unset_read", flow(node("set", assign=[{"to": "b", "value": {"expr": "nome"}}]), text("a", "{{ b }}"), variables=[*NAMES, {"name": "b"}]), "a", says="«b»"),
    Planted("unset_read", one(node("flow", flow="filho", **{"with": {"cep": {"expr": "nome"}}}), "next", variables=NAMES), "n", says="«nome»", others=(CHILD,)),
    # -- a model's tools
    Planted("tool_without_flow", model({"name": "estoque"}), "n", says="«estoque»"),
    Planted("tool_name_taken", model(stock(name="extract")), "n", says="«extract»", others=(LOOKS_UP,)),
    Planted("tool_name_taken", model(stock(), stock()), "n", says="«estoque»", others=(LOOKS_UP,)),
    Planted("tool_waits", model({"name": "t", "flow": "passa"}), "n", says="passa → pergunta/p", others=(ASKS_FIRST, THROUGH)),
    Planted("tool_parameters", model(stock(parameters={"type": "array"})), "n", others=(LOOKS_UP,)),
    Planted("argument_type", model(stock(parameters=schema(sku={"type": "string"}, loja={"type": "string"}))), "n", says="Use number", others=(LOOKS_UP,)),
    Planted("missing_argument", model(stock(parameters={"properties": {"sku": {"type": "string"}}})), "n", says="«sku»", others=(LOOKS_UP,)),
    Planted("missing_argument", model(stock(parameters=schema(loja={}))), "n", says="«sku»", others=(LOOKS_UP,)),
    Planted("unknown_input", model(stock(parameters=schema(sku={}, skuu={}))), "n", says="«sku»", others=(LOOKS_UP,)),
    Planted("unknown_flow", model({"name": "t", "flow": "outro"}), "n"),
    Planted("call_without_start", model({"name": "t", "flow": "perdido"}), "n", others=(LOST,)),
    Planted("call_cycle", model({"name": "t", "flow": "circula"}), "n", says="teste → circula → teste", others=(USES_IT,)),
    Planted("calls_too_deep", model({"name": "t", "flow": "d1"}), "n", says="d7 → d8; no máximo 8", others=tuple(DEEP)),
    Planted("text_outside_window", model({"name": "t", "flow": "dorme"}), "n", says="24 horas", others=(SLEEPS,)),
    # -- exits that never come
    Planted("dead_else", cases({"left": {"expr": "n"}, "op": "less", "right": 10}, {"left": {"expr": "n"}, "op": "at_least", "right": 10}), "c", "else"),
    Planted("dead_else", cases({"left": {"expr": "contact.tags"}, "op": "is_empty"}, {"left": {"expr": "contact.tags"}, "op": "is_not_empty"}), "c", "else"),
    Planted("dead_else", cases({"op": "has_tag", "right": "cliente"}, {"not": {"op": "has_tag", "right": "cliente"}}), "c", "else"),
    Planted("dead_else", cases({"any": [{"left": {"expr": "conversation.window.open"}, "op": "is_no"}, {"left": {"expr": "conversation.window.open"}, "op": "equals", "right": True}]}), "c", "else"),
    Planted("loop_goes_on", flow(node("loop", each={"expr": "itens"}, **{"as": "i"}), text("x", "{{ i }}"), lines=["oi > n", "n:item > x", "x > fim", "n:done > fim"], variables=[{"name": "itens", "type": "list", "default": [1]}, {"name": "i"}]), "n", "item"),
    Planted("keyword_conflict", flow(), "oi", says="rival/entra, depois teste/oi", others=(RIVAL,)),
)  # fmt: skip
