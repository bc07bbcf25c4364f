"""Drafts of before: those that a file, an old version or a program took the place of."""

from datetime import datetime

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from flowengine.store import flows
from flowengine.store.accounts import members
from flowengine.store.database import Transaction
from flowengine.store.earlier_drafts import earlier_draft, earlier_drafts
from web.htmx import go_to, html_response
from web.publishing import read_flow, save
from web.render import render_part
from web.request import AnyRequest, me, texts, workspace
from web.texts import _


class EarlierLine(Struct, frozen=True):
    """A draft that was replaced, by whom and when."""

    rev: int
    name: str
    at: datetime
    by: str


class EarlierPart(Struct, frozen=True):
    key: str
    lines: tuple[EarlierLine, ...]


class Earlier(Controller):
    """Everything under /flows/KEY/earlier."""

    path = "/flows/{key:str}/earlier"
    include_in_schema = False

    @get()
    async def lines(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        """The list, a part of the page of versions."""
        async with workspace(request) as transaction:
            await flows.draft_head(transaction, key)
            part = EarlierPart(key, await lines_of(transaction, key))
        return html_response(render_part(request, "flows/_earlier.html", part=part))

    @post("/{rev:int}/restore")
    async def restore(
        self, request: AnyRequest, key: FromPath[str], rev: FromPath[int]
    ) -> Response[object]:
        """It is the draft again; what is the draft now is kept in its turn."""
        async with workspace(request) as transaction:
            document = await earlier_draft(transaction, key, rev)
            await save(transaction, read_flow(document), None, me(request).id)
        return go_to(request, f"/flows/{key}", texts(request)(_("O rascunho de antes voltou.")))

    @get("/{rev:int}/export")
    async def export(
        self, request: AnyRequest, key: FromPath[str], rev: FromPath[int]
    ) -> Response[bytes]:
        """Its document as it was."""
        async with workspace(request) as transaction:
            document = await earlier_draft(transaction, key, rev)
        headers = {"Content-Disposition": f'attachment; filename="{key}.{rev}.flow.json"'}
        return Response(document, media_type="application/json", headers=headers)


async def lines_of(transaction: Transaction, key: str) -> tuple[EarlierLine, ...]:
    found = await earlier_drafts(transaction, key)
    people = {each.id: each.name or each.email for each in await members(transaction)}
    return tuple(
        EarlierLine(
            each.rev,
            each.name,
            each.replaced_at,
            people.get(each.replaced_by, "") if each.replaced_by else "",
        )
        for each in found
    )
