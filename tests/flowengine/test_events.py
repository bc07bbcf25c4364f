"""Events from outside: the shape of their data, whose they are, and what is told twice."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from flowengine.document import parse
from flowengine.errors import FlowError
from flowengine.events import Address, Unaddressed, addresses
from flowengine.given import Contact
from flowengine.shapes import misfit, schema_trouble
from tests.flowengine.playing import Play, document, release, text

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)

ORDER = {
    "type": "object",
    "required": ["id", "total"],
    "properties": {
        "id": {"type": "string", "pattern": "^[A-Z]+-[0-9]+$", "maxLength": 10},
        "total": {"type": "number", "minimum": 0, "maximum": 100},
        "items": {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 3},
        "state": {"enum": ["paid", "open"]},
        "kind": {"const": "order"},
        "note": {"type": ["string", "null"]},
        "gift": {"type": "boolean"},
    },
    "additionalProperties": False,
}
DATA: list[tuple[Any, str]] = [
    ({"id": "A-1", "total": 10}, ""),
    ({"id": "A-1", "total": Decimal("10.5"), "note": None, "gift": False}, ""),
    ({"id": "A-1", "total": 1, "items": [1, Decimal("2.0")], "state": "paid"}, ""),
    ({"id": "A-1"}, "/total is missing"),
    ({"id": "A-1", "total": "10"}, "/total is not number"),
    ({"id": "A-1", "total": True}, "/total is not number"),
    ({"id": "A-1", "total": -1}, "/total is less than 0"),
    ({"id": "A-1", "total": 101}, "/total is more than 100"),
    ({"id": "A1", "total": 1}, "/id is not like ^[A-Z]+-[0-9]+$"),
    ({"id": "A-123456789", "total": 1}, "/id has 11 characters"),
    ({"id": "A-1", "total": 1, "items": []}, "/items has 0 items"),
    ({"id": "A-1", "total": 1, "items": [1, Decimal("1.5")]}, "/items/1 is not integer"),
    ({"id": "A-1", "total": 1, "state": "lost"}, "/state is none of ['paid', 'open']"),
    ({"id": "A-1", "total": 1, "kind": "gift"}, "/kind is not 'order'"),
    ({"id": "A-1", "total": 1, "note": 3}, "/note is not string or null"),
    ({"id": "A-1", "total": 1, "gift": 1}, "/gift is not boolean"),
    ({"id": "A-1", "total": 1, "more": 1}, "/more is not known"),
    ([], "it is not object"),
    (None, "it is not object"),
]


@pytest.mark.parametrize(("data", "why"), DATA)
def test_shapes(data: Any, why: str):
    assert misfit(data, ORDER) == why


def test_a_map_of_numbers():
    schema = {"type": "object", "additionalProperties": {"type": "number"}}
    assert misfit({"a": 1}, schema) == ""
    assert misfit({"a": "x"}, schema) == "/a is not number"
    assert misfit({"anything": [1]}, {}) == ""


@pytest.mark.parametrize(
    ("schema", "trouble"),
    [
        (ORDER, ""),
        ({}, ""),
        ({"title": "Pedido", "$schema": "x", "format": "uuid"}, ""),
        ({"type": "text"}, "/type must be one of"),
        ({"type": []}, "/type must be one of"),
        ({"oneOf": []}, "/oneOf is not checked here"),
        ({"properties": {"a": {"if": {}}}}, "/properties/a/if is not checked here"),
        ({"properties": []}, "/properties must be an object"),
        ({"required": "id"}, "/required must be a list"),
        ({"minimum": "1"}, "/minimum must be a number"),
        ({"maxLength": -1}, "/maxLength must be a whole number"),
        ({"pattern": "(a"}, "/pattern is no pattern"),
        ({"items": 3}, "/items is not an object"),
    ],
)
def test_schemas_that_cannot_be_used(schema: dict[str, Any], trouble: str):
    found = schema_trouble(schema)
    assert found.startswith(trouble)
    assert bool(found) is bool(trouble)


def test_a_schema_without_end_is_refused():
    schema: dict[str, Any] = {}
    for _ in range(30):
        schema = {"items": schema}
    assert "levels deep" in schema_trouble(schema)


def listening(**more: Any) -> dict[str, Any]:
    on = {"kind": "event", "name": "pedido", **more}
    return {"id": "ev", "type": "trigger", "on": on}


def flow(key: str = "f", **more: Any) -> Any:
    return release(key, [listening(**more), text("a", "Pedido {{ trigger.event.id }}")], ["ev > a"])


def test_a_schema_of_an_event_is_read_strictly():
    nodes = [listening(schema={"type": "text"}), text("a", "x")]
    with pytest.raises(FlowError) as refused:
        parse(msgspec.json.encode(document("f", nodes, ["ev > a"])))
    assert refused.value.path == "/nodes/0/on"
    assert "/type must be one of" in str(refused.value)


def test_data_of_another_shape_begins_nothing():
    play = Play(flow(schema=ORDER))
    play.event("pedido", {"id": "A-1"})
    assert play.heard() == []
    assert "f/ev: /total is missing" in play.happened[-1].taken.steps[0].route
    play.event("pedido", {"id": "A-1", "total": 3})
    assert play.heard() == ["Pedido A-1"]


PHONES = [
    ("+5511999990001", True),
    ("5511999990001", True),
    ("(11) 99999-0001", True),
    ("11 9999-0001", True),  # without the ninth digit
    ("ana", True),
    ("bia", False),
    ("", False),
    ("+5511999990002", False),
]


@pytest.mark.parametrize(("contact", "acts"), PHONES)
def test_an_event_is_about_the_contact_that_its_data_names(contact: str, acts: bool):
    play = Play(flow(contact="event.contact"), contact=Contact("ana", "Ana", "+5511999990001"))
    play.event("pedido", {"id": "1", "contact": contact})
    assert bool(play.heard()) is acts


def test_an_event_is_about_a_channel():
    play = Play(flow(channel="event.por"))
    play.event("pedido", {"id": "1", "por": "whatsapp_cloud"})
    assert play.heard() == []
    play.event("pedido", {"id": "1", "por": "simulator"})
    assert play.heard() == ["Pedido 1"]


def test_what_is_told_twice_acts_once():
    play = Play(flow(dedupe="event.id"))
    for order in ("1", "1", "2", "1"):
        play.event("pedido", {"id": order})
    assert play.heard() == ["Pedido 1", "Pedido 2"]
    assert "it was told before" in play.happened[-1].taken.steps[0].route[-1]


def test_each_trigger_remembers_for_itself():
    play = Play(flow("f", dedupe="event.id"), flow("g"))
    for _ in range(2):
        play.event("pedido", {"id": "1"})
    assert play.heard() == ["Pedido 1"] * 3


def test_without_a_key_it_may_repeat():
    play = Play(flow(dedupe="event.nada"))
    for _ in range(2):
        play.event("pedido", {"id": "1"})
    assert play.heard() == ["Pedido 1"] * 2


def test_the_marks_are_bounded():
    play = Play(flow(dedupe="event.id"))
    for order in range(130):
        play.event("pedido", {"id": order})
    assert len(play.chat.conversation.told) == 100


def test_an_expression_that_fails_begins_nothing():
    play = Play(flow(contact="event.id + []"))
    play.event("pedido", {"id": "1"})
    assert play.heard() == []


def test_addresses():
    asked: list[tuple[str, dict[str, Any]]] = [
        ("a", {"contact": "event.fone", "channel": "event.por"}),
        ("b", {}),
        ("c", {"contact": "event.cliente"}),
        ("d", {"contact": "event.fone", "schema": ORDER}),
        ("e", {"contact": "1 / 0"}),
    ]
    flows = [
        parse(msgspec.json.encode(document(key, [listening(**more)], []))) for key, more in asked
    ]
    data = {"fone": "(11) 99999-0001", "por": "whatsapp_cloud", "cliente": None}
    found = list(addresses(flows, "pedido", data, NOW))
    assert found[0] == Address("+5511999990001", "whatsapp_cloud")
    assert [(each.flow, each.node) for each in found[1:] if isinstance(each, Unaddressed)] == [
        ("c", "ev"),
        ("d", "ev"),
        ("e", "ev"),
    ]
    assert list(addresses(flows, "outro", data, NOW)) == []
