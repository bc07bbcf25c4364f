"""Who answers what: the triggers of published flows in the order in which they are asked.

For people: routing itself goes by `flowengine.catalog`, whose order this is.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from flowengine.catalog import RANK
from flowengine.check.triggers import Claim, claims, clash
from flowengine.expressions import ExpressionError
from flowengine.flow import Flow
from flowengine.matching import match_kind, matcher
from flowengine.messages import Inbound
from flowengine.nodes import Trigger
from flowengine.text import fold, said_words

_NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Rival(Struct, frozen=True):
    """Another trigger that answers the same `what` on a channel; `first`: it is asked before."""

    what: str
    flow: str
    node: str
    first: bool


class Answer(Struct, frozen=True):
    """A trigger of a published flow.

    `match`: how words are compared, empty where none are. `conditional`: it has a `when`, so it may
    let a message pass. `interrupts`: it acts while a flow runs.
    """

    flow: str
    node: str
    trigger: Trigger
    kind: str
    match: str
    conditional: bool
    interrupts: bool
    rivals: tuple[Rival, ...]


def answers(flows: Iterable[Flow]) -> tuple[Answer, ...]:
    """Every trigger, the first to be asked first. O(triggers, and pairs of equal words)."""
    listed = list(flows)
    by_what: dict[str, list[Claim]] = {}
    for flow in listed:
        for what, theirs in claims(flow).items():
            by_what.setdefault(what, []).extend(theirs)
    rivals = _rivals(by_what)
    found = [
        _answer(flow, node, rivals.get((flow.key, node.id), ()))
        for flow in listed
        for node in flow.nodes
        if isinstance(node, Trigger)
    ]
    return tuple(sorted(found, key=_order))


def who_takes(listed: Sequence[Answer], text: str, channel: str = "") -> tuple[Answer, ...]:
    """The triggers among `listed` that a text message of somebody known could begin, the first to
    be asked first.

    `channel`: the kind or the id of one; empty: whichever. A condition (`when`) is not looked at,
    and the conversation is taken to be free: the first that is not `conditional` gets it. Raises
    nothing: a pattern that is none takes nothing. Cost: ~2 µs a trigger.
    """
    message, said, whole = Inbound(id="", at=_NOON, text=text), said_words(text), fold(text)
    found: list[Answer] = []
    for each in listed:
        if each.kind not in ("keyword", "link", "message", "fallback"):
            continue
        if channel and each.trigger.channels and channel not in each.trigger.channels:
            continue
        try:
            takes = matcher(each.trigger).takes(message, said, whole)
        except ExpressionError:
            continue
        if takes is not None:
            found.append(each)
    return tuple(found)


def _answer(flow: Flow, node: Trigger, rivals: Sequence[Rival]) -> Answer:
    return Answer(
        flow=flow.key,
        node=node.id,
        trigger=node,
        kind=str(node.on.__struct_config__.tag),
        match=match_kind(node),
        conditional=node.when is not None,
        interrupts=node.interrupts is not None,
        rivals=tuple(rivals),
    )


def _order(answer: Answer) -> tuple[int, int, str, str]:
    rank = RANK.get(answer.match or answer.kind, 99)
    return (-answer.trigger.priority, rank, answer.flow, answer.node)


def _rivals(by_what: Mapping[str, Sequence[Claim]]) -> dict[tuple[str, str], list[Rival]]:
    found: dict[tuple[str, str], list[Rival]] = {}
    for what, claimants in sorted(by_what.items()):
        for claim in claimants:
            for rival in sorted(claimants, key=lambda each: each.order):
                if clash(claim, rival):
                    first = rival.order < claim.order
                    mine = found.setdefault((claim.flow, claim.node), [])
                    mine.append(Rival(what, rival.flow, rival.node, first))
    return found
