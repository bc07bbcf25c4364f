"""The numbers of a flow on its canvas: by time (days of its workspace), by version."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import msgspec
from litestar import Controller, Response, get
from litestar.params import FromPath, FromQuery
from msgspec import Struct

from flowengine.document import parse
from flowengine.flow import Flow
from flowengine.store import flow_counts, flows
from flowengine.store.flow_counts import DaySum
from flowengine.zones import zone
from web.editor.board import line_id, make_board, places
from web.editor.contest_words import TestShown, tests_shown
from web.editor.counting import Numbers, numbers_of, weights
from web.editor.look import LookPage
from web.editor.suite import title_of
from web.named import names_of
from web.publishing import read_flow
from web.render import render
from web.request import AnyRequest, me, texts, workspace
from web.texts import Texts

DAYS = (1, 7, 30, 90, 365)


class Bar(Struct, frozen=True):
    """A day: how many began, and how high its bar is, from 0 to 1."""

    day: date
    n: int
    height: float


class NumbersPanel(Struct, frozen=True):
    """`since`: the first day. `zone`: whose days they are."""

    numbers: Numbers
    days: int
    since: date
    zone: str
    version: int
    goal: str
    versions: tuple[int, ...]
    choices: tuple[int, ...]
    tests: tuple[TestShown, ...]
    drops: tuple[tuple[str, str, int, int], ...]
    bars: tuple[Bar, ...]


class NumbersRoutes(Controller):
    """GET /flows/KEY/numbers."""

    path = "/flows/{key:str}/numbers"
    include_in_schema = False

    @get()
    async def page(
        self,
        request: AnyRequest,
        key: FromPath[str],
        days: FromQuery[int] = 7,
        version: FromQuery[int] = 0,
        goal: FromQuery[str] = "",
    ) -> Response[object]:
        """What happened in a flow: on the version asked for, else on the one that is published."""
        t = texts(request)
        days = max(1, min(days, 366))
        where = me(request).timezone
        since = datetime.now(zone(where)).date() - timedelta(days=days - 1)
        async with workspace(request) as transaction:
            draft = await flows.draft(transaction, key)
            row = next(row for row in await flows.flows(transaction) if row.key == key)
            listed = await flows.versions(transaction, key)
            shown = version or row.version
            drawn = (
                parse((await flows.version(transaction, key, shown)).document)
                if shown
                else read_flow(draft.document)
            )
            found = await flow_counts.sums(transaction, key, since, version)
            began = await flow_counts.by_day(transaction, key, since, version)
            names = await names_of(transaction)
        numbers = numbers_of(drawn, found, goal)
        panel = NumbersPanel(
            numbers,
            days,
            since,
            where.replace("_", " "),
            version,
            goal,
            tuple(each.version for each in listed),
            DAYS,
            tests_shown(drawn, numbers.tests, t),
            drops_of(drawn, numbers, t),
            bars_of(began, since, days),
        )
        page = LookPage(
            key,
            drawn.name,
            "numbers",
            t("Números"),
            f"/flows/{key}",
            make_board(drawn, t, places(drawn, t), names=names),
            marks(numbers, t),
            panel,
        )
        return render(request, "editor/look.html", page)


def bars_of(began: Sequence[DaySum], since: date, days: int) -> tuple[Bar, ...]:
    """A bar for each day, also for those on which nobody came."""
    by_day = {each.day: each.n for each in began}
    most = max(by_day.values(), default=0) or 1
    listed = [since + timedelta(days=number) for number in range(days)]
    return tuple(Bar(day, by_day.get(day, 0), by_day.get(day, 0) / most) for day in listed)


def marks(numbers: Numbers, t: Texts) -> str:
    """What stands on cards and lines."""
    weight = weights(numbers.exits)
    counts = {
        line_id(*exit): [str(count), round(weight[exit], 3)]
        for exit, count in numbers.exits.items()
    }
    noted = dict.fromkeys((*numbers.entered, *numbers.waiting))
    notes = {node: notes_of(node, numbers, t) for node in noted}
    return msgspec.json.encode({"counts": counts, "notes": notes}).decode()


def notes_of(node: str, numbers: Numbers, t: Texts) -> list[tuple[str, str]]:
    """The line on a card: came, of them by a move, waits, stopped."""
    came = numbers.entered.get(node, 0)
    words = [("main", t("{n} entrou | {n} entraram", n=came))] if came else []
    if moved := numbers.moved_to.get(node):
        words.append(("moved", t("{n} veio de outra versão | {n} vieram de outra versão", n=moved)))
    if waiting := numbers.waiting.get(node):
        words.append(("wait", t("{n} espera | {n} esperam", n=waiting)))
    if dropped := numbers.dropped.get(node):
        words.append(
            ("bad", t("{n} parou aqui ({percent}%) | {n} pararam aqui ({percent}%)",
                      n=dropped, percent=round(100 * dropped / came)))
        )  # fmt: skip
    return words


def drops_of(flow: Flow, numbers: Numbers, t: Texts) -> tuple[tuple[str, str, int, int], ...]:
    """(node, title, how many stopped there, per cent of those who came), the most first."""
    found = sorted(numbers.dropped.items(), key=lambda each: -each[1])
    return tuple(
        (node, title_of(flow, node, t), n, round(100 * n / numbers.entered[node]))
        for node, n in found[:6]
        if node
    )
