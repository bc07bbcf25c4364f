"""Drafts as they were lately read and drawn, by their hash: an edit begins where the last ended."""

import hashlib
from collections.abc import Mapping
from uuid import UUID

from msgspec import Struct

from flowengine.document import canonical
from flowengine.flow import Flow
from flowengine.store import flows
from flowengine.store.database import Transaction
from flowengine.store.draft_edits import Edit, save_edit
from flowengine.store.errors import Stale
from flowengine.store.flows import Draft, DraftHead
from flowengine.written import Written, write
from web.drawing.names import Names
from web.editor.board import Board, Step, make_board, places
from web.editor.fitting import refuse_unreadable
from web.named import names_of
from web.publishing import read_flow, save_written
from web.texts import Texts
from workers.library import Shelf

KEPT = 48
"""Drafts in memory, of all workspaces: a hash says all that a drawing is made of, but for what the
workspace calls things (`Names.sign`)."""


class Drawn(Struct, frozen=True):
    """A draft and its canvas. `written`: its bytes node by node, where it was saved from here."""

    flow: Flow
    board: Board
    names: Names
    written: Written | None = None


_kept: Shelf[tuple[str, str, int], Drawn] = Shelf(KEPT)


def drawn(draft: Draft, names: Names, t: Texts) -> Drawn:
    """A draft with its canvas."""
    key = (draft.hash, t.language, names.sign)
    found = _kept.get(key)
    if found is None:
        flow = read_flow(draft.document)
        found = Drawn(flow, make_board(flow, t, places(flow, t), names=names), names)
        _kept.put(key, found)
    return found


async def drawn_now(transaction: Transaction, key: str, t: Texts) -> tuple[int, Drawn]:
    """A flow's draft as it is now, and its revision. Its document is fetched where nobody here has
    read it yet. Raises `NotFound`."""
    head, names = await flows.draft_head(transaction, key), await names_of(transaction)
    found = _kept.get((head.hash, t.language, names.sign))
    if found is not None:
        return head.rev, found
    draft = await flows.draft(transaction, key)
    return draft.rev, drawn(draft, names, t)


async def drawn_as(transaction: Transaction, key: str, head: DraftHead, t: Texts) -> Drawn:
    """The draft that `head` says. Raises `Stale` where it was another when it was fetched."""
    names = await names_of(transaction)
    found = _kept.get((head.hash, t.language, names.sign))
    if found is not None:
        return found
    draft = await flows.draft(transaction, key)
    if draft.rev != head.rev:
        raise Stale(draft.rev)
    return drawn(draft, names, t)


def redrawn(flow: Flow, before: Drawn, same: Mapping[str, Step], t: Texts) -> Drawn:
    """What an edit made of the draft `before`. `same`: cards that are known to look as they did.

    Raises `Problem` where it could not be read again.
    """
    written = write(flow, before.written)
    refuse_unreadable(before.written, written)
    # As it will be read again: marks are of that.
    board = make_board(written.flow, t, places(written.flow, t), same, before.names)
    return Drawn(written.flow, board, before.names, written)


async def keep(
    transaction: Transaction, now: Drawn, t: Texts, rev: int, by: UUID, edit: Edit | None
) -> int:
    """Save over revision `rev` what `redrawn` gave, by `edit` where it is numbered; the new
    revision. Raises `Stale`."""
    flow = now.flow
    document = now.written.document if now.written else canonical(flow)
    if edit is None:
        saved = await save_written(transaction, flow, document, rev, by)
        digest, new = saved.hash, saved.rev
    else:
        digest = hashlib.sha256(document).hexdigest()
        new = await save_edit(transaction, flow.key, flow.name, document, digest, rev, edit)
    _kept.put((digest, t.language, now.names.sign), now)
    return new
