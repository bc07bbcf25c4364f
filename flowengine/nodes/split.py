"""Split: shares people out between variants."""

import hashlib
import itertools
from typing import Annotated, Literal

from msgspec import Meta

from flowengine.nodes.base import Base
from flowengine.run import Run, Step
from flowengine.trail import CaseTaken
from flowengine.values import Doc, Key


class Variant(Doc, frozen=True, kw_only=True):
    """One way of a split.

    - `id`: names the exit `variant:ID`.
    - `weight`: its share; 0 is never taken.
    """

    id: Key
    weight: Annotated[int, Meta(ge=0, le=1_000_000)] = 1


class Split(Base, tag="split", frozen=True, kw_only=True):
    """Shares people out between variants: by a hash of flow, node and person, so the same one
    always takes the same way.

    - `variants`: the ways, in this order.
    - `by`: who keeps to a way: the contact, or only this execution.

    Exits: `variant:ID`.

    Example::

        {"id": "ab", "type": "split", "variants": [{"id": "a"}, {"id": "b", "weight": 3}]}
    """

    variants: tuple[Variant, ...]
    by: Literal["contact", "execution"] = "contact"


class SplitStep(Step):
    """By hash, no dice: the same person gets the same variant for ever. Cost: ~1 µs."""

    def __init__(self, node: Split, _wired: frozenset[str]) -> None:
        self.by_contact = node.by == "contact"
        self.variants = [(variant.id, variant.weight) for variant in node.variants]
        self.total = sum(weight for _, weight in self.variants)

    def enter(self, run: Run) -> str | None:
        who = run.world.contact.id if self.by_contact else run.execution
        variant = self.variant(run.frame.flow, who)
        run.trail.append(CaseTaken(run.frame.node, variant))
        return f"variant:{variant}"

    def variant(self, flow: str, who: str) -> str:
        """The variant of a contact or execution: by hash, so it is always the same one."""
        seed = f"{flow}/{self.node}/{who}".encode()
        point = int.from_bytes(hashlib.blake2b(seed, digest_size=8).digest()) % max(self.total, 1)
        ends = itertools.accumulate(weight for _, weight in self.variants)
        place = next((i for i, end in enumerate(ends) if point < end), -1)
        return self.variants[place][0]
