"""Drafts on real phones: which conversation gets which draft, looked at once a batch.

Costs two looks into memory where nobody tests anything. Where somebody does, each of their turns
looks for the newest draft, which is made a release when its revision is first met.
"""

import asyncio
from collections.abc import Sequence, Set
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
from flowengine.expressions.errors import ExpressionError
from flowengine.happenings import MessageCame
from flowengine.languages import family
from flowengine.release import called_flows, compile_flow
from flowengine.run import Release
from flowengine.store.database import Transaction
from flowengine.store.errors import NotFound, NotPublished, Tried
from flowengine.store.flows import Draft, NewVersion, draft
from flowengine.store.releases import catalog_hashes
from flowengine.store.trials import join, keep_draft, leave
from flowengine.store.turns import Loaded
from flowengine.text import fold
from workers.library import Library, Shelf, Workspace, reads_history

log = structlog.stdlib.get_logger()

UNFIT = (FlowError, ReleaseError, ExpressionError)
"""What a draft that cannot run raises."""

LONGEST = 200
"""Letters of a flow's name."""

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
NOT_YET = {
    "pt": "🧪 Teste ligado, mas o rascunho ainda não roda: veja os erros no editor. Até serem "
    "corrigidos, responde o que está no ar. Para sair, escreva: sair do teste",
    "en": "🧪 Test on, but the draft cannot run yet: see its errors in the editor. Until they are "
    "mended, what is live answers. To leave, write: stop test",
    "es": "🧪 Prueba activada, pero el borrador todavía no funciona: vea los errores en el editor. "
    "Hasta que se corrijan, responde lo que está activo. Para salir, escriba: salir de la prueba",
}
BROKEN = {
    "pt": "🧪 O rascunho não roda agora: veja os erros no editor. Até serem corrigidos, responde o "
    "que está no ar.",
    "en": "🧪 The draft cannot run now: see its errors in the editor. Until they are mended, what "
    "is live answers.",
    "es": "🧪 El borrador no funciona ahora: vea los errores en el editor. Hasta que se corrijan, "
    "responde lo que está activo.",
}
NAME = {
    "pt": "{name} (rascunho {rev})",
    "en": "{name} (draft {rev})",
    "es": "{name} (borrador {rev})",
}


class Trying(Struct, frozen=True):
    """What a conversation of a tester is opened with.

    `rows`: of its inbox, those that are taken now: up to a word that begins or ends a test, as what
    was said after it has another catalog. `remembers`: a draft reads the transcript.
    """

    trials: Trials
    catalog: Catalog
    rows: int
    remembers: bool = False


class Trier:
    """One per process: the drafts that it read. What the database has of them is looked at in each
    turn: it may be undone with a turn, and what a draft calls may be published anew."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._versions: Shelf[tuple[str, int, str, str], NewVersion] = Shelf(200)
        self._catalogs: Shelf[tuple[UUID, tuple[str, ...]], Catalog] = Shelf(50)

    async def of(
        self,
        transaction: Transaction,
        loaded: Loaded,
        workspace: Workspace,
        catalog: Catalog,
        now: datetime,
        tried: bool,
    ) -> Trying | None:
        """What a conversation has to do with tests; None: nothing. `tried`: a draft runs in it, or
        is to. Joining and leaving by a word are written in this very transaction."""
        good = {code.code: code.flow for code in workspace.codes if code.ends_at > now}
        mine = frozenset(
            test.flow
            for test in workspace.testers
            if test.contact_id == loaded.contact_id and test.ends_at > now
        )
        rows, word = _first(loaded, good.keys() | (STOPS if mine else frozenset()))
        if not word and not mine and not tried:
            return None
        here, language = transaction.of(loaded.tenant), family(workspace.language)
        hello = HELLO[language]
        if word in good:
            await join(here, good[word], loaded.contact_id)
            if not await self._drafts(here, {good[word]}, language):
                hello = NOT_YET[language]
        elif word:
            await leave(here, loaded.contact_id)
        drafts = await self._drafts(here, mine, language)
        made = await self._catalog(here, loaded, drafts, catalog)
        broken = mine - {release.root for release in drafts}
        trials = Trials(good, STOPS, mine, hello, BYE[language], broken, BROKEN[language])
        return Trying(trials, made, rows, any(reads_history(each) for each in drafts))

    async def _catalog(
        self,
        transaction: Transaction,
        loaded: Loaded,
        drafts: Sequence[Release],
        published: Catalog,
    ) -> Catalog:
        """The channel's catalog with drafts in the place of what is published of these flows."""
        if not drafts:
            return published
        roots = {release.root for release in drafts}
        hashes = await catalog_hashes(transaction, loaded.channel)
        others = await self._library.releases(transaction, [(loaded.tenant, h) for h in hashes])
        kept = [others[loaded.tenant, h] for h in hashes if (loaded.tenant, h) in others]
        listed = [release for release in kept if release.root not in roots] + list(drafts)
        # Their versions are the workspace's own, whatever their hashes are.
        name = loaded.tenant, tuple(release.hash for release in listed)
        made = self._catalogs.get(name)
        if made is None:
            made = build_catalog(listed)
            self._catalogs.put(name, made)
        return made

    async def _drafts(
        self, transaction: Transaction, flows: Set[str], language: str
    ) -> list[Release]:
        """The releases of these flows' drafts as they are now; without those that cannot run."""
        made: list[Release] = []
        for flow in sorted(flows):
            try:
                version, rev = await self._version(transaction, flow, language)
                digest = await keep_draft(transaction, version, rev)
            except (NotFound, NotPublished, Tried, *UNFIT) as error:
                log.info("draft cannot be tried", flow=flow, why=str(error))
                continue
            found = await self._library.releases(transaction, [(transaction.tenant, digest)])
            made.extend(found.values())
        return made

    async def _version(
        self, transaction: Transaction, flow: str, language: str
    ) -> tuple[NewVersion, int]:
        """A flow's draft as it is now, and its revision. Raises what makes it impossible to run."""
        row = await draft(transaction, flow)
        key = (flow, row.rev, row.hash, language)
        version = self._versions.get(key)
        if version is None:
            version = await asyncio.to_thread(version_of, row, language)
            self._versions.put(key, version)
        return version, row.rev


def version_of(row: Draft, language: str) -> NewVersion:
    """The draft under a name that says so, and with a place for a step that no id can name: so its
    bytes are never those of what is published of it, whatever the flow's name. Raises `UNFIT`."""
    flow = parse(row.document)
    compile_flow(flow)
    said = NAME[language].format(name="", rev=row.rev)
    view = replace(flow.view, nodes=flow.view.nodes | {"/tried": (float(row.rev), 0.0)})
    flow = replace(flow, name=flow.name[: LONGEST - len(said)] + said, view=view)
    return NewVersion(
        flow.key, flow.name, canonical(flow), whole_hash(flow), logic_hash(flow), called_flows(flow)
    )


_message = msgspec.json.Decoder(MessageCame)


def _first(loaded: Loaded, words: Set[str]) -> tuple[int, str]:
    """How many rows there are up to the first of these words (folded as codes are) that the
    customer wrote, and that word; all of them and "" where there is none."""
    for count, row in enumerate(loaded.inbox, 1):
        if row.event.startswith(b'{"kind":"message"'):
            try:
                said = fold(_message.decode(row.event).message.text).strip()
            except msgspec.DecodeError:
                continue
            if said in words:
                return count, said
    return len(loaded.inbox), ""
