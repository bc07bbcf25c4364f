"""What talks reach of a flow, and what they leave out; and the report for CI."""

from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from flowengine.document import parse
from flowengine.flow import Flow
from flowengine.release import compile_release
from flowengine.talks.coverage import FlowCoverage, coverage, reached
from flowengine.talks.expectations import Difference
from flowengine.talks.junit import Result, junit
from flowengine.talks.player import Failure, Played
from flowengine.talks.rows import simulated
from tests.flowengine.engine.flows import CHILD, STEPS, flows
from tests.flowengine.playing import OI, Play, ask, document, menu, text
from tests.flowengine.test_recording import chatted

END = {"id": "fim", "type": "end"}


def read(json: dict[str, Any]) -> Flow:
    return parse(msgspec.json.encode(json))


def played(main: dict[str, Any], *others: dict[str, Any]) -> Play:
    known = {other["key"]: read(other) for other in others}
    return Play(
        compile_release(read(main), known), *(compile_release(f, known) for f in known.values())
    )


def covered(sim: Play, flow: dict[str, Any]) -> FlowCoverage:
    return coverage(read(flow), reached(simulated(sim.happened), sim.chat.releases))


def test_what_no_chat_reached_is_listed_in_the_documents_order() -> None:
    flow = document(
        "x",
        [OI, menu("m", "?", "a", "b", timeout="PT1H"), text("t", "Oi"), text("u", "Tarde"), END],
        ["oi > m", "m:choice:a > t", "m:reply > fim", "m:timeout > u", "t > fim", "u > fim"],
    )
    sim = played(flow)
    assert covered(sim, flow).missing_nodes == ("oi", "m", "t", "u", "fim")
    sim.say("oi")
    sim.tap("a")
    found = covered(sim, flow)
    assert found.missing_nodes == ("u",)
    assert found.missing_exits == ("m:reply", "m:timeout", "u:next")
    assert (found.nodes, found.exits) == (5, 6)
    assert round(found.percent) == round(100 * 7 / 11)


def test_an_exit_that_takes_anothers_edge_counts_for_that_edge() -> None:
    flow = document("x", [OI, menu("m", "?", "a", "b"), END], ["oi > m", "m:reply > fim"])
    sim = played(flow)
    sim.say("oi")
    sim.tap("b")
    assert covered(sim, flow).percent == 100


def test_a_trigger_is_reached_by_what_it_begins_or_interrupts() -> None:
    help_ = {
        "id": "ajuda",
        "type": "trigger",
        "on": {"kind": "keyword", "words": ["ajuda"]},
        "interrupts": {"then": "return"},
    }
    flow = document(
        "x",
        [OI, help_, ask("a", "?"), text("t", "Oi"), END],
        ["oi > a", "ajuda > t", "a:reply > fim"],
    )
    sim = played(flow)
    sim.say("oi")
    assert covered(sim, flow).missing_nodes == ("ajuda", "t", "fim")
    sim.say("ajuda")
    sim.say("certo")
    assert covered(sim, flow).percent == 100


def test_sub_flows_and_jumps_into_other_flows_count_where_they_happen() -> None:
    child = document(
        "filho", [ask("p", "?"), {"id": "f", "type": "end"}], ["p:reply > f"], start="p"
    )
    calls = [
        OI,
        {"id": "c", "type": "flow", "flow": "filho"},
        {"id": "j", "type": "flow", "flow": "filho", "return": False},
    ]
    flow = document("x", calls, ["oi > c", "c > j"])
    sim = played(flow, child)
    sim.say("oi")
    sim.say("um")
    assert covered(sim, flow).percent == 100
    assert covered(sim, child).percent == 100


def test_a_flow_that_a_program_starts_reaches_no_trigger() -> None:
    flow = document("x", [OI, text("t", "Oi"), END], ["oi > t", "t > fim"])
    sim = played(flow)
    sim.start("x")
    assert covered(sim, flow).missing_nodes == ("oi",)


@given(flows(), st.lists(STEPS, min_size=1, max_size=12))
@settings(max_examples=15)
def test_whatever_happens_a_node_is_counted_for_its_own_flow(document: Any, chat: Any) -> None:
    sim = chatted(document, chat)
    sim.after(timedelta(hours=2))
    found = reached(simulated(sim.happened), sim.chat.releases)
    known = {"f": {node["id"] for node in document["nodes"]}}
    known["filho"] = {node["id"] for node in CHILD["nodes"]}
    assert all(node in known[flow] for flow, node in found.nodes)
    assert all(node in known[flow] for flow, node, _ in found.exits)
    assert {(flow, node) for flow, node, _ in found.exits} <= found.nodes | {("f", "sair")}


def test_the_report_for_ci_is_xml_whatever_was_said() -> None:
    different = Difference("text", '"<Oi> & \x00"', "null")
    failure = Failure(2, '{"say":"<oi>"}', 'this is "not" what came', (different,))
    results = [
        Result("a.talk.json", Played("Feliz", 3), 0.25),
        Result("b&.talk.json", Played("", 1, failure), 0.5),
    ]
    suites = ElementTree.fromstring(junit(results))
    assert (suites.get("tests"), suites.get("failures"), suites.get("time")) == ("2", "1", "0.750")
    good, bad = suites.iter("testcase")
    assert (good.get("name"), good.get("classname"), len(good)) == ("Feliz", "a.talk.json", 0)
    assert bad.get("name") == "b&.talk.json"
    told = bad[0]
    assert told.get("message") == 'this is "not" what came'
    assert 'expected "<Oi> & \ufffd", got null' in (told.text or "")
