"""What check says of drafts, kept as long as it stays true.

A flow is reviewed against its workspace and the flows published beside it. All of them together are
told by the draft's hash, the workspace's files, and its revision, which every change of its
configuration and every publication moves on: so a list of a hundred flows that nobody touched
costs one look.
"""

from collections.abc import Sequence
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct

from flowengine.check.shown import shown_files
from flowengine.issue import Issue
from flowengine.store import flows
from flowengine.store.assets import kept_files
from flowengine.store.database import Transaction
from flowengine.store.flows import Draft, FlowRow
from flowengine.store.tenants import revisions
from web.editor.told import told
from web.problems import Problem
from web.publishing import Surroundings, read_flow, review, surroundings, with_files
from web.texts import TEXTS, _
from workers.library import Shelf

UNREADABLE = "unreadable"
"""The code of what is said of a draft that cannot be read: a review is none of it."""

KEPT = 2000
"""Reviews in memory; most are a handful of findings."""

_Key: TypeAlias = tuple[UUID, int, str, str]


class Said(Struct, frozen=True):
    """The findings of a draft; `files`: those that it shows, `there`: which of them there were."""

    issues: tuple[Issue, ...]
    files: frozenset[str] = frozenset()
    there: frozenset[str] = frozenset()


class Reviews:
    """One per process."""

    def __init__(self) -> None:
        self._kept: Shelf[_Key, Said] = Shelf(KEPT)

    async def of(
        self, transaction: Transaction, rows: Sequence[FlowRow], language: str
    ) -> list[tuple[Issue, ...]]:
        """What check says of the drafts of these flows of the transaction's workspace, to their
        designer. Only documents whose review is not known here are fetched, one at a time."""
        tenant = transaction.tenant
        rev = (await revisions(transaction, [tenant])).get(tenant, 0)
        around: Surroundings | None = None
        found: list[tuple[Issue, ...]] = []
        for row in rows:
            said = self._kept.get((tenant, rev, row.draft_hash, language))
            if said is None or said.there != await kept_files(transaction, said.files):
                around = around or await surroundings(transaction)
                draft = await flows.draft(transaction, row.key)
                said = await said_of(transaction, draft, around, language)
                self._kept.put((tenant, rev, draft.hash, language), said)
            found.append(said.issues)
        return found


async def said_of(
    transaction: Transaction, draft: Draft, around: Surroundings, language: str
) -> Said:
    """The findings of a draft as its designer reads them; of one that cannot be read, just that."""
    try:
        flow = read_flow(draft.document)
    except Problem:
        t = TEXTS[language]
        message = t(_("O rascunho não pode ser lido: passou do tamanho, ou o arquivo se estragou."))
        mend = t(_("Volte a uma versão ou a um rascunho de antes, na página Versões."))
        return Said((Issue("error", UNREADABLE, draft.key, "", "", "", message, mend),))
    around = await with_files(transaction, flow, around)
    found = told(await review(flow, around, language), around, language)
    return Said(found, shown_files(flow), around.files or frozenset())
