"""The reference of the flow format: made from the types, committed so, with links that lead."""

from pathlib import Path

import msgspec
import pytest
import re2

from flowengine.check import check
from flowengine.check.words import en
from flowengine.conditions.when import OPERATORS as NAMES
from flowengine.declarations import Settings, Variable
from flowengine.document import json_schema, parse
from flowengine.flow import Edge, Flow, View
from flowengine.meanings import meanings
from flowengine.messages import Media, Target
from flowengine.reference import pages
from flowengine.reference.findings import EVERYWHERE, OF_KINDS
from flowengine.reference.operators import OPERATORS
from flowengine.reference.pages import KINDS, exits_of, tag
from flowengine.values import Expr, Save
from flowengine.workspace import parse_workspace
from tests.flowengine.planted import PLANTED, WORKSPACE
from tests.flowengine.test_node_cases import PIECES

FOLDER = Path(__file__).parents[2] / "docs" / "format"
MADE = pages()
TOLD = [Flow, Edge, View, Settings, Variable, Media, Target, Expr, Save, *KINDS, *PIECES]


@pytest.mark.parametrize("name", MADE)
def test_the_committed_page_is_as_it_is_made(name: str):
    path = FOLDER / name
    assert path.exists(), f"docs/format/{name}: flowengine schema --reference docs/format"
    assert path.read_text() == MADE[name], "flowengine schema --reference docs/format"


def test_no_page_is_left_of_what_is_no_more():
    assert {path.name for path in FOLDER.glob("*")} == set(MADE)


def anchors(text: str) -> set[str]:
    """The places of a page that can be linked to, as GitHub names them."""
    titles = re2.findall(r"(?m)^#+ (.*)$", text)
    return {title.strip().lower().replace(" ", "-").replace("`", "") for title in titles}


@pytest.mark.parametrize("name", MADE)
def test_every_link_leads_somewhere(name: str):
    for target in re2.findall(r"\]\(([^)]+)\)", MADE[name]):
        page, _, place = target.partition("#")
        text = MADE.get(page or name)
        assert text is not None, f"{name}: {target}"
        assert not place or place in anchors(text), f"{name}: {target}"


@pytest.mark.parametrize("kind", TOLD, ids=lambda kind: kind.__name__)
def test_every_field_says_what_it_means(kind: type):
    fields = {field.encode_name for field in msgspec.structs.fields(kind)}
    assert fields <= set(meanings(kind)), "write `- `field`: meaning.` into the docstring"


@pytest.mark.parametrize("kind", KINDS, ids=tag)
def test_a_page_shows_every_field_and_exit(kind: type):
    page = MADE[f"{tag(kind)}.md"]
    for field in msgspec.structs.fields(kind):
        if field.name not in ("id", "title", "note"):
            assert f"| `{field.encode_name}` |" in page
    for exit in exits_of(kind):
        assert f"| `{exit}` |" in page


def test_every_operator_is_told():
    assert set(OPERATORS) == set(NAMES)


def test_every_finding_of_check_is_on_a_page():
    told = {code for codes in OF_KINDS.values() for code in codes} | set(EVERYWHERE)
    assert told == set(en.SENTENCES), told ^ set(en.SENTENCES)
    assert set(OF_KINDS) == {tag(kind) for kind in KINDS}


def test_a_finding_is_told_on_the_page_of_the_node_that_has_it():
    workspace = parse_workspace(msgspec.json.encode(WORKSPACE))
    missing: set[tuple[str, str]] = set()
    for each in PLANTED:
        flow = parse(msgspec.json.encode(each.flow))
        others = {doc["key"]: parse(msgspec.json.encode(doc)) for doc in each.others}
        kinds = {node.id: tag(type(node)) for node in flow.nodes}
        for issue in check(flow, workspace if each.workspace else None, others):
            kind = kinds.get(issue.node, "")
            found = kind and issue.code == each.code and issue.node == each.node
            if found and each.code not in (*EVERYWHERE, *OF_KINDS[kind]):
                missing.add((kind, each.code))
    assert not missing


def test_the_json_schema_says_what_fields_mean():
    defined = json_schema()["$defs"]
    for kind in (*KINDS, *PIECES):
        told = meanings(kind)
        for name, schema in defined.get(kind.__name__, {}).get("properties", {}).items():
            assert name not in told or schema["description"] == told[name]
    assert defined["Ask"]["properties"]["expect"]["description"] == "what counts as an answer."
