"""Several people at one draft: who else is here, and what they changed, told while it happens.

An open editor listens to `live`; where the draft has moved on by somebody else's hand it fetches
the canvas as it is now. Who is here is known of this process only: a hint, not a lock.
"""

import asyncio
from collections.abc import AsyncGenerator
from uuid import UUID

import msgspec
from litestar import Controller, Response, get
from litestar.params import FromPath
from litestar.response import Stream
from msgspec import Struct

from flowengine.store import flows
from flowengine.store.draft_revs import draft_rev
from web.editor.drafts import Part, card, edge, mark_part
from web.editor.known import drawn
from web.live import finish, last_mark, stream
from web.request import AnyRequest, me, texts, workspace

LOOK = 1.5  # seconds between looks at the draft's revision


class News(Struct, frozen=True):
    """`people`: who else has this flow open, by name."""

    rev: int
    by: str
    people: tuple[str, ...]


class Canvas(Struct, frozen=True):
    """All of a canvas: each element by its id, in the page's order."""

    rev: int
    parts: list[Part]


class Present:
    """Who has which flow open in this process."""

    def __init__(self) -> None:
        self._here: dict[tuple[UUID, str], dict[object, tuple[UUID, str]]] = {}

    def come(self, place: tuple[UUID, str], who: UUID, name: str) -> object:
        """Gives a token for `go`."""
        token = object()
        self._here.setdefault(place, {})[token] = (who, name)
        return token

    def go(self, place: tuple[UUID, str], token: object) -> None:
        here = self._here.get(place, {})
        here.pop(token, None)
        if not here:
            self._here.pop(place, None)

    def others(self, place: tuple[UUID, str], who: UUID) -> tuple[str, ...]:
        here = self._here.get(place, {}).values()
        return tuple(sorted({name for other, name in here if other != who}))


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
            draft = await flows.draft(transaction, key)
        found = drawn(draft, texts(request)).board
        parts = [mark_part(request, mark) for mark in found.marks.values()]
        parts += [Part(f"n-{id}", card(request, step)) for id, step in found.steps.items()]
        parts += [Part(id, edge(request, line)) for id, line in found.lines.items()]
        return Response(Canvas(draft.rev, parts), media_type="application/json")


async def news(request: AnyRequest, key: str, mark: str) -> AsyncGenerator[tuple[str, str]]:
    present: Present = request.app.state.present
    place = (me(request).tenant, key)
    token = present.come(place, me(request).id, me(request).name)
    try:
        while True:
            said = await finish(look(request, key, present.others(place, me(request).id)))
            text = msgspec.json.encode(said).decode()
            new = f"{said.rev}.{len(said.people)}.{hash(said.people) & 0xFFFF}"
            yield ("", "") if new == mark else (text, new)
            mark = new
            await asyncio.sleep(LOOK)
    finally:
        present.go(place, token)


async def look(request: AnyRequest, key: str, people: tuple[str, ...]) -> News:
    async with workspace(request) as transaction:
        found = await draft_rev(transaction, key)
    return News(found.rev, found.by, people)
