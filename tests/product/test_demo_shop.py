"""The demo pet shop's own system: what its flows are answered."""

import json
from datetime import UTC, datetime
from typing import Any

from connectors.fake_graph.server import Request
from flowengine.zones import zone
from web.commands.shop import SHOP_ZONE, Shop

MONDAY = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def shop() -> Shop:
    return Shop(lambda: MONDAY, zone(SHOP_ZONE))


def asked(of: Shop, method: str, target: str, body: Any = None) -> tuple[int, Any]:
    reply = of.answer(Request(method, target, {}, json.dumps(body).encode()))
    return reply.status, json.loads(reply.body)


def test_free_times_are_in_the_future_and_never_on_a_sunday():
    _, found = asked(shop(), "GET", "/horarios?servico=Banho&dia=")
    assert [slot["inicio"][:16] for slot in found["horarios"]][:2] == [
        "2026-03-03T10:00",
        "2026-03-03T14:30",
    ]
    _, weekend = asked(shop(), "GET", "/horarios?dia=2026-03-07")
    assert {slot["inicio"][:10] for slot in weekend["horarios"]} == {"2026-03-07", "2026-03-09"}
    _, today = asked(shop(), "GET", "/horarios?dia=2026-03-02")
    assert today["horarios"][0]["inicio"][:16] == "2026-03-02T14:30"


def test_a_time_is_booked_once_but_the_same_request_twice_is_one_booking():
    book = shop()
    wanted = {"horario": "h202603031000", "pet": "Rex", "tutor": "Ana", "telefone": None}
    assert asked(book, "POST", "/reservas", wanted) == (201, {"id": "r-202603031000"})
    assert asked(book, "POST", "/reservas", wanted)[0] == 201
    assert asked(book, "POST", "/reservas", {**wanted, "tutor": "Davi"})[0] == 409
    _, left = asked(book, "GET", "/horarios")
    assert "h202603031000" not in [slot["id"] for slot in left["horarios"]]


def test_an_order_is_found_by_its_number():
    status, order = asked(shop(), "GET", "/pedidos/1234")
    assert (status, set(order)) == (200, {"situacao", "previsao"})
    assert asked(shop(), "GET", "/pedidos/12")[0] == 404
    assert asked(shop(), "GET", "/outra")[0] == 404
    assert asked(shop(), "POST", "/reservas", ["nada"])[0] == 400
