"""The product as its operator runs it: `flowengine up` in a process of its own."""

import asyncio
import hashlib
import hmac
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from connectors.fake_graph import FakeGraph, Ladder, Number

FLOWENGINE = str(Path(sys.executable).with_name("flowengine"))
SECRET = "app-secret-1"
PHONE_ID = "106540352242922"
ANA = "5511999990001"


class Product:
    """One `flowengine up` on a data folder. `start` again after `kill` is a restart."""

    def __init__(self, data: Path, log: Path, **settings: str) -> None:
        """`settings`: more of them, in the names of `workers.settings.Settings`."""
        self.data, self.log = data, log
        self._settings = {f"FLOWENGINE_{name.upper()}": said for name, said in settings.items()}
        self.address = ""
        self.link = ""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("FLOWENGINE_")}
        return {**kept, "FLOWENGINE_DATA": str(self.data), "FLOWENGINE_PORT": "8000",
                "FLOWENGINE_ALLOWED_HTTP_HOSTS": "127.0.0.1", **self._settings}  # fmt: skip

    def launch(self) -> None:
        """Start the process; gives back at once."""
        with self.log.open("ab") as log:
            offset = log.tell()
            self._process = subprocess.Popen(
                [FLOWENGINE, "up", "--json"],
                env=self.environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._offset = offset

    def start(self, patience: float = 90) -> None:
        """Start, and wait until it is ready."""
        self.launch()
        found = self._await_event("ready", patience)
        self.address, self.link = found["address"], found["sign_in"]

    def _await_event(self, name: str, patience: float) -> dict[str, Any]:
        end = time.monotonic() + patience
        while time.monotonic() < end:
            for line in self.log.read_bytes()[self._offset :].splitlines():
                if line.startswith(b'{"event"') and (found := json.loads(line))["event"] == name:
                    return found
            assert self._process is not None
            assert self._process.poll() is None, self.log.read_text()
            time.sleep(0.05)
        raise AssertionError(f"no {name!r} within {patience} s:\n{self.log.read_text()}")

    def kill(self) -> None:
        """Kill -9: nothing is finished, nothing said goodbye to."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return self._process.wait(60)

    def command(self, *arguments: str) -> list[dict[str, Any]]:
        """Run a command beside the product; its JSON lines."""
        done = subprocess.run(
            [FLOWENGINE, *arguments, "--json"],
            env=self.environment,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return [json.loads(line) for line in done.stdout.splitlines()]

    def connect(self, base_url: str, phone_id: str = PHONE_ID, *options: str) -> str:
        """A Cloud channel of the demo workspace; the path of its webhook."""
        lines = self.command(
            "channel", "add", "cloud", "--phone-number-id", phone_id, "--token", "token",
            "--app-secret", SECRET, "--verify-token", "verifica", "--base-url", base_url,
            *options,
        )  # fmt: skip
        return str(lines[-1]["webhook"])


def webhook(*messages: dict[str, Any], phone_id: str = PHONE_ID) -> bytes:
    """A webhook body with messages, as Meta writes it."""
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "551133334444", "phone_number_id": phone_id},
        "contacts": [{"profile": {"name": "Ana"}, "wa_id": m["from"]} for m in messages],
        "messages": list(messages),
    }
    change = {"field": "messages", "value": value}
    entry = {"id": "102290129340398", "changes": [change]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


def text_message(wamid: str, text: str, phone: str = ANA) -> dict[str, Any]:
    body = {"from": phone, "id": wamid, "timestamp": str(int(time.time())), "type": "text"}
    return {**body, "text": {"body": text}}


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}", "Content-Type": "application/json"}


async def fake_graph(phone_id: str = PHONE_ID, http: httpx.AsyncClient | None = None) -> FakeGraph:
    """Graph on loopback that knows our number; it takes free text at any time."""
    graph = FakeGraph(http, enforce_window=False)
    graph.add_number(Number(phone_id, "token", SECRET))
    graph.ladder = Ladder(sent=None, delivered=None)
    await graph.start()
    return graph


async def until(condition: Any, patience: float = 30) -> None:
    """Wait for a condition; fail with its source when it does not come true."""
    end = asyncio.get_running_loop().time() + patience
    while not condition():
        assert asyncio.get_running_loop().time() < end, "it did not come true"
        await asyncio.sleep(0.02)


async def post(client: httpx.AsyncClient, url: str, body: bytes, **headers: str) -> int:
    answer = await client.post(url, content=body, headers={**signed(body), **headers})
    return answer.status_code


SIGN_IN = re.compile(r"/sign-in/\S+$")
