"""What every test may ask for. The fixtures are in tests/services/, one service a file."""

import os
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

pytest_plugins = [
    "tests.services.postgres",
    "tests.services.cutting",
    "tests.services.redis",
    "tests.services.s3",
    "tests.services.chromium",
    "tests.services.node",
]

HERE = Path(__file__).parent

# The marks follow from what a test asks for, so that none can be forgotten.
NEEDS = {
    "postgres": "postgres",
    "postgres_embedded": "postgres",
    "redis_server": "redis",
    "chromium": "browser",
}

# Where several work on the tests, what waits for processes and servers goes first: it runs beside
# what only computes, and no long test is begun when the others have nothing left to do.
FIRST = ("product", "workers", "web", "store", "connectors")

settings.register_profile("default", max_examples=50, deadline=None, print_blob=True)
settings.register_profile("quick", max_examples=15, deadline=None, print_blob=True)
settings.register_profile("deep", max_examples=2000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write the expected results again")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):  # pytest-xdist's
        items.sort(key=_turn)
    for item in items:
        for fixture, mark in NEEDS.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(mark)


def _turn(item: pytest.Item) -> int:
    folder = item.path.relative_to(HERE).parts[0]
    return FIRST.index(folder) if folder in FIRST else len(FIRST)


# By default a traceback shows every frame's variables, in colour: seconds for a batch of turns.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    """True under `make golden`: write what came out instead of comparing with it."""
    return bool(request.config.getoption("--update"))
