"""Flowengine for the harness of peers: the production setting, put beside what others would build.

The harness gives `base` on its path, a fresh database, a provider on loopback and the load. Started
here: one web process, one worker process and a Redis, all through `self.spawn`, so that their CPU
and memory are counted. Signatures are verified, fsync is on, every guarantee stands. The channel's
rate and pace are set above the load: what is measured is us, not a number's limits at Meta.

    driver.py … --extra-adapter tests/benchmarks/peer_adapter.py --only ours,handwritten
"""

import hashlib
import hmac
import json
import os
import shutil
import subprocess
import sys
import tempfile
from base64 import b64encode
from pathlib import Path
from typing import Any

from base import Adapter  # type: ignore[import-not-found]  # of the harness

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv" / "bin" / "python"
FLOWENGINE = (str(PYTHON if PYTHON.exists() else sys.executable), "-m", "web.cli")
SECRET = "bench-app-secret"
RATE = "100000"
REDIS_PORT = 22399


class Flowengine(Adapter):
    """One web, one worker, one Redis."""

    name, key, port, database = "Flowengine (web + worker + Redis)", "ours", 22300, "peer_ours"
    note = "1 web, 1 worker, Redis; fsync on; signed webhooks; the channel's rate is above the load"
    path = "/webhooks/cloud/0"

    def version(self) -> str:
        return subprocess.check_output(
            ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], text=True
        ).strip()

    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="flowengine-peer-"))
        dsn = self.env["pg_dsn"](self.database)
        self.environ = {
            "FLOWENGINE_DATABASE_URL": dsn,
            "FLOWENGINE_REDIS_URL": f"redis://127.0.0.1:{REDIS_PORT}/0",
            "FLOWENGINE_SECRET_KEY": b64encode(os.urandom(32)).decode(),
            "FLOWENGINE_ALLOWED_HTTP_HOSTS": "127.0.0.1",
            "FLOWENGINE_PORT": str(self.port),
            "FLOWENGINE_DATA": str(self.folder),
        }
        redis = shutil.which("redis-server") or "redis-server"
        where = ["--port", str(REDIS_PORT), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        self.spawn([redis, *where, "--save", "", "--appendonly", "no"])
        self._run("migrate", "--owner", "bia@exemplo.com.br")
        self.spawn([*FLOWENGINE, "web"], env=self.environ, cwd=str(ROOT))
        self.spawn([*FLOWENGINE, "worker"], env=self.environ, cwd=str(ROOT))
        self.wait_http(f"http://127.0.0.1:{self.port}/health/ready", 90, ok=())
        self._psql(dsn, "INSERT INTO tags (tenant_id, key, name)"
                        " SELECT id, 'suporte', 'suporte' FROM tenants")  # fmt: skip
        self._run("import", str(ROOT / "tests" / "benchmarks" / "triage.flow.json"), "--publish")
        provider = self.env["mock_url"].split("/v")[0]
        added = self._run(
            "channel", "add", "cloud", "--phone-number-id", "100", "--token", "bench",
            "--app-secret", SECRET, "--base-url", provider, "--flows", "triage", "--rate", RATE,
        )  # fmt: skip
        self.path = json.loads(added.splitlines()[-1])["webhook"]

    def stop(self) -> None:
        super().stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def headers(self, body: bytes) -> bytes:
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        return f"X-Hub-Signature-256: sha256={signature}\r\n".encode()

    def parse_outbound(self, sent: dict[str, Any]) -> tuple[str, str]:
        return sent["to"].lstrip("+"), sent["text"]["body"]

    def state_check(self, q: Any) -> dict[str, int]:
        return {
            "finished_in_pg": q("SELECT count(*) FROM executions WHERE status = 'completed'"),
            "journal_in_pg": q("SELECT count(*) FROM journal"),
            "messages_in_pg": q("SELECT count(*) FROM messages"),
            "outbox_left": q("SELECT count(*) FROM outbox"),
        }

    def _run(self, *words: str) -> str:
        done = subprocess.run(
            [*FLOWENGINE, *words],
            env={**os.environ, **self.environ},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"flowengine {words[0]}: {done.stderr.strip()[-400:]}")
        return done.stdout

    def _psql(self, dsn: str, statement: str) -> None:
        subprocess.run(["psql", "-qX", dsn, "-c", statement], check=True, capture_output=True)


ADAPTER = Flowengine
