"""Proofs about templates, expressions, patterns and conditions: do they compile, and whose names
do they read?"""

from collections.abc import Iterator

import msgspec

from flowengine.check.finding import Finding
from flowengine.check.names import is_readable, readable_names
from flowengine.check.places import Place, places, values
from flowengine.check.references import read_references
from flowengine.check.subject import Subject, nearest
from flowengine.conditions import compile_when
from flowengine.expressions import (
    ExpressionError,
    compile_expression,
    compile_template,
    compile_value,
)
from flowengine.patterns import compile_pattern

_CODES = {
    "template": "template_invalid",
    "expression": "expression_invalid",
    "pattern": "pattern_invalid",
    "when": "condition_invalid",
}


def language(subject: Subject) -> Iterator[Finding]:
    """Every text of every node, and of its translations."""
    for node_id, node in subject.nodes.items():
        base = subject.path(node_id)
        for place in places(node):
            yield from _place(subject, node_id, place, base + place.path)
    for tongue, nodes in subject.flow.translations.items():
        for node_id, texts in nodes.items():
            if node_id in subject.nodes:
                yield from _translated(subject, node_id, f"/translations/{tongue}/{node_id}", texts)


def _translated(
    subject: Subject, node: str, base: str, texts: dict[str, object]
) -> Iterator[Finding]:
    known = {place.path: place for place in places(subject.nodes[node])}
    for path, text in texts.items():
        here = f"{base}/{path.replace('~', '~0').replace('/', '~1')}"
        for leaf in values(text, ""):
            like = known.get(path + leaf.path) or known.get(path)
            names = like.locals if like is not None else frozenset[str]()
            place = msgspec.structs.replace(leaf, path=here + leaf.path, locals=names)
            yield from _place(subject, node, place, place.path)


def _place(subject: Subject, node: str, place: Place, path: str) -> Iterator[Finding]:
    try:
        reads = _reads(place)
    except ExpressionError as error:
        found = {
            "line": str(error.line),
            "column": str(error.column),
            "why": error.message.rstrip("."),
            "mend": error.fix.rstrip("."),
            "reason": error.code,
        }
        yield Finding(_code(place, error), node, path=path + error.path, values=found)
        return
    for name in sorted(reads):
        yield from _name(subject, node, place, path, name)
        if not name.startswith("secret.") or place.secrets:
            yield from read_references(subject, node, path, name)


def _code(place: Place, error: ExpressionError) -> str:
    if place.kind == "value":
        return _CODES["expression" if error.path.endswith("expr") else "template"]
    return _CODES[place.kind]


def _reads(place: Place) -> frozenset[str]:
    if place.when is not None:
        return compile_when(place.when).reads
    match place.kind:
        case "template":
            return compile_template(place.source).reads if "{" in place.source else frozenset()
        case "expression":
            return compile_expression(place.source).reads
        case "value":
            compile_value(place.raw)
            return frozenset()
        case _:
            compile_pattern(place.source)
            return frozenset()


def _name(subject: Subject, node: str, place: Place, path: str, name: str) -> Iterator[Finding]:
    root = name.partition(".")[0]
    if root == "secret" and not place.secrets:
        yield Finding("secret_in_text", node, path=path, values={"name": name})
        return
    if root in place.locals or root in subject.names or is_readable(name):
        return
    if place.data:
        return
    known = {*subject.names, *place.locals, *readable_names()}
    yield Finding(
        "unknown_name", node, path=path, values={"name": name, "near": nearest(name, known)}
    )
