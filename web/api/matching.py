"""`If-Match` of RFC 9110 (13.1.1): a change is made only over what its sender has seen.

Weak tags count as what they are made of: a proxy that compresses answers weakens ours on the way,
and a draft is the same whoever compressed it.
"""

import re
from collections.abc import Sequence

from msgspec import Struct

from flowengine.store.errors import NotFound
from flowengine.store.flows import draft_head
from flowengine.store.transaction import Transaction
from web.problems import Problem
from web.texts import _

_TAG = re.compile(r'[ \t]*(?:(?:W/)?"([\x21\x23-\x7e\x80-\U0010ffff]*)"|(\d{1,18}))?[ \t]*(?:,|$)')


class Condition(Struct, frozen=True):
    """What must be there: one of these `tags`; or `anything` at all."""

    tags: frozenset[str] = frozenset()
    anything: bool = False


def read_if_match(lines: Sequence[str]) -> Condition | None:
    """The header's lines; None where there are none. A revision without quotes is one too. Raises
    a `Problem` (400) where it is neither "*" nor tags."""
    if not lines:
        return None
    whole = ",".join(lines).strip(" \t")
    if whole == "*":
        return Condition(anything=True)
    tags, place = set[str](), 0
    while place < len(whole):
        found = _TAG.match(whole, place)
        if found is None:
            raise _unreadable()
        place = found.end()
        if found[1] is not None or found[2]:
            tags.add(found[1] if found[1] is not None else str(int(found[2])))
    if not tags:
        raise _unreadable()
    return Condition(frozenset(tags))


async def revision_to_change(
    transaction: Transaction, key: str, condition: Condition | None
) -> int | None:
    """The revision over which a draft may be saved; None for any. Raises a `Problem` (412) where
    what is there is not what was wanted, or nothing is."""
    if condition is None:
        return None
    try:
        rev = (await draft_head(transaction, key)).rev
    except NotFound:
        raise failed() from None
    must_match(condition, rev)
    return None if condition.anything else rev


def must_match(condition: Condition | None, rev: int) -> None:
    """Raises a `Problem` (412) where a draft of revision `rev` is not what was wanted."""
    if condition and not condition.anything and str(rev) not in condition.tags:
        raise failed(rev)


def failed(rev: int = 0) -> Problem:
    """The precondition does not hold. `rev`: what is there; 0: nothing."""
    if not rev:
        return Problem(
            _("Não há rascunho com esta chave para mudar."),
            status=412,
            place="If-Match",
            mend=_("Para criar o fluxo, mande o documento sem If-Match."),
        )
    return Problem(
        _("O rascunho está na revisão {rev}, que não é a que você leu."),
        status=412,
        place="If-Match",
        mend=_("Leia o rascunho de novo e refaça a mudança sobre ele."),
        rev=rev,
    )


def etag(rev: int) -> str:
    """A draft's revision as the tag that goes into `If-Match`."""
    return f'"{rev}"'


def _unreadable() -> Problem:
    return Problem(
        _("Não entendo este If-Match."),
        status=400,
        place="If-Match",
        mend=_('Mande a revisão que leu, entre aspas ("7"), várias com vírgulas, ou só *.'),
    )
