"""Templates: taken over from a channel's account, and held against what is sent."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from connectors.base import FoundTemplate, Provider, templated
from flowengine.contents import TemplateReply
from flowengine.messages import Refused, Send, Template, Unclear
from flowengine.store.database import Database
from flowengine.store.templates import (
    StoredTemplate,
    Synced,
    SyncedTemplate,
    sync_templates,
    template_document,
    templates,
)
from flowengine.templates import QUICK_REPLY, misfit, placed
from flowengine.workspace import Template as Known

_read = msgspec.json.Decoder(Known).decode


async def sync(database: Database, provider: Provider, tenant: UUID) -> Synced | Refused | Unclear:
    """Take over the templates of a channel's account."""
    source = templated(provider)
    if source is None or not source.account:
        return Refused("unsupported", True, detail="this channel names no account with templates")
    found = await source.templates()
    if isinstance(found, Refused | Unclear):
        return found
    async with database.worker(tenant) as transaction:
        before = _before(await templates(transaction), source.account)
        rows = [synced(each, before.get((each.name, each.language))) for each in found]
        return await sync_templates(transaction, source.account, rows)


def _before(every: Sequence[StoredTemplate], account: str) -> dict[tuple[str, str], StoredTemplate]:
    """What is known by each name: the account's own, else another's, so that a flow's exits are
    named the same whichever account says it."""
    mine = sorted(every, key=lambda each: each.account == account)
    return {(each.name, each.language): each for each in mine}


def synced(found: FoundTemplate, before: StoredTemplate | None) -> SyncedTemplate:
    """As it is kept. A quick reply keeps the id that flows know it by, where its title is the
    same."""
    known = {} if before is None else {b.title: b.id for b in _read(before.document).buttons}
    replies = [
        (place, button.title)
        for place, button in enumerate(found.buttons, start=1)
        if button.kind == QUICK_REPLY
    ]
    document = Known(
        name=found.name,
        language=found.language,
        category=found.category,
        params=found.params,
        buttons=tuple(
            TemplateReply(id=known.get(title, f"b{place}"), title=title) for place, title in replies
        ),
        body=found.body,
        header=found.header,
        kinds=tuple(button.kind for button in found.buttons),
    )
    return SyncedTemplate(
        found.name,
        found.language,
        found.category,
        found.status,
        msgspec.json.encode(document),
        found.quality,
        found.reason,
    )


async def fitted(
    database: Database, tenant: UUID, send: Send, provider: Provider
) -> Send | Refused:
    """A send as the provider will take it: a template's values are counted, its quick replies
    brought to their places. Anything else, and a template that we do not know, is as it was."""
    content = send.content
    if not isinstance(content, Template):
        return send
    source = templated(provider)
    account = "" if source is None else source.account
    async with database.worker(tenant) as transaction:
        document = await template_document(transaction, content.name, content.language, account)
    if document is None:
        return send
    known = _read(document)
    why = misfit(content, known)
    if why:
        return Refused("template", True, code="132000", detail=why)
    return msgspec.structs.replace(send, content=placed(content, known))
