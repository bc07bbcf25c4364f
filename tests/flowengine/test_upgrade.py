"""Upgrades: every format has its golden pair, and a shipped step is never altered.

`upgrades/NAME.before.json` is a document of that format, `.after.json` what its step makes of it.
"""

import copy
import shutil
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from flowengine.document import canonical, parse
from flowengine.errors import FlowError
from flowengine.flow import FORMAT
from flowengine.upgrade import CURRENT, UPGRADES, upgrade

PAIRS = Path(__file__).parent / "upgrades"

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


def golden(name: str, side: str) -> Any:
    return _decoder.decode((PAIRS / f"{name.replace('/', '-')}.{side}.json").read_bytes())


@pytest.mark.parametrize("name", sorted(UPGRADES))
def test_a_step_makes_what_it_always_made(name: str):
    after, step = UPGRADES[name]
    before = golden(name, "before")
    kept = copy.deepcopy(before)
    assert before["format"] == name
    made = step(before)
    assert made == golden(name, "after")
    assert made["format"] == after
    assert before == kept


@pytest.mark.parametrize("name", sorted(UPGRADES))
def test_every_old_document_can_be_read(name: str):
    """To the last digit, and as the same flow as its upgraded form."""
    raw = (PAIRS / f"{name.replace('/', '-')}.before.json").read_bytes()
    flow = parse(raw)
    assert flow.format == CURRENT == FORMAT
    assert flow == parse(_encoder.encode(upgrade(golden(name, "before"))))
    assert b'"default":7.50' in canonical(flow)


SHIPPED = {
    "flowengine-1.after.json": "4f1e559d0a3cb413c5d5e7c667965da20822b868328914c6da78f0e65be417a3",
    "flowengine-1.before.json": "4f1e559d0a3cb413c5d5e7c667965da20822b868328914c6da78f0e65be417a3",
}
"""SHA-256 of every golden document. A line is added with a format, and never changed: documents of
our users look like these, and must go on being read as they were."""

CANONICAL = {
    "flowengine/1": "d895e6e019680e26bc8d87affe1c43e1105bd94ca9a15f7f0a8112056b4c6185",
}
"""SHA-256 of what each becomes: equal bytes make no new version, so they must stay equal."""


def altered(folder: Path) -> list[str]:
    """Golden documents that are not as they were shipped, that are missing, or not in the list."""
    found = {path.name: sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    return sorted(n for n in {*SHIPPED, *found} if SHIPPED.get(n) != found.get(n))


def test_no_golden_document_was_ever_altered():
    assert altered(PAIRS) == []


def test_an_altered_golden_document_is_noticed(tmp_path: Path):
    shutil.copytree(PAIRS, tmp_path, dirs_exist_ok=True)
    assert altered(tmp_path) == []
    name = "flowengine-1.after.json"
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes() + b"\n")
    assert altered(tmp_path) == [name]
    (tmp_path / name).unlink()
    (tmp_path / "flowengine-2.before.json").write_bytes(b"{}")
    assert altered(tmp_path) == [name, "flowengine-2.before.json"]


@pytest.mark.parametrize("name", sorted(UPGRADES))
def test_what_an_old_document_becomes_keeps_its_bytes(name: str):
    raw = (PAIRS / f"{name.replace('/', '-')}.before.json").read_bytes()
    assert sha256(canonical(parse(raw))).hexdigest() == CANONICAL[name]


def test_every_pair_belongs_to_a_format():
    names = {path.name.split(".")[0] for path in PAIRS.iterdir()}
    assert names == {name.replace("/", "-") for name in UPGRADES}


@pytest.mark.parametrize(
    "name", ["flowengine/0", "flowengine/2", "typebot", "", None, 1, ["x"], {}]
)
def test_an_unknown_format_is_refused_with_the_mend(name: Any):
    with pytest.raises(FlowError) as refused:
        upgrade({"format": name})
    assert refused.value.path == "/format"
    assert CURRENT in refused.value.fix


def test_a_circle_of_steps_ends(monkeypatch: pytest.MonkeyPatch):
    def to(name: str) -> Any:
        return lambda document: {**document, "format": name}

    monkeypatch.setitem(UPGRADES, "a", ("b", to("b")))
    monkeypatch.setitem(UPGRADES, "b", ("a", to("a")))
    with pytest.raises(FlowError, match="circle"):
        upgrade({"format": "a"})
    monkeypatch.setitem(UPGRADES, "b", (CURRENT, to(CURRENT)))
    assert upgrade({"format": "a", "key": "x"}) == {"format": CURRENT, "key": "x"}
