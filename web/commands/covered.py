"""What `flowengine test --coverage` says: how much of each flow the talks reach, and what not."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from flowengine.flow import Flow
from flowengine.simulation import Simulation
from flowengine.talks.coverage import FlowCoverage, Reached, coverage, reached
from flowengine.talks.rows import simulated
from web.commands.files import flows_in
from web.commands.output import json_line, text


class Covering:
    """Gathers what talks reached, folder by folder; a flow's key is its folder's own."""

    def __init__(self) -> None:
        self.found: dict[Path, Reached] = {}
        self.named: dict[Path, set[str]] = {}

    def add(self, folder: Path, simulation: Simulation) -> None:
        rows = simulated(simulation.happened)
        found = reached(rows, simulation.chat.releases)
        self.found.setdefault(folder, Reached(set(), set())).add(found)
        self.named.setdefault(folder, set()).update(flow for flow, _ in found.nodes)

    def flows(self, whole: Sequence[Path]) -> Iterable[tuple[Path, Flow]]:
        """Those that a talk reached; all that lie in a folder of `whole`."""
        for folder in sorted(self.found):
            everything = any(folder.resolve().is_relative_to(each.resolve()) for each in whole)
            for key, flow in flows_in(folder).items():
                if everything or key in self.named[folder]:
                    yield folder, flow

    def show(self, as_json: bool, whole: Sequence[Path]) -> None:
        for folder, flow in self.flows(whole):
            _show(as_json, folder, coverage(flow, self.found[folder]))


def _show(as_json: bool, folder: Path, found: FlowCoverage) -> None:
    if as_json:
        line = {
            "type": "coverage",
            "folder": str(folder),
            "flow": found.flow,
            "percent": round(found.percent, 1),
            "nodes": found.nodes,
            "exits": found.exits,
            "missing_nodes": list(found.missing_nodes),
            "missing_exits": list(found.missing_exits),
        }
        json_line(line)
        return
    text(f"{found.percent:5.1f} %  {found.flow}")
    for node in found.missing_nodes:
        text(f"         node {node}")
    for exit in found.missing_exits:
        text(f"         exit {exit}")
