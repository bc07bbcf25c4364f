"""Drafts on real phones: which conversation gets which draft, looked at once a batch.

Costs two looks into memory where nobody tests anything. Where somebody does, the newest draft is
made a release when its revision is first met.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import structlog
from msgspec import Struct
from msgspec.structs import replace

from flowengine.catalog import Catalog, build_catalog
from flowengine.chat import Trials
from flowengine.document import canonical, logic_hash, parse, whole_hash
from flowengine.errors import FlowError, ReleaseError
from flowengine.happenings import MessageCame
from flowengine.languages import family
from flowengine.release import called_flows
from flowengine.run import Release
from flowengine.store.database import Transaction
from flowengine.store.errors import NotFound, NotPublished
from flowengine.store.flows import Draft, NewVersion, draft
from flowengine.store.releases import catalog_hashes
from flowengine.store.trials import join, keep_draft, leave
from flowengine.store.turns import Loaded
from flowengine.text import fold
from workers.library import Library, Shelf, Workspace

log = structlog.stdlib.get_logger()

STOPS = frozenset({"sair do teste", "stop test", "salir de la prueba"})
HELLO = {
    "pt": "🧪 Teste ligado: a partir de agora este número responde a você com o rascunho. Escreva "
    "como um cliente escreveria. Para sair, escreva: sair do teste",
    "en": "🧪 Test on: from now on this number answers you with the draft. Write as a customer "
    "would. To leave, write: stop test",
    "es": "🧪 Prueba activada: desde ahora este número le responde con el borrador. Escriba como "
    "lo haría un cliente. Para salir, escriba: salir de la prueba",
}
BYE = {
    "pt": "🧪 Teste encerrado. Você volta a ser atendido pelo que está no ar.",
    "en": "🧪 Test over. You are answered by what is live again.",
    "es": "🧪 Prueba terminada. Vuelve a atenderle lo que está activo.",
}
NAME = {
    "pt": "{name} (rascunho {rev})",
    "en": "{name} (draft {rev})",
    "es": "{name} (borrador {rev})",
}


class Trying(Struct, frozen=True):
    """What a conversation of a tester is opened with."""

    trials: Trials
    catalog: Catalog


class Trier:
    """One per process: the drafts that it made releases of."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._drafts: Shelf[tuple[UUID, str, str], str] = Shelf(200)
        self._catalogs: Shelf[tuple[str, ...], Catalog] = Shelf(50)

    async def of(
        self,
        transaction: Transaction,
        loaded: Loaded,
        workspace: Workspace,
        catalog: Catalog,
        now: datetime,
    ) -> Trying | None:
        """What a conversation has to do with tests; None: nothing. Joining and leaving by a word
        are written in this very transaction."""
        good = {code.code: code.flow for code in workspace.codes if code.ends_at > now}
        mine = {
            test.flow
            for test in workspace.testers
            if test.contact_id == loaded.contact_id and test.ends_at > now
        }
        said = _said(loaded)
        joins = [good[word] for word in said if word in good]
        if not joins and not mine:
            return None
        here = transaction.of(loaded.tenant)
        for flow in joins:
            await join(here, flow, loaded.contact_id)
        if said and said[-1] in STOPS:
            await leave(here, loaded.contact_id)
        flows = frozenset(mine | set(joins))
        language = family(workspace.language)
        made = await self._catalog(here, loaded, flows, catalog, language)
        trials = Trials(good, STOPS, flows, HELLO[language], BYE[language])
        return Trying(trials, made)

    async def _catalog(
        self,
        transaction: Transaction,
        loaded: Loaded,
        flows: frozenset[str],
        published: Catalog,
        language: str,
    ) -> Catalog:
        """The channel's catalog with drafts in the place of what is published of these flows."""
        drafts: dict[str, Release] = {}
        for flow in sorted(flows):
            digest = await self._draft(transaction, loaded.tenant, flow, language)
            if digest is not None:
                found = await self._library.releases(transaction, [(loaded.tenant, digest)])
                drafts |= {name: release for (_, name), release in found.items()}
        if not drafts:
            return published
        roots = {release.root for release in drafts.values()}
        hashes = await catalog_hashes(transaction, loaded.channel)
        others = await self._library.releases(transaction, [(loaded.tenant, h) for h in hashes])
        kept = [others[loaded.tenant, h] for h in hashes if (loaded.tenant, h) in others]
        listed = [release for release in kept if release.root not in roots] + list(drafts.values())
        name = tuple(release.hash for release in listed)
        made = self._catalogs.get(name)
        if made is None:
            made = build_catalog(listed)
            self._catalogs.put(name, made)
        return made

    async def _draft(
        self, transaction: Transaction, tenant: UUID, flow: str, language: str
    ) -> str | None:
        """The release of a flow's draft as it is now; None where it cannot run yet."""
        try:
            row = await draft(transaction, flow)
            known = self._drafts.get((tenant, flow, row.hash))
            if known is not None:
                return known
            version = await asyncio.to_thread(_version_of, row, language)
            digest = await keep_draft(transaction, version, row.rev)
        except (NotFound, NotPublished, FlowError, ReleaseError) as error:
            log.info("draft cannot be tried", flow=flow, why=str(error))
            return None
        self._drafts.put((tenant, flow, row.hash), digest)
        return digest


def _version_of(row: Draft, language: str) -> NewVersion:
    """The draft under a name that says so: so its bytes are never those of a version."""
    flow = parse(row.document)
    flow = replace(flow, name=NAME[language].format(name=flow.name, rev=row.rev)[:200])
    return NewVersion(
        flow.key, flow.name, canonical(flow), whole_hash(flow), logic_hash(flow), called_flows(flow)
    )


_message = msgspec.json.Decoder(MessageCame)


def _said(loaded: Loaded) -> Sequence[str]:
    """What the customer wrote in this batch, folded as codes are."""
    words: list[str] = []
    for row in loaded.inbox:
        if row.event.startswith(b'{"kind":"message"'):
            try:
                words.append(fold(_message.decode(row.event).message.text).strip())
            except msgspec.DecodeError:
                continue
    return words
