"""Dates where clocks change, years end and phrases are ambiguous: a table, read line by line."""

from datetime import datetime
from typing import Any

import pytest

from flowengine.answers import ExpectDate, ExpectDatetime, Invalid, validate
from flowengine.expressions import Env
from flowengine.messages import Inbound
from flowengine.zones import zone

# What is said, the language, the zone, now (there), the day or instant or why there is none.
EDGES = """
amanhã às 2h30   | pt-BR | America/New_York  | 2026-03-07T12:00 | 2026-03-08T03:00:00-04:00
hoje às 1h30     | pt-BR | Europe/Lisbon     | 2026-03-29T00:10 | 2026-03-29T02:00:00+01:00
amanhã às 1h30   | pt-BR | Europe/Lisbon     | 2026-10-24T12:00 | 2026-10-25T01:30:00+01:00
tomorrow at 1:30 | en-US | America/New_York  | 2026-10-31T12:00 | 2026-11-01T01:30:00-04:00
daqui a 2 horas  | pt-BR | Europe/Lisbon     | 2026-03-29T00:30 | 2026-03-29T03:30:00+01:00
dentro de 2 horas | es-ES | Europe/Madrid    | 2026-10-25T01:30 | 2026-10-25T02:30:00+01:00
amanhã às 0h     | pt-BR | America/Sao_Paulo | 2018-11-03T12:00 | 2018-11-04T01:00:00-02:00
amanhã           | pt-BR | America/Sao_Paulo | 2026-12-31T23:30 | 2027-01-01
ontem            | pt-BR | America/Sao_Paulo | 2027-01-01T00:10 | 2026-12-31
tomorrow         | en-US | Pacific/Auckland  | 2026-12-31T23:59 | 2027-01-01
dia 31           | pt-BR | America/Sao_Paulo | 2026-04-15T12:00 | 2026-05-31
dia 30           | pt-BR | America/Sao_Paulo | 2026-02-10T12:00 | 2026-03-30
29/02            | pt-BR | America/Sao_Paulo | 2027-03-01T12:00 | 2028-02-29
29/02/2027       | pt-BR | America/Sao_Paulo | 2026-03-01T12:00 | [not_a_date]
daqui a um mês   | pt-BR | America/Sao_Paulo | 2026-01-31T12:00 | 2026-02-28
3/4              | en-US | America/New_York  | 2026-03-01T12:00 | 2026-03-04
3/4              | en-GB | Europe/London     | 2026-03-01T12:00 | 2026-04-03
3/4              | es-MX | America/Mexico_City | 2026-03-01T12:00 | 2026-04-03
segunda          | pt-BR | America/Sao_Paulo | 2026-03-02T12:00 | 2026-03-09
domingo          | es-ES | Europe/Madrid     | 2026-03-01T12:00 | 2026-03-08
"""
TABLE = [[cell.strip() for cell in line.split("|")] for line in EDGES.strip().splitlines()]


@pytest.mark.parametrize(("said", "language", "where", "now", "expected"), TABLE)
def test_an_edge(said: str, language: str, where: str, now: str, expected: str):
    there = datetime.fromisoformat(now).replace(tzinfo=zone(where))
    env = Env(now=there, timezone=zone(where), language=language)
    expect: Any = ExpectDatetime() if "T" in expected else ExpectDate()
    verdict = validate(expect, Inbound("m", there, text=said), env)
    found = f"[{verdict.reason}]" if isinstance(verdict, Invalid) else verdict.value
    assert found == expected
