"""The explorer reaches every exit that can be reached, says why of the others, writes few talks."""

from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import networkx
import pytest
from hypothesis import given, settings

from flowengine.document import parse
from flowengine.explore import Exploration, explore
from flowengine.explore.ground import Ground
from flowengine.flow import Flow
from flowengine.release import compile_release
from flowengine.talks.coverage import Reached, reached, wired
from flowengine.talks.player import play_through
from flowengine.talks.rows import simulated
from flowengine.talks.writing import write_talk
from flowengine.workspace import Workspace, parse_workspace
from tests.flowengine.engine.flows import CHILD, flows
from tests.flowengine.playing import OI, ask, document, menu, text

EXAMPLES = Path(__file__).parents[2] / "examples"
END = {"id": "fim", "type": "end"}
OFFICE = {
    "format": "flowengine-workspace/1",
    "schedules": {
        "loja": {"timezone": "America/Sao_Paulo", "weekly": {"mon": [["09:00", "18:00"]]}}
    },
    "queues": {"vendas": {"schedule": "loja"}, "sempre": {}},
}


def read(json: Any) -> Flow:
    return parse(msgspec.json.encode(json))


def explored(nodes: list[Any], lines: list[str], *others: Any, **more: Any) -> Exploration:
    known = {other["key"]: read(other) for other in others}
    office = parse_workspace(msgspec.json.encode(OFFICE))
    flow = read(document("x", nodes, lines, **more))
    found = explore(flow, known, office)
    proves_itself(found, flow, known, office)
    return found


def proves_itself(
    found: Exploration, flow: Flow, others: dict[str, Flow], known: Workspace | None
) -> None:
    """Every talk comes true, and together they go along all but what is told not to be reached."""
    everything = {**others, flow.key: flow}
    releases = [compile_release(each, everything) for each in everything.values()]
    total = Reached(set(), set())
    for talk in found.talks:
        played, sim = play_through(talk, releases, known or Workspace(format=OFFICE["format"]))
        assert played.failure is None, (played.failure, write_talk(talk).decode())
        total.add(reached(simulated(sim.happened), sim.chat.releases))
    edges = {(edge.from_, edge.exit) for edge in flow.edges}
    missing = {(each.node, each.exit) for each in found.unreached}
    assert found.exits == len(edges)
    assert wired(flow, total.exits) == edges - missing


def unreached(found: Exploration) -> set[str]:
    return {f"{each.node}:{each.exit}" for each in found.unreached}


# -- the examples --------------------------------------------------------------------------------


@cache
def examples() -> tuple[dict[str, Flow], Workspace]:
    read = [parse(path.read_bytes()) for path in sorted(EXAMPLES.glob("*.flow.json"))]
    known = parse_workspace((EXAMPLES / "workspace.json").read_bytes())
    return {flow.key: flow for flow in read}, known


@pytest.mark.parametrize("key", [path.name.split(".")[0] for path in EXAMPLES.glob("*.flow.json")])
def test_every_exit_of_the_examples_is_reached(key: str) -> None:
    others, known = examples()
    found = explore(others[key], others, known)
    assert (found.unreached, found.whole) == ((), True)
    proves_itself(found, others[key], others, known)
    assert len(found.talks) <= fewest(others[key]) + 2


def fewest(flow: Flow) -> int:
    """The fewest chats that go along every exit, if each could be steered at will: as many as there
    are exits of which none leads to another (Dilworth). Nobody needs fewer, but for interrupts."""
    lines = [(edge.from_, edge.exit, edge.to) for edge in flow.edges]
    after: networkx.DiGraph[Any] = networkx.DiGraph()
    after.add_nodes_from(lines)
    after.add_edges_from((a, b) for a in lines for b in lines if a[2] == b[0])
    order = networkx.transitive_closure_dag(networkx.condensation(after))
    pairs: networkx.Graph[Any] = networkx.Graph()
    first = [("first", node) for node in order]
    pairs.add_nodes_from([*first, *(("then", node) for node in order)])
    pairs.add_edges_from((("first", a), ("then", b)) for a, b in order.edges)
    joined = networkx.bipartite.maximum_matching(pairs, top_nodes=first)
    return len(first) - len(joined) // 2


@pytest.mark.parametrize("key", ["pedido", "duvidas", "pesquisa"])
def test_no_talk_is_one_too_many(key: str) -> None:
    """Each goes along an exit that none of the others does."""
    others, known = examples()
    found = explore(others[key], others, known)
    ground = Ground(others, known)
    ways: list[set[tuple[str, str]]] = []
    for talk in found.talks:
        _, sim = play_through(talk, ground.releases, ground.workspace)
        exits = reached(simulated(sim.happened), sim.chat.releases).exits
        ways.append(wired(others[key], exits))
    for at, mine in enumerate(ways):
        rest = set[tuple[str, str]]().union(*ways[:at], *ways[at + 1 :])
        assert mine - rest, found.talks[at].name


def test_the_same_flow_gives_the_same_talks() -> None:
    others, known = examples()
    first, second = (explore(others["plano"], others, known) for _ in range(2))
    assert first == second


# -- what it can steer ---------------------------------------------------------------------------


def test_both_sides_of_conditions() -> None:
    cases = [
        {"id": "a", "when": {"left": {"expr": "idade"}, "op": "at_least", "right": 65}},
        {"id": "b", "when": {"all": [
            {"left": {"expr": "idade"}, "op": "between", "right": [40, 41]},
            {"op": "has_tag", "right": "vip"}]}},
        {"id": "c", "when": {"left": "{{ contact.fields.plano }}", "op": "in", "right": ["ouro"]}},
    ]  # fmt: skip
    condition = {"id": "c", "type": "condition", "cases": cases}
    found = explored(
        [OI, ask("q", "?", "number", save_as="idade"), condition, END],
        ["oi > q", "q:reply > c", *(f"c:case:{case} > fim" for case in "abc"), "c:else > fim"],
        variables=[{"name": "idade", "type": "number"}],
    )
    assert found.unreached == ()


def test_values_that_pass_through_other_variables_and_flows() -> None:
    child = document(
        "filho",
        [
            {"id": "c", "type": "condition", "cases": [
                {"id": "sim", "when": {"left": {"expr": "n"}, "op": "equals", "right": "azul"}}]},
            {"id": "a", "type": "end", "outcome": "azul", "outputs": {"cor": "{{ n }}"}},
            {"id": "b", "type": "end"},
        ],
        ["c:case:sim > a", "c:else > b"],
        start="c", inputs=[{"name": "n"}], outputs=[{"name": "cor"}],
    )  # fmt: skip
    call = {"id": "f", "type": "flow", "flow": "filho", "with": {"n": "{{ copia }}"}}
    copy = {"id": "s", "type": "set", "assign": [{"to": "copia", "value": {"expr": "cor"}}]}
    found = explored(
        [OI, ask("q", "?", save_as="cor"), copy, call, END],
        ["oi > q", "q:reply > s", "s > f", "f:outcome:azul > fim", "f > fim"],
        child,
        variables=[{"name": "cor"}, {"name": "copia"}],
    )
    assert found.unreached == ()


def test_answers_of_other_systems_and_their_failures() -> None:
    call = {
        "id": "h", "type": "http", "url": "https://x.example",
        "save": [{"to": "itens", "path": "/dados/itens"}, {"to": "estado", "path": "/estado"}],
        "exits": [{"id": "nao", "status": [404, 410]}, {"id": "feito", "status": [201]}],
    }  # fmt: skip
    paid = {"left": {"expr": "estado"}, "op": "equals", "right": "pago"}
    condition = {"id": "c", "type": "condition", "cases": [{"id": "x", "when": paid}]}
    row = {"each": {"expr": "itens"}, "as": "i", "id": "{{ i.id }}", "title": "{{ i.nome }}"}
    rows = {"id": "r", "type": "ask", "expect": {"kind": "choice"},
            "contents": [{"kind": "list", "text": "?", "rows": [row]}]}  # fmt: skip
    found = explored(
        [OI, call, condition, rows, END],
        ["oi > h", "h:ok > c", "h:status:nao > fim", "h:status:feito > fim", "h:failed > fim",
         "c:case:x > r", "c:else > r", "r:picked > fim", "r:empty > fim"],
        variables=[{"name": "itens", "type": "list"}, {"name": "estado"}],
    )  # fmt: skip
    assert found.unreached == ()


def test_models_people_events_time_and_refused_sends() -> None:
    ai = {
        "id": "ia", "type": "ai_reply", "instructions": "Oi", "outcomes": [{"id": "pronto"}],
        "extract": [{"to": "cidade"}], "unsure_below": 0.5,
    }  # fmt: skip
    wait = {
        "id": "w", "type": "wait", "timeout": "P1D",
        "events": [{"exit": "pago", "name": "pago", "match": "event.cidade == cidade"}],
    }  # fmt: skip
    people = {"id": "p", "type": "transfer", "to": {"queue": "vendas"}, "timeout": "PT20M"}
    found = explored(
        [OI, text("m", "Oi"), ai, wait, people, {"id": "d", "type": "delay", "for": "PT90S"}, END],
        ["oi > m", "m > ia", "m:failed > fim", "ia > w", "ia:outcome:pronto > p", "ia:unsure > p",
         "ia:handoff > p", "ia:timeout > fim", "ia:limit > fim", "ia:failed > fim",
         "w:event:pago > d", "w:timeout > fim", "p:closed > fim", "p:unavailable > fim",
         "p:timeout > fim", "d > fim"],
        variables=[{"name": "cidade"}],
    )  # fmt: skip
    assert found.unreached == ()


@pytest.mark.parametrize(
    "expect",
    [
        {"kind": "text", "min": 3, "max": 8},
        {"kind": "yes_no"},
        {"kind": "number", "min": 18, "max": 21, "integer": True},
        {"kind": "date", "future_only": True},
        {"kind": "datetime"},
        {"kind": "email"},
        {"kind": "phone"},
        {"kind": "cpf"},
        {"kind": "cnpj"},
        {"kind": "media", "of": ["audio"]},
        {"kind": "location"},
        {"kind": "contact"},
        {"kind": "form"},
        {"kind": "pattern", "pattern": "^[A-Z]{3}-[0-9]{4}$"},
    ],
    ids=lambda expect: expect["kind"],
)
def test_it_knows_an_answer_of_every_kind_and_a_wrong_one(expect: dict[str, Any]) -> None:
    question = {**ask("q", "?", timeout="PT1H", gather="PT5S"), "expect": expect}
    found = explored(
        [OI, question, END], ["oi > q", "q:reply > fim", "q:invalid > fim", "q:timeout > fim"]
    )
    assert found.unreached == ()


def test_every_way_to_begin_and_interrupts() -> None:
    def trigger(node: str, then: str = "", /, **on: Any) -> dict[str, Any]:
        more = {"interrupts": {"then": then}} if then else {}
        return {"id": node, "type": "trigger", "on": on, **more}

    nodes = [
        trigger("padrao", kind="keyword", words=["^pedido [0-9]{3}$"], match="pattern"),
        trigger("link", kind="link", text="Quero saber mais"),
        trigger("anuncio", kind="referral", source_id=["ad-1"]),
        trigger("botao", kind="button", payload="SIM"),
        trigger("evento", kind="event", name="venda"),
        trigger("fecha", kind="conversation_closed"),
        trigger("marca", kind="tag_added", tag="vip"),
        trigger("campo", kind="field_changed", field="plano"),
        trigger("hora", kind="cron", expression="0 9 * * *"),
        trigger("resto", kind="fallback"),
        trigger("ajuda", "return", kind="keyword", words=["ajuda"]),
        trigger("sai", "jump", kind="keyword", words=["sair"]),
        text("t", "Ajudo"),
        ask("q", "?"),
        END,
    ]
    begins = [node["id"] for node in nodes if node["type"] == "trigger"][:-2]
    lines = [*(f"{name} > q" for name in begins), "q:reply > fim", "ajuda > t", "sai > fim"]
    found = explored(nodes, lines)
    assert found.unreached == ()


def test_a_split_shares_out_all_its_variants() -> None:
    variants = [{"id": name} for name in "abcde"]
    for by in ("contact", "execution"):
        split = {"id": "s", "type": "split", "variants": variants, "by": by}
        lines = ["oi > s", *(f"s:variant:{name} > fim" for name in "abcde")]
        assert explored([OI, split, END], lines).unreached == ()


def test_business_hours_by_moving_the_clock() -> None:
    hours = {"id": "h", "type": "hours", "schedule": "loja"}
    found = explored([OI, hours, END], ["oi > h", "h:open > fim", "h:closed > fim"])
    assert (found.unreached, len(found.talks)) == ((), 2)


def test_a_flow_without_trigger_is_started_with_its_inputs() -> None:
    call = {"id": "c", "type": "condition", "cases": [
        {"id": "x", "when": {"left": {"expr": "valor"}, "op": "more", "right": 1000}}]}  # fmt: skip
    found = explored(
        [call, END],
        ["c:case:x > fim", "c:else > fim"],
        start="c",
        inputs=[{"name": "valor", "type": "number", "required": True}],
    )
    assert found.unreached == ()


# -- what it cannot ------------------------------------------------------------------------------


def test_it_says_why_an_exit_is_not_reached() -> None:
    when = {"left": "{{ nome|length }}{{ idade }}", "op": "equals", "right": "7.1"}
    never = {"id": "c", "type": "condition", "cases": [{"id": "x", "when": when}]}
    nodes = [
        OI,
        ask("q", "?", "any", save_as="nome"),
        never,
        {"id": "p", "type": "transfer", "to": {"queue": "sempre"}},
        text("so", "Ninguém vem aqui"),
        {"id": "s", "type": "split", "variants": [{"id": "a"}, {"id": "b", "weight": 0}]},
        END,
    ]
    lines = [
        "oi > q", "q:reply > c", "q:timeout > fim", "q:invalid > fim", "c:case:x > fim",
        "c:else > p", "p:closed > s", "p:unavailable > fim", "so > fim", "s:variant:a > fim",
        "s:variant:b > fim",
    ]  # fmt: skip
    found = explored(
        nodes, lines, variables=[{"name": "nome"}, {"name": "idade", "type": "number"}]
    )
    why = {f"{each.node}:{each.exit}": each.reason for each in found.unreached}
    assert why == {
        "q:timeout": "no timer is set: the node has no timeout",
        "q:invalid": "any answer fits, so none is wrong",
        "c:case:x": "nothing that was tried leads there: a condition may never hold,"
        " or needs a rarer input",
        "p:unavailable": "it goes to nobody with a schedule: there is always somebody",
        "so:next": "no path leads to this node",
        "s:variant:b": "the variant has no weight",
    }


def test_a_budget_ends_the_search_and_that_is_said() -> None:
    nodes = [OI, *(menu(f"m{at}", "?", "a", "b") for at in range(9)), END]
    lines = ["oi > m0", *(f"m{at}:reply > m{at + 1}" for at in range(8)), "m8:reply > fim"]
    flow = read(document("x", nodes, lines))
    found = explore(flow, {}, budget=5)
    assert (found.whole, found.moves) == (False, 5)
    assert {each.reason for each in found.unreached} == {"not found within the budget"}
    assert explore(flow, {}, enough=lambda: True).whole is False


def test_talks_go_on_where_that_saves_one() -> None:
    nodes = [OI, menu("m", "?", "a", "b", "fim"), text("a", "A"), text("b", "B"), END]
    lines = ["oi > m", "m:choice:a > a", "m:choice:b > b", "m:choice:fim > fim", "a > m", "b > m"]
    found = explored(nodes, lines)
    assert (found.unreached, len(found.talks)) == ((), 1)


@given(flows())
@settings(max_examples=10)
def test_whatever_the_flow_what_it_writes_comes_true(json: Any) -> None:
    flow, others = read(json), {"filho": read(CHILD)}
    found = explore(flow, others, budget=150)
    proves_itself(found, flow, others, None)
