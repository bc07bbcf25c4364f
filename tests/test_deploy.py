"""The production files say what is so: settings, commands, ports, times and metrics exist.

What needs a tool is checked with it where it is installed: hadolint and kubernetes-validate come
with the tests, promtool and Docker's compose do not.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from web.cli import COMMANDS
from workers.linking import numbers as numbers  # its metrics are on the registry too
from workers.metrics import GAUGES, REGISTRY
from workers.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
KUBERNETES = DEPLOY / "kubernetes/flowengine.yaml"
COMPOSE = DEPLOY / "docker/compose.yaml"
ALERTS = DEPLOY / "prometheus/alerts.yaml"
DASHBOARD = DEPLOY / "grafana/flowengine.json"
BIN = Path(sys.executable).parent


def run(*command: str | Path) -> None:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def documents() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(KUBERNETES.read_text()))


def exported() -> set[str]:
    """Every name that a scrape can show."""
    names = set(GAUGES)
    for family in REGISTRY.collect():
        names.add(family.name)
        if family.type == "counter":
            names.add(f"{family.name}_total")
        if family.type == "histogram":
            names.update(f"{family.name}_{part}" for part in ("bucket", "count", "sum"))
    return names


@pytest.mark.parametrize("file", [ALERTS, DASHBOARD, DEPLOY / "kubernetes/adapter.yaml"])
def test_every_metric_that_is_asked_for_is_exported(file: Path) -> None:
    asked = set(re.findall(r"\b(?:flowengine|process)_[a-z_]+", file.read_text()))
    of_the_adapter = {"flowengine_waiting_seconds"}
    assert len(asked) > 1
    assert asked - exported() - of_the_adapter == set()


def test_every_metric_is_on_the_dashboard() -> None:
    shown = set(re.findall(r"\bflowengine_[a-z_]+", DASHBOARD.read_text()))
    for family in REGISTRY.collect():
        if family.name.startswith("flowengine_"):
            assert any(name.startswith(family.name) for name in shown), family.name
    assert set(GAUGES) - shown == set()


def test_the_autoscaler_asks_for_what_the_adapter_gives() -> None:
    rules = yaml.safe_load((DEPLOY / "kubernetes/adapter.yaml").read_text())["externalRules"]
    given = {rule["name"]["as"] for rule in rules}
    asked = {
        metric["external"]["metric"]["name"]
        for document in documents()
        if document["kind"] == "HorizontalPodAutoscaler"
        for metric in document["spec"]["metrics"]
        if metric["type"] == "External"
    }
    assert asked == given


def test_every_alert_has_its_place_in_the_runbook() -> None:
    page = (ROOT / "docs/production.md").read_text()
    headings = {
        re.sub(r"[^a-z0-9-]", "", heading.lower().replace(" ", "-"))
        for heading in re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    }
    rules = [r for group in yaml.safe_load(ALERTS.read_text())["groups"] for r in group["rules"]]
    assert rules
    for rule in rules:
        file, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert file == "docs/production.md"
        assert anchor in headings, rule["alert"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_setting_that_is_named_exists(file: Path) -> None:
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", file.read_text()))
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    assert named - known == set()


def test_every_command_that_is_run_exists() -> None:
    compose = yaml.safe_load(COMPOSE.read_text())["services"]
    run_here = {service["command"][0] for name, service in compose.items() if name != "redis"
                and "command" in service}  # fmt: skip
    for document in documents():
        if document["kind"] in ("Deployment", "Job"):
            (container,) = document["spec"]["template"]["spec"]["containers"]
            run_here.add(container["args"][0])
    assert run_here == {"web", "worker", "migrate", "baileys"}
    assert run_here <= COMMANDS.keys()


def test_nothing_is_killed_while_it_drains() -> None:
    drain = Settings.model_fields["drain_seconds"].default
    for document in documents():
        if document["kind"] == "ConfigMap":
            assert float(document["data"]["FLOWENGINE_DRAIN_SECONDS"]) == drain
        if document["kind"] == "Deployment":
            patience = document["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
            assert patience >= drain + 15
    for name in ("web", "worker", "baileys"):
        service = yaml.safe_load(COMPOSE.read_text())["services"][name]
        assert int(service["stop_grace_period"].rstrip("s")) >= drain + 15


def test_probes_ask_for_addresses_that_exist() -> None:
    for document in documents():
        if document["kind"] != "Deployment":
            continue
        (container,) = document["spec"]["template"]["spec"]["containers"]
        ports = {port["name"] for port in container["ports"]}
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            asked = container[probe]["httpGet"]
            assert asked["path"] in ("/health", "/health/ready")
            assert asked["port"] in ports


def test_nothing_runs_as_root_or_holds_a_secret() -> None:
    for document in documents():
        if document["kind"] in ("Deployment", "Job"):
            spec = document["spec"]["template"]["spec"]
            assert spec["securityContext"]["runAsNonRoot"] is True
            (container,) = spec["containers"]
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert {"secretRef": {"name": "flowengine"}} in container["envFrom"]
        assert document["kind"] != "Secret"
    dockerfile = (DEPLOY / "docker/Dockerfile").read_text()
    assert re.search(r"^USER \d+:\d+$", dockerfile, re.MULTILINE)
    assert "--require-hashes" in dockerfile


def test_the_image_is_given_what_it_copies() -> None:
    dockerfile = (DEPLOY / "docker/Dockerfile").read_text()
    ignored = (DEPLOY / "docker/Dockerfile.dockerignore").read_text().split()
    copied = [
        word
        for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE)
        for word in line.split()[:-1]
    ]
    assert copied
    for name in copied:
        assert (ROOT / name).exists(), name
        assert f"!{name}" in ignored, name


def test_the_dashboard_is_json_with_queries() -> None:
    board = msgspec.json.decode(DASHBOARD.read_bytes())
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert all(target["expr"] for panel in panels for target in panel["targets"])


# -- by tools --------------------------------------------------------------------------------------


def test_hadolint_has_nothing_to_say() -> None:
    run(BIN / "hadolint", DEPLOY / "docker/Dockerfile")


def test_the_manifests_are_valid() -> None:
    run(BIN / "kubernetes-validate", "--strict", KUBERNETES)


def test_the_alert_rules_are_valid() -> None:
    tool = shutil.which("promtool") or pytest.skip("promtool is not installed (Debian: prometheus)")
    run(tool, "check", "rules", ALERTS)


def test_the_queries_of_the_dashboard_are_valid(tmp_path: Path) -> None:
    tool = shutil.which("promtool") or pytest.skip("promtool is not installed (Debian: prometheus)")
    board = msgspec.json.decode(DASHBOARD.read_bytes())
    rules = [
        {"record": f"panel:{panel['id']}:{place}",
         "expr": target["expr"].replace("$__rate_interval", "5m")}
        for panel in board["panels"]
        for place, target in enumerate(panel["targets"])
    ]  # fmt: skip
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "board", "rules": rules}]}))
    run(tool, "check", "rules", file)


def test_the_scrape_configuration_is_valid(tmp_path: Path) -> None:
    tool = shutil.which("promtool") or pytest.skip("promtool is not installed (Debian: prometheus)")
    (tmp_path / "flowengine.token").write_text("t")
    shutil.copy(ALERTS, tmp_path)
    text = (DEPLOY / "prometheus/scrape.yaml").read_text()
    file = tmp_path / "prometheus.yml"
    file.write_text(text.replace("/etc/prometheus/", f"{tmp_path}/"))
    run(tool, "check", "config", file)


def test_compose_reads_its_file() -> None:
    docker = shutil.which("docker") or pytest.skip("docker is not installed")
    if subprocess.run([docker, "compose", "version"], capture_output=True).returncode:
        pytest.skip("this docker has no compose")
    values = ("DATABASE_PASSWORD", "FLOWENGINE_SECRET_KEY", "FLOWENGINE_PUBLIC_URL",
              "FLOWENGINE_METRICS_TOKEN")  # fmt: skip
    environment = dict.fromkeys(values, "x") | {"PATH": str(Path(docker).parent)}
    done = subprocess.run(
        [docker, "compose", "-f", str(COMPOSE), "config", "--quiet"],
        capture_output=True, text=True, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
