"""The pure commands: names, flags, outputs, exit codes (scripts rely on them)."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from flowengine.document import json_schema
from tests.flowengine.playing import OI, ask, document, menu, text
from web.cli import COMMANDS, main

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"

END = {"id": "fim", "type": "end", "outcome": "atendido"}
NODES = [
    OI,
    ask("nome", "Qual é o seu nome?", save_as="nome", timeout="PT2H"),
    menu("menu", "Prazer, {{ nome }}!", "vendas=Vendas", "suporte=Suporte"),
    text("vende", "Vamos lá."),
    {"id": "fila", "type": "transfer", "to": {"queue": "suporte"}},
    END,
]
LINES = [
    "oi > nome",
    "nome:reply > menu",
    "nome:timeout > fim",
    "menu:choice:vendas > vende",
    "menu:choice:suporte > fila",
    "vende > fim",
    "fila:closed > fim",
]

Json = dict[str, Any]
Captured = pytest.CaptureFixture[str]


def write(path: Path, value: Json) -> str:
    path.write_bytes(msgspec.json.encode(value))
    return str(path)


@pytest.fixture
def flow(tmp_path: Path) -> str:
    """A sound flow, in a folder of its own."""
    return write(
        tmp_path / "triagem.flow.json",
        document("triagem", NODES, LINES, variables=[{"name": "nome"}]),
    )


def lines(captured: Captured) -> list[Json]:
    """Standard output as JSON lines: every line must be one."""
    return [json.loads(line) for line in captured.readouterr().out.splitlines()]


def sends(found: list[Json]) -> list[str]:
    return [line["content"]["text"] for line in found if line["type"] == "send"]


# -- check ----------------------------------------------------------------------------------------


def test_check_says_nothing_about_a_sound_flow(flow: str, tmp_path: Path, capsys: Captured) -> None:
    known = write(
        tmp_path / "w.json", {"format": "flowengine-workspace/1", "queues": {"suporte": {}}}
    )
    assert main(["check", flow, "--workspace", known, "--json"]) == 0
    assert lines(capsys) == [
        {"type": "summary", "files": 1, "errors": 0, "warnings": 0, "infos": 0}
    ]


def test_check_prints_a_line_an_issue_and_fails(tmp_path: Path, capsys: Captured) -> None:
    bad = write(tmp_path / "x.flow.json", document("x", [OI, text("a", "{{ nada }}")], ["oi > a"]))
    assert main(["check", bad, "--json"]) == 1
    *issues, summary = lines(capsys)
    assert [issue["code"] for issue in issues] == ["missing_edge", "unknown_name"]
    assert list(issues[0]) == [
        "file", "severity", "code", "flow", "node", "exit", "path", "message", "fix", "talk",
    ]  # fmt: skip
    assert (issues[0]["file"], issues[0]["node"], issues[0]["exit"]) == (bad, "a", "next")
    assert summary["errors"] == 2


def test_check_speaks_other_languages(tmp_path: Path, capsys: Captured) -> None:
    bad = write(tmp_path / "x.flow.json", document("x", [OI, text("a", "Oi")], ["oi > a"]))
    assert main(["check", bad]) == 1
    assert "não leva a lugar nenhum" in capsys.readouterr().out
    assert main(["check", bad, "--language", "en"]) == 1
    assert "leads nowhere" in capsys.readouterr().out


def test_check_knows_the_flows_and_the_workspace_beside(capsys: Captured) -> None:
    assert main(["check", str(EXAMPLES / "triagem.flow.json"), "--json"]) == 0
    assert len(lines(capsys)) == 1


def test_check_takes_a_folder(capsys: Captured) -> None:
    assert main(["check", str(EXAMPLES), "--json"]) == 0
    assert lines(capsys)[-1]["files"] == len(list(EXAMPLES.glob("*.flow.json")))


@pytest.mark.parametrize(
    ("raw", "path", "says"),
    [
        (
            b'{"format": "flowengine/1", "key": "x", "nome": "x", "nodes": []}',
            "/nome",
            "Unknown field",
        ),
        (b'{"format": "flowengine/9"}', "/format", "not known"),
        (b'{"a": ', "", "not JSON"),
        (b"\xff\xfe", "", "JSON"),
        (b"[]", "", "JSON object"),
    ],
)
def test_check_of_a_file_that_is_no_flow_is_bad_usage(
    raw: bytes, path: str, says: str, tmp_path: Path, capsys: Captured
) -> None:
    file = tmp_path / "x.flow.json"
    file.write_bytes(raw)
    assert main(["check", str(file), "--json"]) == 2
    issue, _ = lines(capsys)
    assert (issue["code"], issue["path"]) == ("unreadable", path)
    assert says in issue["message"]


# -- simulate -------------------------------------------------------------------------------------


def test_simulate_does_steps_in_the_order_written(flow: str, capsys: Captured) -> None:
    steps = ["--say", "oi", "--after", "PT1H", "--say", "Ana", "--tap", "vendas", "--say", "oi"]
    assert main(["simulate", flow, *steps, "--json"]) == 0
    found = lines(capsys)
    assert sends(found) == [
        "Qual é o seu nome?",
        "Prazer, Ana!",
        "Vamos lá.",
        "Qual é o seu nome?",
    ]
    later = ["--after", "PT2H", "--say", "Ana"]
    assert main(["simulate", flow, "--say", "oi", *later, "--json"]) == 0
    assert sends(lines(capsys)) == ["Qual é o seu nome?"]
    assert main(["simulate", flow, "--say", "oi", *later[2:], *later[:2], "--json"]) == 0
    assert sends(lines(capsys)) == ["Qual é o seu nome?", "Prazer, Ana!"]


def test_simulate_prints_effects_and_then_the_state(flow: str, capsys: Captured) -> None:
    now = "2026-03-02T09:00:00-03:00"
    steps = ["--say", "oi", "--say", "Ana", "--tap", "Suporte"]
    assert main(["simulate", flow, *steps, "--now", now, "--json"]) == 0
    found = lines(capsys)
    assert found[0] == {
        "turn": 1,
        "seq": 1,
        "at": now,
        "node": "nome",
        "flow": "triagem",
        "type": "send",
        "content": {"kind": "text", "text": "Qual é o seu nome?"},
    }
    assert [line["type"] for line in found] == ["send", "wake_at", "send", "hand_over", "state"]
    assert [line["seq"] for line in found[:-1]] == [1, 2, 3, 4]
    assert found[1]["due"] == "2026-03-02T11:00:00-03:00"
    assert found[3]["to"] == {"queue": "suporte"}
    assert found[-1] == {
        "type": "state",
        "status": "transferred",
        "waiting_for": "person",
        "flow": "triagem",
        "node": "fila",
        "variables": {"nome": "Ana"},
        "outcome": None,
        "problem": None,
    }


def test_simulate_without_steps_begins_at_the_start(flow: str, capsys: Captured) -> None:
    assert main(["simulate", flow, "--json"]) == 0
    found = lines(capsys)
    assert sends(found) == ["Qual é o seu nome?"]
    assert (found[-1]["status"], found[-1]["waiting_for"]) == ("waiting", "reply")


def test_simulate_begins_at_a_node(flow: str, capsys: Captured) -> None:
    assert main(["simulate", flow, "--start", "vende", "--json"]) == 0
    found = lines(capsys)
    assert sends(found) == ["Vamos lá."]
    assert (found[-1]["status"], found[-1]["outcome"]) == ("completed", "atendido")
    assert main(["simulate", flow, "--start", "nada"]) == 2


def test_simulate_says_what_was_ignored(flow: str, capsys: Captured) -> None:
    assert main(["simulate", flow, "--say", "bla", "--json"]) == 0
    ignored, state = lines(capsys)
    assert (ignored["type"], state["status"], state["node"]) == ("ignored", "idle", None)


def test_simulate_lets_people_act(flow: str, capsys: Captured) -> None:
    steps = ["--say", "oi", "--say", "Ana", "--tap", "suporte", "--human", "close"]
    assert main(["simulate", flow, *steps, "--json"]) == 0
    assert lines(capsys)[-1]["status"] == "completed"


def test_simulate_answers_http_and_models_from_the_line(tmp_path: Path, capsys: Captured) -> None:
    nodes = [
        {
            "id": "h",
            "type": "http",
            "url": "https://x.example",
            "save": [{"to": "n", "path": "/n"}],
        },
        text("diz", "Número {{ n }}"),
        {"id": "ia", "type": "ai_reply", "instructions": "Oi"},
        END,
    ]
    drawn = ["h:ok > diz", "diz > ia", "ia > fim"]
    file = write(
        tmp_path / "x.flow.json", document("x", nodes, drawn, start="h", variables=[{"name": "n"}])
    )
    assert main(["simulate", file, "--json"]) == 0
    call, state = lines(capsys)
    assert (call["type"], call["url"], state["waiting_for"]) == (
        "call_http",
        "https://x.example",
        "http",
    )
    canned = ["--http", 'h={"n": "7"}', "--model", 'ia={"text": "Pronto!"}']
    assert main(["simulate", file, *canned, "--json"]) == 0
    found = lines(capsys)
    assert [line["type"] for line in found] == ["call_http", "send", "ask_model", "send", "state"]
    assert sends(found) == ["Número 7", "Pronto!"]
    assert main(["simulate", file, "--http", 'h={"status": 500, "json": {}}', "--json"]) == 0
    problem = lines(capsys)[-1]["problem"]
    assert (problem["node"], problem["exit"]) == ("h", "failed")


def test_simulate_hears_events_and_media(tmp_path: Path, capsys: Captured) -> None:
    nodes = [
        {"id": "espera", "type": "wait", "events": [{"exit": "pago", "name": "pagamento"}]},
        ask("foto", "Manda a foto?", "media"),
        END,
    ]
    drawn = ["espera:event:pago > foto", "foto:reply > fim"]
    file = write(tmp_path / "x.flow.json", document("x", nodes, drawn, start="espera"))
    assert (
        main(["simulate", file, "--event", "pagamento", '{"v": 1}', "--media", "image", "--json"])
        == 0
    )
    assert lines(capsys)[-1]["status"] == "completed"


def test_simulate_takes_contact_channel_and_flows(tmp_path: Path, capsys: Captured) -> None:
    other = tmp_path / "outros"
    other.mkdir()
    oi = {**OI, "on": {"kind": "keyword", "words": ["preço"]}}
    write(
        other / "y.flow.json", document("y", [oi, text("p", "R$ 10"), END], ["oi > p", "p > fim"])
    )
    says = text("a", "{{ contact.name }} {{ contact.fields.plano }} {{ conversation.channel }}")
    file = write(tmp_path / "x.flow.json", document("x", [OI, says, END], ["oi > a", "a > fim"]))
    contact = '{"name": "Bia", "fields": {"plano": "ouro"}}'
    args = ["--flows", str(other), "--contact", contact, "--channel", "cloud"]
    assert main(["simulate", file, "--say", "oi", "--say", "preço", *args, "--json"]) == 0
    assert sends(lines(capsys)) == ["Bia ouro cloud", "R$ 10"]


def test_simulate_plays_a_talk(capsys: Captured) -> None:
    flow, talk = EXAMPLES / "pedido.flow.json", EXAMPLES / "pedido.nao-achou.talk.json"
    assert main(["simulate", str(flow), "--talk", str(talk), "--json"]) == 0
    assert lines(capsys)[-1]["status"] == "transferred"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--after", "2h"], "--after"),
        (["--now", "hoje"], "--now"),
        (["--now", "2026-03-02T09:00:00"], "offset"),
        (["--contact", "{"], "--contact"),
        (["--contact", '{"nome": "Ana"}'], "nome"),
        (["--http", "busca"], "NODE=JSON"),
        (["--http", "busca={"], "--http busca"),
        (["--human", "dance"], "--human"),
        (["--media", "gif"], "--media"),
        (["--event", "pago", "{"], "--event pago"),
        (["--saying", "oi"], "unrecognized"),
    ],
)
def test_simulate_refuses_bad_usage_in_one_sentence(
    words: list[str], says: str, flow: str, capsys: Captured
) -> None:
    try:
        code = main(["simulate", flow, *words, "--json"])
    except SystemExit as ended:
        code = int(str(ended.code))
    captured = capsys.readouterr()
    assert (code, captured.out) == (2, "")
    assert says in captured.err
    assert captured.err.count("\n") == 1


# -- test -----------------------------------------------------------------------------------------


def talk(folder: Path, *steps: Json) -> str:
    value = {
        "format": "flowengine-talk/1",
        "name": "T",
        "flow": "triagem.flow.json",
        "steps": steps,
    }
    return write(folder / "t.talk.json", value)


def test_test_passes_and_fails(flow: str, tmp_path: Path, capsys: Captured) -> None:
    good = talk(tmp_path, {"say": "oi"}, {"expect": {"text": "Qual é o seu nome?"}})
    assert main(["test", good, "--json"]) == 0
    line, summary = lines(capsys)
    assert (line["file"], line["passed"], summary["passed"]) == (good, True, 1)
    bad = talk(tmp_path, {"say": "oi"}, {"expect": {"text": "Quem é?"}})
    assert main(["test", str(tmp_path), "--json"]) == 1
    line, summary = lines(capsys)
    assert (line["passed"], line["failure"]["step"], summary["failed"]) == (False, 2, 1)
    assert main(["test", bad]) == 1
    shown = capsys.readouterr().out
    assert '- expected  "Quem é?"' in shown
    assert '+ got       "Qual é o seu nome?"' in shown


def test_test_without_a_talk_or_its_flow_is_bad_usage(tmp_path: Path, capsys: Captured) -> None:
    assert main(["test", str(tmp_path)]) == 2
    assert main(["test", talk(tmp_path, {"say": "oi"})]) == 2
    assert "triagem.flow.json" in capsys.readouterr().err


# -- schema, and the command itself ---------------------------------------------------------------


def test_schema_is_the_generated_one(capsys: Captured) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(msgspec.json.encode(json_schema()))
    assert main(["schema", "--json"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert main(["schema", "talk"]) == 0
    assert '"steps"' in capsys.readouterr().out


def test_help_lists_every_command(capsys: Captured) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in COMMANDS)


def test_an_unknown_command_is_bad_usage_with_a_guess(capsys: Captured) -> None:
    assert main(["chek"]) == 2
    assert "`check`" in capsys.readouterr().err
    assert main([]) == 2


HEAVY = ("litestar", "sqlalchemy", "asyncpg", "dramatiq", "httpx", "openai", "pydantic")


@pytest.mark.parametrize(
    "words",
    [
        ["check", "examples/triagem.flow.json", "--json"],
        ["simulate", "examples/triagem.flow.json", "--say", "oi", "--json"],
        ["test", "examples/triagem.horario.talk.json", "--json"],
        ["schema", "--json"],
    ],
    ids=lambda words: words[0],
)
def test_pure_commands_load_neither_server_nor_database(words: list[str]) -> None:
    program = (
        "import sys; from web.cli import main; code = main(sys.argv[1:]);"
        f"loaded = [name for name in {HEAVY!r} if name in sys.modules];"
        "sys.exit(f'loaded {loaded}' if loaded else code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_output_cut_short_is_no_failure() -> None:
    command = f"{sys.executable} -m web.cli schema | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
