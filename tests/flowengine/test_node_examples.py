"""Every node kind's docstring holds a JSON example, and every example is a node of that kind."""

import inspect
import json
import textwrap
from typing import Any, get_args

import msgspec
import pytest

from flowengine.document import canonical, parse
from flowengine.graph import exits
from flowengine.nodes import STEPS, Node
from tests.flowengine.json_schema import mistakes
from tests.flowengine.test_documents import SCHEMA

KINDS: tuple[type, ...] = get_args(Node)

_decoder = msgspec.json.Decoder(Node)


def examples(kind: type) -> list[str]:
    """The blocks after "Example::" in a kind's docstring."""
    found: list[str] = []
    for piece in (inspect.getdoc(kind) or "").split("Example::\n")[1:]:
        lines: list[str] = []
        for line in piece.splitlines():
            if line and not line.startswith(" "):
                break
            lines.append(line)
        found.append(textwrap.dedent("\n".join(lines)).strip())
    return found


def tag(kind: Any) -> str:
    return str(kind.__struct_config__.tag)


@pytest.mark.parametrize("kind", KINDS, ids=tag)
def test_the_example_of_a_kind_is_a_node(kind: Any):
    found = examples(kind)
    assert found, f"{kind.__name__} ({tag(kind)}) has no example: write one after `Example::`"
    for example in found:
        node = _decoder.decode(example.encode())
        assert type(node) is kind
        written = msgspec.json.encode(node)
        assert _decoder.decode(written) == node
        assert json.loads(written).keys() <= json.loads(example).keys(), "a default is written"


@pytest.mark.parametrize("kind", KINDS, ids=tag)
def test_the_example_compiles_and_stands_in_a_flow(kind: Any):
    for example in examples(kind):
        node = json.loads(example)
        document = {"format": "flowengine/1", "key": "x", "name": "X", "nodes": [node]}
        assert mistakes(document, SCHEMA) == []
        flow = parse(json.dumps(document).encode())
        assert parse(canonical(flow)) == flow
        wired = frozenset(exit.id for exit in exits(flow.nodes[0]))
        step = STEPS[kind](flow.nodes[0], wired)
        assert isinstance(step.reads, frozenset)


@pytest.mark.parametrize("kind", KINDS, ids=tag)
def test_a_kind_says_what_its_exits_are(kind: Any):
    """The exits of the example are those that the docstring names."""
    told = inspect.getdoc(kind) or ""
    for example in examples(kind):
        for exit in exits(_decoder.decode(example.encode())):
            family, mark, _ = exit.id.partition(":")
            name = f"{family}:" if mark else family
            if name not in told:
                assert "Exits: as `" in told, f"{tag(kind)}: {exit.id}"


def test_every_kind_is_in_the_table_of_contents():
    assert set(KINDS) == set(STEPS)
    assert len({tag(kind) for kind in KINDS}) == len(KINDS)
