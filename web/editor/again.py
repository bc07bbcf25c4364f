"""An edit that comes again because its answer was lost on the way: done once, answered the same.

The page does not know whether an edit that nobody answered was done, so it sends the very same
once more. Who sent it knows it by `tab` and `number`; of each tab the last edit is kept, which is
enough, as a page sends one at a time. What was drawn is not kept but drawn once more, each element
where it still is as the edit left it. Of what somebody changed since the page hears nothing here:
it goes on with what it knew, so that its next edit of that same thing is refused and not done over
theirs; and `behind` makes it read the canvas as soon as its queue is empty. An edit that was
refused is kept too, and refused again in the same words, whatever the draft would allow by then.
"""

from collections.abc import Mapping
from uuid import UUID

import msgspec
from msgspec import Struct

from flowengine.editing import sign
from flowengine.store.draft_edits import LastEdit, Stamp
from web.editor.known import Drawn
from web.editor.parts import Element, Part, element, part
from web.editor.turning import Turn
from web.forms import Form
from web.problems import Problem
from web.request import AnyRequest
from web.texts import _

MOST = 2**53 - 1
"""The largest number that a page can count to."""


class Applied(Struct, frozen=True):
    """What an edit did. `inverse`: the operations that undo it, as JSON. `added`: new steps.
    `behind`: others had gone on, so that more is other than `parts` says. `signs`: of the parts of
    the flow that the inverse sets, as they are now. `turns`: how what changed stood before.
    """

    rev: int
    label: str
    inverse: str
    parts: list[Part]
    added: list[str]
    behind: bool = False
    signs: dict[str, str] = {}
    turns: list[Turn] = []


class Known(Problem):
    """Said of an edit that was here before: nothing more is kept of it."""


class Refusal(Struct, frozen=True, tag="refused"):
    """What is kept of an edit that was refused, in the words that its reader was told."""

    status: int
    detail: str
    place: str = ""
    mend: str = ""


class Outcome(Struct, frozen=True, tag="done"):
    """What is kept of an edit, as in `Applied`. `parts`: for each element that it changed a sign of
    what it became, "" where it went."""

    label: str
    inverse: str
    parts: dict[str, str]
    added: list[str]
    behind: bool = False
    signs: dict[str, str] = {}
    turns: list[Turn] = []

    def answer(self, rev: int, parts: list[Part]) -> Applied:
        """The answer, with what was drawn."""
        return Applied(
            rev,
            self.label,
            self.inverse,
            parts,
            self.added,
            self.behind,
            self.signs,
            self.turns,
        )


def read_stamp(form: Form, user: UUID) -> Stamp | None:
    """Which edit of which open editor this is; None where it does not say."""
    tab = form.raw("tab", "")
    if not tab:
        return None
    try:
        stamp = Stamp(user, UUID(tab), int(form.raw("number", "")))
    except ValueError:
        raise Problem(_("O número desta mudança não pode ser lido."), place="number") from None
    if not 0 < stamp.number <= MOST:
        raise Problem(_("O número desta mudança não pode ser lido."), place="number")
    return stamp


def signed(changed: Mapping[str, Element | None]) -> dict[str, str]:
    """A sign of each element, "" of one that is gone. Cost: ~10 µs each."""
    return {id: "" if it is None else sign(it) for id, it in changed.items()}


def answer_again(
    request: AnyRequest, stamp: Stamp, last: LastEdit, rev: int, now: Drawn
) -> Applied | None:
    """The answer of an edit that was done before; None where it is new. `rev`, `now`: the draft.

    Raises `Known` where it was refused, and where its tab has gone on since: no page waits for such
    an answer any more.
    """
    if stamp.number > last.number:
        return None
    if stamp.number < last.number:
        raise Known(
            _("Esta mudança chegou tarde: outras da mesma página já foram feitas depois dela."),
            status=409,
            place="number",
            mend=_("Veja como ficou e, se ainda quiser, faça de novo."),
        )
    outcome = msgspec.json.decode(last.outcome, type=Outcome | Refusal)
    if isinstance(outcome, Refusal):
        raise Known(outcome.detail, status=outcome.status, place=outcome.place, mend=outcome.mend)
    found = {id: element(now, id) for id in outcome.parts}
    same = [id for id, was in signed(found).items() if was == outcome.parts[id]]
    shown = msgspec.structs.replace(
        outcome,
        added=[id for id in outcome.added if f"n-{id}" in same],
        behind=outcome.behind or rev != last.rev or len(same) < len(found),
    )
    return shown.answer(last.rev, [part(request, id, found[id]) for id in same])
