"""The Node service's tests: the real Baileys against a WhatsApp Web of ours, kill -9 and all."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.services.node import SERVICE

FILES = sorted(path.name for path in (SERVICE / "test").glob("*.test.js"))
DURATION = 280


def test_its_lock_file_pins_everything_and_names_no_host() -> None:
    package = json.loads((SERVICE / "package.json").read_text())
    lock = (SERVICE / "package-lock.json").read_text()
    assert package["dependencies"] == {"baileys": "7.0.0-rc14"}
    assert "://" not in "".join(
        line for line in lock.splitlines() if '"url"' not in line and '"funding"' not in line
    )
    packages = json.loads(lock)["packages"]
    assert packages["node_modules/baileys"]["version"] == "7.0.0-rc14"
    assert all("integrity" in about for path, about in packages.items() if path)


@pytest.mark.walk
@pytest.mark.parametrize("name", FILES)
def test_node(name: str, node: str, node_modules: Path) -> None:
    run = subprocess.run(
        [node, "--import", "./src/modules.js", "--test", "--test-reporter=tap", f"test/{name}"],
        cwd=SERVICE,
        env={**os.environ, "FLOWENGINE_BAILEYS_MODULES": str(node_modules)},
        capture_output=True,
        text=True,
        timeout=DURATION,
    )
    assert "\n# fail 0\n" in run.stdout, run.stdout[-6000:] + run.stderr[-2000:]
    assert "\n# pass 0\n" not in run.stdout
    assert run.returncode == 0, run.stderr[-2000:]
