"""`diff`: two flows side by side."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Literal

import msgspec

from flowengine.diff.changes import Change, Difference, FieldChange, What
from flowengine.diff.fields import Json, compare
from flowengine.flow import Flow
from flowengine.state import encode

_WORDS = ("/title", "/note")
"""Fields of a node that only the team reads; a case's label is one too."""


def diff(old: Flow, new: Flow) -> Difference:
    """What changed from `old` to `new`. Cost: ~20 µs a node."""
    before, after = _nodes(old), _nodes(new)
    renames = _renames(before, after)
    before = {renames.get(name, name): node for name, node in before.items()}
    was = {name: was for was, name in renames.items()}
    changes = (
        *_flow(old, new),
        *_settings(old, new),
        *_declarations(old, new),
        *_node_changes(before, after, was),
        *_edges(old, new, renames),
        *_translations(old, new),
    )
    places = ((renames.get(name, name), place) for name, place in old.view.nodes.items())
    stood = dict(places)
    moved = (n for n, place in new.view.nodes.items() if n in stood and stood[n] != place)
    looks = _looks(old) != _looks(new)
    return Difference(changes, tuple(moved), looks)


def _plain(value: object) -> Any:
    """A struct as JSON, its numbers exact; a default is not there."""
    return msgspec.to_builtins(value, builtin_types=(Decimal,))


def _looks(flow: Flow) -> bytes:
    return encode((flow.view.notes, flow.view.frames))


def _flow(old: Flow, new: Flow) -> Iterator[Change]:
    names = ("key", "name", "language", "timezone", "start")
    before, after = ({name: getattr(flow, name) for name in names} for flow in (old, new))
    fields = tuple(_telling(compare(before, after), "/name"))
    if fields:
        yield Change("flow", "changed", new.key, fields=fields)


def _settings(old: Flow, new: Flow) -> Iterator[Change]:
    before, after = _plain(old.settings), _plain(new.settings)
    for name in sorted({*before, *after}):
        was, now = ({name: each[name]} if name in each else {} for each in (before, after))
        fields = tuple(compare(was, now))
        if fields:
            yield Change("setting", _how(name in before, name in after), name, fields=fields)


def _declarations(old: Flow, new: Flow) -> Iterator[Change]:
    kinds: tuple[tuple[What, str], ...] = (
        ("variable", "variables"),
        ("input", "inputs"),
        ("output", "outputs"),
    )
    for what, listed in kinds:
        before = dict(_numbered(getattr(old, listed), "name"))
        after = dict(_numbered(getattr(new, listed), "name"))
        for name in dict.fromkeys([*after, *before]):
            fields = tuple(compare(before.get(name, {}), after.get(name, {})))
            if fields or (name in before) != (name in after):
                how = _how(name in before, name in after)
                kept = fields if how == "changed" else ()
                yield Change(what, how, name, fields=kept)


def _how(before: bool, after: bool) -> Literal["added", "removed", "changed"]:
    return "changed" if before and after else "added" if after else "removed"


def _numbered(structs: Iterable[Any], key: str) -> Iterator[tuple[str, Json]]:
    """By name; where a name stands twice (an error of check), the later ones get a number."""
    seen: dict[str, int] = {}
    for struct in structs:
        name = getattr(struct, key)
        count = seen[name] = seen.get(name, 0) + 1
        yield (name if count == 1 else f"{name}#{count}"), _plain(struct)


def _nodes(flow: Flow) -> dict[str, Json]:
    return dict(_numbered(flow.nodes, "id"))


def _renames(before: Mapping[str, Json], after: Mapping[str, Json]) -> dict[str, str]:
    """Old id to new one: of a node that is gone and one that came, alike but for the id."""
    gone = _by_body((name, node) for name, node in before.items() if name not in after)
    came = _by_body((name, node) for name, node in after.items() if name not in before)
    return {
        gone[body][0]: came[body][0]
        for body in gone
        if len(gone[body]) == 1 and len(came.get(body, ())) == 1
    }


def _by_body(nodes: Iterable[tuple[str, Json]]) -> dict[bytes, list[str]]:
    found: dict[bytes, list[str]] = {}
    for name, node in nodes:
        body = {key: node[key] for key in node if key not in ("id", "title", "note")}
        found.setdefault(encode(body), []).append(name)
    return found


def _node_changes(
    before: Mapping[str, Json], after: Mapping[str, Json], was: Mapping[str, str]
) -> Iterator[Change]:
    for name, node in after.items():
        kind = node["type"]
        if name not in before:
            yield Change(_what(kind), "added", name, kind)
            continue
        old = before[name]
        fields = tuple(_telling(_field_changes(old, node), *_WORDS))
        if name in was:
            yield Change(_what(kind), "renamed", name, kind, was=was[name], fields=fields)
        elif fields or kind != old["type"]:
            same = kind == old["type"]
            what = _what(kind) if same else "node"
            yield Change(
                what, "changed", name, kind, was="" if same else old["type"], fields=fields
            )
    for name, node in before.items():
        if name not in after:
            yield Change(_what(node["type"]), "removed", name, node["type"])


def _what(kind: str) -> What:
    return "trigger" if kind == "trigger" else "node"


def _field_changes(old: Json, new: Json) -> Iterator[FieldChange]:
    """Of two nodes with the same id; another type is told as a field that changed."""
    was, now = ({key: node[key] for key in node if key != "id"} for node in (old, new))
    return compare(was, now)


def _telling(fields: Iterable[FieldChange], *words: str) -> Iterator[FieldChange]:
    """Marks what only the team reads."""
    for field in fields:
        label = field.path.startswith("/cases/") and field.path.endswith("/label")
        if field.path in words or label:
            yield msgspec.structs.replace(field, words=True)
        else:
            yield field


def _edges(old: Flow, new: Flow, renames: Mapping[str, str]) -> Iterator[Change]:
    before, after = _targets(old, renames), _targets(new, {})
    for place in dict.fromkeys([*after, *before]):
        node, exit = place
        was, now = before.get(place), after.get(place)
        if was == now:
            continue
        how = _how(was is not None, now is not None)
        yield Change("edge", how, node, exit=exit, fields=(FieldChange("/to", how, was, now),))


def _targets(flow: Flow, renames: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Where each exit leads; where it has several edges (an error of check), all of them."""
    found: dict[tuple[str, str], list[str]] = {}
    for edge in flow.edges:
        place = (renames.get(edge.from_, edge.from_), edge.exit)
        found.setdefault(place, []).append(renames.get(edge.to, edge.to))
    return {place: ", ".join(targets) for place, targets in found.items()}


def _translations(old: Flow, new: Flow) -> Iterator[Change]:
    before, after = _by_node(old), _by_node(new)
    for place in dict.fromkeys([*after, *before]):
        fields = tuple(compare(before.get(place, {}), after.get(place, {})))
        if fields:
            how = _how(place in before, place in after)
            yield Change("translation", how, place, fields=_texts(fields))


def _by_node(flow: Flow) -> dict[str, Json]:
    """ "es/menu" to its texts; a node without any is no different from one that is not there."""
    return {
        f"{language}/{node}": _plain(texts)
        for language, nodes in flow.translations.items()
        for node, texts in nodes.items()
        if texts
    }


def _texts(fields: Iterable[FieldChange]) -> tuple[FieldChange, ...]:
    """The keys are pointers already: one that stands inside a pointer is read back."""
    return tuple(
        msgspec.structs.replace(f, path=f.path[1:].replace("~1", "/").replace("~0", "~"))
        for f in fields
    )
