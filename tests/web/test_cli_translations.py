"""`flowengine translations`: texts out, texts in."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from flowengine.document import parse
from tests.flowengine.playing import OI, document, menu, text
from web.cli import main

Captured = pytest.CaptureFixture[str]

FLOW = document("f", [OI, text("a", "Olá"), menu("m", "Qual?", "sim", "nao=Não")], ["oi > a"])


@pytest.fixture
def flow(tmp_path: Path) -> Path:
    path = tmp_path / "f.flow.json"
    path.write_bytes(msgspec.json.encode(FLOW))
    return path


def exported(flow: Path, capfdbinary: Any) -> bytes:
    assert main(["translations", "export", str(flow), "--language", "es"]) == 0
    return capfdbinary.readouterr().out


def test_out_translated_and_in(flow: Path, capfdbinary: Any) -> None:
    po = exported(flow, capfdbinary).replace(
        b'"Ol\xc3\xa1"\nmsgstr ""', b'"Ol\xc3\xa1"\nmsgstr "Hola"'
    )
    file = flow.with_name("es.po")
    file.write_bytes(po + b'\nmsgctxt "z/contents/0/text"\nmsgid "Z"\nmsgstr "Zeta"\n')
    assert main(["translations", "import", str(flow), str(file)]) == 0
    told = capfdbinary.readouterr().err.decode().splitlines()
    assert told == [
        "es: 1 texts put in, 3 still missing",
        "  left out z/contents/0/text: no text of this flow has that place",
    ]
    assert parse(flow.read_bytes()).translations == {"es": {"a": {"/contents/0/text": "Hola"}}}
    assert [each.name for each in sorted(flow.parent.iterdir())] == ["es.po", "f.flow.json"]


def test_the_flow_may_go_elsewhere(flow: Path, capfdbinary: Any) -> None:
    before = flow.read_bytes()
    file = flow.with_name("es.po")
    file.write_bytes(exported(flow, capfdbinary))
    assert main(["translations", "import", str(flow), str(file), "--output", "-"]) == 0
    assert parse(capfdbinary.readouterr().out) == parse(before)
    assert flow.read_bytes() == before


def test_programs_get_json_lines(flow: Path, capsys: Captured) -> None:
    assert main(["translations", "export", str(flow), "--language", "es", "--json"]) == 0
    first, *others = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert first == {
        "node": "a", "path": "/contents/0/text", "text": "Olá", "part": "text", "longest": 4096,
        "needed": True, "translation": None,
    }  # fmt: skip
    assert [each["text"] for each in others] == ["Qual?", "Sim", "Não"]
    po = flow.with_name("es.po")
    po.write_text('msgctxt "a/contents/0/text"\nmsgid "Olá"\nmsgstr "Hola"\n')
    arguments = ["translations", "import", str(flow), str(po), "--language", "es", "--json"]
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out) == {
        "type": "summary", "language": "es", "put": 1, "outdated": [], "unknown": [], "fuzzy": [],
        "plural": [],
        "missing": 3,
    }  # fmt: skip


def test_the_exit_code_is_2_for_what_cannot_be_read(flow: Path, capsys: Captured) -> None:
    assert main(["translations", "export", str(flow), "--language", "está?"]) == 2
    assert "is no language" in capsys.readouterr().err
    bad = flow.with_name("bad.po")
    bad.write_text("isto não é PO\n")
    assert main(["translations", "import", str(flow), str(bad)]) == 2
    assert "bad.po: This is not a PO file" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main(["translations"])
    assert ended.value.code == 2


def test_it_writes_where_a_shell_sends_it(flow: Path) -> None:
    command = [sys.executable, "-m", "web.cli", "translations", "export", str(flow)]
    done = subprocess.run([*command, "--language", "es"], capture_output=True, check=True)
    assert b'"Language: es\\n"' in done.stdout
    assert done.stderr == b""
