"""Conversations: read, taken over, answered, given back, closed."""

from urllib.parse import urlencode

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from flowengine.messages import Text
from flowengine.store import consents, contacts, conversations, scheduled_messages
from web.erasure import refuse_erased
from web.forms import as_uuid, read_form
from web.htmx import go_to, html_response, is_htmx
from web.inbox import (
    PAGE,
    VIEWS,
    AboutPart,
    InboxPage,
    TalkPart,
    cast_of,
    deleted_before,
    list_part,
    talk_part,
)
from web.inbox_news import news
from web.live import last_mark, stream
from web.named import names_of
from web.render import render, render_part
from web.request import AnyRequest, me, services, texts, workspace
from web.transcript import tell_messages


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
            await refuse_erased(transaction, as_uuid(conversation))
            row = await conversations.conversation(transaction, as_uuid(conversation))
            await conversations.mark_read(transaction, row.id)
            part = await list_part(request, transaction, view, q, here=conversation)
            talk = await talk_part(request, transaction, row)
            about = AboutPart(
                await contacts.contact(transaction, row.contact_id),
                await conversations.executions(transaction, row.id, 8),
                await consents.consents(transaction, row.contact_id),
                (await scheduled_messages.scheduled_messages(
                    transaction, conversation_id=row.id, limit=20
                )).items,
                await names_of(transaction),
            )  # fmt: skip
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
            kept_from = await deleted_before(transaction, row)
            lines = await tell_messages(transaction, found, cast.people, texts(request))
        first = str(found[0].id) if len(found) == PAGE else ""
        talk = TalkPart(row, lines, "", first, "", kept_from)
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
        return stream(request, news(request, id_, last_mark(request, after)))

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
