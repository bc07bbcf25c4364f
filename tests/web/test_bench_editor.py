"""The editor's bench: its flows are flows, and its figures say what was measured."""

import os

import pytest

from flowengine.document import parse
from web.commands.bench_editor import figures_of, flow_of, table_of
from web.commands.bench_editor_acts import Costs, spent


@pytest.mark.parametrize("size", [20, 500])
def test_its_flow_has_as_many_steps_as_it_says(size: int) -> None:
    flow = parse(flow_of(size))
    assert len(flow.nodes) == size
    assert set(flow.view.nodes) == {node.id for node in flow.nodes}


def test_figures_are_the_median_and_the_slowest_of_twenty() -> None:
    costs = [Costs(float(wall), 2, wall / 10, 0.5) for wall in range(1, 22)]
    assert figures_of(costs) == {
        "p50": 11.0,
        "p95": 20.0,
        "page": 2.0,
        "server": 1.1,
        "database": 0.5,
    }


def test_the_table_tells_load_first_paint_and_each_act() -> None:
    act = {"p50": 40.0, "p95": 90.5, "page": 12.0, "server": 3.4, "database": 1.0}
    figures = {
        "load": [1.5, 2.5],
        "first_paint": {"p50": 800.0, "p95": 900.0},
        "server_cpu_a_page": 55.0,
        "server_cpu_an_edit": 3.4,
        "database_cpu_an_edit": 1.0,
        "acts": {"move": act},
    }
    head, columns, line = table_of({"steps_500": figures, "measured_on": {}})
    assert head.startswith("500 steps, load 1.5 to 2.5: first paint 800 ms")
    assert "3.4 ms an edit" in head
    assert columns.split() == ["p50", "p95", "CPU:", "page", "server", "database"]
    assert line.split() == ["move", "40.0", "90.5", "12.0", "3.4", "1.0"]


def test_cpu_time_of_a_process_grows_with_its_work() -> None:
    before, _ = spent(os.getpid())
    while spent(os.getpid())[0] <= before:
        sum(range(100_000))
