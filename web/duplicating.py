"""A flow as it stands in its draft, once more: the copy has its tests and folder, and no past."""

from litestar import Controller, Response, post
from litestar.params import FromPath

from flowengine.store import flows, talks
from web.bundle import Along, BundledTalk
from web.carrying import keep_beside
from web.htmx import go_to
from web.placing import place
from web.publishing import read_flow, save
from web.request import AnyRequest, me, texts, workspace
from web.texts import _


class Duplicating(Controller):
    """POST /flows/KEY/duplicate"""

    path = "/flows/{key:str}/duplicate"
    include_in_schema = False

    @post()
    async def duplicate(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        """A new draft: key and name with the next number, what is published stays the first's."""
        async with workspace(request) as transaction:
            flow = read_flow((await flows.draft(transaction, key)).document)
            rows = {row.key: row for row in await flows.flows(transaction)}
            kept = tuple(
                BundledTalk(key, each.name, each.document)
                for each in await talks.talks(transaction, key)
            )
            folder = rows[key].folder
            along = Along(kept, folders={key: folder} if folder else {})
            placed = place([flow], along, {key: "copy"}, rows)
            (copy,) = placed.flows
            await save(transaction, copy, 0, me(request).id)
            await keep_beside(transaction, placed.along, placed.flows, rows, me(request).id)
        notice = texts(request)(_("«{name}» é uma cópia: nada dela está no ar."), name=copy.name)
        return go_to(request, f"/flows/{copy.key}/edit", notice)
