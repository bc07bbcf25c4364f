"""Message templates: those that flows and programs may send, and their synchronisation."""

from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.params import JSONBody
from msgspec import Struct

from flowengine.store import templates
from flowengine.store.templates import StoredTemplate
from flowengine.workspace import Template
from web.api.shapes import Listed
from web.request import AnyRequest, workspace
from web.templating import take_over


class TemplateItem(Struct, frozen=True):
    """A template. `params`: the values that a message gives it, by name or by place.

    Those of other parts than the body: `header.1`, `header.latitude`, `url.0` (the end of the first
    button's address), `code.1` (what the second button copies). `buttons`: ids of its quick replies
    to their titles. Only what has the `status` approved can be sent. `account`: whose it is ("":
    written down by hand); two accounts may have one of the same name and language.
    """

    name: str
    language: str
    category: str
    status: str
    header: str
    body: str
    params: tuple[str, ...]
    buttons: dict[str, str]
    quality: str
    reason: str
    account: str


class SyncIn(Struct, frozen=True, forbid_unknown_fields=True):
    """`channel`: the one whose account is read."""

    channel: UUID


class SyncOut(Struct, frozen=True):
    """How many the account has; how many of them are new, changed, and are no more."""

    found: int
    added: int
    changed: int
    gone: int


class ApiTemplates(Controller):
    path = "/templates"
    tags = ["templates"]

    @get()
    async def list_templates(self, request: AnyRequest) -> Listed[TemplateItem]:
        """All of them, by name and language."""
        async with workspace(request) as transaction:
            found = await templates.templates(transaction)
        return Listed(tuple(map(item_of, found)))

    @post("/sync", status_code=200)
    async def synchronise(self, request: AnyRequest, data: JSONBody[SyncIn]) -> SyncOut:
        """Take over what the account of a channel has now."""
        done = await take_over(request, str(data.channel))
        return SyncOut(done.found, done.added, done.changed, done.gone)


def item_of(stored: StoredTemplate) -> TemplateItem:
    one = msgspec.json.decode(stored.document, type=Template)
    return TemplateItem(
        stored.name,
        stored.language,
        stored.category,
        stored.status,
        one.header,
        one.body,
        one.params,
        {button.id: button.title for button in one.buttons},
        stored.quality,
        stored.reason,
        stored.account,
    )
