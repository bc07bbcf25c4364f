"""The numbers of a flow as people read them: of one version after a move, of the workspace's days,
and who waits now."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import msgspec

from flowengine.document import parse
from flowengine.store import tenants
from flowengine.store.flow_counts import Key, Sum, write_counts
from tests.web.site import HELLO, Site
from tests.web.test_contests import drawn
from tests.web.test_look import marks
from web.editor.board import line_id
from web.editor.counting import numbers_of
from web.publishing import publish, save

HERE = "America/Sao_Paulo"


def elsewhere(now: datetime) -> tuple[str, int]:
    """A zone in which it is another day now, and stays it for an hour; how many days from UTC's."""
    return ("Etc/GMT+12", -1) if now.hour < 11 else ("Pacific/Kiritimati", 1)


async def keep(
    site: Site,
    counts: Mapping[tuple[int, date, str, str, str], int],
    zone: str = "UTC",
    flow: str = "ola",
) -> None:
    """Sums as the worker has written them: by version, day, kind, node and name."""
    async with site.database.web(site.bia.tenant) as transaction:
        await tenants.change_tenant(transaction, timezone=zone)
    async with site.database.worker() as transaction:
        sums: dict[Key, int] = {(site.bia.tenant, flow, *place): n for place, n in counts.items()}
        await write_counts(transaction, (), sums, datetime.now(UTC))


def notes(page: str) -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = marks(page)["notes"]
    return found


async def shown(site: Site, asked: str = "", flow: str = "ola") -> str:
    client = await site.client(site.bia, "viewer")
    answer = await client.get(f"/flows/{flow}/numbers{asked}")
    assert answer.status_code == 200
    return answer.text


async def test_a_version_says_who_was_moved_to_it_and_no_share_passes_all(site: Site) -> None:
    today = datetime.now(UTC).date()
    await keep(site, {
        (1, today, "began", "", ""): 140, (1, today, "in", "menu", ""): 140,
        (1, today, "gone", "", ""): 137, (1, today, "done", "", ""): 3,
        (2, today, "began", "", ""): 1, (2, today, "in", "menu", ""): 1,
        (2, today, "moved", "", ""): 137, (2, today, "moved", "menu", ""): 137,
        (2, today, "in+", "menu", ""): 137, (2, today, "at", "menu", ""): 38,
        (2, today, "drop", "menu", ""): 100, (2, today, "out+", "menu", "choice:banho"): 37,
    })  # fmt: skip
    whole = await shown(site)
    assert "141 conversas começaram aqui" in whole
    assert "outra versão" not in whole
    assert notes(whole)["menu"] == [
        ["main", "141 entraram"], ["wait", "38 esperam"], ["bad", "100 pararam aqui (71%)"],
    ]  # fmt: skip
    async with site.database.web(site.bia.tenant) as transaction:
        again = parse(msgspec.json.encode({**HELLO, "name": "De novo"}))
        await publish(transaction, again, "pt-BR", None)
    new = await shown(site, "?version=2")
    assert "1 conversa começou aqui · 137 vieram de outra versão" in new
    assert notes(new)["menu"] == [
        ["main", "138 entraram"], ["moved", "137 vieram de outra versão"], ["wait", "38 esperam"],
        ["bad", "100 pararam aqui (72%)"],
    ]  # fmt: skip
    assert marks(new)["counts"][line_id("menu", "choice:banho")][0] == "37"
    old = await shown(site, "?version=1")
    assert "137 foram para outra versão" in old
    assert "100% terminaram" in old


async def test_days_are_the_workspace_s_and_are_said(site: Site) -> None:
    now = datetime.now(UTC)
    zone, days = elsewhere(now)
    there = now.date() + timedelta(days=days)
    await keep(site, {
        (1, there, "began", "", ""): 5, (1, there, "in", "menu", ""): 5,
        (1, there - timedelta(days=1), "began", "", ""): 2,
        (1, there - timedelta(days=1), "in", "menu", ""): 2,
    }, zone)  # fmt: skip
    page = await shown(site, "?days=1")
    assert "5 conversas começaram aqui" in page
    assert f"Hoje, no fuso {zone}." in page
    week = await shown(site, "?days=2")
    assert "7 conversas começaram aqui" in week
    assert "<title>ontem: 2</title>" in week
    assert "<title>hoje: 5</title>" in week


async def test_who_waits_waits_now_whenever_they_began(site: Site) -> None:
    long_ago = datetime.now(UTC).date() - timedelta(days=300)
    await keep(site, {
        (1, long_ago, "began", "", ""): 9, (1, long_ago, "in", "menu", ""): 9,
        (1, long_ago, "at", "menu", ""): 4,
    })  # fmt: skip
    page = await shown(site, "?days=1")
    assert "0 conversas começaram aqui" in page
    assert notes(page)["menu"] == [["wait", "4 esperam"]]


async def test_a_test_of_three_ways_names_the_best_one(site: Site) -> None:
    async with site.database.web(site.bia.tenant) as transaction:
        await save(transaction, drawn("a", "b", "c"), None, None)
        await publish(transaction, drawn("a", "b", "c"), "pt-BR", None)
    today = datetime.now(UTC).date()
    counts = {(1, today, "began", "", ""): 3000}
    for way, hits in (("a", 100), ("b", 900), ("c", 100)):
        counts[1, today, "out", "ab", f"variant:{way}"] = 1000
        counts[1, today, "ab", "ab", f"variant:{way}\t1\t"] = hits
        counts[1, today, "ab", "ab", f"variant:{way}\t0\t"] = 1000 - hits
    await keep(site, counts, flow="ab")
    page = await shown(site, flow="ab")
    assert "«b» está 80 pontos à frente de «a» (de +75 a +85): não é acaso." in page
    assert "Pode olhar todo dia" in page
    assert "«b» está 80 pontos à frente de «c» (de +75 a +85): não é acaso." in page
    assert "correção de Holm" in page


def test_moves_that_were_counted_without_their_arrivals_pass_no_share_either() -> None:
    """As they were kept up to 2026-11-21: of who was moved nothing but where they stopped."""
    flow = parse(msgspec.json.encode(HELLO))
    found = numbers_of(flow, [
        Sum("began", "", "", 1), Sum("done", "", "", 30), Sum("in", "menu", "", 1),
        Sum("drop", "menu", "", 137), Sum("at", "certo", "", 5), Sum("waits", "certo", "", 6),
    ])  # fmt: skip
    assert (found.entered, found.waiting) == ({"menu": 137, "certo": 5}, {"certo": 6})
    assert found.finished == 100
