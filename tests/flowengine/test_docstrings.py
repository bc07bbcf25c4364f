"""Docstrings that say what a caller must know: arguments, errors, cost.

Looked at is the whole pure core: every function that a package names as its face, or that is used
from outside of it (of a module that stands alone, from outside the module); what a package keeps to
itself may be as short as it is clear. Of those the docstring names each argument where there are
several, each error of ours that it raises, and what a call costs (a time, or what it grows with; a
function of one argument and a line or two shows that itself).

Of the classes that are used so, every public method has a docstring and names its errors; what
calls cost, the class says for all of them, or the method. A method that overrides one of ours is
told of there, and a property is a name for what it gives.
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

import flowengine

ROOT = Path(__file__).parents[2]

STORE = "store"
"""What is not pure is told of elsewhere: its functions are statements with a name."""

COST = re2.compile(r"(?i)cost|µs|\bms\b|linear|O\(")


def modules() -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(flowengine.__path__, "flowengine."):
        if found.name == f"flowengine.{STORE}":
            continue
        package = importlib.import_module(found.name)
        yield package
        if found.ispkg:
            for inner in pkgutil.walk_packages(package.__path__, f"{found.name}."):
                yield importlib.import_module(inner.name)


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


def classes() -> Iterator[type]:
    for module in modules():
        for name, value in vars(module).items():
            ours = inspect.isclass(value) and value.__module__ == module.__name__
            seen = (home(module.__name__), name) in used_outside() or name in faces(module)
            if ours and seen and not name.startswith("_"):
                yield value


def told_above(kind: type, name: str) -> bool:
    """Whether a base of ours says what overriding this means."""
    above = (vars(base).get(name) for base in kind.__mro__[1:])
    return any(each is not None and inspect.getdoc(each) for each in above)


def methods(kind: type) -> Iterator[Callable[..., object]]:
    """Those that are public, and are told of nowhere else."""
    for name, value in vars(kind).items():
        plain = value.__func__ if isinstance(value, classmethod | staticmethod) else value
        if inspect.isfunction(plain) and not name.startswith("_") and not told_above(kind, name):
            yield plain


def unsaid(kind: type) -> list[str]:
    """What the docstrings of a class and of its methods do not say."""
    whole = inspect.getdoc(kind) or ""
    found: list[str] = []
    for method in methods(kind):
        doc = method.__doc__ or ""
        name = method.__name__
        if not doc:
            found.append(f"{name}: a docstring")
        found += [f"{name}: that it raises {e}" for e in sorted(raised(method)) if e not in doc]
        if statements(method) > 4 and not COST.search(f"{doc} {whole}"):
            found.append(f"{name}: its cost, or that of all")
    for name, value in vars(kind).items():
        if isinstance(value, property) and not value.__doc__ and not told_above(kind, name):
            found.append(f"{name}: a docstring")
    return found


@pytest.mark.parametrize(
    "kind", list(classes()), ids=lambda each: f"{each.__module__}.{each.__name__}"
)
def test_a_class_says_what_its_methods_take_and_cost(kind: type) -> None:
    assert unsaid(kind) == []


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

    class Silent:
        """A thing."""

        def does(self, flow: int) -> int:
            if not flow:
                raise ValueError("no")
            flow += 1
            flow += 2
            return flow

        @property
        def is_so(self) -> bool:
            return True

    assert unsaid(Silent) == [
        "does: a docstring",
        "does: that it raises ValueError",
        "does: its cost, or that of all",
        "is_so: a docstring",
    ]


def test_many_functions_are_looked_at() -> None:
    names = {function.__name__ for function in functions()}
    assert len(names) > 150
    assert sum(1 for kind in classes() for _ in methods(kind)) > 80
    assert {"check", "explore", "with_chats", "rehearse", "plan_migration", "play"} <= names
