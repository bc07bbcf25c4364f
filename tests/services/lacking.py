"""What happens when a machine lacks a service that a test needs."""

import os
from typing import NoReturn

import pytest


def lacking(reason: str) -> NoReturn:
    """Skip the test on a laptop, fail it in CI, where everything should be installed."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI lacks something: {reason}", pytrace=False)
    pytest.skip(reason)
