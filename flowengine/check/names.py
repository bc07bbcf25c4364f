"""Proofs about names: what a flow declares, what it stores into, and what every flow may read."""

from collections.abc import Iterator

from flowengine.check.finding import Finding, pointer
from flowengine.check.subject import Subject, nearest
from flowengine.nodes import (
    AiReply,
    Ask,
    End,
    FlowCall,
    Http,
    Loop,
    Message,
    Node,
    Set,
    Transfer,
    Wait,
)
from flowengine.values import RESERVED

SHAPES: dict[str, frozenset[str]] = {
    "contact": frozenset({"name", "phone", "language", "tags", "fields"}),
    "message": frozenset({"text", "kind", "choice", "media", "location", "at", "failure"}),
    "conversation": frozenset({"channel", "window", "window.open", "window.closes_at"}),
    "trigger": frozenset({"word", "groups", "referral", "event"}),
}
"""What can be read of the world (FLOWS.md §2); `const`, `secret` and `history` have any names."""

ROOTS = frozenset({*SHAPES, "const", "secret", "history", "now", "schedule", "loop"})

_CONTACT = ("contact.name", "contact.language")


def is_readable(name: str) -> bool:
    """Whether a name such as `contact.fields.plano` is one that every flow may read."""
    root, _, rest = name.partition(".")
    if root not in ROOTS:
        return False
    if root not in SHAPES or not rest:
        return True
    first = rest.partition(".")[0]
    if root == "conversation" and first == "window":
        return rest in SHAPES[root] or rest == "window.*"
    return first in SHAPES[root] or first == "*"


def readable_names() -> Iterator[str]:
    """Names that every flow may read, for "did you mean"."""
    for root, shape in SHAPES.items():
        yield root
        yield from (f"{root}.{part}" for part in shape)
    yield "now"
    yield "history"


def names(subject: Subject) -> Iterator[Finding]:
    """Declarations, and every place that a value is stored into."""
    yield from _declared(subject)
    outputs = {variable.name for variable in subject.flow.outputs}
    for node_id, node in subject.nodes.items():
        base = subject.path(node_id)
        for name, path in stores(node):
            yield from _stored(subject, node_id, name, base + path)
        if isinstance(node, End):
            for name in node.outputs:
                if name not in outputs:
                    values = {"name": name, "near": nearest(name, outputs)}
                    path = base + pointer("outputs", name)
                    yield Finding("undeclared_output", node_id, path=path, values=values)


def _declared(subject: Subject) -> Iterator[Finding]:
    flow = subject.flow
    for kind, variables in (
        ("variables", flow.variables),
        ("inputs", flow.inputs),
        ("outputs", flow.outputs),
    ):
        seen: set[str] = set()
        for at, variable in enumerate(variables):
            path = pointer(kind, at, "name")
            if variable.name in RESERVED:
                yield Finding("reserved_name", path=path, values={"name": variable.name})
            if variable.name in seen:
                yield Finding("duplicate_name", path=path, values={"name": variable.name})
            seen.add(variable.name)
    inputs = {variable.name for variable in flow.inputs}
    for at, variable in enumerate(flow.variables):
        if variable.name in inputs:
            path = pointer("variables", at, "name")
            yield Finding("duplicate_name", path=path, values={"name": variable.name})


def stores(node: Node) -> Iterator[tuple[str, str]]:
    """(name, path below the node) of all that a node stores into."""
    match node:
        case Ask() | Wait() | Transfer() if node.save_as is not None:
            yield node.save_as, "/save_as"
        case Set():
            for at, assign in enumerate(node.assign):
                yield assign.to, pointer("assign", at, "to")
        case Http():
            for at, save in enumerate(node.save):
                yield save.to, pointer("save", at, "to")
            if node.status_as is not None:
                yield node.status_as, "/status_as"
        case FlowCall():
            for at, save in enumerate(node.save):
                yield save.to, pointer("save", at, "to")
        case Loop():
            yield node.as_, "/as"
        case Message() if node.each is not None and node.as_ != "item":
            yield node.as_, "/as"
        case AiReply():
            for at, extract in enumerate(node.extract):
                yield extract.to, pointer("extract", at, "to")
        case _:
            return


def _stored(subject: Subject, node: str, name: str, path: str) -> Iterator[Finding]:
    if name in subject.names:
        return
    if isinstance(subject.nodes[node], Set) and name.startswith("contact."):
        if name in _CONTACT or name.removeprefix("contact.fields.").isidentifier():
            return
        values = {"name": name, "near": nearest(name, _CONTACT)}
        yield Finding("not_settable", node, path=path, values=values)
        return
    values = {"name": name, "near": nearest(name, subject.names)}
    yield Finding("undeclared_name", node, path=path, values=values)
