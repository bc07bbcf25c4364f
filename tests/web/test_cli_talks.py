"""`flowengine test --coverage --junit` and what else works on talks."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest

from tests.flowengine.playing import OI, document, menu, text
from web.cli import main

END = {"id": "fim", "type": "end", "outcome": "feito"}
FLOW = document(
    "x",
    [OI, menu("m", "Qual?", "a", "b", timeout="PT1H"), text("t", "Oi"), END],
    ["oi > m", "m:choice:a > t", "m:reply > fim", "m:timeout > fim", "t > fim"],
)
Json = dict[str, Any]
Captured = pytest.CaptureFixture[str]


def write(path: Path, value: Json) -> str:
    path.write_bytes(msgspec.json.encode(value))
    return str(path)


def talk(*steps: Json, **more: Any) -> Json:
    return {"format": "flowengine-talk/1", "flow": "x.flow.json", "steps": list(steps), **more}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "x.flow.json", FLOW)
    write(tmp_path / "y.flow.json", {**FLOW, "key": "y", "nodes": FLOW["nodes"][1:], "start": "m",
                                     "edges": FLOW["edges"][1:]})  # fmt: skip
    said = [
        {"say": "oi"},
        {"expect": {"kind": "buttons"}},
        {"tap": "a"},
        {"expect": {"text": "Oi"}},
    ]
    write(tmp_path / "x.a.talk.json", talk(*said, name="Escolhe a"))
    return tmp_path


def lines(captured: Captured) -> list[Json]:
    return [json.loads(line) for line in captured.readouterr().out.splitlines()]


def test_coverage_lists_what_no_talk_reaches(folder: Path, capsys: Captured) -> None:
    assert main(["test", str(folder), "--coverage", "--json"]) == 0
    x, y = (line for line in lines(capsys) if line.get("type") == "coverage")
    assert (x["flow"], x["nodes"], x["exits"], x["percent"]) == ("x", 4, 5, 77.8)
    assert (x["missing_nodes"], x["missing_exits"]) == ([], ["m:reply", "m:timeout"])
    assert (y["flow"], y["percent"]) == ("y", 0.0)


def test_coverage_of_one_talk_is_of_the_flows_it_reached(folder: Path, capsys: Captured) -> None:
    assert main(["test", str(folder / "x.a.talk.json"), "--coverage"]) == 0
    told = capsys.readouterr().out
    assert " 77.8 %  x\n         exit m:reply\n         exit m:timeout\n" in told
    assert "%  y" not in told


def test_junit_is_written_for_good_and_bad_talks(folder: Path, tmp_path: Path) -> None:
    write(folder / "x.b.talk.json", talk({"say": "oi"}, {"expect": {"text": "Nada"}}, name="Falha"))
    report = tmp_path / "junit.xml"
    assert main(["test", str(folder), "--junit", str(report)]) == 1
    suites = ElementTree.fromstring(report.read_bytes())
    assert (suites.get("tests"), suites.get("failures")) == ("2", "1")
    assert [len(case) for case in suites.iter("testcase")] == [0, 1]


def test_a_report_that_cannot_be_written_is_bad_usage(folder: Path, capsys: Captured) -> None:
    assert main(["test", str(folder), "--junit", str(folder / "no" / "junit.xml")]) == 2
    assert "cannot be written" in capsys.readouterr().err


# -- explore --------------------------------------------------------------------------------------


def test_explore_writes_talks_that_come_true_and_cover_the_flow(
    folder: Path, tmp_path: Path, capsys: Captured
) -> None:
    out = tmp_path / "talks"
    out.mkdir()
    assert main(["explore", str(folder / "x.flow.json"), "--out", str(out), "--json"]) == 0
    found = lines(capsys)
    written = [line["file"] for line in found if line["type"] == "talk"]
    assert written == sorted(str(path) for path in out.glob("x.explored-*.talk.json"))
    summary = found[-1]
    assert summary["type"] == "summary"
    assert (summary["exits"], summary["reached"], summary["whole"]) == (5, 5, True)
    assert main(["test", str(out), "--coverage", "--json"]) == 0
    covered = {line["flow"]: line["percent"] for line in lines(capsys) if "percent" in line}
    assert covered["x"] == 100.0


def test_explore_tells_what_it_does_not_reach(folder: Path, capsys: Captured) -> None:
    edges = [*FLOW["edges"], {"from": "m", "exit": "failed", "to": "t"}]
    never = {**FLOW, "key": "z", "edges": edges, "nodes": [*FLOW["nodes"], text("so", "Só")]}
    never["edges"] = [*edges, {"from": "so", "to": "fim"}]
    path = write(folder / "z.flow.json", never)
    assert main(["explore", path]) == 0
    told = capsys.readouterr()
    assert "not reached: so:next: no path leads to this node" in told.out
    assert "not reached: oi:next: what sets it off was tried" in told.out  # x answers «oi» first
    assert "reach 5 of 7 exits" in told.err
    assert not list(folder.glob("z.explored*"))


def test_explore_refuses_a_flow_that_does_not_compile(tmp_path: Path, capsys: Captured) -> None:
    bad = write(tmp_path / "b.flow.json", document("b", [OI, text("a", "{{ 1 + }}")], ["oi > a"]))
    assert main(["explore", bad]) == 2
    assert "flowengine check" in capsys.readouterr().err


# -- check --talks --------------------------------------------------------------------------------


def test_check_writes_the_chats_that_show_its_findings(tmp_path: Path, capsys: Captured) -> None:
    nodes = [OI, menu("m", "Qual?", "a", "b"), text("t", "{{ nada }}"), END]
    flow = document("x", nodes, ["oi > m", "m:choice:a > t", "t > fim"])
    path = write(tmp_path / "x.flow.json", flow)
    out = tmp_path / "chats"
    assert main(["check", path, "--talks", str(out), "--json"]) == 1
    issues = [line for line in lines(capsys) if "code" in line]
    shown = {issue["code"]: issue["talk"] for issue in issues}
    assert shown["missing_choice_edge"]["steps"][2] == {"tap": "b"}
    assert shown["unknown_name"]["steps"][2] == {"tap": "a"}
    assert sorted(file.name for file in out.iterdir()) == [
        "x.missing_choice_edge.m.talk.json",
        "x.unknown_name.t.talk.json",
    ]
    for file in out.iterdir():
        assert main(["simulate", path, "--talk", str(file)]) == 0


def test_check_alone_has_no_chats(tmp_path: Path, capsys: Captured) -> None:
    path = write(tmp_path / "x.flow.json", document("x", [OI, text("t", "{{ n }}")], ["oi > t"]))
    assert main(["check", path, "--json"]) == 1
    assert {line["talk"] for line in lines(capsys) if "code" in line} == {None}


def test_simulate_ends_though_the_flow_does_not(tmp_path: Path, capsys: Captured) -> None:
    nodes = [OI, text("a", "1"), {"id": "s", "type": "start", "flow": "x"}, END]
    flow = document("x", nodes, ["oi > a", "a > s", "s > fim"], start="a")
    path = write(tmp_path / "x.flow.json", flow)
    for words in (["--say", "oi"], []):
        assert main(["simulate", path, *words, "--json"]) == 1
        assert "goes round for ever" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["explore", "X", "--budget", "0"],
        ["explore", "X", "--seconds", "0"],
        ["explore", "X", "--out", "X/talks"],
        ["check", "X", "--talks", "X/talks"],
        ["test", "TALK", "--junit", "X/junit.xml"],
    ],
)
def test_misuse_is_one_sentence(words: list[str], folder: Path, capsys: Captured) -> None:
    names = {"X": str(folder / "x.flow.json"), "TALK": str(folder / "x.a.talk.json")}
    said = [each.replace("X", names["X"]).replace("TALK", names["TALK"]) for each in words]
    assert main(said) == 2
    assert capsys.readouterr().err.count("\n") == 1
