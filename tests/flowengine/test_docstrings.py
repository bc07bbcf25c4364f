"""Docstrings that say what a caller must know: arguments, errors, cost.

Looked at is every function that a package names as its face, or that is used from outside of it
(of a module that stands alone, from outside the module): what a package keeps to itself may be as
short as it is clear. Of those the docstring names each argument where there are several, each error
of ours that it raises, and what a call costs (a time, or what it grows with; a function of one
argument and a line or two shows that itself).
"""

import ast
import importlib
import inspect
import pkgutil
import textwrap
from collections.abc import Callable, Collection, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
import re2

ROOT = Path(__file__).parents[2]

PACKAGES = ("check", "explore", "talks", "diff", "translations", "rehearsal", "migration")
ALONE = (
    "replay", "simulation", "document", "json_text", "upgrade", "journals", "timetable", "issue",
)  # fmt: skip

COST = re2.compile(r"(?i)cost|µs|\bms\b|linear")


def modules() -> Iterator[ModuleType]:
    for name in PACKAGES:
        package = importlib.import_module(f"flowengine.{name}")
        yield package
        for found in pkgutil.iter_modules(package.__path__):
            yield importlib.import_module(f"flowengine.{name}.{found.name}")
    yield from (importlib.import_module(f"flowengine.{name}") for name in ALONE)


def home(module: str) -> str:
    """The package that a module of ours belongs to; a module that stands alone is its own."""
    return ".".join(module.split(".")[:2])


@cache
def used_outside() -> frozenset[tuple[str, str]]:
    """(package, name) of all that is imported from another one."""
    found: set[tuple[str, str]] = set()
    for path in (p for top in ("flowengine", "workers", "web") for p in (ROOT / top).rglob("*.py")):
        own = home(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and home(node.module) != own:
                found.update((home(node.module), each.name) for each in node.names)
    return frozenset(found)


def functions() -> Iterator[Callable[..., object]]:
    for module in modules():
        for name, value in vars(module).items():
            ours = inspect.isfunction(value) and value.__module__ == module.__name__
            if ours and ((home(module.__name__), name) in used_outside() or name in faces(module)):
                yield value


def faces(module: ModuleType) -> Collection[str]:
    """What the package of a module calls its own face."""
    return getattr(importlib.import_module(home(module.__name__)), "__all__", ())


def raised(function: Callable[..., object]) -> set[str]:
    """Errors that the function itself raises by name; not those that are our own bugs."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    calls = (n.exc for n in ast.walk(tree) if isinstance(n, ast.Raise))
    names = {c.func.id for c in calls if isinstance(c, ast.Call) and isinstance(c.func, ast.Name)}
    return {name for name in names if name[:1].isupper()} - {"AssertionError"}


def lacking(function: Callable[..., object]) -> list[str]:
    """What the docstring of a function does not say."""
    doc = inspect.getdoc(function) or ""
    if not doc:
        return ["a docstring"]
    names = list(inspect.signature(function).parameters)
    words = set(re2.findall(r"\w+", doc.lower()))
    several = names if len(names) > 1 else []
    found = [f"the argument {n}" for n in several if not {n.strip("_"), f"{n}s"} & words]
    found += [f"that it raises {name}" for name in sorted(raised(function)) if name not in doc]
    tiny = len(names) < 2 and statements(function) <= 4  # one of them is the docstring
    return found if tiny or COST.search(doc) else [*found, "its cost"]


def statements(function: Callable[..., object]) -> int:
    """How many it has, all depths counted."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    return sum(isinstance(node, ast.stmt) for node in ast.walk(tree)) - 1


@pytest.mark.parametrize(
    "function", list(functions()), ids=lambda each: f"{each.__module__}.{each.__name__}"
)
def test_it_says_what_a_caller_must_know(function: Callable[..., object]) -> None:
    assert lacking(function) == []


def test_what_is_lacking_is_noticed() -> None:
    def silent(flow: int, budget: int) -> None:
        """Looks at the flow."""
        if budget < flow:
            raise ValueError("no")

    def telling(flow: int, budget: int) -> None:
        """Looks at the flow within `budget`. Raises `ValueError`. Cost: linear in `flow`."""
        if budget < flow:
            raise ValueError("no")

    assert lacking(silent) == ["the argument budget", "that it raises ValueError", "its cost"]
    assert lacking(telling) == []


def test_many_functions_are_looked_at() -> None:
    names = {function.__name__ for function in functions()}
    assert len(names) > 40
    assert {"check", "explore", "with_chats", "rehearse", "plan_migration", "play"} <= names
