"""The commands that work beside a running product: a real one, in a process of its own."""

import asyncio
import hashlib
import hmac
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener, urlopen
from uuid import UUID

import msgspec
import pytest

from flowengine.document import parse, pretty
from flowengine.store.database import Database
from flowengine.store.embedded import find
from tests.flowengine.playing import OI, document, text
from web.cli import main

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
END = {"id": "fim", "type": "end"}
FLOWENGINE = (sys.executable, "-m", "web.cli")

Json = dict[str, Any]


class Graph:
    """A loopback provider that takes every send and remembers it."""

    def __init__(self) -> None:
        self.sent: list[Json] = []
        graph = self  # the handler has a self of its own

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 5

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                graph.sent.append(json.loads(body))
                answer = {"messages": [{"id": f"wamid.{len(graph.sent)}"}], "contacts": []}
                raw = json.dumps({"messaging_product": "whatsapp", **answer}).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def texts(self) -> list[str]:
        return [each.get("text", {}).get("body", each["type"]) for each in self.sent]

    def wait_for(self, words: str, patience: float = 10.0) -> None:
        """Until a text that holds these words was sent."""
        until = time.monotonic() + patience
        while not any(words in each for each in self.texts()):
            assert time.monotonic() < until, self.texts()
            time.sleep(0.02)


@dataclass
class Done:
    """What a command gave."""

    returncode: int
    stdout: str
    stderr: str


def command(environ: dict[str, str], *words: str) -> Done:
    """Runs a command in this process (starting one takes longer than what it does)."""
    kept = dict(os.environ)
    os.environ.clear()
    os.environ.update(environ)
    out, err = io.StringIO(), io.StringIO()
    try:
        with redirect_stdout(out), redirect_stderr(err):
            code = main(words)
    except SystemExit as ended:
        code = int(str(ended.code))
    finally:
        os.environ.clear()
        os.environ.update(kept)
    return Done(code, out.getvalue(), err.getvalue())


@dataclass
class Product:
    """A running `flowengine up`."""

    data: Path
    environ: dict[str, str]
    process: subprocess.Popen[str]
    address: str
    sign_in: str

    def run(self, *words: str, **environ: str) -> "Done":
        """A command beside it."""
        return command({**self.environ, **environ}, *words)

    def json(self, *words: str) -> list[Json]:
        """What a command prints, which must go well."""
        done = self.run(*words, "--json")
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def add_cloud(self, number: str, graph: Graph) -> str:
        """Connects a number; where its webhooks go."""
        line = self.json(
            "channel", "add", "cloud", "--phone-number-id", number, "--token", "t",
            "--app-secret", "segredo", "--base-url", graph.url,
        )[-1]  # fmt: skip
        return self.address + str(line["webhook"])


def environment(data: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FLOWENGINE_")}
    return {**kept, "FLOWENGINE_DATA": str(data), **more}


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    data = tmp_path_factory.mktemp("up") / "data"
    environ = environment(data, FLOWENGINE_PORT="18200", FLOWENGINE_ALLOWED_HTTP_HOSTS="127.0.0.1")
    process = subprocess.Popen(
        [*FLOWENGINE, "up", "--json"], env=environ, cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    listening = json.loads(process.stdout.readline())
    assert listening["event"] == "listening"
    ready = json.loads(process.stdout.readline())
    assert ready["event"] == "ready"
    yield Product(data, environ, process, ready["address"], ready["sign_in"])
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    process.stdout.close()
    assert find(data) is None


@pytest.fixture(scope="module")
def graph() -> Iterator[Graph]:
    made = Graph()
    yield made
    made.server.shutdown()
    made.server.server_close()


def post(webhook: str, number: str, phone: str, words: str) -> int:
    """A signed webhook of Meta's: somebody writes."""
    message = {
        "from": phone,
        "id": f"wamid.{phone}.{time.monotonic_ns()}",
        "timestamp": str(int(time.time())),
        "type": "text",
        "text": {"body": words},
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "55", "phone_number_id": number},
        "contacts": [{"profile": {"name": "Ana"}, "wa_id": phone}],
        "messages": [message],
    }
    entry = {"id": "1", "changes": [{"field": "messages", "value": value}]}
    body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
    signed = "sha256=" + hmac.new(b"segredo", body, hashlib.sha256).hexdigest()
    headers = {"content-type": "application/json", "x-hub-signature-256": signed}
    with urlopen(Request(webhook, body, headers)) as answer:
        return int(answer.status)


def test_it_is_ready_and_the_link_signs_in_once(product: Product) -> None:
    with urlopen(f"{product.address}/health/ready") as answer:
        assert answer.status == 200

    class Stay(HTTPRedirectHandler):
        def redirect_request(self, *_args: Any) -> None:
            return None

    opener = build_opener(Stay())
    with pytest.raises(HTTPError) as first:
        opener.open(product.sign_in)
    assert first.value.code in (302, 303)
    assert "set-cookie" in {name.lower() for name in first.value.headers}
    first.value.close()


def test_a_second_start_says_that_it_is_running(product: Product) -> None:
    done = product.run("up")
    assert done.returncode == 1
    assert product.address in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_examples_are_published(product: Product) -> None:
    for path in sorted(EXAMPLES.glob("*.flow.json")):
        done = product.run("export", path.name.removesuffix(".flow.json"))
        assert done.returncode == 0, done.stderr
        assert done.stdout.encode().strip() == pretty(parse(path.read_bytes())).strip()


def test_equal_bytes_make_no_new_version(product: Product, tmp_path: Path) -> None:
    (line,) = product.json("import", str(EXAMPLES / "plano.flow.json"), "--publish")
    assert (line["key"], line["version"], line["published"]) == ("plano", 1, True)
    changed = tmp_path / "plano.flow.json"
    changed.write_text((EXAMPLES / "plano.flow.json").read_text().replace("Boa escolha", "Que bom"))
    (line,) = product.json("import", str(changed))
    assert (line["version"], line["published"]) == (None, False)
    (line,) = product.json("import", str(changed), "--publish")
    assert (line["version"], line["published"]) == (2, True)
    (line,) = product.json("import", str(EXAMPLES / "plano.flow.json"), "--publish")
    assert (line["version"], line["published"]) == (1, True)


def test_a_flow_with_errors_is_not_published(product: Product, tmp_path: Path) -> None:
    bad = tmp_path / "x.flow.json"
    bad.write_bytes(msgspec.json.encode(document("x", [OI, text("a", "Oi")], ["oi > a"])))
    done = product.run("import", str(bad), "--publish", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout.splitlines()[0])["code"] == "missing_edge"
    assert product.run("export", "x").returncode == 1


def test_what_would_break_a_caller_on_the_air_is_not_published_alone(
    product: Product, tmp_path: Path
) -> None:
    def kept(key: str, flow: Json) -> str:
        file = tmp_path / f"{key}.flow.json"
        file.write_bytes(msgspec.json.encode(flow))
        return str(file)

    def called(outcome: str) -> Json:
        nodes = [text("diz", "Oi"), END | {"outcome": outcome}]
        return document("chamado", nodes, ["diz > fim"], start="diz")

    def caller(outcome: str) -> Json:
        begin = {**OI, "on": {"kind": "keyword", "words": ["chamador"]}}
        nodes = [begin, {"id": "chama", "type": "flow", "flow": "chamado"}, text("a", "A"), END]
        lines = ["oi > chama", f"chama:outcome:{outcome} > a", "chama > a", "a > fim"]
        return document("chamador", nodes, lines)

    product.json("import", kept("b", called("ok")), kept("a", caller("ok")), "--publish")
    alone = product.run("import", kept("b", called("pronto")), "--publish")
    assert (alone.returncode, "chamador" in alone.stderr) == (1, True)
    both = (kept("b", called("pronto")), kept("a", caller("pronto")))
    lines = product.json("import", *both, "--publish")
    assert [line["version"] for line in lines] == [2, 2]


def test_a_message_is_answered_and_a_change_acts_within_a_second(
    product: Product, graph: Graph, tmp_path: Path
) -> None:
    webhook = product.add_cloud("701", graph)
    assert post(webhook, "701", "5511900000701", "oi") == 200
    graph.wait_for("Eu sou a Lia")
    changed = tmp_path / "triagem.flow.json"
    changed.write_text(
        (EXAMPLES / "triagem.flow.json").read_text().replace("Eu sou a Lia", "Eu sou a Nina")
    )
    product.json("import", str(changed), "--publish")
    time.sleep(1)
    post(webhook, "701", "5511900000702", "oi")
    graph.wait_for("Eu sou a Nina")


def test_a_conversation_is_replayed_to_the_same_bytes(product: Product, graph: Graph) -> None:
    webhook = product.add_cloud("702", graph)
    post(webhook, "702", "5511900000703", "pedido")
    graph.wait_for("Qual é o número do pedido")
    execution = asyncio.run(_last_execution(product.data))
    *turns, result = product.json("replay", str(execution))
    assert turns
    assert all(turn["differs"] == [] for turn in turns)
    assert result["same"] is True
    assert product.run("replay", "00000000-0000-0000-0000-000000000000").returncode == 1
    assert product.run("replay", "x").returncode == 2


def test_recorded_conversations_are_rehearsed_planned_and_written_down(
    product: Product, graph: Graph, tmp_path: Path
) -> None:
    webhook = product.add_cloud("704", graph)
    post(webhook, "704", "5511900000704", "pedido")
    graph.wait_for("Qual é o número do pedido")
    execution = str(asyncio.run(_last_execution(product.data)))
    flow = str(EXAMPLES / "pedido.flow.json")
    *played, summary = product.json("rehearse", flow)
    assert [each["execution"] for each in played if each["parts"]] == []
    assert summary["same"] >= 1
    *plans, summary = product.json("plan", flow)
    assert execution in {each["execution"] for each in plans}
    assert summary["nowhere"] == 0
    kept = tmp_path / "yesterday.jsonl"
    kept.write_text(product.run("journal", "pedido", "--last", "5").stdout)
    assert product.json("rehearse", flow, "--journals", str(kept))[-1]["same"] >= 1
    assert product.json("replay", execution, "--journals", str(kept))[-1]["same"] is True
    one = product.run("journal", "--conversation", execution).stdout
    assert {json.loads(line)["type"] for line in one.splitlines()} == {"release", "row"}
    for path in EXAMPLES.glob("*.json"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    talk = str(tmp_path / "pedido.ontem.talk.json")
    assert product.run("record", execution, "--out", talk).returncode == 0
    assert product.run("test", talk).returncode == 0
    assert product.run("rehearse", str(EXAMPLES / "plano.flow.json")).returncode == 1
    assert product.run("journal", "nada").returncode == 1
    assert product.run("record", "00000000-0000-0000-0000-000000000000").returncode == 1


async def _last_execution(data: Path) -> UUID:
    address = find(data)
    assert address is not None
    database = await Database.open(address.dsn("flow_web"), address.dsn("flow_worker"), web_size=1)
    try:
        async with database.worker() as transaction:
            found = await transaction.value(
                "SELECT id FROM executions WHERE flow = 'pedido' ORDER BY started_at DESC LIMIT 1"
            )
            assert isinstance(found, UUID)
            return found
    finally:
        await database.close()


def test_channels_come_and_go(product: Product, graph: Graph, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("do-arquivo\n")
    done = product.run(
        "channel", "add", "cloud", "--phone-number-id", "703", "--token-file", str(secret),
        "--app-secret-env", "MEU_SEGREDO", "--verify-token", "v", "--base-url", graph.url,
        "--flows", "pedido",
        MEU_SEGREDO="do-ambiente",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    added = json.loads(done.stdout.splitlines()[-1])
    assert added["webhook"] == f"/webhooks/cloud/{added['id']}"
    listed = {line["id"]: line for line in product.json("channel", "list")}
    assert listed[added["id"]]["address"] == "703"
    assert {line["kind"] for line in listed.values()} == {"cloud", "simulator"}
    product.json("channel", "remove", added["id"])
    assert added["id"] not in {line["id"] for line in product.json("channel", "list")}
    assert product.run("channel", "remove", added["id"]).returncode == 1


GIVEN = ["--phone-number-id", "9", "--token", "t", "--app-secret", "s"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--phone-number-id", "9", "--token", "t"], "--app-secret"),
        (["--phone-number-id", "9", "--token-env", "NADA", "--app-secret", "s"], "NADA"),
        (["--phone-number-id", "9", "--token-file", "/nada", "--app-secret", "s"], "/nada"),
        ([*GIVEN, "--base-url", "http://10.0.0.1"], "--base-url"),
    ],
)
def test_a_bad_channel_is_refused(product: Product, words: list[str], says: str) -> None:
    done = product.run("channel", "add", "cloud", *words)
    assert done.returncode == 2
    assert says in done.stderr


def test_migrate_works_beside_it_and_gives_an_owner_a_way_in(product: Product) -> None:
    (line,) = product.json("migrate", "--owner", "davi@exemplo.com.br")
    assert line["migrated"] is True
    path = line["sign_in"].partition("/sign-in/")[2]
    with urlopen(f"{product.address}/sign-in/{path}") as answer:
        assert answer.status == 200


def test_workspaces_are_added_and_people_let_in(product: Product) -> None:
    """The last one here: other commands want --tenant from now on."""
    (first,) = product.json("workspace", "list")
    (made,) = product.json("workspace", "add", "Filial Norte", "--owner", "Bia@exemplo.com.br")
    assert (made["slug"], made["email"]) == ("filial-norte", "Bia@exemplo.com.br")
    with urlopen(made["link"]) as answer:
        assert "Filial Norte" in answer.read().decode()
    (again,) = product.json("workspace", "add", "Filial Norte", "--owner", "bia@exemplo.com.br")
    assert again["slug"] == "filial-norte-2"
    (let,) = product.json("workspace", "join", "filial-norte", "caio@exemplo.com.br", "agent")
    assert let["link"].startswith(f"{product.address}/invite/")
    # Said again it is the same person, with the role that is said.
    product.json("workspace", "join", "filial-norte", "caio@exemplo.com.br", "designer")
    rows = product.json("workspace", "list")
    assert [row["slug"] for row in rows] == [first["slug"], "filial-norte", "filial-norte-2"]
    assert (rows[1]["people"], rows[1]["owners"]) == (2, ["bia@exemplo.com.br"])
    assert rows[1]["pending"] == 2  # nobody opened a link yet
    for words, says in (
        (
            ("add", "Outra", "--owner", "bia@x.y", "--slug", "filial-norte"),
            "is called filial-norte",
        ),
        (("add", " ", "--owner", "bia@x.y"), "NAME is empty"),
        (("add", "Outra", "--owner", "bia"), "no e-mail"),
        (("join", "nada", "bia@x.y", "agent"), "no workspace 'nada'"),
        (("join", "filial-norte", "bia@x.y", "rei"), "invalid choice"),
        (("join", "filial-norte", "bia@exemplo.com.br", "agent"), "at least one owner"),
    ):
        done = product.run("workspace", *words)
        assert done.returncode in (1, 2)
        assert says in done.stderr
    assert len(product.json("workspace", "list")) == 3


# -- without a product ----------------------------------------------------------------------------


def alone(data: Path, *words: str, **environ: str) -> Done:
    return command(environment(data, **environ), *words)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["channel", "list"], 1, "flowengine up"),
        (["export", "triagem"], 1, "flowengine up"),
        (["web"], 2, "FLOWENGINE_DATABASE_URL"),
        (["worker"], 2, "FLOWENGINE_DATABASE_URL"),
    ],
)
def test_without_a_product_it_says_what_is_missing(
    words: list[str], code: int, says: str, tmp_path: Path
) -> None:
    done = alone(tmp_path / "data", *words)
    assert (done.returncode, done.stdout) == (code, "")
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["up", "web", "worker", "migrate"])
def test_a_wrong_setting_is_one_sentence(command: str, tmp_path: Path) -> None:
    done = alone(tmp_path / "data", command, FLOWENGINE_PORT="abc")
    assert done.returncode == 2
    assert "FLOWENGINE_PORT" in done.stderr
    assert done.stderr.count("\n") == 1
