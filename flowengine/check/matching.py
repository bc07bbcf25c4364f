"""Proof about patterns: each could match something that a customer may write."""

from collections.abc import Iterator

from flowengine.answers import ExpectPattern
from flowengine.check.comparing import comparisons
from flowengine.check.finding import Finding
from flowengine.check.places import places
from flowengine.check.subject import Subject
from flowengine.conditions import When
from flowengine.nodes import Ask, Node, Wait
from flowengine.regexes import matches_nothing


def matching(subject: Subject) -> Iterator[Finding]:
    """Patterns of triggers and conditions that never match; of questions that have no answer."""
    for node_id, node in subject.nodes.items():
        base = subject.path(node_id)
        for source, path in _patterns(node):
            if matches_nothing(source):
                values = {"name": source}
                yield Finding("pattern_matches_nothing", node_id, path=base + path, values=values)
        if isinstance(node, Ask | Wait) and isinstance(node.expect, ExpectPattern):
            values = {"name": node.expect.pattern}
            if matches_nothing(node.expect.pattern):
                path = f"{base}/expect/pattern"
                yield Finding("pattern_matches_nothing", node_id, "", path, values, "error")


def _patterns(node: Node) -> Iterator[tuple[str, str]]:
    for place in places(node):
        if place.kind == "pattern":
            yield place.source, place.path
        elif place.when is not None:
            yield from ((source, place.path) for source in _matched(place.when))


def _matched(when: When) -> Iterator[str]:
    for each in comparisons(when):
        if each.op == "matches" and isinstance(each.right, str) and "{{" not in each.right:
            yield each.right
