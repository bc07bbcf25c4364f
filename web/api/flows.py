"""Flows: drafts, review, publishing, starting."""

from typing import Annotated, Any, cast
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post, put
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter

from flowengine.document import pretty
from flowengine.flow import Flow
from flowengine.messages import Identity
from flowengine.store import flows, identities
from flowengine.store.database import Transaction
from flowengine.store.errors import Stale
from flowengine.store.flows import Draft
from flowengine.store.identities import Seen
from web.api.matching import etag, failed, must_match, read_if_match, revision_to_change
from web.api.shapes import (
    Checked,
    DraftItem,
    FlowItem,
    Key,
    Listed,
    PublishedItem,
    Start,
    Started,
)
from web.editor.beginning import PAGES
from web.editor.callers import admit_callers
from web.editor.publish import admit_talks
from web.problems import Problem
from web.publishing import around_flow, publish, read_document, review, save
from web.request import AnyRequest, Program, caller, services, texts, workspace
from web.texts import _

LARGEST = 2 * 1024 * 1024  # bytes of a document
LANGUAGE = "pt-BR"  # of the review's sentences
IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        description='Revisions as tags ("7"), several with commas, or * for any that is there.',
        required=False,
    ),
]
AtOnce = Annotated[bool, QueryParameter(name="publish", description="publish it too")]
Anyway = Annotated[
    bool,
    QueryParameter(
        name="anyway",
        description="publish although talks (flow tests) fail, or flows that call it break",
    ),
]
Why = Annotated[
    str, QueryParameter(name="message", description="why, for the list of versions", max_length=300)
]


class ApiFlows(Controller):
    tags = ["flows"]

    @get("/flows")
    async def list_flows(self, request: AnyRequest) -> Listed[FlowItem]:
        """The workspace's flows, by name."""
        async with workspace(request) as transaction:
            rows = await flows.flows(transaction)
        return Listed(
            tuple(
                FlowItem(
                    row.key,
                    row.name,
                    row.rev,
                    row.version,
                    row.changed,
                    row.updated_at,
                    row.published_at,
                )
                for row in rows
            )
        )

    @get("/flows/{key:str}")
    async def get_flow(self, request: AnyRequest, key: FromPath[str]) -> Response[DraftItem]:
        """A flow's draft. Its `ETag` is what `If-Match` of a change asks for."""
        async with workspace(request) as transaction:
            return tagged(await flows.draft(transaction, key))

    @put("/flows/{key:str}", request_max_body_size=LARGEST)
    async def put_flow(
        self,
        request: AnyRequest,
        key: FromPath[str],
        if_match: IfMatch = None,
    ) -> Response[DraftItem]:
        """Save the draft: the body is the document. `If-Match`: the revision that it changes, as
        RFC 9110 has it; 412 where another one is there by now."""
        condition = read_if_match(request.headers.getall("if-match", []))
        flow = read_document(await request.body())
        if flow.key != key:
            raise Problem(_("A chave do documento é outra: {key}."), place="/key", key=flow.key)
        refuse_page(flow.key)
        async with workspace(request) as transaction:
            rev = await revision_to_change(transaction, key, condition)
            try:
                return tagged(await save(transaction, flow, rev, author(request)))
            except Stale as stale:
                raise failed(stale.current) from None

    @post("/flows/import", request_max_body_size=LARGEST, status_code=200)
    async def import_flow(
        self,
        request: AnyRequest,
        at_once: AtOnce = False,
        anyway: Anyway = False,
        message: Why = "",
    ) -> PublishedItem:
        """The body is a document: from now on the draft of its key; `publish` makes a version,
        where its talks come true or `anyway` is said. `message`: why."""
        flow = read_document(await request.body())
        refuse_page(flow.key)
        async with workspace(request) as transaction:
            draft = await save(transaction, flow, None, author(request))
            if not at_once:
                return PublishedItem(flow.key, None, draft.hash, False, False)
            return await publish_now(request, transaction, flow, message, anyway)

    @get("/flows/{key:str}/export")
    async def export_flow(self, request: AnyRequest, key: FromPath[str]) -> Response[bytes]:
        """The draft's document, for people to read and keep."""
        async with workspace(request) as transaction:
            draft = await flows.draft(transaction, key)
        return Response(pretty(read_document(draft.document)), media_type="application/json")

    @post("/flows/{key:str}/check", status_code=200)
    async def check_flow(self, request: AnyRequest, key: FromPath[str]) -> Checked:
        """What is wrong with the draft, and how to mend it."""
        async with workspace(request) as transaction:
            draft = await flows.draft(transaction, key)
            flow = read_document(draft.document)
            around = await around_flow(transaction, flow)
        return Checked((await review(flow, around, LANGUAGE)).issues)

    @post("/flows/{key:str}/publish", status_code=200)
    async def publish_flow(
        self,
        request: AnyRequest,
        key: FromPath[str],
        if_match: IfMatch = None,
        anyway: Anyway = False,
        message: Why = "",
    ) -> PublishedItem:
        """Publish the draft, if no finding is an error, its talks come true and no flow on the
        air that calls it breaks (409; `anyway` passes the last two). `message`: why. `If-Match`:
        the revision that was looked at; 412 where the draft is another one by now."""
        condition = read_if_match(request.headers.getall("if-match", []))
        async with workspace(request) as transaction:
            draft = await flows.draft(transaction, key)
            must_match(condition, draft.rev)
            flow = read_document(draft.document)
            return await publish_now(request, transaction, flow, message, anyway)

    @post("/flows/{key:str}/start", status_code=202)
    async def start_flow(
        self,
        request: AnyRequest,
        key: FromPath[str],
        data: JSONBody[Start],
        idempotency: Key = None,
    ) -> Started:
        """Start a published flow with a contact on a channel."""
        who = caller(request)
        async with workspace(request) as transaction:
            row = next((row for row in await flows.flows(transaction) if row.key == key), None)
            if row is None or row.version is None:
                why = _("Não há um fluxo publicado com esta chave.")
                raise Problem(why, status=404, place="key")
            if data.node:
                published = await flows.version(transaction, key, row.version)
                known = {node.id for node in read_document(published.document).nodes}
                if data.node not in known:
                    raise Problem(
                        _("A versão publicada não tem este passo: {node}."),
                        place="node",
                        mend=_(
                            "Use o id de um passo da versão publicada, ou deixe “node” de fora."
                        ),
                        node=data.node,
                    )
        contact = data.contact or await contact_by_phone(request, data.phone or "")
        begun = await services(request).workers.start_flow(
            str(who.tenant),
            key,
            contact=str(contact),
            channel=str(data.channel),
            args=data.args,
            node=data.node,
            purpose=data.purpose,
            key=idempotency or "",
        )
        return Started(UUID(begun.conversation), begun.doubled)


def refuse_page(key: str) -> None:
    """A flow of such a key could be opened by nobody: a page of ours has its address."""
    if key in PAGES:
        raise Problem(
            _("A chave “{key}” é de uma página do produto."),
            place="/key",
            mend=_("Escolha outra."),
            key=key,
        )


async def publish_now(
    request: AnyRequest, transaction: Transaction, flow: Flow, message: str, anyway: bool
) -> PublishedItem:
    """The draft `flow` as a version; talks that fail, and flows on the air that it would break, are
    a problem, but for who says `anyway`."""
    if not anyway:
        mend = _("Corrija o fluxo ou o teste, ou peça com “anyway=true”.")
        await admit_talks(request, transaction, flow.key, mend)
        mend = _("Corrija o fluxo ou os que o chamam, ou peça com “anyway=true”.")
        await admit_callers(transaction, flow, texts(request), mend)
    done, issues = await publish(transaction, flow, LANGUAGE, author(request), message.strip())
    return PublishedItem(done.key, done.version, done.hash, True, done.new, issues)


def author(request: AnyRequest) -> UUID | None:
    """Who is named as the one who did it: a person. Of a program the audit log keeps the key."""
    who = caller(request)
    return None if isinstance(who, Program) else who.id


def tagged(draft: Draft) -> Response[DraftItem]:
    """The draft, and its revision as `ETag`."""
    return Response(draft_item(draft), headers={"ETag": etag(draft.rev)})


def draft_item(draft: Draft) -> DraftItem:
    """The document goes out as it is kept: a reader's numbers would be rounded on the way."""
    document = cast("dict[str, Any]", msgspec.Raw(draft.document))
    return DraftItem(draft.key, draft.name, draft.rev, draft.hash, document)


async def contact_by_phone(request: AnyRequest, phone: str) -> UUID:
    """The contact with that phone, made where there is none."""
    if not phone:
        raise Problem(
            _("Falta dizer com quem."), place="contact", mend=_("Mande “contact” ou “phone”.")
        )
    tenant = caller(request).tenant
    async with services(request).database.worker(tenant) as transaction:
        seen = Seen(tenant, (Identity("phone", phone),))
        return (await identities.resolve(transaction, seen)).contact_id
