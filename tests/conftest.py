"""What every test may ask for. The fixtures are in tests/services/, one service a file."""

import os
from collections.abc import Iterable

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

# The marks follow from what a test asks for, so that none can be forgotten.
NEEDS = {
    "postgres": "postgres",
    "postgres_embedded": "postgres",
    "redis_server": "redis",
    "chromium": "browser",
}

settings.register_profile("default", max_examples=50, deadline=None, print_blob=True)
settings.register_profile("quick", max_examples=15, deadline=None, print_blob=True)
settings.register_profile("deep", max_examples=2000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write the expected results again")


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    for item in items:
        for fixture, mark in NEEDS.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(mark)


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
