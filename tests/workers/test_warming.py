"""What is large and seldom needed is there before the first conversation needs it."""

import subprocess
import sys

WARM = """
import asyncio, sys
import workers.working
assert "dateparser" not in sys.modules and "holidays" not in sys.modules, "loaded with the program"
from workers.warming import warm
asyncio.run(warm())
assert "dateparser.languages.locale" in sys.modules and "holidays" in sys.modules
"""


def test_large_libraries_are_loaded_by_the_start_and_not_before() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WARM], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
