"""Proof about variables: none is said, or counted with, on a path that has not set it.

Null prints as nothing, so «Olá, !» goes out; and nothing can be added to it. Looked at are the
texts that customers see, addresses that are called, and arithmetic everywhere. A text that asks
itself (`{% if nome %}`, `nome or "você"`, `nome|default("você")`) is left alone.
"""

from collections.abc import Iterator

from jinja2 import nodes as tree

from flowengine.check.assigned import assigned
from flowengine.check.comparing import comparisons, variable
from flowengine.check.finding import Finding, pointer
from flowengine.check.places import Place, places, values
from flowengine.check.subject import Subject
from flowengine.conditions import When
from flowengine.expressions import ExpressionError
from flowengine.expressions.syntax import parse_expression, parse_template
from flowengine.nodes import Ask, FlowCall, Http, Message, Node, Start

_ARITHMETIC = (
    tree.Add,
    tree.Sub,
    tree.Mul,
    tree.Div,
    tree.FloorDiv,
    tree.Mod,
    tree.Neg,
)


def unset(subject: Subject) -> Iterator[Finding]:
    """A finding for each node and variable that it may read too soon."""
    flow = subject.flow
    watched = {
        variable.name
        for variable in (*flow.variables, *flow.inputs, *flow.outputs)
        if variable.default is None and not variable.required
    }
    reads = {
        node_id: [*_reads(node, watched), *_given(subject, node, watched)]
        for node_id, node in subject.nodes.items()
        if node_id in subject.reached
    }
    if not any(reads.values()):
        return
    known = assigned(subject, watched)
    for node_id, found in reads.items():
        told: set[str] = set()
        for name, path in found:
            if name not in known.get(node_id, watched) and name not in told:
                told.add(name)
                path = subject.path(node_id) + path
                yield Finding("unset_read", node_id, path=path, values={"name": name})


def _reads(node: Node, watched: set[str]) -> Iterator[tuple[str, str]]:
    """(variable, path) of all that a node needs to be set."""
    for place in places(node):
        said = _is_said(node, place)
        for source in _sources(place):
            if not any(name in source[1] for name in watched):
                continue  # most texts say none of them: nothing to take apart
            for name in _needed(source, said):
                if name in watched and name not in place.locals:
                    yield name, place.path


def _given(subject: Subject, node: Node, watched: set[str]) -> Iterator[tuple[str, str]]:
    """Variables that are handed on as inputs which the called flow requires."""
    child = subject.others.get(node.flow) if isinstance(node, FlowCall | Start) else None
    if child is None or not isinstance(node, FlowCall | Start):
        return
    required = {each.name for each in child.inputs if each.required}
    for name, value in node.with_.items():
        source = variable(value) if name in required else ""
        if source in watched:
            yield source, pointer("with", name)


def _is_said(node: Node, place: Place) -> bool:
    """Whether an empty text would be seen, or called."""
    match node:
        case Message() | Ask():
            return not place.path.startswith("/events")
        case Http():
            return place.path == "/url"
        case _:
            return False


def _sources(place: Place) -> Iterator[tuple[str, str]]:
    """(kind, source) of a place; of a condition, of each of its sides."""
    if place.when is not None:
        yield from _sides(place.when)
    elif place.kind != "pattern":
        yield place.kind, place.source


def _sides(when: When) -> Iterator[tuple[str, str]]:
    for each in comparisons(when):
        for side in (each.left, each.right):
            for inner in values(side, ""):
                yield inner.kind, inner.source


def _needed(source: tuple[str, str], said: bool) -> set[str]:
    """The names that a source needs: said by it, or counted with."""
    kind, text = source
    if kind == "template" and "{" not in text:
        return set()
    try:
        whole = parse_expression(text) if kind == "expression" else parse_template(text)
    except ExpressionError:
        return set()
    found: set[str] = set()
    _walk(whole, said and kind == "template", frozenset(), found)
    return found


def _walk(node: tree.Node, shown: bool, guarded: frozenset[str], found: set[str]) -> None:
    """`shown`: what stands here is printed or counted. `guarded`: names that were asked about."""
    match node:
        case tree.Name():
            if shown and node.name not in guarded:
                found.add(node.name)
        case tree.Getattr() | tree.Getitem():
            _walk(node.node, shown, guarded, found)
        case tree.If() | tree.CondExpr():
            _branch(node, shown, guarded, found)
        case tree.For():
            inner = guarded | _names(node.target) | {"loop"}
            for child in (*node.body, *node.else_):
                _walk(child, shown, inner | _names(node.iter), found)
        case tree.Or():
            _walk(node.right, shown, guarded | _names(node.left), found)
        case tree.Filter():
            _filter(node, shown, guarded, found)
        case tree.Assign():
            _walk(node.node, False, guarded, found)
        case tree.Compare() | tree.Test() | tree.And() | tree.Not():
            for child in node.iter_child_nodes():
                _walk(child, False, guarded, found)
        case _:
            counted = shown or isinstance(node, _ARITHMETIC)
            for child in node.iter_child_nodes():
                _walk(child, counted, guarded, found)


def _branch(
    node: "tree.If | tree.CondExpr", shown: bool, guarded: frozenset[str], found: set[str]
) -> None:
    """What the test asks about is the author's business in both branches."""
    inner = guarded | _names(node.test)
    for child in node.iter_child_nodes():
        if child is not node.test:
            _walk(child, shown, inner, found)


def _filter(node: tree.Filter, shown: bool, guarded: frozenset[str], found: set[str]) -> None:
    if node.node is None or node.name in ("default", "length", "count", "list", "json"):
        return
    _walk(node.node, shown, guarded, found)


def _names(node: tree.Node) -> frozenset[str]:
    own = {node.name} if isinstance(node, tree.Name) else set[str]()
    return frozenset(own | {each.name for each in node.find_all(tree.Name)})
