"""Proof about types: no value is used as, or stored into, what it can never be.

The engine itself is asked: an expression is worked out with many values of the types that are
declared, and only where none of them gives a result it is told. What reads anything whose type is
not known (an answer of another system, an event) is left alone.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice, product
from typing import Any, cast

from flowengine.answers import Expect
from flowengine.check.finding import Finding, pointer
from flowengine.check.places import Place, contents, places, rows
from flowengine.check.specimens import WORLD, answers, specimens
from flowengine.check.subject import Subject
from flowengine.contents import ListContent
from flowengine.expressions import (
    Env,
    EvaluationError,
    ExpressionError,
    TypeName,
    coerce,
    compile_expression,
    compile_template,
)
from flowengine.nodes import AiReply, Ask, Http, Loop, Message, Node, Set, Transfer, Wait
from flowengine.zones import UnknownZone, zone

MOST = 60
"""Combinations of values that one expression is tried with."""

_WORKS = "|+*/~<>=%(["
"""A source without any of these only reads: whatever it reads can be shown."""


def kinds(subject: Subject) -> Iterator[Finding]:
    """Expressions that no value fits, lists that are none, and answers that cannot be stored."""
    try:
        where = zone(subject.flow.timezone)
    except UnknownZone:
        return
    env = Env(
        now=datetime(2026, 3, 2, 15, tzinfo=UTC), timezone=where, language=subject.flow.language
    )
    oracle = _Oracle(subject, env)
    for node_id, node in subject.nodes.items():
        base = subject.path(node_id)
        for place in places(node):
            why = oracle.judge(place)
            if why:
                values = {"why": why.rstrip(".")}
                yield Finding("wrong_type", node_id, path=base + place.path, values=values)
        for source, path in _lists(node):
            kind = oracle.not_a_list(source)
            if kind:
                values = {"name": source, "kind_of": kind}
                yield Finding("not_a_list", node_id, path=base + path, values=values)
        for name, path, found in _stored(node, oracle):
            wanted = subject.names.get(name)
            if wanted is not None and not _storable(found, wanted, env):
                values = {"name": name, "type": wanted}
                yield Finding("cannot_store", node_id, path=base + path, values=values)


class _Oracle:
    """Asks the engine whether an expression can ever be worked out."""

    def __init__(self, subject: Subject, env: Env) -> None:
        self.types = subject.names
        self.env = env
        self._known: dict[tuple[str, str], str] = {}

    def judge(self, place: Place) -> str:
        """Why a source never works; empty where it may."""
        if place.kind not in ("template", "expression") or place.locals or place.data:
            return ""
        marks = _WORKS + "-" if place.kind == "expression" else _WORKS
        if not any(mark in place.source for mark in marks) and " - " not in place.source:
            return ""
        if place.kind == "template" and "{" not in place.source:
            return ""
        key = (place.kind, place.source)
        if key not in self._known:
            self._known[key] = self._try(*key)
        return self._known[key]

    def _try(self, kind: str, source: str) -> str:
        why = ""
        for result in self._results(kind, source):
            if not isinstance(result, EvaluationError):
                return ""
            why = result.message
        return why

    def results(self, value: Any) -> list[Any]:
        """What an expression may give; nothing where that is not known."""
        source: Any = cast("dict[str, Any]", value).get("expr") if isinstance(value, dict) else None
        if not isinstance(source, str):
            return []
        found = islice(self._results("expression", source), 20)
        return [each for each in found if not isinstance(each, EvaluationError)]

    def _results(self, kind: str, source: str) -> Iterator[Any]:
        """What comes of a source with each scope: a value, or an `EvaluationError`."""
        try:
            compiled = compile_expression(source) if kind == "expression" else None
            template = compile_template(source)
        except ExpressionError:
            return
        reads = compiled.reads if compiled is not None else template.reads
        for scope in self._scopes(reads):
            try:
                if compiled is not None:
                    yield compiled.evaluate(scope, self.env)
                else:
                    yield template.render(scope, self.env)
            except EvaluationError as error:
                yield error

    def not_a_list(self, source: str) -> str:
        """The declared type of a list that is none; empty where it may be one."""
        kind = self.types.get(source.strip(), "list")
        return "" if kind in ("list", "object") else kind

    def _scopes(self, reads: frozenset[str]) -> Iterator[Mapping[str, Any]]:
        """Values of every name that is read; none at all where a name's type is not known."""
        listed: list[list[tuple[str, Any]]] = []
        for name in sorted(reads):
            found = self._values(name)
            if found is None:
                return
            listed.append([(name, value) for value in found])
        for values in islice(_mixed(listed), MOST):
            scope: dict[str, Any] = {}
            for name, value in values:
                _put(scope, name.split("."), value)
            yield scope

    def _values(self, name: str) -> list[Any] | None:
        root, _, rest = name.partition(".")
        if root in self.types:
            known = self.types[root]
            if rest or known in ("list", "object", "media", "location"):
                return None
            return specimens(known, self.env)
        if name == "now":
            return [self.env.now]
        return WORLD.get(name)


def _mixed(listed: list[list[tuple[str, Any]]]) -> Iterator[tuple[tuple[str, Any], ...]]:
    """Combinations, those first in which all names have their first, second … values."""
    longest = max((len(each) for each in listed), default=0)
    for at in range(longest):
        yield tuple(each[at % len(each)] for each in listed)
    yield from product(*listed)


def _put(scope: dict[str, Any], keys: list[str], value: Any) -> None:
    at = scope
    for key in keys[:-1]:
        at = at.setdefault(key, {})
    at[keys[-1]] = value


def _lists(node: Node) -> Iterator[tuple[str, str]]:
    """What a node goes through item by item."""
    if isinstance(node, Loop):
        yield node.each.expr, "/each/expr"
    if isinstance(node, Message) and node.each is not None:
        yield node.each.expr, "/each/expr"
    for content, path in contents(node):
        if isinstance(content, ListContent):
            for row, place in rows(content):
                if row.each is not None:
                    yield row.each.expr, f"{path}{place}/each/expr"


def _stored(node: Node, oracle: _Oracle) -> Iterator[tuple[str, str, list[Any]]]:
    """(variable, path, values that may be stored there); values empty where nothing is known."""
    match node:
        case Ask() | Wait():
            expect: Expect | None = node.expect
            if node.save_as and expect is not None:
                yield node.save_as, "/save_as", answers(node, expect)
        case Transfer() if node.save_as:
            yield (
                node.save_as,
                "/save_as",
                [{"agent": "", "reason": "", "ticket": "", "minutes": 0}],
            )
        case Http() if node.status_as:
            yield node.status_as, "/status_as", [200]
        case AiReply():
            for at, each in enumerate(node.extract):
                yield each.to, pointer("extract", at, "to"), _extracted(each.type)
        case Set():
            for at, assign in enumerate(node.assign):
                if assign.op == "append":
                    yield assign.to, pointer("assign", at, "to"), [[1], "a"]
                elif assign.op == "add":
                    yield assign.to, pointer("assign", at, "to"), [1]
                elif assign.op == "put":
                    yield assign.to, pointer("assign", at, "to"), _put_there(assign.value, oracle)
        case _:
            return


def _put_there(value: Any, oracle: _Oracle) -> list[Any]:
    if isinstance(value, dict):
        return oracle.results(cast("dict[str, Any]", value))
    return [] if value is None or isinstance(value, str) else [value]


def _extracted(kind: str) -> list[Any]:
    plain: dict[str, list[Any]] = {"number": [5], "boolean": [True], "list": [[]]}
    return plain.get(kind, ["5", "2026-01-10", "sim", "10:30", "PT1H"])


def _storable(found: list[Any], wanted: str, env: Env) -> bool:
    """Whether one of these values at least can be read as the type."""
    if not found:
        return True
    kind: TypeName = wanted  # pyright: ignore[reportAssignmentType] - the document's own list
    for value in found:
        try:
            coerce(value, kind, env)
        except EvaluationError:
            continue
        return True
    return False
