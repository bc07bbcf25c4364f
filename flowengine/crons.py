"""Time tables: when a `cron` trigger's flow begins, and with whom.

An expression is five fields of Debian's cron (minute, hour, day, month, weekday; names, `*`, lists,
ranges, steps, `L` for the last, `MON#2` for the second Monday) on the wall clock of the flow's
timezone. Over a change of the clock:

- a time that the spring change skips happens once, at the end of the gap ("30 2 * * *": 03:00);
- a time that the autumn change shows twice happens once, the first time;
- where minute or hour begins with `*`, real time counts: "*/30 * * * *" goes on every half hour.

What an occurrence means: for every contact that the audience takes, one `FlowStarted` with
`by="cron"`, the trigger's node as `node` and its `purpose`. `take` then obeys the trigger's
`channels`, `when`, `cooldown` and `busy`, and begins at the node after it. One occurrence counts
once for a conversation: (flow, node, occurrence) is its idempotency key. Occurrences that nobody
could fire are not made up for one by one: a table that was not looked at for a day goes on with
its next occurrence, and the caller decides how late the last one may still be.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from msgspec import Struct

from flowengine.conditions import Condition, compile_when
from flowengine.expressions import Env, EvaluationError
from flowengine.flow import Flow
from flowengine.given import World
from flowengine.nodes import Trigger
from flowengine.nodes.trigger import Audience, OnCron
from flowengine.schedules import Schedule
from flowengine.scope import build_scope
from flowengine.text import fold
from flowengine.zones import zone

FIELDS = 5
"""Fields of an expression; seconds are not for conversations."""

MOST = 1_000
"""Occurrences that are listed at once."""


class CronTrigger(Struct, frozen=True):
    """A `cron` trigger of a flow, as whoever fires it needs it. `zone`: an IANA name."""

    flow: str
    node: str
    expression: str
    zone: str
    audience: Audience | None = None
    purpose: str = ""
    channels: tuple[str, ...] = ()


def cron_triggers(flow: Flow) -> tuple[CronTrigger, ...]:
    """The time tables of a flow that lead somewhere, in the document's order.

    One whose exit is unwired begins nothing and is left out, as is one whose expression is none.
    """
    wired = {edge.from_ for edge in flow.edges if edge.exit == "next"}
    return tuple(
        CronTrigger(
            flow=flow.key,
            node=node.id,
            expression=node.on.expression,
            zone=flow.timezone,
            audience=node.on.audience,
            purpose=node.on.purpose,
            channels=node.channels,
        )
        for node in flow.nodes
        if isinstance(node, Trigger)
        and isinstance(node.on, OnCron)
        and node.id in wired
        and not cron_trouble(node.on.expression)
    )


def cron_trouble(expression: str) -> str:
    """Why an expression is none, in a few words; empty where it is one. About 50 µs.

    "0 0 30 2 *", which no day ever is, is refused as well.
    """
    parts = expression.split()
    if len(parts) != FIELDS:
        return f"{len(parts)} ≠ {FIELDS}"
    try:
        next(CronSim(expression, datetime(2026, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        return str(error)
    except StopIteration:
        return "never"
    return ""


def next_occurrence(expression: str, where: ZoneInfo | str, after: datetime) -> datetime | None:
    """The first occurrence later than `after` (aware), in UTC; None where there is none.

    `where`: the zone on whose wall clock the expression is read. Raises `ValueError` for an
    expression that is none (`cron_trouble` says why). About 50 µs for a daily one.
    """
    return next(_from(expression, where, after), None)


def occurrences(
    expression: str, where: ZoneInfo | str, after: datetime, until: datetime, most: int = MOST
) -> tuple[datetime, ...]:
    """The times of a cron `expression` later than `after` and not later than `until`, in UTC; at
    most `most`. `where`: the zone whose clocks it means.

    Raises `ValueError` as `next_occurrence`. Cost: about 20 µs each.
    """
    found: list[datetime] = []
    for at in _from(expression, where, after):
        if at > until or len(found) >= most:
            break
        found.append(at)
    return tuple(found)


def _from(expression: str, where: ZoneInfo | str, after: datetime) -> Iterator[datetime]:
    if len(expression.split()) != FIELDS:
        raise ValueError(f"{expression!r} is no cron expression: it needs {FIELDS} fields")
    at = after.astimezone(zone(where) if isinstance(where, str) else where)
    last = after.astimezone(UTC)
    try:
        for wall in CronSim(expression, at):
            # Cron's own clock may stand before `after` where the wall clock shows an hour twice.
            now = wall.astimezone(UTC)
            if now > last:
                last = now
                yield now
    except CronSimError as error:
        raise ValueError(f"{expression!r} is no cron expression: {error}") from None
    except OverflowError:
        return  # The calendar ends.


@dataclass(frozen=True, slots=True)
class Crowd:
    """An audience, compiled: `takes` says whether a contact belongs to it."""

    tags: frozenset[str]
    without: frozenset[str]
    when: Condition | None

    @property
    def reads(self) -> frozenset[str]:
        """What its condition reads, such as `contact.fields.plano` or `schedule.loja`."""
        return self.when.reads if self.when else frozenset()

    def takes(
        self,
        world: World,
        now: datetime,
        where: ZoneInfo,
        language: str = "pt-BR",
    ) -> bool:
        """Whether the world's contact is meant. A condition that cannot be computed for a
        contact leaves that contact out. About 2 µs, and the condition's own cost."""
        tags = {fold(tag) for tag in world.contact.tags}
        if self.tags and not tags & self.tags:
            return False
        if tags & self.without:
            return False
        if self.when is None:
            return True
        schedules: dict[str, Schedule] = dict(world.schedules)
        env = Env(now=now, timezone=where, language=language, schedules=schedules)
        try:
            return self.when.holds(build_scope(world, world.contact, now), env)
        except EvaluationError:
            return False


def compile_audience(audience: Audience | None) -> Crowd:
    """The audience ready to be asked; None takes everybody. Raises `ExpressionError`."""
    if audience is None:
        return Crowd(frozenset(), frozenset(), None)
    return Crowd(
        frozenset(fold(tag) for tag in audience.tags),
        frozenset(fold(tag) for tag in audience.without),
        None if audience.when is None else compile_when(audience.when),
    )
