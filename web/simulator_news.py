"""The phone and the trail beside it, live: lines, ticks and dots as they come, and turns."""

import asyncio
from collections.abc import AsyncGenerator
from uuid import UUID

from connectors.simulator import Change, Entry, Network, UnknownNumber
from flowengine.messages import Identity
from flowengine.store import contacts, conversations
from flowengine.store.channels import Channel
from flowengine.store.database import Transaction
from web.htmx import partial
from web.library import Library
from web.render import render_part
from web.request import AnyRequest, texts, workspace
from web.shows import safe_id
from web.trail import Turn, tell_turns

EAGER, IDLE = 0.25, 1.0  # seconds between looks at the journal


def entries_of(network: Network, number: str, phone: str) -> tuple[Entry, ...]:
    try:
        return network.transcript(number, phone).entries
    except UnknownNumber:
        return ()


# --- What the engine does ---------------------------------------------------------------------


async def trail(
    request: AnyRequest,
    transaction: Transaction,
    channel: Channel | None,
    phone: str,
    after: int,
) -> tuple[list[Turn], int]:
    """The cards after a row of the journal, and the row that they reach."""
    conversation = await conversation_of(transaction, channel, phone)
    if conversation is None:
        return [], after
    rows = await conversations.journal(
        transaction, conversation, after=(after, 1_000_000), newest=not after
    )
    if not rows:
        return [], after
    library: Library = request.app.state.library
    names = await library.names(transaction, {row.release for row in rows})
    return tell_turns(rows, names, texts(request)), rows[-1].seq


async def conversation_of(
    transaction: Transaction, channel: Channel | None, phone: str
) -> UUID | None:
    if channel is None:
        return None
    contact = await contacts.contact_of(transaction, Identity("simulator", phone))
    if contact is None:
        return None
    page = await conversations.conversations(
        transaction, contact_id=contact, channel_id=channel.id, limit=1
    )
    return page.items[0].id if page.items else None


# --- The live stream --------------------------------------------------------------------------


def mark_of(entries: tuple[Entry, ...], seq: int) -> str:
    """How far a page is: its last line, and the last row of the journal that it shows."""
    return f"{entries[-1].id if entries else ''}~{seq}"


def read_mark(mark: str) -> tuple[str, int]:
    entry, _tilde, seq = mark.rpartition("~")
    return entry, int(seq) if seq.isdigit() else 0


async def news(
    request: AnyRequest, network: Network, channel: Channel, phone: str, mark: str
) -> AsyncGenerator[tuple[str, str]]:
    """What is new for one phone: its lines, ticks and dots as they come, and the engine's turns."""
    try:
        changes = network.events(channel.address, phone)
    except UnknownNumber:
        return  # the page says what to do when one writes
    seen, seq = read_mark(mark)
    entries = entries_of(network, channel.address, phone)
    if entries and entries[-1].id != seen:
        seen = entries[-1].id
        whole = render_part(request, "simulator/_bubbles.html", entries=entries)
        yield partial("#chat", "innerHTML", whole), f"{seen}~{seq}"
    coming = asyncio.ensure_future(anext(changes))
    looking = asyncio.ensure_future(look(request, channel, phone, seq, EAGER))
    pause = EAGER
    try:
        while True:
            # The two are waited for together, so that a bubble never waits for the database.
            await asyncio.wait({coming, looking}, return_when=asyncio.FIRST_COMPLETED)
            html = ""
            if coming.done():
                change = coming.result()
                coming = asyncio.ensure_future(anext(changes))
                pause = EAGER
                seen = change.entry.id if change.what == "said" and change.entry else seen
                html += show_change(request, change)
            if looking.done():
                turns, seq = looking.result()
                pause = EAGER if turns else min(IDLE, pause * 1.1)
                looking = asyncio.ensure_future(look(request, channel, phone, seq, pause))
                html += show_turns(request, turns)
            yield html, f"{seen}~{seq}"
    finally:
        coming.cancel()
        looking.cancel()


async def look(
    request: AnyRequest, channel: Channel, phone: str, after: int, pause: float
) -> tuple[list[Turn], int]:
    """After a pause: the cards after a row of the journal, in a transaction of its own."""
    await asyncio.sleep(pause)
    async with workspace(request) as transaction:
        return await trail(request, transaction, channel, phone, after)


def show_change(request: AnyRequest, change: Change) -> str:
    """A change of the chat as pieces of HTML."""
    entry = change.entry
    match change.what:
        case "typing":
            dots = render_part(request, "simulator/_typing.html")
            return partial("#typing", "innerHTML", dots)
        case "said" if entry:
            bubble = render_part(request, "simulator/_bubbles.html", entries=(entry,))
            quiet = partial("#typing", "innerHTML", "") if entry.side == "business" else ""
            return quiet + partial("#chat", "beforeend", bubble)
        case "status" if entry:
            ticks = render_part(request, "simulator/_ticks.html", entry=entry)
            return partial(f"#ticks-{safe_id(entry.id)}", "outerHTML", ticks)
        case _:
            return ""


def show_turns(request: AnyRequest, turns: list[Turn]) -> str:
    if not turns:
        return ""
    cards = render_part(request, "simulator/_turns.html", turns=turns)
    return partial("#turns", "beforeend", cards)
