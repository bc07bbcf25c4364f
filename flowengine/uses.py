"""What a flow uses of its workspace, by name: for "used by", before somebody renames or removes."""

from collections.abc import Iterator
from typing import Any, Literal

import msgspec
import re2
from msgspec import Struct

from flowengine.check.references import node_uses, target_uses
from flowengine.contents import TemplateContent
from flowengine.flow import Flow
from flowengine.nodes import Ask, Message, Node

Kind = Literal[
    "queue", "schedule", "tag", "field", "secret", "constant", "profile", "knowledge", "flow",
    "purpose", "template",
]  # fmt: skip

_READ = re2.compile(r"\b(const|secret|schedule|contact\.fields)\.([A-Za-z_][A-Za-z0-9_]*)")
_ROOTS: dict[str, Kind] = {
    "const": "constant",
    "secret": "secret",
    "schedule": "schedule",
    "contact.fields": "field",
}


class Use(Struct, frozen=True):
    """A name of the workspace, and the node that uses it (empty: the flow's settings)."""

    kind: Kind
    name: str
    node: str = ""


def uses(flow: Flow) -> frozenset[Use]:
    """Every name that a flow uses, drafts that do not compile included. Cost: linear in the flow.

    Names in expressions are found by their look (`const.taxa`), so one that only a text says counts
    too: before removing something, one warning too many is better than one too few.
    """
    found = {
        Use(_kind(kind), name)
        for target in [flow.settings.on_problem]
        if target is not None
        for kind, name, _path in target_uses(target, "")
    }
    if flow.settings.purpose:
        found.add(Use("purpose", flow.settings.purpose))
    for node in flow.nodes:
        found |= set(_of_node(node))
    return frozenset(found)


def _of_node(node: Node) -> Iterator[Use]:
    for kind, name, _path in node_uses(node):
        yield Use(_kind(kind), name, node.id)
    if isinstance(node, Message | Ask):
        contents = (*node.contents, *(each for part in node.instead for each in part.contents))
        for content in contents:
            if isinstance(content, TemplateContent):
                yield Use("template", content.name, node.id)
    for text in _texts(msgspec.to_builtins(node)):
        for root, name in _READ.findall(text):
            yield Use(_ROOTS[root], name, node.id)


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for key, each in msgspec.convert(value, dict[str, Any]).items():
                yield key
                yield from _texts(each)
        case list() | tuple():
            for each in msgspec.convert(value, list[Any]):
                yield from _texts(each)
        case _:
            return


def _kind(kind: str) -> Kind:
    return msgspec.convert(kind, Kind)
