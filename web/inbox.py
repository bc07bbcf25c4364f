"""The three panes of the inbox: the list, one conversation, and who it is with."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from flowengine.store import api_keys, changes, conversations, policies, queues
from flowengine.store.accounts import members
from flowengine.store.consents import Consent
from flowengine.store.contacts import Contact
from flowengine.store.conversations import ConversationRow, ExecutionRow
from flowengine.store.database import Transaction
from flowengine.store.scheduled_messages import Scheduled
from web.drawing.names import Names
from web.library import Library
from web.request import AnyRequest, me, texts
from web.texts import _
from web.timeline import Cast, Event, among, tell_events
from web.transcript import Said, tell_messages

PAGE = 40
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
    """The middle pane: `lines` are messages and events in order; `owner_name` is who has it.

    `kept_from`: what was said before was deleted by the workspace's policy.
    """

    row: ConversationRow
    lines: tuple[Said | Event, ...]
    owner_name: str
    first: str
    mark: str
    kept_from: datetime | None = None


class AboutPart(Struct, frozen=True):
    """The right pane: who it is, and what ran. `names`: what people call the flows and tags."""

    contact: Contact
    executions: tuple[ExecutionRow, ...]
    consents: tuple[Consent, ...]
    scheduled: tuple[Scheduled, ...]
    names: Names


class InboxPage(Struct, frozen=True):
    list: ListPart
    views: dict[str, str]
    talk: TalkPart | None = None
    about: AboutPart | None = None


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
    """Names of people and programs by their id, of queues by their key."""

    people: dict[str, str]
    queues: dict[str, str]


async def names_of(transaction: Transaction) -> Named:
    people = {str(person.id): person.name or person.email for person in await members(transaction)}
    programs = {str(key.id): key.name for key in await api_keys.api_keys(transaction)}
    return Named(
        people | programs, {queue.key: queue.name for queue in await queues.queues(transaction)}
    )


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
    messages = await tell_messages(transaction, found.messages, cast.people, t)
    since = found.messages[0].at if found.messages else None
    events = tell_events(found.journal, cast, t, found.messages)
    lines = among(messages, [e for e in events if since is None or e.at >= since])
    first = messages[0].id if len(messages) >= PAGE else ""
    return TalkPart(
        row,
        tuple(lines),
        owner_name(row, cast),
        first,
        f"{found.mark}~{whose(row)}",
        await deleted_before(transaction, row),
    )


def whose(row: ConversationRow) -> str:
    """Who has it, as the mark of a page says it."""
    return f"{row.owner}.{row.owner_id}"


async def deleted_before(transaction: Transaction, row: ConversationRow) -> datetime | None:
    """Since when this conversation is kept; None where all of it is."""
    kept_from = (await policies.policy(transaction)).kept_from
    return kept_from if kept_from is not None and row.created_at < kept_from else None


def owner_name(row: ConversationRow, cast: Cast) -> str:
    if row.owner == "queue":
        return cast.queues.get(row.owner_id, row.owner_id)
    return cast.people.get(row.owner_id, "") if row.owner == "agent" else ""
