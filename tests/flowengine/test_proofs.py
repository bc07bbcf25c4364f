"""Proofs about paths, branches, time, types and costs: what they find, and what is no mistake."""

from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowengine.check import check
from flowengine.check.implying import implies
from flowengine.conditions import When, compile_when
from flowengine.document import parse
from flowengine.explore.steering import MONDAY
from flowengine.expressions import Env
from flowengine.workspace import parse_workspace
from flowengine.zones import zone
from tests.flowengine.playing import OI, ask, document, menu, text

Json = dict[str, Any]

END = {"id": "fim", "type": "end"}
OFFICE = {
    "format": "flowengine-workspace/1",
    "queues": {"q": {}},
    "fields": {"x": {}},
    "constants": {"x": 1},
    "schedules": {
        "loja": {"timezone": "America/Sao_Paulo", "weekly": {"mon": [["09:00", "18:00"]]}},
        "sempre": {
            "timezone": "America/Sao_Paulo",
            "weekly": {day: [["00:00", "24:00"]] for day in "mon tue wed thu fri sat sun".split()},
        },
    },
    "templates": [{"name": "aviso", "language": "pt_BR"}],
}


def found(nodes: list[Any], lines: list[str], *others: Json, **more: Any) -> dict[str, list[str]]:
    """Codes, each with the places that it was found at."""
    flow = parse(msgspec.json.encode(document("x", nodes, lines, **more)))
    known = {other["key"]: parse(msgspec.json.encode(other)) for other in others}
    places: dict[str, list[str]] = {}
    for issue in check(flow, parse_workspace(msgspec.json.encode(OFFICE)), known):
        exit = f":{issue.exit}" if issue.exit else ""
        places.setdefault(issue.code, []).append(issue.node + exit)
    return places


def node(name: str, kind: str, /, **more: Any) -> Json:
    return {"id": name, "type": kind, **more}


NOME = [{"name": "nome"}]


# -- variables that are not set ------------------------------------------------------------------


def said(body: str, **more: Any) -> dict[str, list[str]]:
    """A text that is come to with and without a name."""
    nodes = [OI, menu("m", "?", "x", "y"), ask("a", "?", save_as="nome"), text("b", body), END]
    lines = ["oi > m", "m:choice:x > a", "m:choice:y > b", "a:reply > b", "b > fim"]
    return found(nodes, lines, **{"variables": NOME, **more})


@pytest.mark.parametrize(
    "body",
    ["Oi, {{ nome }}!", "{{ nome|upper }}", "{{ nome ~ '!' }}", "{% if x %}{% endif %}{{ nome }}"],
)
def test_a_variable_is_said_before_it_is_set_on_some_path(body: str) -> None:
    assert said(body, variables=[*NOME, {"name": "x"}]) == {"unset_read": ["b"]}


@pytest.mark.parametrize(
    "body",
    [
        "{% if nome %}Oi, {{ nome }}!{% endif %}",
        "{{ nome or 'você' }}",
        "{{ nome|default('você') }}",
        "{{ nome if nome else 'você' }}",
        "{% for x in lista %}{{ x }}{% endfor %}",
        "{% if nome is defined %}{{ nome }}{% endif %}",
        "Oi",
    ],
)
def test_a_text_that_asks_itself_is_no_mistake(body: str) -> None:
    listed = [*NOME, {"name": "lista", "type": "list"}]
    assert said(body, variables=listed) == {}


def test_a_default_or_a_required_input_is_set() -> None:
    assert said("{{ nome }}", variables=[{"name": "nome", "default": "você"}]) == {}
    more: Json = {"variables": [], "inputs": [{"name": "nome", "required": True}]}
    assert said("{{ nome }}", **more) == {}
    assert said("{{ nome }}", **{**more, "inputs": NOME}) == {"unset_read": ["b"]}


def test_a_condition_proves_that_a_variable_is_set() -> None:
    for when, case, other in (
        ({"left": {"expr": "nome"}, "op": "is_not_empty"}, "b", "fim"),
        ({"left": "{{ nome }}", "op": "is_empty"}, "fim", "b"),
        ({"all": [{"left": {"expr": "nome"}, "op": "contains", "right": "a"},
                  {"op": "has_tag", "right": "vip"}]}, "b", "fim"),
        ({"not": {"left": {"expr": "nome"}, "op": "is_empty"}}, "b", "fim"),
    ):  # fmt: skip
        condition = node("c", "condition", cases=[{"id": "s", "when": when}])
        nodes = [OI, condition, text("b", "{{ nome }}"), END]
        lines = ["oi > c", f"c:case:s > {case}", f"c:else > {other}", "b > fim"]
        assert "unset_read" not in found(nodes, lines, variables=NOME), when


def test_exits_that_store_nothing_set_nothing() -> None:
    call = node("h", "http", url="https://x.example", save=[{"to": "nome", "path": "/n"}])
    nodes = [OI, call, text("b", "{{ nome }}"), END]
    lines = ["oi > h", "h:ok > b", "b > fim"]
    assert found(nodes, lines, variables=NOME) == {}
    assert found(nodes, [*lines, "h:failed > b"], variables=NOME) == {"unset_read": ["b"]}


def test_nothing_can_be_added_to_what_is_not_set() -> None:
    counts = [{"name": "n", "type": "number"}]
    adds = node("s", "set", assign=[{"to": "n", "value": {"expr": "n + 1"}}])
    assert found([OI, adds, END], ["oi > s", "s > fim"], variables=counts) == {"unset_read": ["s"]}
    op = node("s", "set", assign=[{"to": "n", "op": "add", "value": 1}])
    shows = text("t", "{{ n + 1 }}")
    assert found([OI, op, shows, END], ["oi > s", "s > t", "t > fim"], variables=counts) == {}


def test_an_interrupt_comes_from_anywhere() -> None:
    back = {**node("volta", "trigger", on={"kind": "keyword", "words": ["voltar"]})}
    back["interrupts"] = {"then": "jump"}
    nodes = [OI, back, ask("a", "?", save_as="nome"), text("b", "{{ nome }}"), END]
    lines = ["oi > a", "a:reply > b", "b > fim", "volta > b"]
    assert found(nodes, lines, variables=NOME) == {"unset_read": ["b"]}


# -- the 24-hour window --------------------------------------------------------------------------

LATE = "text_outside_window"


def after(*waits: Json, last: Json | None = None, **more: Any) -> dict[str, list[str]]:
    """A greeting, these one after the other (by their `timeout`, else `next`), then a text."""
    nodes = [OI, *waits, last or text("t", "Oi?"), END]
    lines: list[str] = []
    for before, behind in pairwise(nodes):
        asks = before["type"] == "ask"
        exit = ":timeout" if asks else ""
        lines.append(f"{before['id']}{exit} > {behind['id']}")
        lines += [f"{before['id']}:reply > fim"] if asks else []
    return found(nodes, lines, **more)


def delay(length: str, name: str = "d") -> Json:
    return node(name, "delay", **{"for": length})


def test_timeouts_and_delays_add_up_to_a_day() -> None:
    assert after(ask("a", "?", timeout="PT23H")) == {}
    assert after(ask("a", "?", timeout="PT24H")) == {LATE: ["t"]}
    assert after(ask("a", "?", timeout="PT20H"), delay("PT3H59M")) == {}
    assert after(ask("a", "?", timeout="PT20H"), delay("PT4H")) == {LATE: ["t"]}
    assert after(delay("PT12H"), delay("PT12H", "e")) == {LATE: ["t"]}


def test_an_answer_opens_the_window_again() -> None:
    template = {"kind": "template", "name": "aviso", "language": "pt_BR"}
    nodes = [OI, delay("P2D"), ask("a", "?", template=template), text("t", "Oi"), END]
    assert found(nodes, ["oi > d", "d > a", "a:reply > t", "t > fim"]) == {}


def test_a_template_or_a_wired_failure_or_a_look_at_the_window_is_an_answer_to_it() -> None:
    template = {"kind": "template", "name": "aviso", "language": "pt_BR"}
    assert after(delay("P2D"), last=node("t", "message", contents=[template])) == {}
    assert after(delay("P2D"), last=text("t", "Oi?", template=template)) == {}
    nodes = [OI, delay("P2D"), text("t", "Oi?"), END]
    assert found(nodes, ["oi > d", "d > t", "t > fim", "t:failed > fim"]) == {}
    is_open = {"left": {"expr": "conversation.window.open"}, "op": "is_yes"}
    looks = node("c", "condition", cases=[{"id": "s", "when": is_open}])
    nodes = [OI, delay("P2D"), looks, text("t", "Oi?"), END]
    lines = ["oi > d", "d > c", "c:case:s > t", "c:else > fim", "t > fim"]
    assert found(nodes, lines) == {}
    assert found(nodes, [*lines[:2], "c:case:s > fim", "c:else > t", "t > fim"]) == {LATE: ["t"]}


def test_a_timeout_that_expires_first_never_comes() -> None:
    more: Json = {"settings": {"expires": "P1D"}}
    assert after(ask("a", "?", timeout="PT30H"), **more) == {"expires_first": ["a:timeout"]}


def test_a_wait_for_an_event_may_last_until_the_flow_expires() -> None:
    wait = node("w", "wait", events=[{"exit": "pago", "name": "pago"}])
    nodes = [OI, wait, text("t", "Recebemos!"), END]
    lines = ["oi > w", "w:event:pago > t", "t > fim"]
    assert found(nodes, lines) == {LATE: ["t"]}
    assert found(nodes, lines, settings={"expires": "PT20H"}) == {}


def test_business_hours_may_be_days_away() -> None:
    for schedule, places in (("loja", {LATE: ["t"]}), ("sempre", {})):
        assert after(node("d", "delay", until={"open": schedule})) == places
    assert after(node("d", "delay", until={"expr": "now + days(3)"})) == {LATE: ["t"]}


def test_a_circle_of_reminders_leaves_the_window_in_the_end() -> None:
    nodes = [OI, ask("a", "Ainda aí?", timeout="PT6H"), END]
    assert found(nodes, ["oi > a", "a:reply > fim", "a:timeout > a"]) == {LATE: ["a"]}


def test_starts_by_themselves_are_outside_from_the_first_word() -> None:
    event = node("e", "trigger", on={"kind": "event", "name": "x", "purpose": "utility"})
    assert found([event, text("t", "Oi"), END], ["e > t", "t > fim"]) == {LATE: ["t"]}
    started = document("y", [text("f", "Oi"), END], ["f > fim"], start="f")
    starts = node("s", "start", flow="y", at={"expr": "now + days(1)"}, purpose="utility")
    assert found([OI, starts, END], ["oi > s", "s > fim"], started) == {}
    flow = {**started, "key": "x"}
    starter = document("y", [OI, {**starts, "flow": "x"}, END], ["oi > s", "s > fim"])
    assert found(flow["nodes"], ["f > fim"], starter, start="f") == {LATE: ["f"]}
    at_once = document("y", [OI, node("s", "start", flow="x"), END], ["oi > s", "s > fim"])
    assert found(flow["nodes"], ["f > fim"], at_once, start="f") == {}


@pytest.mark.parametrize(("rounds", "late"), [(3, False), (4, True)])
def test_a_models_tools_count_with_their_delays_in_every_round(rounds: int, late: bool) -> None:
    rests = document("rests", [node("d", "delay", **{"for": "PT6H"}), END], ["d > fim"], start="d")
    tools = [{"name": "t", "flow": "rests"}]
    ia = node("ia", "ai_reply", instructions="x", tools=tools, rounds=rounds)
    places = found([OI, ia, END], ["oi > ia", "ia > fim"], rests)
    assert places.get("text_outside_window", []) == (["ia"] if late else [])


def test_called_flows_count_with_their_delays_and_answers() -> None:
    call = node("c", "flow", flow="y")
    waits = document("y", [delay("P2D"), END], ["d > fim"], start="d")
    nodes = [OI, call, text("t", "Oi"), END]
    lines = ["oi > c", "c > t", "t > fim"]
    assert found(nodes, lines, waits) == {LATE: ["t"]}
    asks = document("y", [ask("q", "?"), END], ["q:reply > fim"], start="q")
    assert found(nodes, lines, asks) == {}
    assert found([OI, delay("P2D"), *nodes[1:]], ["oi > d", "d > c", *lines[1:]], asks) == {
        "call_outside_window": ["c"]
    }
    silent = document("y", [node("g", "tag", add=["x"]), END], ["g > fim"], start="g")
    assert "call_outside_window" not in found(
        [OI, delay("P2D"), call, END], ["oi > d", "d > c", "c > fim"], silent
    )


def test_a_start_by_itself_needs_a_purpose_if_it_says_anything() -> None:
    cron = node("e", "trigger", on={"kind": "cron", "expression": "0 9 * * *"})
    template = {"kind": "template", "name": "aviso", "language": "pt_BR"}
    says = node("t", "message", contents=[template])
    lines = ["e > t", "t > fim"]
    assert found([cron, says, END], lines) == {"start_without_purpose": ["e"]}
    assert found([cron, says, END], lines, settings={"purpose": "utility"}) == {}
    assert found([cron, node("t", "notify", name="x"), END], lines) == {}


# -- branches ------------------------------------------------------------------------------------


def cases(*whens: Json) -> dict[str, list[str]]:
    listed = [{"id": f"c{at}", "when": when} for at, when in enumerate(whens)]
    lines = [f"c:case:c{at} > fim" for at in range(len(whens))]
    variables = [{"name": "n", "type": "number"}, {"name": "t"}]
    condition = node("c", "condition", cases=listed)
    return found([OI, condition, END], ["oi > c", *lines, "c:else > fim"], variables=variables)


def when(op: str, right: Any, left: str = "n") -> Json:
    return {"left": {"expr": left}, "op": op, "right": right}


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (when("at_most", 7), when("equals", 3)),
        (when("more", 7), when("at_least", 8)),
        (when("between", [1, 9]), when("between", [3, 5])),
        ({"any": [when("less", 5), when("at_least", 5)]}, when("between", [1, 9])),
        (when("equals", "Sim", "t"), when("equals", "sim!", "t")),
        (when("in", ["a", "b"], "t"), when("equals", "B", "t")),
        (when("has_any_word", "preço valor", "t"), when("has_any_word", "valor", "t")),
        (when("has_word", "oi", "t"), when("has_all_words", "oi bom dia", "t")),
        (when("contains", "ana", "t"), when("starts_with", "Banana", "t")),
        (when("at_most", 7), {"all": [when("less", 3), when("equals", "x", "t")]}),
        ({"not": when("less", 3)}, {"not": when("less", 5)}),
    ],
)
def test_a_case_is_shadowed_by_one_that_takes_all_of_it(earlier: Json, later: Json) -> None:
    assert cases(earlier, later) == {"shadowed_branch": ["c:case:c1"]}
    assert cases(later, earlier) == {} or implies(_when(earlier), _when(later))


def test_several_cases_together_shadow_one() -> None:
    assert cases(when("less", 5), when("between", [5, 9]), when("at_most", 9)) == {
        "shadowed_branch": ["c:case:c2"]
    }
    assert cases(when("less", 5), when("more", 5), when("between", [1, 9])) == {}


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (when("at_most", 7), when("between", [5, 9])),
        (when("less", 7), when("at_most", 7)),
        (when("equals", 3), when("at_most", 3)),
        (when("has_all_words", "bom dia", "t"), when("has_word", "bom", "t")),
        (when("equals", "sim", "t"), when("contains", "sim", "t")),
        (when("at_most", 7), when("at_most", 3, "t")),
        (when("at_most", {"expr": "n"}), when("equals", 1)),
    ],
)
def test_a_case_with_a_turn_of_its_own_is_no_mistake(earlier: Json, later: Json) -> None:
    assert cases(earlier, later) == {}


VALUES = st.one_of(
    st.integers(-3, 12), st.sampled_from(["", "sim", "não", "oi bom dia", "tenho 4 e 9", "7,5"]),
    st.none(),
)  # fmt: skip
OPS = st.one_of(
    st.tuples(
        st.sampled_from(["less", "at_most", "more", "at_least", "equals"]), st.integers(0, 9)
    ),
    st.tuples(st.just("between"), st.lists(st.integers(0, 9), min_size=2, max_size=2)),
    st.tuples(
        st.sampled_from(["equals", "contains", "starts_with", "has_any_word", "has_all_words"]),
        st.sampled_from(["sim", "oi", "oi bom", "bom dia", "tenho", "4"]),
    ),
    st.tuples(st.just("in"), st.lists(st.sampled_from(["sim", "oi", "não"]), min_size=1)),
)
WHENS = st.recursive(
    OPS.map(lambda pair: when(pair[0], pair[1], "t")),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=4,
)
ENV = Env(now=MONDAY, timezone=zone("America/Sao_Paulo"))


def _when(json: Json) -> When:
    return msgspec.convert(json, When)


@given(WHENS, WHENS, VALUES)
@settings(max_examples=100)
def test_where_one_condition_is_said_to_imply_another_it_does(a: Json, b: Json, value: Any) -> None:
    later, earlier = _when(a), _when(b)
    if implies(later, earlier) and compile_when(later).holds({"t": value}, ENV):
        assert compile_when(earlier).holds({"t": value}, ENV)


def test_an_event_is_shadowed_by_the_same_one_without_a_condition() -> None:
    def events(*matches: str) -> dict[str, list[str]]:
        listed = [{"exit": f"e{at}", "name": "pago", "match": m} for at, m in enumerate(matches)]
        wait = node("w", "wait", events=listed, timeout="PT1H")
        lines = [f"w:event:e{at} > fim" for at in range(len(matches))]
        return found([OI, wait, END], ["oi > w", *lines, "w:timeout > fim"])

    assert events("", "event.x") == {"shadowed_branch": ["w:event:e1"]}
    assert events("event.x", "") == {}


# -- choices -------------------------------------------------------------------------------------

BUTTONS = {"kind": "buttons", "text": "?", "buttons": [{"id": "a", "title": "A"}]}
OFFER = node("m", "message", contents=[BUTTONS])


def test_a_choice_is_dead_where_something_else_was_asked_since() -> None:
    wait = node("w", "wait", expect={"kind": "choice"})
    lines = ["oi > m", "m > q", "q:reply > w", "w:choice:a > fim"]
    assert found([OI, OFFER, ask("q", "?"), wait, END], lines) == {"dead_choice": ["w:choice:a"]}
    named = {**wait, "of": "m"}
    assert found([OI, OFFER, ask("q", "?"), named, END], lines) == {}
    assert found([OI, OFFER, wait, END], ["oi > m", "m > w", "w:choice:a > fim"]) == {}


def test_a_choice_is_dead_where_its_offer_comes_later() -> None:
    wait = node("w", "wait", expect={"kind": "choice"}, of="m")
    lines = ["oi > w", "w:choice:a > m", "m > fim"]
    assert found([OI, wait, OFFER, END], lines) == {"dead_choice": ["w:choice:a"]}


# -- models --------------------------------------------------------------------------------------


def test_a_model_in_a_circle_needs_the_customer_in_it() -> None:
    ai = node("ia", "ai_reply", instructions="Oi")
    assert found([OI, ai, delay("PT1H"), END], ["oi > ia", "ia > d", "d > ia"])["ai_loop"] == ["ia"]
    reminder = ask("q", "?", timeout="PT1H")
    lines = ["oi > ia", "ia > q", "q:reply > ia"]
    assert found([OI, ai, reminder, END], [*lines, "q:timeout > fim"]) == {}
    assert found([OI, ai, reminder, END], [*lines, "q:timeout > ia"])["ai_loop"] == ["ia"]


def test_a_circle_of_sends_does_not_rest_in_their_acceptance() -> None:
    nodes = [OI, text("a", "1"), END]
    assert found(nodes, ["oi > a", "a > a", "a:failed > fim"]) == {"endless_cycle": ["a"]}


# -- patterns, types, secrets --------------------------------------------------------------------


def test_a_question_whose_pattern_matches_nothing_has_no_answer() -> None:
    asks = {**ask("q", "?"), "expect": {"kind": "pattern", "pattern": "^ [0-9]+$"}}
    flow = parse(msgspec.json.encode(document("x", [OI, asks, END], ["oi > q", "q:reply > fim"])))
    issue = check(flow, None)[0]
    assert (issue.code, issue.severity) == ("pattern_matches_nothing", "error")
    assert cases(when("matches", "a^b", "t")) == {"pattern_matches_nothing": ["c"]}


TYPES = [
    {"name": "t", "default": "x"}, {"name": "n", "type": "number", "default": 1},
    {"name": "d", "type": "date", "default": "2026-01-01"},
    {"name": "dur", "type": "duration", "default": "PT1H"},
    {"name": "b", "type": "boolean", "default": True}, {"name": "l", "type": "list", "default": []},
    {"name": "o", "type": "object", "default": {}},
]  # fmt: skip


def expression(source: str) -> bool:
    """Whether it is found to be wrong."""
    waits = node("s", "set", assign=[{"to": "o", "value": {"x": {"expr": source}}}])
    codes = found([OI, waits, END], ["oi > s", "s > fim"], variables=TYPES)
    assert set(codes) <= {"wrong_type"}
    return bool(codes)


@pytest.mark.parametrize(
    "source", ["d + 1", "n + dur", "b * 2", "-d", "dur / d", "n|date('dd') + n"]
)
def test_what_never_works_with_the_declared_types_is_told(source: str) -> None:
    assert expression(source)


@pytest.mark.parametrize(
    "source",
    ["n + 1", "d + dur", "d - d", "t|date('dd/MM')", "t + t", "o.x + 1", "l + l", "n / n",
     "t|money", "message.text|length", "const.x + 1", "contact.fields.x + 1", "now + dur",
     "n > 1 or t"],
)  # fmt: skip
def test_what_may_work_is_no_mistake(source: str) -> None:
    assert not expression(source)


def stored(expect: str, kind: str) -> dict[str, list[str]]:
    question = ask("q", "?", expect, save_as="v")
    lines = ["oi > q", "q:reply > fim"]
    return found([OI, question, END], lines, variables=[{"name": "v", "type": kind}])


def test_an_answer_must_fit_its_variable() -> None:
    for expect, kind in (
        ("yes_no", "date"),
        ("media", "number"),
        ("number", "list"),
        ("date", "object"),
    ):
        assert stored(expect, kind) == {"cannot_store": ["q"]}
    fitting = "number text, text number, date datetime, media media, any object, location location"
    for pair in f"{fitting}, yes_no text".split(", "):
        expect, kind = pair.split()
        assert stored(expect, kind) == {}


def test_a_choice_stores_its_titles_or_values() -> None:
    buttons = [{"id": "a", "title": "Alfa", "value": 5}, {"id": "b", "title": "Beta", "value": 3}]
    question = {**menu("m", "?"), "save_as": "v", "contents": [{**BUTTONS, "buttons": buttons}]}
    numbers = [{"name": "v", "type": "number"}]
    assert found([OI, question, END], ["oi > m", "m:reply > fim"], variables=numbers) == {}
    titles = {**question, "contents": [BUTTONS]}
    assert "cannot_store" in found(
        [OI, titles, END], ["oi > m", "m:reply > fim"], variables=numbers
    )


@pytest.mark.parametrize(
    "typed",
    ["sk-proj-abcdefghijklmnopqrstuv", "Use EAA" + "b" * 60, "ghp_" + "a" * 36,
     "AKIAABCDEFGHIJKLMNOP", "-----BEGIN RSA PRIVATE KEY-----"],
)  # fmt: skip
def test_a_key_typed_into_a_text_is_told(typed: str) -> None:
    assert found([OI, text("t", typed), END], ["oi > t", "t > fim"]) == {"typed_secret": ["t"]}


def test_a_secret_of_the_workspace_is_at_home_in_a_header() -> None:
    for header, codes in (
        ("Bearer abcdef0123456789", {"typed_secret"}),
        ("Bearer {{ secret.loja }}", {"unknown_secret"}),
        ("application/json", set[str]()),
    ):
        call = node("h", "http", url="https://x.example", headers={"Authorization": header})
        assert set(found([OI, call, END], ["oi > h", "h:ok > fim"])) == codes


# -- speed ---------------------------------------------------------------------------------------


def test_a_thousand_nodes_of_every_kind_are_proved_without_a_finding() -> None:
    nodes: list[Json] = [OI]
    lines: list[str] = []
    for at in range(250):
        branch = when("at_most", at % 9)
        nodes += [
            ask(f"q{at}", "Quantos anos, {{ t|upper }}?", "number", save_as="n", timeout="PT2H"),
            node(f"c{at}", "condition", cases=[{"id": "a", "when": branch}]),
            node(f"s{at}", "set", assign=[{"to": "n", "value": {"expr": "n * 2 + 1"}}]),
            text(f"t{at}", "{% if n > 3 %}Mais de {{ n - 1 }}{% endif %}"),
        ]
        lines += [f"q{at}:reply > c{at}", f"q{at}:timeout > fim", f"c{at}:case:a > s{at}"]
        lines += [f"c{at}:else > t{at}", f"s{at} > t{at}", f"t{at} > q{(at + 1) % 250}"]
    nodes.append(END)
    flow = parse(msgspec.json.encode(document("x", nodes, ["oi > q0", *lines], variables=TYPES)))
    assert check(flow) == []


def test_no_net_of_flows_is_too_large_for_a_proof() -> None:
    """Three hundred flows in a chain; and sixteen levels, each calling both flows of the next."""

    def calls(key: str, *called: str) -> Json:
        nodes = [node(f"v{at}", "flow", flow=each) for at, each in enumerate(called)]
        ids = [*(each["id"] for each in nodes), "fim"]
        return document(key, [*nodes, END], [f"{a} > {b}" for a, b in pairwise(ids)], start=ids[0])

    chain = [calls(f"c{at}", f"c{at + 1}") for at in range(300)] + [calls("c300")]
    first = [OI, node("v", "flow", flow="c0"), END]
    assert found(first, ["oi > v", "v > fim"], *chain) == {"calls_too_deep": ["v"]}
    net = [
        calls(f"{side}{at}", f"a{at + 1}", f"b{at + 1}") for at in range(16) for side in ("a", "b")
    ]
    ends = [calls("a16"), calls("b16")]
    first = [OI, node("v", "flow", flow="a0"), END]
    assert found(first, ["oi > v", "v > fim"], *net, *ends) == {"calls_too_deep": ["v"]}
