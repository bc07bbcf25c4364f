"""What pages know of published flows: the names of their nodes and the words that start them.

A release never changes, so what was read out of one is kept, by its hash.
"""

from collections import OrderedDict
from collections.abc import Collection, Mapping
from uuid import UUID

from msgspec import Struct

from flowengine.document import parse
from flowengine.flow import Flow
from flowengine.graph import all_exits
from flowengine.nodes import Trigger
from flowengine.nodes.trigger import OnKeyword
from flowengine.store import releases
from flowengine.store.database import Transaction
from flowengine.store.releases import StoredRelease

KEPT = 500


class Node(Struct, frozen=True):
    """A node as pages name it: `kind` is its type, `choices` the titles of its choices by id."""

    flow: str
    id: str
    kind: str
    title: str
    choices: Mapping[str, str] = {}


class Known(Struct, frozen=True):
    """A release: its nodes by flow and id, its flows' names, and the words that start its root."""

    root: str
    nodes: dict[tuple[str, str], Node]
    flows: dict[str, str]
    words: tuple[str, ...]

    def node(self, flow: str, id_: str) -> Node | None:
        """A node as trails name it: without a flow it is the root's."""
        return self.nodes.get((flow or self.root, id_))

    def somewhere(self, id_: str) -> Node | None:
        """A node where only its id was recorded: the root's, else the first flow's that has it."""
        found = self.nodes.get((self.root, id_))
        return found or next((each for (_, id), each in self.nodes.items() if id == id_), None)


def nodes_of(flows: Mapping[str, Flow]) -> dict[tuple[str, str], Node]:
    """Every node of some flows, by flow and id."""
    found: dict[tuple[str, str], Node] = {}
    for key, flow in flows.items():
        ways = all_exits(flow)
        for node in flow.nodes:
            choices = {
                way.id.removeprefix("choice:"): way.label
                for way in ways[node.id]
                if way.id.startswith("choice:")
            }
            kind = str(node.__struct_config__.tag)
            found[key, node.id] = Node(key, node.id, kind, node.title, choices)
    return found


Names = Mapping[str, Known]
"""Releases by their hash."""


class Library:
    """One per process. Releases are keyed by content, so tenants may share what was read."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Known] = OrderedDict()

    async def names(self, transaction: Transaction, hashes: Collection[str]) -> Names:
        """What is known of these releases; one that is gone is left out."""
        wanted = [hash_ for hash_ in hashes if hash_]
        missing = [hash_ for hash_ in wanted if hash_ not in self._known]
        if missing:
            await self._load(transaction, missing)
        return {hash_: self._known[hash_] for hash_ in wanted if hash_ in self._known}

    async def first_words(
        self, transaction: Transaction, channel: UUID, most: int
    ) -> tuple[str, ...]:
        """A word for each flow that one can start on the channel by saying it."""
        found: list[str] = []
        hashes = await releases.catalog_hashes(transaction, channel)
        await self._load(transaction, [hash_ for hash_ in hashes if hash_ not in self._known])
        for hash_ in hashes:
            found += self._known[hash_].words[:1]
        greeting = [word for word in found if word == "oi"]
        return tuple(dict.fromkeys(greeting + found))[:most]

    async def _load(self, transaction: Transaction, hashes: Collection[str]) -> None:
        if hashes:
            for release in await releases.releases(transaction, hashes):
                self._keep(release)

    def _keep(self, release: StoredRelease) -> Known:
        flows = {key: parse(document) for key, document in release.documents.items()}
        titles = {key: flow.name for key, flow in flows.items()}
        root = flows.get(release.root)
        known = Known(release.root, nodes_of(flows), titles, starting_words(root) if root else ())
        self._known[release.hash] = known
        if len(self._known) > KEPT:
            self._known.popitem(last=False)
        return known


def starting_words(flow: Flow) -> tuple[str, ...]:
    """The first word of each keyword trigger that does not interrupt."""
    return tuple(
        node.on.words[0]
        for node in flow.nodes
        if isinstance(node, Trigger) and isinstance(node.on, OnKeyword) and not node.interrupts
    )
