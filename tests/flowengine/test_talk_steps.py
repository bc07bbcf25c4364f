"""Steps of talks beside FLOWS.md's: what a recorded conversation may hold."""

from typing import Any

import msgspec

from flowengine.run import Release
from flowengine.talks import Played, parse_talk, play
from flowengine.workspace import EMPTY
from tests.flowengine.playing import ask, menu, release, text

Json = dict[str, Any]

END = {"id": "fim", "type": "end"}


def trigger(**on: Any) -> Json:
    return {"id": "t", "type": "trigger", "on": on}


def talk(flow: Release, *steps: Json, **contact: Any) -> Played:
    raw = {"format": "flowengine-talk/1", "flow": "x", "contact": {"name": "Ana", **contact}}
    return play(parse_talk(msgspec.json.encode({**raw, "steps": list(steps)})), [flow], EMPTY)


def passes(flow: Release, *steps: Json, **contact: Any) -> bool:
    return talk(flow, *steps, **contact).failure is None


def one(on: Json, body: str = "Oi") -> Release:
    return release("x", [trigger(**on), text("a", body), END], ["t > a", "a > fim"])


def test_a_flow_can_be_started_from_outside_with_arguments() -> None:
    flow = release(
        "x", [text("a", "Oi, {{ pet }}"), END], ["a > fim"], start="a", inputs=[{"name": "pet"}]
    )
    hello = {"expect": {"text": "Oi, Thor", "status": "completed"}}
    assert passes(flow, {"start": {"flow": "x", "with": {"pet": "Thor"}}}, hello)
    assert passes(flow, {"start": "x"}, {"expect": {"text": "Oi, "}})
    assert passes(flow, {"start": {"flow": "x", "node": "fim"}}, {"expect": {"none": True}})


def test_a_message_may_be_of_any_kind() -> None:
    from_ad = one({"kind": "referral"}, "{{ trigger.referral.source_id }}")
    ad = {"message": {"text": "Oi", "referral": {"source_id": "ad-7"}}}
    assert passes(from_ad, ad, {"expect": {"text": "ad-7"}})
    from_button = one({"kind": "button", "payload": "sim"})
    tap = {"message": {"kind": "choice", "text": "Sim", "choice": {"payload": "sim"}}}
    assert passes(from_button, tap, {"expect": {"text": "Oi"}})
    form = release(
        "x",
        [trigger(kind="message"), ask("a", "?", "form", save_as="f"), text("b", "{{ f.n }}"), END],
        ["t > a", "a:reply > b", "b > fim"],
        variables=[{"name": "f", "type": "object"}],
    )
    filled = {"message": {"kind": "form", "form": {"n": "7"}}}
    question = {"expect": {"text": "?"}}
    assert passes(form, {"say": "oi"}, question, filled, {"expect": {"text": "7"}})


def test_news_of_the_contact_begin_flows_and_are_known_to_them() -> None:
    tagged = one({"kind": "tag_added", "tag": "vip"}, "{{ contact.tags|join(',') }}")
    assert passes(tagged, {"contact": {"tags": ["vip"]}}, {"expect": {"text": "vip"}})
    changed = one({"kind": "field_changed", "field": "plano"}, "{{ contact.fields.plano }}")
    assert passes(changed, {"contact": {"fields": {"plano": "ouro"}}}, {"expect": {"text": "ouro"}})


def test_somebody_known_is_no_new_contact() -> None:
    new = one({"kind": "new_contact"})
    assert passes(new, {"say": "oi"}, {"expect": {"text": "Oi"}})
    assert passes(new, {"say": "oi"}, {"expect": {"none": True}}, known=True)


def test_the_next_send_of_a_node_can_be_refused() -> None:
    nodes = [trigger(kind="message"), text("a", "1"), text("b", "2"), text("c", "3"), END]
    flow = release("x", nodes, ["t > a", "a > b", "b > fim", "b:failed > c", "c > fim"])
    said = [{"expect": {"text": each}} for each in ("1", "2", "3")]
    assert passes(flow, {"fail": {"reason": "x", "node": "b"}}, {"say": "oi"}, *said)
    assert not passes(flow, {"fail": "x"}, {"say": "oi"}, *said)


def test_a_tap_can_be_on_an_older_message() -> None:
    nodes = [
        trigger(kind="message"),
        menu("m", "Qual?", "sim", "nao", stale="jump"),
        menu("n", "E?", "sim", "talvez"),
        text("a", "Da primeira"),
        text("b", "Da segunda"),
        END,
    ]
    lines = ["t > m", "m:choice:sim > a", "m:choice:nao > n", "n:reply > b", "a > fim", "b > fim"]
    flow = release("x", nodes, lines)
    asked = [
        {"say": "oi"},
        {"expect": {"text": "Qual?"}},
        {"tap": "nao"},
        {"expect": {"text": "E?"}},
    ]
    assert passes(flow, *asked, {"tap": "sim"}, {"expect": {"text": "Da segunda"}})
    old = {"tap": {"choice": "sim", "back": 1}}
    assert passes(flow, *asked, old, {"expect": {"text": "Da primeira"}})
