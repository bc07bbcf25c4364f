"""Schedules: opening hours as people write them, one line a day."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from flowengine.schedules import HolidayCalendar, Schedule, SpecialDate
from flowengine.store import schedules, tenants
from flowengine.zones import UnknownZone, zone
from web.forms import Form, read_form
from web.htmx import go_to
from web.problems import Problem
from web.render import render
from web.request import AnyRequest, workspace
from web.settings.names import key_from, refuse_taken
from web.texts import _
from web.used import Used, used

DAYS = {
    "mon": _("Segunda"),
    "tue": _("Terça"),
    "wed": _("Quarta"),
    "thu": _("Quinta"),
    "fri": _("Sexta"),
    "sat": _("Sábado"),
    "sun": _("Domingo"),
}
TIME = r"(\d{1,2})(?:[:h](\d{2})?)?"
SPAN = re.compile(rf"{TIME}\s*(?:-|–|às|a|to)\s*{TIME}", re.IGNORECASE)
STATES = "AC AL AM AP BA CE DF ES GO MA MG MS MT PA PB PE PI PR RJ RN RO RR RS SC SE SP TO".split()


class ScheduleLine(Struct, frozen=True):
    """A schedule with its hours as text: `hours` by day, `dates` one a line."""

    key: str
    name: str
    timezone: str
    hours: dict[str, str]
    country: str
    state: str
    dates: str


class SchedulesPage(Struct, frozen=True):
    lines: tuple[ScheduleLine, ...]
    days: dict[str, str]
    states: tuple[str, ...]
    timezone: str
    used: Used


class Schedules(Controller):
    path = "/settings/schedules"
    include_in_schema = False

    @get()
    async def page(self, request: AnyRequest) -> Response[object]:
        async with workspace(request) as transaction:
            stored = await schedules.schedules(transaction)
            timezone = (await tenants.tenant(transaction)).timezone
            by = await used(transaction, "schedule")
        lines = tuple(line_of(each.key, each.name, each.document) for each in stored)
        page = SchedulesPage(lines, DAYS, tuple(STATES), timezone, by)
        return render(request, "settings/schedules.html", page)

    @post()
    async def put(self, request: AnyRequest) -> Response[object]:
        form = await read_form(request)
        key, schedule = key_from(form), read_schedule(form)
        async with workspace(request) as transaction:
            there = await schedules.schedules(transaction)
            refuse_taken(form, key, [each.key for each in there])
            await schedules.put_schedule(
                transaction, key, form.text("name", longest=80), msgspec.json.encode(schedule)
            )
        return go_to(request, "/settings/schedules", _("Horário guardado."))

    @post("/{key:str}/remove")
    async def remove(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        async with workspace(request) as transaction:
            await schedules.remove_schedule(transaction, key)
        return go_to(request, "/settings/schedules", _("Horário removido."))


def read_schedule(form: Form) -> Schedule:
    """The form's schedule; a problem names the line that cannot be read."""
    hours = {day: read_spans(form.text(day, ""), name) for day, name in DAYS.items()}
    country, state = form.text("country", ""), form.text("state", "")
    dates = [read_date(line) for line in form.raw("dates", "").splitlines() if line.strip()]
    where = form.text("timezone")
    try:
        zone(where)
    except UnknownZone:
        raise Problem(
            _("O fuso horário «{name}» não existe."),
            place="timezone",
            mend=_("Escreva como America/Sao_Paulo."),
            name=where,
        ) from None
    raw: dict[str, Any] = {
        "timezone": where,
        "weekly": {day: spans for day, spans in hours.items() if spans},
        "dates": dates,
    }
    if country:
        raw["holidays"] = {"country": country} | ({"subdivision": state} if state else {})
    try:
        return msgspec.convert(raw, Schedule)
    except msgspec.ValidationError as error:
        raise Problem(
            _("O horário não pode ser lido."),
            mend=_("Confira os dias, as datas especiais e os feriados."),
        ) from error


def read_spans(text: str, place: str) -> list[list[str]]:
    """ "9:00-12:00, 13h às 18h" as pairs; empty text or "fechado" is closed."""
    if not text or text.lower() in ("fechado", "closed", "cerrado"):
        return []
    spans: list[list[str]] = []
    for part in re.split(r"[,;]|\be\b", text):
        found = SPAN.fullmatch(part.strip())
        if found is None or not possible(found):
            raise Problem(
                _("Não entendi as horas de {day}: “{text}”."),
                place=place,
                mend=_("Escreva como 09:00-12:00, 13:00-18:00."),
                day=place,
                text=part.strip(),
            )
        hour, minute, end_hour, end_minute = found.groups()
        begins = f"{int(hour):02}:{minute or '00'}"
        spans.append([begins, f"{int(end_hour):02}:{end_minute or '00'}"])
    return spans


def possible(span: re.Match[str]) -> bool:
    """Whether a clock can show both ends; a day's end is 24:00 too."""
    hour, minute, end_hour, end_minute = (int(part or 0) for part in span.groups())
    ends = end_hour < 24 or (end_hour, end_minute) == (24, 0)
    return hour < 24 and ends and max(minute, end_minute) < 60


def real(day: str) -> bool:
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return True


def read_date(line: str) -> dict[str, object]:
    """ "2026-12-24 09:00-12:00 Véspera": the hours may be "fechado", the title may be left out."""
    day, _space, rest = line.strip().partition(" ")
    day = re.sub(r"^(\d{2})/(\d{2})/(\d{4})$", r"\3-\2-\1", day)
    found = re.match(r"((?:\d[\dh:–\-\s,àas]*\d\S*)|fechado|closed|cerrado)?\s*(.*)", rest, re.I)
    hours, title = (found[1] or "", found[2]) if found else ("", rest)
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day) or not real(day):
        raise Problem(
            _("Não entendi a data especial: “{line}”."),
            place="dates",
            mend=_("Escreva como 24/12/2026 09:00-12:00 Véspera de Natal."),
            line=line.strip(),
        )
    return {"date": day, "hours": read_spans(hours.strip(), day), "title": title.strip()}


def line_of(key: str, name: str, document: bytes) -> ScheduleLine:
    schedule = msgspec.json.decode(document, type=Schedule)
    holidays = schedule.holidays or HolidayCalendar("XX")
    return ScheduleLine(
        key,
        name,
        schedule.timezone,
        {day: write_spans(getattr(schedule.weekly, day)) for day in DAYS},
        "" if schedule.holidays is None else holidays.country,
        holidays.subdivision or "",
        "\n".join(write_date(date) for date in schedule.dates),
    )


def write_spans(spans: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{begins}-{ends}" for begins, ends in spans)


def write_date(date: SpecialDate) -> str:
    hours = write_spans(date.hours) or "fechado"
    return f"{date.date:%d/%m/%Y} {hours} {date.title}".strip()
