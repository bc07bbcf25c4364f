"""The promises about imports that the linter's contracts cannot express."""

import subprocess
import sys

import grimp
import pytest

# What must not come along with the engine: each costs time, or means that it is not pure.
OUTSIDE = (
    "asyncpg",
    "dramatiq",
    "flowengine.store",
    "httpx",
    "litestar",
    "networkx",
    "openai",
    "pydantic_settings",
    "redis",
    "sqlalchemy",
    "uvicorn",
)


def loaded_by(module: str) -> set[str]:
    """The modules that are loaded in a new interpreter after it imports `module`."""
    program = f"import sys, {module}; print(*sys.modules)"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    return set(answer.stdout.split())


@pytest.mark.parametrize("module", ["flowengine", "flowengine.messages"])
def test_the_engine_brings_nothing_of_the_outside_along(module: str) -> None:
    assert not loaded_by(module) & set(OUTSIDE)


def test_messages_stand_on_nothing_of_ours() -> None:
    """Connectors may import flowengine.messages only: it must not lead further in."""
    graph = grimp.build_graph("flowengine", cache_dir=None)
    led_to = graph.find_upstream_modules("flowengine.messages", as_package=True)
    assert led_to == set()
