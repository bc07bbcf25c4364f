"""A/B tests of a flow: the way that does best against each of the others.

Which way is best is only known by looking, so every pair counts as a comparison that could have
been made: with three ways three of them, of which two are shown.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Literal

from msgspec import Struct

from flowengine.flow import Flow
from flowengine.nodes import Split
from flowengine.store.flow_counts import Sum
from web.editor.odds import Share, difference, doubt, holm, share

ENOUGH = 30
"""Ended conversations of a way under which nothing is said: "no difference" would only mean that
few were there, and what `odds` says of a difference is right from about so many on."""


class Variant(Struct, frozen=True):
    """How one way of an A/B test goes: `share` of those who took it came to the goal."""

    id: str
    share: Share


class Versus(Struct, frozen=True):
    """The best way against another one. `gap`: how much better, with its bounds. `verdict`: beyond
    chance, perhaps by chance, or too early to say, as of `few` only some (`ended`) ended."""

    best: str
    other: str
    gap: tuple[float, float, float]
    verdict: Literal["clear", "chance", "early"]
    few: str = ""
    ended: int = 0


class Test(Struct, frozen=True):
    """An A/B test. `versus`: in the order in which its ways are drawn."""

    node: str
    variants: tuple[Variant, ...]
    versus: tuple[Versus, ...]

    @property
    def clear(self) -> bool:
        """One way is better than each of the others, beyond chance."""
        return all(each.verdict == "clear" for each in self.versus)


def tests_of(flow: Flow, out: Iterable[Sum], ended: Sequence[Sum], goal: str) -> Iterable[Test]:
    """A/B tests of the flow, those that somebody came to."""
    taken = {(each.node, each.name) for each in out}
    for node in flow.nodes:
        if isinstance(node, Split):
            exits = {each.id: f"variant:{each.id}" for each in node.variants}
            if any((node.id, exit) in taken for exit in exits.values()):
                variants = tuple(
                    Variant(id, _share(ended, node.id, exit, goal)) for id, exit in exits.items()
                )
                yield Test(node.id, variants, tuple(_against(variants)))


def _share(ended: Iterable[Sum], node: str, exit: str, goal: str) -> Share:
    """Those who came to the goal, of those who took this way and ended."""
    hits = total = 0
    for each in ended:
        way, completed, outcome = each.name.split("\t", 2)
        if each.node == node and way == exit:
            total += each.n
            hits += each.n if (outcome == goal if goal else completed == "1") else 0
    return share(hits, total)


def _against(variants: Sequence[Variant]) -> Iterable[Versus]:
    pairs = [
        (one, other)
        for one, other in combinations(variants, 2)
        if one.share.total and other.share.total
    ]
    decided = holm([doubt(one.share, other.share) for one, other in pairs])
    known = {
        frozenset((one.id, other.id)): each
        for (one, other), each in zip(pairs, decided, strict=True)
    }
    best = _best(variants)
    for each in variants:
        if each is not best:
            yield _versus(best, each, *known.get(frozenset((best.id, each.id)), (False, 0.05)))


def _best(variants: Sequence[Variant]) -> Variant:
    """The highest share of those of which enough is known, where two are."""
    enough = [each for each in variants if each.share.total >= ENOUGH]
    some = enough if len(enough) > 1 else [each for each in variants if each.share.total]
    return max(some or variants, key=lambda each: each.share.rate)


def _versus(best: Variant, other: Variant, clear: bool, level: float) -> Versus:
    gap = difference(other.share, best.share, level)
    fewest = min(best, other, key=lambda each: each.share.total)
    if fewest.share.total < ENOUGH:
        return Versus(best.id, other.id, gap, "early", fewest.id, fewest.share.total)
    return Versus(best.id, other.id, gap, "clear" if clear else "chance")
