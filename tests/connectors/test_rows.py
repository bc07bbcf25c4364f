"""Each row of what a provider may post has a file, and the file still shows it."""

import json
from pathlib import Path

import pytest

from tests.connectors.rows import ROWS

HERE = Path(__file__).parent
CASES = [
    pytest.param(kind, row, id=f"{kind}-{row}".replace(" ", "_"))
    for kind, rows in ROWS.items()
    for row in rows
]


@pytest.mark.parametrize(("kind", "row"), CASES)
def test_a_row_has_its_files(kind: str, row: str):
    shown = ROWS[kind][row]
    assert shown, f"no file shows {row!r}"
    for name, mark in shown.items():
        path = HERE / kind / f"{name}.json"
        assert path.exists(), f"{row!r} has no {path.relative_to(HERE)}"
        case = json.loads(path.read_bytes())
        assert case["about"]
        assert isinstance(case["events"], list), f"{name}: which events it must become"
        given = {name: case[name] for name in ("body", "field", "value") if name in case}
        body = json.dumps(given, ensure_ascii=False)
        assert mark in body, f"{name}.json no longer shows {row!r}: {mark} is not in it"
