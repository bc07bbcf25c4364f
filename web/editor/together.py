"""Several people at one draft: who else is here, and what they changed, told while it happens.

An open editor listens to `live`; where the draft has moved on by somebody else's hand it fetches
the canvas as it is now. Both stand in the database, so it does not matter which web process an
editor is connected to. Who is here is a hint, not a lock.
"""

import asyncio
from collections.abc import AsyncGenerator
from itertools import count
from uuid import UUID, uuid4

import msgspec
from litestar import Controller, Response, get
from litestar.params import FromPath
from litestar.response import Stream
from msgspec import Struct

from flowengine.store import flows, presence
from flowengine.store.draft_revs import draft_rev
from web.editor.known import drawn
from web.editor.parts import Part, elements, part
from web.live import finish, last_mark, stream
from web.named import names_of
from web.request import AnyRequest, me, texts, workspace

LOOK = 1.5  # seconds between looks at the draft's revision
AGAIN = 4  # looks between two times that it is said that an editor is open


class News(Struct, frozen=True):
    """`people`: who else has this flow open, by name."""

    rev: int
    by: str
    people: tuple[str, ...]


class Canvas(Struct, frozen=True):
    """All of a canvas: each element by its id, in the page's order."""

    rev: int
    parts: list[Part]


class Together(Controller):
    """What an open editor asks about the others."""

    path = "/flows/{key:str}/edit"
    include_in_schema = False

    @get("/live")
    async def live(self, request: AnyRequest, key: FromPath[str]) -> Stream:
        """News of the draft: JSON of `News`, whenever it is another than before."""
        async with workspace(request) as transaction:
            await draft_rev(transaction, key)
        return stream(request, news(request, key, last_mark(request, "")))

    @get("/board")
    async def board(self, request: AnyRequest, key: FromPath[str]) -> Response[Canvas]:
        """The canvas as it is now."""
        async with workspace(request) as transaction:
            draft, names = await flows.draft(transaction, key), await names_of(transaction)
        found = drawn(draft, names, texts(request)).board
        parts = [part(request, id, it) for id, it in elements(found)]
        return Response(Canvas(draft.rev, parts), media_type="application/json")


async def news(request: AnyRequest, key: str, mark: str) -> AsyncGenerator[tuple[str, str]]:
    token = uuid4()
    try:
        for number in count():
            said = await finish(look(request, key, token if number % AGAIN == 0 else None))
            text = msgspec.json.encode(said).decode()
            new = f"{said.rev}.{len(said.people)}.{hash(said.people) & 0xFFFF}"
            yield ("", "") if new == mark else (text, new)
            mark = new
            await asyncio.sleep(LOOK)
    finally:
        await finish(leave(request, token))


async def look(request: AnyRequest, key: str, token: UUID | None) -> News:
    """How far the draft is, and who else is there. `token`: say that this editor is open."""
    async with workspace(request) as transaction:
        found = await draft_rev(transaction, key)
        if token is not None:
            await presence.be_here(transaction, key, token, me(request).id)
        people = await presence.others(transaction, key, me(request).id)
    return News(found.rev, found.by, people)


async def leave(request: AnyRequest, token: UUID) -> None:
    async with workspace(request) as transaction:
        await presence.go(transaction, token)
