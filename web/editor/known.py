"""Drafts as they were lately read and drawn, by their hash: an edit begins where the last ended."""

from collections.abc import Mapping

from msgspec import Struct

from flowengine.flow import Flow
from flowengine.store.flows import Draft
from web.editor.board import Board, Step, make_board, places
from web.publishing import read_flow
from web.texts import Texts
from workers.library import Shelf

KEPT = 48
"""Drafts in memory, of all workspaces: a hash says all that a drawing is made of."""


class Drawn(Struct, frozen=True):
    """A draft and its canvas."""

    flow: Flow
    board: Board


_kept: Shelf[tuple[str, str], Drawn] = Shelf(KEPT)


def drawn(draft: Draft, t: Texts, before: Mapping[str, Step] | None = None) -> Drawn:
    """A draft with its canvas. `before`: cards that are known to look the same."""
    found = _kept.get((draft.hash, t.language))
    if found is None:
        flow = read_flow(draft.document)
        found = Drawn(flow, make_board(flow, t, places(flow, t), before))
        _kept.put((draft.hash, t.language), found)
    return found
