"""Every sentence that the web may show, found in its sources: what the catalogues must hold."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from connectors.model import ModelProfile
from connectors.registry import known
from flowengine.graph import LABELS

WEB = Path(__file__).parents[2] / "web"
IN_TEMPLATE = re.compile(r"""\bt(?:\.html)?\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
FUNCTIONS = {"_", "t", "html"}


def sentences() -> set[str]:
    """Those of templates and modules, exits as the engine names them, settings of connectors."""
    found = set(LABELS.values())
    for template in (WEB / "templates").rglob("*.html"):
        found.update(ast.literal_eval(each) for each in IN_TEMPLATE.findall(template.read_text()))
    for module in WEB.rglob("*.py"):
        if module.parent.name != "commands" and module.name not in ("cli.py", "vendor.py"):
            found.update(in_module(ast.parse(module.read_text())))
    for model in [ModelProfile, *(each.Settings for each in known().values())]:
        found.update(in_schema(model.model_json_schema()))
    return found


def in_module(tree: ast.Module) -> Iterator[str]:
    """First arguments of `_("…")`, `t("…")` and `t.html("…")`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        first = node.args[0]
        if name in FUNCTIONS and isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value


def in_schema(schema: dict[str, Any]) -> Iterator[str]:
    """What the form of a connector's settings shows."""
    for about in schema["properties"].values():
        yield from (about[key] for key in ("title", "description") if key in about)
