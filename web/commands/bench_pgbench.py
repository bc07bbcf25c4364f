"""pgbench on the same server: what the database alone does with a turn.

Two scripts: the least that any durable turn needs, and as many rows as ours writes (what was seen,
what came in, two messages, two journal entries, state, execution, conversation twice, outbox and
lane in and out, the provider's id, the status).
"""

import re
import subprocess
import tempfile
from typing import Any

from flowengine.store.embedded import OWNER, Address
from web.commands.bench_processes import program
from web.commands.output import CommandError

SECONDS = 5

_LEAST = """
\\set id random(1, 100000)
BEGIN;
SELECT version, state FROM bench_conversations WHERE id = :id FOR UPDATE;
UPDATE bench_conversations SET version = version + 1, state = repeat('x', 400) WHERE id = :id;
INSERT INTO bench_in (conversation, body) VALUES (:id, repeat('x', 200));
INSERT INTO bench_out (conversation, body) VALUES (:id, repeat('x', 200));
COMMIT;
"""
_SAME_ROWS = """
\\set id random(1, 100000)
BEGIN;
INSERT INTO bench_seen (key) VALUES (gen_random_uuid());
SELECT version, state FROM bench_conversations WHERE id = :id FOR UPDATE;
UPDATE bench_conversations SET version = version + 1 WHERE id = :id;
INSERT INTO bench_in (conversation, body) VALUES (:id, repeat('x', 200));
INSERT INTO bench_out (conversation, body) VALUES (:id, repeat('x', 300));
COMMIT;
BEGIN;
SELECT version, state FROM bench_conversations WHERE id = :id FOR UPDATE;
UPDATE bench_conversations SET version = version + 1, state = repeat('x', 400) WHERE id = :id;
UPDATE bench_states SET state = repeat('x', 400) WHERE id = :id;
UPDATE bench_executions SET state = repeat('x', 60) WHERE id = :id;
INSERT INTO bench_journal (conversation, body) VALUES (:id, repeat('x', 600));
INSERT INTO bench_journal (conversation, body) VALUES (:id, repeat('x', 900));
INSERT INTO bench_out (conversation, body) VALUES (:id, repeat('x', 300)) RETURNING id \\gset m_
INSERT INTO bench_outbox (id, body) VALUES (:m_id, repeat('x', 300));
UPDATE bench_lanes SET state = 'x' WHERE id = :id;
COMMIT;
BEGIN;
DELETE FROM bench_outbox WHERE id = :m_id;
UPDATE bench_lanes SET state = '' WHERE id = :id;
INSERT INTO bench_seen (key) VALUES (gen_random_uuid());
UPDATE bench_out SET body = repeat('y', 300) WHERE id = :m_id;
COMMIT;
"""
_ROWS = """
CREATE TABLE bench_NAME (id int PRIMARY KEY, version int NOT NULL DEFAULT 0, state text)
    WITH (fillfactor = 70);
INSERT INTO bench_NAME SELECT n, 0, '' FROM generate_series(1, 100000) n;
"""
_TABLES = "".join(
    [_ROWS.replace("NAME", name) for name in ("conversations", "states", "executions", "lanes")]
    + [
        f"CREATE TABLE bench_{name} (id bigserial PRIMARY KEY, conversation int, body text);"
        for name in ("in", "out", "journal")
    ]
    + [
        "CREATE TABLE bench_outbox (id bigint PRIMARY KEY, body text);",
        "CREATE TABLE bench_seen (key uuid PRIMARY KEY);",
    ]
)


def measure_pgbench(address: Address, clients: int) -> dict[str, Any] | None:
    """Transactions a second of both scripts; None where there is no pgbench."""
    bench, psql = program("pgbench"), program("psql")
    if bench is None or psql is None:
        return None
    to = ["-h", str(address.sockets), "-U", OWNER]
    subprocess.run([psql, "-qX", *to, "-c", _TABLES, "postgres"], check=True, capture_output=True)
    return {
        "clients": clients,
        "least": _run(bench, to, _LEAST, clients),
        "same_rows": _run(bench, to, _SAME_ROWS, clients),
    }


def _run(bench: str, to: list[str], script: str, clients: int) -> dict[str, float]:
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        done = subprocess.run(
            [
                bench, "-n", "-M", "prepared", "-f", file.name, "-c", str(clients),
                "-j", "2", "-T", str(SECONDS), *to, "postgres",
            ],
            check=False, capture_output=True, text=True,
        )  # fmt: skip
    if done.returncode:
        raise CommandError(f"pgbench failed: {done.stderr.strip()[-300:]}")
    return {
        "turns_per_s": round(float(_line(done.stdout, r"tps = ([0-9.]+)")), 1),
        "mean_ms": round(float(_line(done.stdout, r"latency average = ([0-9.]+)")), 2),
    }


def _line(output: str, pattern: str) -> str:
    found = re.search(pattern, output)
    if found is None:
        raise CommandError(f"pgbench said something unexpected: {output[-300:]}")
    return found.group(1)
