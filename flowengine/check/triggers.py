"""Proofs about what makes flows begin: words, time tables, and who answers what on a channel."""

from collections.abc import Iterator

from msgspec import Struct

from flowengine.catalog import RANK
from flowengine.check.finding import Finding, pointer
from flowengine.check.static_text import is_template
from flowengine.check.subject import Subject
from flowengine.crons import cron_trouble
from flowengine.flow import Flow
from flowengine.graph import choices, spoken
from flowengine.nodes import Trigger
from flowengine.nodes.trigger import OnButton, OnCron, OnFallback, OnKeyword, OnLink, OnMessage
from flowengine.text import fold
from flowengine.workspace import OPT_OUT


def triggers(subject: Subject) -> Iterator[Finding]:
    """Words that belong to opt-out, words that say nothing, time tables, and conflicts."""
    yield from _opt_out(subject)
    for node_id, node in subject.nodes.items():
        if isinstance(node, Trigger):
            yield from _own(subject, node_id, node)
    yield from _conflicts(subject)


def _opt_out(subject: Subject) -> Iterator[Finding]:
    listed = subject.workspace.opt_out if subject.workspace is not None else OPT_OUT
    words = {fold(word) for word in listed}
    for node_id, node in subject.nodes.items():
        base = subject.path(node_id)
        said = (
            [(word, base + path) for word, path in _words(node)]
            if isinstance(node, Trigger)
            else []
        )
        for choice in choices(spoken(node)):
            said += [(word, base) for word in (choice.title, *choice.synonyms)]
        for word, path in said:
            if not is_template(word) and fold(word) in words:
                yield Finding("opt_out_word", node_id, path=path, values={"name": word})


def _words(node: Trigger) -> Iterator[tuple[str, str]]:
    match node.on:
        case OnKeyword():
            for at, word in enumerate(node.on.words):
                yield word, pointer("on", "words", at)
        case OnLink():
            yield node.on.text, "/on/text"
        case OnButton():
            yield node.on.payload, "/on/payload"
        case _:
            return


def _own(subject: Subject, node_id: str, node: Trigger) -> Iterator[Finding]:
    base = subject.path(node_id)
    if isinstance(node.on, OnKeyword) and not node.on.words:
        yield Finding("no_words", node_id, path=f"{base}/on/words")
    for word, path in _words(node):
        if not word.strip():
            yield Finding("empty_text", node_id, path=base + path)
    if isinstance(node.on, OnCron):
        why = cron_trouble(node.on.expression)
        if why:
            values = {"name": node.on.expression, "why": why}
            yield Finding("bad_cron", node_id, path=f"{base}/on/expression", values=values)


class Claim(Struct, frozen=True):
    """A trigger says that it answers this: a word, or all messages of a kind.

    `order`: as routing asks, the lowest first.
    """

    flow: str
    node: str
    path: str
    priority: int
    rank: int
    channels: frozenset[str]

    @property
    def order(self) -> tuple[int, int, str, str]:
        """Where it stands in the order in which routing asks."""
        return (-self.priority, self.rank, self.flow, self.node)


def _conflicts(subject: Subject) -> Iterator[Finding]:
    """Words that two published flows answer on a channel (FLOWS.md §5), and in which order."""
    every = claims(subject.flow)
    for key in sorted(subject.others):
        for what, theirs in claims(subject.others[key]).items():
            every.setdefault(what, []).extend(theirs)
    told: set[tuple[str, str]] = set()
    for what, claimants in every.items():
        for claim in claimants:
            if claim.flow != subject.flow.key:
                continue
            for rival in sorted(claimants, key=lambda each: each.order):
                if not clash(claim, rival) or (claim.node, rival.flow + rival.node) in told:
                    continue
                told.add((claim.node, rival.flow + rival.node))
                told.add((rival.node, claim.flow + claim.node))
                first, second = sorted((claim, rival), key=lambda each: each.order)
                values = {"name": what, "flow": rival.flow, "other": rival.node}
                values |= {"first": f"{first.flow}/{first.node}"}
                values |= {"second": f"{second.flow}/{second.node}"}
                yield Finding("keyword_conflict", claim.node, path=claim.path, values=values)


def clash(claim: Claim, rival: Claim) -> bool:
    """Whether two claims of the same thing, `claim` and `rival`, meet on some channel. Cost: under
    1 µs.
    """
    if (claim.flow, claim.node) == (rival.flow, rival.node):
        return False
    return not claim.channels or not rival.channels or bool(claim.channels & rival.channels)


def claims(flow: Flow) -> dict[str, list[Claim]]:
    """What a flow's triggers answer without a condition, by what it is. O(triggers)."""
    found: dict[str, list[Claim]] = {}
    for at, node in enumerate(flow.nodes):
        if not isinstance(node, Trigger) or node.when is not None:
            continue
        match node.on:
            case OnKeyword() if node.on.match != "pattern":
                match = node.on.match or ("exact" if node.interrupts else "any_word")
                what = sorted({fold(word) for word in node.on.words if word.strip()})
            case OnLink():
                match, what = "exact", [fold(node.on.text)]
            case OnMessage():
                match, what = "message", ["*"]
            case OnFallback():
                match, what = "fallback", ["* (fallback)"]
            case _:
                continue
        claim = Claim(
            flow.key,
            node.id,
            f"/nodes/{at}/on",
            node.priority,
            RANK[match],
            frozenset(node.channels),
        )
        for each in what:
            found.setdefault(each, []).append(claim)
    return found
