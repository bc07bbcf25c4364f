"""`journal` files on the command line: replayed, recorded as talks, rehearsed, and planned."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from flowengine.document import canonical, parse
from flowengine.journals import read_journals
from flowengine.release import compile_release
from tests.flowengine.journals import file_of
from tests.flowengine.playing import OI, Play, ask, document, menu, text
from web.cli import main

Json = dict[str, Any]
Captured = pytest.CaptureFixture[str]

END = {"id": "fim", "type": "end", "outcome": "feito"}
FLOW = document(
    "x",
    [
        OI,
        ask("nome", "Nome?", save_as="nome", timeout="PT2H"),
        menu("m", "Oi, {{ nome }}. Qual?", "a", "b"),
        text("t", "Certo."),
        END,
    ],
    [
        "oi > nome",
        "nome:reply > m",
        "nome:timeout > fim",
        "m:choice:a > t",
        "m:choice:b > fim",
        "t > fim",
    ],
    variables=[{"name": "nome", "type": "text"}],
)


def edited(**nodes: Json) -> Json:
    """The flow with other fields in some of its nodes."""
    return {**FLOW, "nodes": [{**each, **nodes.get(each["id"], {})} for each in FLOW["nodes"]]}


def renamed(old: str, new: str) -> Json:
    return json.loads(json.dumps(FLOW).replace(f'"{old}"', f'"{new}"'))


def write(path: Path, value: Json) -> str:
    path.write_bytes(msgspec.json.encode(value))
    return str(path)


@pytest.fixture
def journals(tmp_path: Path) -> str:
    """Ana chose; Bruno stands at the menu; Carla stands at the name."""
    write(tmp_path / "x.flow.json", FLOW)
    flow = parse(msgspec.json.encode(FLOW))
    release = compile_release(flow, {})
    plays: dict[str, Play] = {}
    for name, words in {
        "ana": ["oi", "Ana", "a"],
        "bruno": ["oi", "Bruno"],
        "carla": ["oi"],
    }.items():
        plays[name] = Play(release)
        for word in words:
            plays[name].say(word)
    path = tmp_path / "yesterday.jsonl"
    path.write_bytes(file_of(plays, {release.hash: {"x": canonical(flow)}}))
    return str(path)


def lines(captured: Captured) -> list[Json]:
    return [json.loads(line) for line in captured.readouterr().out.splitlines()]


def execution(journals: str, conversation: str) -> str:
    found = read_journals(Path(journals).read_bytes()).conversations[conversation]
    return next(line.execution for line in found if line.execution)


# -- rehearse ------------------------------------------------------------------------------------


def test_the_same_version_parts_nowhere(journals: str, tmp_path: Path, capsys: Captured) -> None:
    same = str(tmp_path / "x.flow.json")
    assert main(["rehearse", same, "--journals", journals, "--json"]) == 0
    *played, summary = lines(capsys)
    assert [each["parts"] for each in played] == [False] * 3
    assert (summary["same"], summary["parted"], summary["skipped"]) == (3, 0, 0)


def test_another_text_and_another_way_are_told(
    journals: str, tmp_path: Path, capsys: Captured
) -> None:
    new = {**edited(nome={"contents": [{"kind": "text", "text": "Como se chama?"}]})}
    path = write(tmp_path / "new.flow.json", new)
    assert main(["rehearse", path, "--journals", journals, "--json"]) == 1
    *played, summary = lines(capsys)
    assert {each["partings"][0]["what"] for each in played} == {"send"}
    assert played[0]["partings"][0]["node"] == "nome"
    assert summary["parted"] == 3
    assert main(["rehearse", path, "--journals", journals, "--language", "en"]) == 1
    told = capsys.readouterr().out
    assert "Como se chama?" in told
    assert "nome" in told


def test_a_rename_is_no_parting(journals: str, tmp_path: Path, capsys: Captured) -> None:
    path = write(tmp_path / "new.flow.json", renamed("m", "menu"))
    assert main(["rehearse", path, "--journals", journals]) == 0
    assert "3" in capsys.readouterr().out


# -- plan, diff --standing -----------------------------------------------------------------------


def test_who_stands_somewhere_is_planned(journals: str, tmp_path: Path, capsys: Captured) -> None:
    path = write(tmp_path / "new.flow.json", renamed("m", "menu"))
    assert main(["plan", path, "--journals", journals, "--json"]) == 0
    *plans, summary = lines(capsys)
    assert {each["moves"][0]["node"]: each["how"] for each in plans} == {
        "m": "mapped",
        "nome": "stays",
    }
    assert summary == {"type": "summary", "executions": 2, "nowhere": 0}


def test_a_node_that_is_gone_is_nowhere_but_for_a_map(
    journals: str, tmp_path: Path, capsys: Captured
) -> None:
    asks = ask("outra", "E agora?", timeout="PT1H")
    edges = [each for each in FLOW["edges"] if "m" not in (each["from"], each["to"])]
    more = [{"from": "nome", "exit": "reply", "to": "outra"}]
    more += [{"from": "outra", "exit": exit, "to": "t"} for exit in ("reply", "timeout")]
    nodes = [each if each["id"] != "m" else asks for each in FLOW["nodes"]]
    path = write(tmp_path / "new.flow.json", {**FLOW, "nodes": nodes, "edges": [*edges, *more]})
    assert main(["plan", path, "--journals", journals, "--json"]) == 1
    assert lines(capsys)[-1]["nowhere"] == 1
    assert main(["plan", path, "--journals", journals, "--map", "m=outra", "--json"]) == 0
    assert lines(capsys)[-1]["nowhere"] == 0
    assert main(["plan", path, "--journals", journals, "--language", "pt"]) == 1
    assert "x/m" in capsys.readouterr().out


def test_a_difference_says_what_becomes_of_those_who_stand(
    journals: str, tmp_path: Path, capsys: Captured
) -> None:
    old = str(tmp_path / "x.flow.json")
    new = write(tmp_path / "new.flow.json", edited(nome={"save_as": None, "timeout": None}))
    assert main(["diff", old, new, "--standing", "--json"]) == 0
    *plans, summary = lines(capsys)
    assert [each["moves"][0]["node"] for each in plans] == ["nome", "m"]
    assert {loss["what"] for loss in plans[0]["losses"]} == {"timer"}
    assert summary["executions"] == 2
    gone = {**FLOW, "nodes": [n for n in FLOW["nodes"] if n["id"] != "m"],
            "edges": [e for e in FLOW["edges"] if "m" not in (e["from"], e["to"])]}  # fmt: skip
    assert main(["diff", old, write(tmp_path / "gone.flow.json", gone), "--standing"]) == 1
    assert "x/m" in capsys.readouterr().out


# -- record, replay ------------------------------------------------------------------------------


def test_a_conversation_becomes_a_talk_that_passes(
    journals: str, tmp_path: Path, capsys: Captured
) -> None:
    for number, name in enumerate(("ana", execution(journals, "bruno"))):
        talk = tmp_path / f"x.{number}.talk.json"
        words = ["record", name, "--journals", journals, "--name", "Ontem", "--out", str(talk)]
        assert main(words) == 0
        assert json.loads(talk.read_text())["name"] == "Ontem"
        assert main(["test", str(talk)]) == 0
        capsys.readouterr()
    assert main(["record", "carla", "--journals", journals]) == 0
    assert json.loads(capsys.readouterr().out)["flow"] == "x.flow.json"


def test_a_file_is_replayed_to_the_same_bytes_and_to_a_turn(
    journals: str, capsys: Captured
) -> None:
    ana = execution(journals, "ana")
    assert main(["replay", ana, "--journals", journals, "--json"]) == 0
    *turns, result = lines(capsys)
    assert [turn["differs"] for turn in turns] == [[]] * len(turns)
    assert result["same"] is True
    assert main(["replay", ana, "--journals", journals, "--to", "2", "--json"]) == 0
    first, second, state, result = lines(capsys)
    assert (first["node"], second["node"]) == ("nome", "m")
    assert state["state"]["frames"][0]["variables"] == {"nome": "Ana"}
    assert result["turns"] == 2


# -- misuse --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["rehearse", "nada.flow.json", "--journals", "J"], "no such file"),
        (["rehearse", "X", "--journals", "nada.jsonl"], "no such file"),
        (["rehearse", "X", "--journals", "X"], "line 1"),
        (["rehearse", "X", "--journals", "EMPTY"], "no conversation"),
        (["rehearse", "OTHER", "--journals", "J"], "no execution of the flow 'y'"),
        (["rehearse", "X", "--journals", "J", "--last", "0"], "--last"),
        (["plan", "X", "--journals", "J", "--map", "m"], "OLD=NEW"),
        (["plan", "X", "--journals", "J", "--map", "m=nada"], "no node 'nada'"),
        (["diff", "X", "OTHER", "--standing"], "not versions of one flow"),
        (["record", "nobody", "--journals", "J"], "no conversation or execution"),
        (["record", "x"], "no conversation's id"),
        (["replay", "nobody", "--journals", "J"], "no execution 'nobody'"),
        (["replay", "nobody", "--journals", "J", "--to", "0"], "--to"),
        (["replay", "x"], "no execution's id"),
        (["journal"], "one of them"),
        (["journal", "x", "--last", "0"], "--last"),
    ],
)
def test_misuse_is_one_sentence_and_2(
    words: list[str], says: str, journals: str, tmp_path: Path, capsys: Captured
) -> None:
    (tmp_path / "empty.jsonl").write_bytes(b"\n")
    other = write(tmp_path / "y.flow.json", {**FLOW, "key": "y"})
    names = {"J": journals, "X": str(tmp_path / "x.flow.json"), "OTHER": other}
    names["EMPTY"] = str(tmp_path / "empty.jsonl")
    assert main([names.get(word, word) for word in words]) == 2
    told = capsys.readouterr().err
    assert says in told
    assert told.count("\n") == 1


def test_a_broken_line_is_named(journals: str, tmp_path: Path, capsys: Captured) -> None:
    raw = Path(journals).read_bytes().splitlines(keepends=True)
    broken = tmp_path / "broken.jsonl"
    x = str(tmp_path / "x.flow.json")
    for line, says in ((b'{"type": "row"}\n', "line 2"), (b"{\n", "line 2")):
        broken.write_bytes(b"".join([raw[0], line, *raw[2:]]))
        assert main(["rehearse", x, "--journals", str(broken)]) == 2
        assert says in capsys.readouterr().err
    broken.write_bytes(b"".join(raw[1:]))
    assert main(["rehearse", x, "--journals", str(broken)]) == 2
    assert "is not in the file" in capsys.readouterr().err


def test_what_was_erased_cannot_be_replayed_and_is_skipped(
    journals: str, tmp_path: Path, capsys: Captured
) -> None:
    rows = [json.loads(line) for line in Path(journals).read_text().splitlines()]
    for row in rows:
        for name in ("given", "effects", "trail"):
            row.pop(name, None)
    erased = tmp_path / "erased.jsonl"
    erased.write_text("\n".join(map(json.dumps, rows)))
    ana = execution(journals, "ana")
    assert main(["replay", ana, "--journals", str(erased)]) == 1
    assert "erased" in capsys.readouterr().err
    assert main(["record", "ana", "--journals", str(erased)]) == 1
    assert "erased" in capsys.readouterr().err
    x = str(tmp_path / "x.flow.json")
    assert main(["rehearse", x, "--journals", str(erased), "--json"]) == 0
    assert lines(capsys)[-1]["skipped"] == 3
    assert main(["plan", x, "--journals", str(erased)]) == 1
    assert "not whole" in capsys.readouterr().err
