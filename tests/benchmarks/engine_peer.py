"""Flowengine as one more peer of the harness that `flowengine bench engine --peers` is given.

The harness puts its own folder on the path; its `common.run` plays, times and prints.
"""

import platform
from pathlib import Path

from common import run  # pyright: ignore[reportMissingImports] - the harness's own

from web.commands.bench_engine import Place

TRIAGE = Path(__file__).parent / "triage.flow.json"
CONVERSATIONS = 2_000

if __name__ == "__main__":
    place = Place(TRIAGE.read_bytes())
    steps = place.steps()
    run(
        "flowengine",
        platform.python_version(),
        {
            "engine: route + advance, JSON per turn": (place.answer, steps),
            "with its conversation: take, JSON per turn": (place.converse, steps),
        },
        CONVERSATIONS,
    )
