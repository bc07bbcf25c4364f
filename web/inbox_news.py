"""A conversation that is live: what changed since the page was made, as pieces of it."""

import asyncio
from collections.abc import AsyncGenerator
from uuid import UUID

from flowengine.store import changes, conversations
from flowengine.store.conversations import ConversationRow
from web.htmx import partial
from web.inbox import TalkPart, cast_of, owner_name, whose
from web.live import finish
from web.render import render_part
from web.request import AnyRequest, texts, workspace
from web.shows import safe_id
from web.timeline import Cast, among, tell_events
from web.transcript import Said, tell_messages

EAGER, IDLE = 0.3, 1.5  # seconds between looks for news


async def news(
    request: AnyRequest, conversation: UUID, mark: str
) -> AsyncGenerator[tuple[str, str]]:
    """New messages and events, moved statuses, and whoever has the conversation now.

    The mark says too who had it when the page was made, or heard last: it may be another by now.
    """
    mark, _tilde, owner = mark.partition("~")
    pause = EAGER
    while True:
        found, cast, said = await finish(look(request, conversation, mark))
        row, moved = found.conversation, found.mark != mark
        html = show_news(request, found, cast, said, newest_of(mark))
        if owner and owner != whose(row):
            html += show_owner(request, row, owner_name(row, cast))
        owner, mark = whose(row), found.mark
        pause = EAGER if moved else min(IDLE, pause * 1.15)
        yield html, f"{mark}~{owner}"
        await asyncio.sleep(pause)


async def look(
    request: AnyRequest, conversation: UUID, mark: str
) -> tuple[changes.Changes, Cast, tuple[Said, ...]]:
    """What changed since the mark; what came in counts as read, since somebody looks."""
    async with workspace(request) as transaction:
        found = await changes.changes(transaction, conversation, mark)
        cast = await cast_of(request, transaction, {step.release for step in found.journal})
        if any(message.direction == "in" for message in found.messages):
            await conversations.mark_read(transaction, conversation)
        said = await tell_messages(transaction, found.messages, cast.people, texts(request))
    return found, cast, said


def newest_of(mark: str) -> str:
    """The newest message that a page with this mark shows, as hex; "" for none."""
    return mark.partition(".")[0]


def show_news(
    request: AnyRequest, found: changes.Changes, cast: Cast, said: tuple[Said, ...], newest: str
) -> str:
    """New lines go to the end; a message that is shown already is put in its own place again."""
    t = texts(request)
    old = [line for line in said if line.id.replace("-", "") <= newest]
    new = [line for line in said if line.id.replace("-", "") > newest]
    lines = among(new, tell_events(found.journal, cast, t, found.messages))
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
