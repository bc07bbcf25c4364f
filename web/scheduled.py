"""Scheduled messages on pages: the list, one of them, and the form in a conversation."""

from typing import Annotated

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, QueryParameter
from msgspec import Struct

from flowengine.messages import Text
from flowengine.store import conversations, scheduled_messages
from flowengine.store.scheduled_messages import Change, Scheduled
from web.forms import as_uuid, read_form
from web.htmx import go_to
from web.planning import change_of, plan, read_when
from web.problems import Problem
from web.render import render
from web.request import AnyRequest, me, texts, workspace
from web.texts import _
from web.words import REASONS, SCHEDULED

HERE = "/scheduled"
LONGEST = 4096


class ScheduledPage(Struct, frozen=True):
    """The list. `reasons`: why some were refused, in words."""

    items: tuple[Scheduled, ...]
    state: str
    states: dict[str, str]
    reasons: dict[str, str]
    next: str | None


class OnePage(Struct, frozen=True):
    """One that still waits, to be changed. `at`: its time as the browser's field wants it."""

    message: Scheduled
    at: str
    zone: str


class ScheduledMessages(Controller):
    """Everything under /scheduled; a message is scheduled in its conversation."""

    include_in_schema = False

    @get("/scheduled")
    async def index(
        self,
        request: AnyRequest,
        wanted: Annotated[str, QueryParameter(name="state")] = "waiting",
        cursor: FromQuery[str] = "",
    ) -> Response[object]:
        state = wanted if wanted in SCHEDULED else "waiting"
        async with workspace(request) as transaction:
            page = await scheduled_messages.scheduled_messages(
                transaction, state=state, cursor=cursor or None
            )
        t = texts(request)
        reasons = {each.reason: t(REASONS.get(each.reason, each.reason)) for each in page.items}
        shown = ScheduledPage(page.items, state, SCHEDULED, reasons, page.next)
        return render(request, "scheduled/index.html", shown)

    @get("/scheduled/{message:str}")
    async def one(self, request: AnyRequest, message: FromPath[str]) -> Response[object]:
        async with workspace(request) as transaction:
            found = await scheduled_messages.scheduled_message(transaction, as_uuid(message))
        zone = found.zone or me(request).timezone
        return render(request, "scheduled/page.html", OnePage(found, found.local_time[:16], zone))

    @post("/scheduled/{message:str}")
    async def change(self, request: AnyRequest, message: FromPath[str]) -> Response[object]:
        form = await read_form(request)
        content = Text(form.text("text", longest=LONGEST)) if "text" in form.values else None
        async with workspace(request) as transaction:
            found = await scheduled_messages.scheduled_message(transaction, as_uuid(message))
            when = read_when(form.text("at"), found.zone or me(request).timezone)
            await scheduled_messages.change_scheduled(
                transaction, found.id, read_version(form.text("version")), change_of(content, when)
            )
        return go_to(request, HERE, _("Mensagem agendada guardada."))

    @post("/scheduled/{message:str}/cancel")
    async def cancel(self, request: AnyRequest, message: FromPath[str]) -> Response[object]:
        form = await read_form(request)
        async with workspace(request) as transaction:
            await scheduled_messages.change_scheduled(
                transaction,
                as_uuid(message),
                read_version(form.text("version")),
                Change(cancel=True),
            )
        return go_to(request, HERE, _("A mensagem agendada foi cancelada."))

    @post("/conversations/{conversation:str}/schedule")
    async def schedule(self, request: AnyRequest, conversation: FromPath[str]) -> Response[object]:
        """Who schedules leaves the conversation with whoever has it."""
        form = await read_form(request)
        person = me(request)
        async with workspace(request) as transaction:
            room = await conversations.conversation(transaction, as_uuid(conversation))
            await plan(
                transaction,
                room.id,
                str(person.id),
                Text(form.text("text", longest=LONGEST)),
                read_when(form.text("at"), person.timezone),
                form.text("key", ""),
            )
        return go_to(request, f"/conversations/{conversation}", _("Mensagem agendada."))


def read_version(text: str) -> int:
    """The version that a form was made with."""
    if not text.isdigit():
        raise Problem(_("A página ficou velha."), mend=_("Recarregue-a e tente de novo."))
    return int(text)
