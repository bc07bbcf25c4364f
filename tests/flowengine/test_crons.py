"""Time tables: occurrences over changes of the clock, audiences, and what an occurrence does."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import settings

from flowengine.crons import (
    compile_audience,
    cron_triggers,
    cron_trouble,
    next_occurrence,
    occurrences,
)
from flowengine.document import parse
from flowengine.given import Contact, World
from flowengine.happenings import FlowStarted
from flowengine.nodes.trigger import Audience
from flowengine.zones import zone
from tests.flowengine.playing import OI, Play, ask, document, release, text

SAO_PAULO = "America/Sao_Paulo"


ASKED = settings().max_examples
"""Instants, evenly spread, that `next_occurrence` is asked for."""


def at(words: str) -> datetime:
    return datetime.fromisoformat(words)


OCCURRENCES: list[tuple[str, str, str, list[str]]] = [
    # expression, zone, after, the next ones in UTC
    ("0 9 * * *", SAO_PAULO, "2026-03-02T12:00Z", ["2026-03-03T12:00Z", "2026-03-04T12:00Z"]),
    ("0 9 * * *", SAO_PAULO, "2026-03-02T11:59:59Z", ["2026-03-02T12:00Z"]),
    ("30 8 * * MON-FRI", SAO_PAULO, "2026-03-06T12:00Z", ["2026-03-09T11:30Z"]),
    ("0 10 1 * *", SAO_PAULO, "2026-03-02T12:00Z", ["2026-04-01T13:00Z", "2026-05-01T13:00Z"]),
    ("0 10 L * *", SAO_PAULO, "2026-02-02T12:00Z", ["2026-02-28T13:00Z", "2026-03-31T13:00Z"]),
    ("0 10 * * MON#2", SAO_PAULO, "2026-03-02T12:00Z", ["2026-03-09T13:00Z"]),
    ("*/20 9 * * *", SAO_PAULO, "2026-03-02T12:10Z", ["2026-03-02T12:20Z", "2026-03-02T12:40Z"]),
    ("0 0 29 2 *", "UTC", "2026-03-02T12:00Z", ["2028-02-29T00:00Z"]),
    # Spring: 01:00 to 02:00 does not exist in Lisbon on 29 March 2026; it happens at 02:00.
    ("30 1 * * *", "Europe/Lisbon", "2026-03-28T12:00Z",
     ["2026-03-29T01:00Z", "2026-03-30T00:30Z"]),
    # Two skipped times are one occurrence, at the end of the gap.
    ("15,45 1 * * *", "Europe/Lisbon", "2026-03-28T12:00Z",
     ["2026-03-29T01:00Z", "2026-03-30T00:15Z"]),
    # Autumn: 01:00 to 02:00 comes twice in Lisbon on 25 October 2026; it happens the first time.
    ("30 1 * * *", "Europe/Lisbon", "2026-10-24T12:00Z",
     ["2026-10-25T00:30Z", "2026-10-26T01:30Z"]),
    # Asked for in the second hour, the first one is past.
    ("45 1 * * *", "Europe/Lisbon", "2026-10-25T01:10Z", ["2026-10-26T01:45Z"]),
    # A step goes on in real time.
    ("*/30 * * * *", "Europe/Lisbon", "2026-10-25T00:10Z",
     ["2026-10-25T00:30Z", "2026-10-25T01:00Z", "2026-10-25T01:30Z"]),
    # São Paulo changed at midnight until 2019: 00:00 of 4 November 2018 did not exist.
    ("0 0 * * *", SAO_PAULO, "2018-11-03T12:00Z", ["2018-11-04T03:00Z", "2018-11-05T02:00Z"]),
    ("0 12 * * *", "Asia/Kolkata", "2026-03-02T00:00Z", ["2026-03-02T06:30Z"]),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "where", "after", "expected"), OCCURRENCES)
def test_occurrences(expression: str, where: str, after: str, expected: list[str]):
    found = occurrences(expression, where, at(after), at(after) + timedelta(days=1500))
    assert list(found[: len(expected)]) == [at(each) for each in expected]
    assert next_occurrence(expression, zone(where), at(after)) == at(expected[0])


@pytest.mark.parametrize("where", ["Europe/Lisbon", "America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize(
    "expression", ["15,45 1,2 * * *", "0 */2 * * *", "*/7 * * * *", "0 2 * * *"]
)
def test_occurrences_always_go_on(expression: str, where: str):
    """From whichever instant it is asked, over weeks with either change: later, and the same."""
    for month in ("2026-03-01T00:00Z", "2026-10-01T00:00Z"):
        start = at(month)
        listed = occurrences(expression, where, start, start + timedelta(days=40), most=100_000)
        assert list(listed) == sorted(set(listed))
        pairs = list(pairwise(listed))
        for before, after in pairs[:: max(len(pairs) // ASKED, 1)]:
            assert next_occurrence(expression, where, before) == after


@pytest.mark.parametrize(
    ("expression", "trouble"),
    [
        ("0 9 * * *", ""),
        ("61 * * * *", "Bad minute"),
        ("0 9 * *", "4 ≠ 5"),
        ("0 0 9 * * *", "6 ≠ 5"),
        ("0 9 * * XYZ", "Bad day-of-week"),
        ("0 0 30 2 *", "Bad day-of-month"),
        ("", "0 ≠ 5"),
    ],
)
def test_trouble(expression: str, trouble: str):
    assert cron_trouble(expression) == trouble
    if trouble:
        with pytest.raises(ValueError, match="no cron expression"):
            next_occurrence(expression, SAO_PAULO, at("2026-03-02T12:00Z"))


def test_the_calendar_ends():
    end = datetime(9999, 12, 31, 23, 59, 30, tzinfo=UTC)
    assert next_occurrence("0 9 * * *", "UTC", end) is None


def test_at_most_so_many():
    start = at("2026-01-01T00:00Z")
    assert len(occurrences("* * * * *", "UTC", start, start + timedelta(days=9))) == 1_000


VIP = Contact("a", tags=("VIP",), fields={"plano": "ouro", "pontos": 7})
AUDIENCES: list[tuple[dict[str, Any] | None, bool]] = [
    (None, True),
    ({}, True),
    ({"tags": ["vip"]}, True),
    ({"tags": ["lead", "vip"]}, True),
    ({"tags": ["lead"]}, False),
    ({"without": ["vip"]}, False),
    ({"tags": ["vip"], "without": ["bloqueado"]}, True),
    ({"when": {"left": {"expr": "contact.fields.plano"}, "op": "equals", "right": "Ouro"}}, True),
    ({"when": {"left": {"expr": "contact.fields.pontos"}, "op": "more", "right": 10}}, False),
    ({"when": {"op": "has_tag", "right": "vip"}, "without": ["vip"]}, False),
    # What cannot be computed for a contact leaves it out.
    ({"when": {"left": {"expr": "contact.fields.plano + 1"}, "op": "more", "right": 1}}, False),
]


@pytest.mark.parametrize(("audience", "takes"), AUDIENCES)
def test_audiences(audience: dict[str, Any] | None, takes: bool):
    crowd = compile_audience(msgspec.convert(audience, Audience | None))
    assert crowd.takes(World(VIP), at("2026-03-02T12:00Z"), zone(SAO_PAULO)) is takes


def cron(**more: Any) -> dict[str, Any]:
    on = {"kind": "cron", "expression": "0 9 * * *", "purpose": "utility"}
    return {"id": "hora", "type": "trigger", "on": on, **more}


def test_a_flow_tells_its_time_tables():
    nodes = [cron(channels=["whatsapp_cloud"]), cron(id="solto"), text("a", "Bom dia")]
    flow = parse(msgspec.json.encode(document("f", nodes, ["hora > a"], timezone="Asia/Tokyo")))
    (found,) = cron_triggers(flow)
    assert (found.flow, found.node, found.zone) == ("f", "hora", "Asia/Tokyo")
    assert (found.expression, found.purpose) == ("0 9 * * *", "utility")
    assert found.channels == ("whatsapp_cloud",)


def struck(*, tags: tuple[str, ...] = (), **more: Any) -> Play:
    nodes = [cron(**more), text("a", "Bom dia"), {"id": "fim", "type": "end"}]
    play = Play(release("f", nodes, ["hora > a", "a > fim"]), contact=Contact("a", tags=tags))
    play.happens(FlowStarted("f", "cron", node="hora"))
    return play


def test_an_occurrence_begins_after_its_trigger():
    play = struck()
    assert play.heard() == ["Bom dia"]
    assert play.sends[0].purpose == "utility"
    cause = play.last.cause if play.last else None
    assert cause is not None
    assert cause.kind == "cron"


def test_an_occurrence_obeys_condition_and_channels_of_its_trigger():
    when = {"op": "has_tag", "right": "vip"}
    assert struck(when=when).heard() == []
    assert struck(when=when, tags=("vip",)).heard() == ["Bom dia"]
    assert struck(channels=["whatsapp_cloud"]).heard() == []
    assert struck(channels=["simulator"]).heard() == ["Bom dia"]


def test_an_occurrence_obeys_the_cooldown():
    play = struck(cooldown="P2D")
    play.heard()
    play.after(timedelta(days=1))
    play.happens(FlowStarted("f", "cron", node="hora"))
    assert play.heard() == []
    play.after(timedelta(days=1))
    play.happens(FlowStarted("f", "cron", node="hora"))
    assert play.heard() == ["Bom dia"]


def test_a_time_table_that_is_gone_begins_nothing():
    play = struck()
    play.heard()
    play.happens(FlowStarted("f", "cron", node="outra"))
    assert play.heard() == []


def test_busy_of_the_trigger_says_what_happens_while_another_flow_talks():
    talk = release("papo", [OI, ask("q", "?")], ["oi > q"])
    nodes = [cron(busy="skip"), ask("p", "Tudo bem?"), {"id": "fim", "type": "end"}]
    table = release("f", nodes, ["hora > p", "p:reply > fim"])
    play = Play(talk, table)
    play.say("oi")
    play.heard()
    play.happens(FlowStarted("f", "cron", node="hora"))
    assert play.heard() == []
    assert play.last
    assert (play.last.status, play.last.outcome) == ("completed", "skipped")
