"""What check says of drafts, kept as long as it stays true.

A flow is reviewed against its workspace and the flows published beside it. All of them together are
told by the draft's hash and the workspace's revision, which every change of its configuration and
every publication moves on: so a list of a hundred flows that nobody touched costs one look.
"""

from collections.abc import Sequence
from typing import TypeAlias
from uuid import UUID

from flowengine.issue import Issue
from flowengine.store import flows
from flowengine.store.database import Transaction
from flowengine.store.flows import Draft, FlowRow
from flowengine.store.tenants import revisions
from web.editor.told import told
from web.problems import Problem
from web.publishing import Surroundings, read_flow, review, surroundings
from web.texts import TEXTS, _
from workers.library import Shelf

UNREADABLE = "unreadable"
"""The code of what is said of a draft that cannot be read: a review is none of it."""

KEPT = 2000
"""Reviews in memory; most are a handful of findings."""

_Key: TypeAlias = tuple[UUID, int, str, str]


class Reviews:
    """One per process."""

    def __init__(self) -> None:
        self._kept: Shelf[_Key, tuple[Issue, ...]] = Shelf(KEPT)

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
            issues = self._kept.get((tenant, rev, row.draft_hash, language))
            if issues is None:
                around = around or await surroundings(transaction)
                draft = await flows.draft(transaction, row.key)
                issues = await said_of(draft, around, language)
                self._kept.put((tenant, rev, draft.hash, language), issues)
            found.append(issues)
        return found


async def said_of(draft: Draft, around: Surroundings, language: str) -> tuple[Issue, ...]:
    """The findings of a draft as its designer reads them; of one that cannot be read, just that."""
    try:
        flow = read_flow(draft.document)
    except Problem:
        t = TEXTS[language]
        message = t(_("O rascunho não pode ser lido: passou do tamanho, ou o arquivo se estragou."))
        mend = t(_("Volte a uma versão ou a um rascunho de antes, na página Versões."))
        return (Issue("error", UNREADABLE, draft.key, "", "", "", message, mend),)
    return told(await review(flow, around, language), around, language)
