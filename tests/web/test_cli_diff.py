"""`flowengine diff`: its lines and its exit codes."""

import copy
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.flowengine.playing import OI, document, text
from web.cli import main

Json = dict[str, Any]
Captured = pytest.CaptureFixture[str]

OLD = document("f", [OI, text("a", "Oi")], ["oi > a"])


def files(tmp_path: Path, **new: Any) -> list[str]:
    """The old version and one with other fields."""
    paths = [tmp_path / "old.flow.json", tmp_path / "new.flow.json"]
    for path, doc in zip(paths, [OLD, {**copy.deepcopy(OLD), **new}], strict=True):
        path.write_bytes(msgspec.json.encode(doc))
    return [str(path) for path in paths]


def test_the_same_logic_is_0(tmp_path: Path, capsys: Captured) -> None:
    assert main(["diff", *files(tmp_path, view={"nodes": {"a": [1, 2]}}, name="Outro")]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "A lógica é a mesma: só mudaram palavras que a equipe lê.",
        "~ fluxo «f»",
        "    ~ name: «f» → «Outro»",
    ]


def test_another_logic_is_1(tmp_path: Path, capsys: Captured) -> None:
    paths = files(tmp_path, nodes=[OI, text("a", "Olá")])
    assert main(["diff", *paths, "--language", "en"]) == 1
    assert capsys.readouterr().out.splitlines()[0] == "The logic changed: 1 step."
    assert main(["diff", *paths, "--json"]) == 1
    change, summary = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert change == {
        "type": "change",
        "what": "node",
        "how": "changed",
        "id": "a",
        "kind": "message",
        "exit": "",
        "was": "",
        "fields": [{"path": "/contents/0/text", "how": "changed", "old": "Oi", "new": "Olá"}],
    }
    assert summary == {
        "type": "summary", "same_logic": False, "changes": 1, "moved": [], "looks": False,
    }  # fmt: skip


def test_a_bad_file_is_2(tmp_path: Path, capsys: Captured) -> None:
    old, _ = files(tmp_path)
    assert main(["diff", old, str(tmp_path / "none.flow.json")]) == 2
    assert "there is no such file" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main(["diff", old])
    assert ended.value.code == 2
