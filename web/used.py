"""Which flows use a queue, a tag, a secret …: shown beside it, and asked before it is removed."""

from collections.abc import Mapping

from msgspec import Struct

from flowengine.document import parse
from flowengine.errors import FlowError
from flowengine.store.database import Transaction
from flowengine.store.flows import documents
from flowengine.uses import Kind, Use, uses
from workers.library import Shelf

KEPT = 2000
_kept: Shelf[str, frozenset[Use]] = Shelf(KEPT)


class UsedBy(Struct, frozen=True):
    """A flow that uses something; `node`: its first node that does, empty: its settings do."""

    key: str
    name: str
    node: str
    nodes: int


Used = Mapping[str, tuple[UsedBy, ...]]
"""By name; what nobody uses is not there."""


async def used(transaction: Transaction, kind: Kind) -> Used:
    """The workspace's names of a kind, and the flows that use them: drafts and what is published.

    A flow is read once for each version that it has had; O(flows) after that.
    """
    nodes: dict[tuple[str, str, str], list[str]] = {}
    for each in await documents(transaction):
        for use in _uses_of(each.hash, each.document):
            if use.kind == kind:
                nodes.setdefault((use.name, each.key, each.name), []).append(use.node)
    found: dict[str, list[UsedBy]] = {}
    for (name, key, title), by in nodes.items():
        every = sorted(set(by) - {""})
        found.setdefault(name, []).append(UsedBy(key, title, next(iter(every), ""), len(every)))
    return {name: tuple(by) for name, by in found.items()}


def _uses_of(hash_: str, document: bytes) -> frozenset[Use]:
    found = _kept.get(hash_)
    if found is None:
        try:
            found = uses(parse(document))
        except FlowError:  # a draft may be half written: it uses what it will say later
            found = frozenset[Use]()
        _kept.put(hash_, found)
    return found
