"""The inbox: conversations in a list, one of them beside it, and what an agent does with it."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Stream
from msgspec import Struct

from flowengine.messages import Text
from flowengine.store import changes, consents, contacts, conversations, queues
from flowengine.store.accounts import members
from flowengine.store.consents import Consent
from flowengine.store.contacts import Contact
from flowengine.store.conversations import ConversationRow, ExecutionRow
from flowengine.store.database import Transaction
from web.forms import as_uuid, read_form
from web.htmx import go_to, html_response, is_htmx, partial
from web.library import Library
from web.live import finish, last_mark, stream
from web.render import render, render_part
from web.request import AnyRequest, me, services, texts, workspace
from web.shows import safe_id
from web.texts import _
from web.timeline import Cast, Event, tell_events
from web.transcript import Said, tell_messages

PAGE = 40
EAGER, IDLE = 0.3, 1.5  # seconds between looks for news
VIEWS = {
    "all": _("Abertas"),
    "queue": _("Na fila"),
    "mine": _("Minhas"),
    "bot": _("Robô"),
    "closed": _("Encerradas"),
}


class ListPart(Struct, frozen=True):
    """The left pane: which view, and its conversations."""

    view: str
    search: str
    rows: tuple[ConversationRow, ...]
    next: str | None
    waiting: int
    here: str
    queues: dict[str, str]
    people: dict[str, str]


class TalkPart(Struct, frozen=True):
    """The middle pane: `lines` are messages and events in order; `owner_name` is who has it."""

    row: ConversationRow
    lines: tuple[Said | Event, ...]
    owner_name: str
    first: str
    mark: str


class AboutPart(Struct, frozen=True):
    """The right pane: who it is, and what ran."""

    contact: Contact
    executions: tuple[ExecutionRow, ...]
    consents: tuple[Consent, ...]


class InboxPage(Struct, frozen=True):
    list: ListPart
    views: dict[str, str]
    talk: TalkPart | None = None
    about: AboutPart | None = None


class Conversations(Controller):
    """Everything under /conversations."""

    path = "/conversations"
    include_in_schema = False

    @get()
    async def index(
        self,
        request: AnyRequest,
        view: FromQuery[str] = "all",
        q: FromQuery[str] = "",
        cursor: FromQuery[str] = "",
    ) -> Response[object]:
        async with workspace(request) as transaction:
            part = await list_part(request, transaction, view, q, cursor)
        if cursor and is_htmx(request):
            return html_response(render_part(request, "inbox/_rows.html", list=part))
        return render(request, "inbox/page.html", InboxPage(part, VIEWS))

    @get("/list")
    async def refresh(
        self,
        request: AnyRequest,
        view: FromQuery[str] = "all",
        q: FromQuery[str] = "",
        here: FromQuery[str] = "",
    ) -> Response[object]:
        """The list again: htmx asks for it every few seconds, and as one types."""
        if not is_htmx(request):
            return go_to(request, f"/conversations?{urlencode({'view': view, 'q': q})}")
        async with workspace(request) as transaction:
            part = await list_part(request, transaction, view, q, here=here)
        return html_response(render_part(request, "inbox/_list.html", list=part))

    @get("/{conversation:str}")
    async def page(
        self,
        request: AnyRequest,
        conversation: FromPath[str],
        view: FromQuery[str] = "all",
        q: FromQuery[str] = "",
    ) -> Response[object]:
        async with workspace(request) as transaction:
            row = await conversations.conversation(transaction, as_uuid(conversation))
            await conversations.mark_read(transaction, row.id)
            part = await list_part(request, transaction, view, q, here=conversation)
            talk = await talk_part(request, transaction, row)
            about = AboutPart(
                await contacts.contact(transaction, row.contact_id),
                await conversations.executions(transaction, row.id, 8),
                await consents.consents(transaction, row.contact_id),
            )
        return render(request, "inbox/page.html", InboxPage(part, VIEWS, talk, about))

    @get("/{conversation:str}/earlier")
    async def earlier(
        self, request: AnyRequest, conversation: FromPath[str], before: FromQuery[str] = ""
    ) -> Response[object]:
        """What was said before: put above what is shown."""
        async with workspace(request) as transaction:
            row = await conversations.conversation(transaction, as_uuid(conversation))
            found = await conversations.messages(
                transaction, row.id, before=as_uuid(before), limit=PAGE
            )
            cast = await cast_of(request, transaction, set())
        lines = tell_messages(found, cast.people, texts(request))
        first = str(found[0].id) if len(found) == PAGE else ""
        talk = TalkPart(row, lines, "", first, "")
        if is_htmx(request):
            return html_response(render_part(request, "inbox/_earlier.html", talk=talk))
        return go_to(request, f"/conversations/{conversation}")

    @get("/{conversation:str}/live")
    async def live(
        self, request: AnyRequest, conversation: FromPath[str], after: FromQuery[str] = ""
    ) -> Stream:
        id_ = as_uuid(conversation)
        async with workspace(request) as transaction:
            await conversations.conversation(transaction, id_)
        return stream(news(request, id_, last_mark(request, after)))

    @post("/{conversation:str}/take")
    async def take(self, request: AnyRequest, conversation: FromPath[str]) -> Response[object]:
        await services(request).workers.take_over(*who_and_what(request, conversation))
        return done(request, conversation)

    @post("/{conversation:str}/return")
    async def give_back(self, request: AnyRequest, conversation: FromPath[str]) -> Response[object]:
        await services(request).workers.give_back(*who_and_what(request, conversation))
        return done(request, conversation)

    @post("/{conversation:str}/close")
    async def close(self, request: AnyRequest, conversation: FromPath[str]) -> Response[object]:
        form = await read_form(request)
        reason = form.text("reason", "", 200)
        await services(request).workers.close(*who_and_what(request, conversation), reason)
        return done(request, conversation)

    @post("/{conversation:str}/reply")
    async def reply(self, request: AnyRequest, conversation: FromPath[str]) -> Response[object]:
        """An agent writes; who writes has the conversation from then on."""
        form = await read_form(request)
        text = form.text("text", "", 4096)
        if text:
            who = who_and_what(request, conversation)
            await services(request).workers.say(*who, Text(text), form.text("key", ""))
        return done(request, conversation)


def who_and_what(request: AnyRequest, conversation: str) -> tuple[str, str, str]:
    """Tenant, conversation and agent, as the workers want them."""
    person = me(request)
    return str(person.tenant), str(as_uuid(conversation)), str(person.id)


def done(request: AnyRequest, conversation: str) -> Response[object]:
    """htmx hears of it by the stream; a browser without it loads the page again."""
    if is_htmx(request):
        return html_response("", 204)
    return go_to(request, f"/conversations/{conversation}")


async def list_part(
    request: AnyRequest,
    transaction: Transaction,
    view: str,
    search: str,
    cursor: str = "",
    here: str = "",
) -> ListPart:
    asked: dict[str, Any] = {"closed": view == "closed"}
    if view == "mine":
        asked |= {"owner": "agent", "owner_id": str(me(request).id)}
    elif view in ("queue", "bot"):
        asked["owner"] = view
    page = await conversations.conversations(
        transaction, search=search, cursor=cursor or None, limit=PAGE, **asked
    )
    waiting = await conversations.waiting_counts(transaction)
    names = await names_of(transaction)
    return ListPart(
        view if view in VIEWS else "all",
        search,
        page.items,
        page.next,
        sum(waiting.values()),
        here,
        names.queues,
        names.people,
    )


class Named(Struct, frozen=True):
    """Names of people by their id, of queues by their key."""

    people: dict[str, str]
    queues: dict[str, str]


async def names_of(transaction: Transaction) -> Named:
    people = {str(person.id): person.name or person.email for person in await members(transaction)}
    return Named(people, {queue.key: queue.name for queue in await queues.queues(transaction)})


async def cast_of(request: AnyRequest, transaction: Transaction, releases: set[str]) -> Cast:
    library: Library = request.app.state.library
    named = await names_of(transaction)
    return Cast(named.people, named.queues, await library.names(transaction, releases))


async def talk_part(
    request: AnyRequest, transaction: Transaction, row: ConversationRow
) -> TalkPart:
    """The last messages, the events among them, and the mark from which the stream goes on."""
    found = await changes.changes(transaction, row.id)
    cast = await cast_of(request, transaction, {step.release for step in found.journal})
    t = texts(request)
    messages = tell_messages(found.messages, cast.people, t)
    since = found.messages[0].at if found.messages else None
    events = [e for e in tell_events(found.journal, cast, t) if since is None or e.at >= since]
    lines = sorted([*messages, *events], key=lambda line: line.at)
    first = messages[0].id if len(messages) >= PAGE else ""
    return TalkPart(row, tuple(lines), owner_name(row, cast), first, found.mark)


def owner_name(row: ConversationRow, cast: Cast) -> str:
    if row.owner == "queue":
        return cast.queues.get(row.owner_id, row.owner_id)
    return cast.people.get(row.owner_id, "") if row.owner == "agent" else ""


async def news(
    request: AnyRequest, conversation: UUID, mark: str
) -> AsyncGenerator[tuple[str, str]]:
    """New messages and events, moved statuses, and whoever has the conversation now."""
    pause, owner = EAGER, ("", "")
    while True:
        found, cast = await finish(look(request, conversation, mark))
        row, moved = found.conversation, found.mark != mark
        html = show_news(request, found, cast, newest_of(mark))
        if owner != ("", "") and owner != (row.owner, row.owner_id):
            html += show_owner(request, row, owner_name(row, cast))
        owner, mark = (row.owner, row.owner_id), found.mark
        pause = EAGER if moved else min(IDLE, pause * 1.15)
        yield html, mark
        await asyncio.sleep(pause)


async def look(request: AnyRequest, conversation: UUID, mark: str) -> tuple[changes.Changes, Cast]:
    """What changed since the mark; what came in counts as read, since somebody looks."""
    async with workspace(request) as transaction:
        found = await changes.changes(transaction, conversation, mark)
        cast = await cast_of(request, transaction, {step.release for step in found.journal})
        if any(message.direction == "in" for message in found.messages):
            await conversations.mark_read(transaction, conversation)
    return found, cast


def newest_of(mark: str) -> str:
    """The newest message that a page with this mark shows, as hex; "" for none."""
    return mark.partition(".")[0]


def show_news(request: AnyRequest, found: changes.Changes, cast: Cast, newest: str) -> str:
    """New lines go to the end; a message that is shown already is put in its own place again."""
    t = texts(request)
    said = tell_messages(found.messages, cast.people, t)
    old = [line for line in said if line.id.replace("-", "") <= newest]
    new = [line for line in said if line.id.replace("-", "") > newest]
    lines = sorted([*new, *tell_events(found.journal, cast, t)], key=lambda line: line.at)
    html = "".join(
        partial(
            f"#m-{safe_id(line.id)}",
            "outerHTML",
            render_part(request, "inbox/_lines.html", lines=(line,)),
        )
        for line in old
    )
    if lines:
        html += partial(
            "#chat", "beforeend", render_part(request, "inbox/_lines.html", lines=lines)
        )
    return html


def show_owner(request: AnyRequest, row: ConversationRow, name: str) -> str:
    """Who has it, what one can do now, and the box to write in."""
    talk = TalkPart(row, (), name, "", "")
    return "".join(
        partial(f"#{place}", "outerHTML", render_part(request, f"inbox/_{place}.html", talk=talk))
        for place in ("owner", "actions", "hands")
    )
