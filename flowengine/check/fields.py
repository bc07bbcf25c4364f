"""Proofs about single fields: durations, ranges, weights, targets, ids inside a node."""

from collections.abc import Iterator, Sequence

from flowengine.check.finding import Finding, pointer
from flowengine.check.subject import Subject, nearest
from flowengine.durations import DurationError, to_timedelta
from flowengine.graph import expects_choice, offering_nodes, offers
from flowengine.messages import Target
from flowengine.nodes import (
    AiReply,
    Ask,
    Condition,
    Delay,
    Http,
    Node,
    Split,
    Tag,
    Transfer,
    Wait,
)
from flowengine.values import Expr
from flowengine.zones import UnknownZone, zone

_DURATIONS = ("timeout", "gather", "typing", "cooldown", "for_")


def fields(subject: Subject) -> Iterator[Finding]:
    """Every node's own fields, and the flow's settings."""
    yield from _flow(subject)
    offering = offering_nodes(subject.flow)
    for node_id, node in subject.nodes.items():
        base = subject.path(node_id)
        yield from _durations(node_id, node, base)
        yield from _ids(node_id, node, base)
        yield from _node(subject, node_id, node, base)
        if isinstance(node, Wait):
            yield from _of(subject, node_id, node, base, offering.get(node_id, ()))


def _flow(subject: Subject) -> Iterator[Finding]:
    flow, settings = subject.flow, subject.flow.settings
    try:
        zone(flow.timezone)
    except UnknownZone:
        yield Finding("bad_timezone", path="/timezone", values={"name": flow.timezone})
    if settings.resume not in ("reprompt", "end") and settings.resume not in subject.nodes:
        near = nearest(settings.resume, ("reprompt", "end", *subject.nodes))
        values = {"name": settings.resume, "near": near}
        yield Finding("bad_resume", path="/settings/resume", values=values)
    if settings.on_problem is not None and not _somebody(settings.on_problem):
        yield Finding("nobody", path="/settings/on_problem")
    for name in ("expires", "late_after"):
        yield from _duration("", getattr(settings, name), f"/settings/{name}")


def _somebody(target: Target) -> bool:
    return bool(target.queue) + bool(target.agent) + target.owner == 1


def _durations(node_id: str, node: Node, base: str) -> Iterator[Finding]:
    for name in _DURATIONS:
        text = getattr(node, name, None)
        if isinstance(text, str) and text != "auto":
            yield from _duration(node_id, text, f"{base}/{name.rstrip('_')}")


def _duration(node_id: str, text: str | None, path: str) -> Iterator[Finding]:
    if text is None:
        return
    try:
        to_timedelta(text)
    except DurationError as error:
        values = {"name": text, "why": error.message, "mend": error.fix}
        yield Finding("bad_duration", node_id, path=path, values=values)


def _ids(node_id: str, node: Node, base: str) -> Iterator[Finding]:
    match node:
        case Condition():
            listed, field = [case.id for case in node.cases], "cases"
        case Split():
            listed, field = [variant.id for variant in node.variants], "variants"
        case Http():
            listed, field = [exit.id for exit in node.exits], "exits"
        case AiReply():
            listed, field = [outcome.id for outcome in node.outcomes], "outcomes"
        case Ask() | Wait():
            listed, field = [event.exit for event in node.events], "events"
        case _:
            return
    for at, name in enumerate(listed):
        if name in listed[:at]:
            path = base + pointer(field, at)
            yield Finding("repeated_id", node_id, path=path, values={"name": name})


def _node(subject: Subject, node_id: str, node: Node, base: str) -> Iterator[Finding]:
    match node:
        case Ask():
            if expects_choice(node) and not offers(node):
                yield Finding("no_choices", node_id, path=f"{base}/contents")
        case Wait():
            if node.expect is None and not node.events and node.timeout is None:
                yield Finding("waits_for_nothing", node_id, path=base)
        case Condition() if not node.cases:
            yield Finding("no_cases", node_id, path=f"{base}/cases")
        case Split():
            if not any(variant.weight for variant in node.variants):
                yield Finding("no_weight", node_id, path=f"{base}/variants")
        case Tag() if not node.add and not node.remove:
            yield Finding("no_tags", node_id, path=base)
        case Delay():
            yield from _delay(node_id, node, base)
        case Transfer() if not _somebody(node.to):
            yield Finding("nobody", node_id, path=f"{base}/to")
        case Http():
            if not _has_host(node.url.strip().lower()):
                yield Finding("no_address", node_id, path=f"{base}/url", values={"name": node.url})
            yield from _statuses(node_id, node, base)
        case AiReply() if node.dialogue and not node.outcomes:
            wired = subject.drawn[node_id] - {"next", "failed"}
            if not wired:
                yield Finding("endless_dialogue", node_id, path=f"{base}/dialogue")
        case _:
            return


def _has_host(address: str) -> bool:
    """Whether an address, in small letters, says its host; one that begins with a value may."""
    for scheme in ("https://", "http://"):
        if address.startswith(scheme):
            return address[len(scheme) :][:1] not in ("", "/", "?", "#")
    return address.startswith(("{{", "{%"))


def _delay(node_id: str, node: Delay, base: str) -> Iterator[Finding]:
    until = node.until
    said = (node.for_ is not None) + (until is not None)
    if said != 1:
        yield Finding("for_or_until", node_id, path=base)
    if until is not None and (until.expr is None) == (until.open is None):
        yield Finding("for_or_until", node_id, path=f"{base}/until")
    if isinstance(node.for_, Expr) and not node.for_.expr.strip():
        yield Finding("empty_text", node_id, path=f"{base}/for/expr")


def _statuses(node_id: str, node: Http, base: str) -> Iterator[Finding]:
    seen: set[int] = set()
    for at, exit in enumerate(node.exits):
        path = base + pointer("exits", at, "status")
        if not exit.status:
            yield Finding("no_status", node_id, f"status:{exit.id}", path)
        for status in exit.status:
            if status in seen or not 100 <= status <= 599:
                values = {"name": str(status)}
                yield Finding("bad_status", node_id, f"status:{exit.id}", path, values)
            seen.add(status)


def _of(
    subject: Subject, node_id: str, node: Wait, base: str, offering: Sequence[Node]
) -> Iterator[Finding]:
    if node.of is not None and node.of not in subject.nodes:
        values = {"name": node.of, "near": nearest(node.of, subject.nodes)}
        yield Finding("unknown_node", node_id, path=f"{base}/of", values=values)
    elif node.of is not None and not offers(subject.nodes[node.of]):
        values = {"name": node.of}
        yield Finding("of_without_choices", node_id, path=f"{base}/of", values=values)
    elif expects_choice(node) and not offering:
        yield Finding("no_choices_before", node_id, path=f"{base}/expect")
