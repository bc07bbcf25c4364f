"""The documentation says what is so: what it names exists."""

import inspect
from pathlib import Path

import pytest
import re2

from flowengine.nodes import STEPS
from web.cli import COMMANDS
from workers.settings import settings_table

ROOT = Path(__file__).parents[1]
PAGES = [
    "README.md",
    "ARCHITECTURE.md",
    "docs/whatsapp.md",
    "docs/production.md",
    "docs/scaling.md",
]


def test_the_readme_has_every_setting():
    readme = (ROOT / "README.md").read_text()
    _, _, rest = readme.partition("<!-- settings -->\n")
    table, _, _ = rest.partition("<!-- /settings -->")
    assert table.strip() == settings_table().strip()


def test_the_readme_names_every_command():
    readme = (ROOT / "README.md").read_text()
    assert [name for name in COMMANDS if name not in readme] == []


@pytest.mark.parametrize("page", PAGES)
def test_files_that_a_page_names_are_there(page: str):
    text = (ROOT / page).read_text()
    named = re2.findall(r"`((?:flowengine|web|workers|connectors|tests|docs)/[\w/.-]+)`", text)
    linked = re2.findall(r"\]\(([\w/.-]+)\)", text)
    missing = [name for name in named if not (ROOT / name).exists()]
    here = (ROOT / page).parent
    missing += [name for name in linked if not (here / name).exists()]
    assert missing == []


@pytest.mark.parametrize("kind", STEPS, ids=lambda kind: kind.__name__)
def test_every_node_kind_says_its_exits_and_shows_an_example(kind: type):
    doc = inspect.getdoc(kind) or ""
    assert "xits" in doc
    assert "Example::" in doc
