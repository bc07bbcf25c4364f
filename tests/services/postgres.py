"""PostgreSQL for tests: the embedded one, and 15, the oldest that we support."""

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from flowengine.store.embedded import OWNER, Embedded
from tests.services.lacking import lacking
from tests.services.leftovers import sweep

# A test that should hold on both: `@on_both` on the test, or `pytestmark = on_both` in its file.
on_both = pytest.mark.parametrize("postgres", ["embedded", "15"], indirect=True)

# A test's data need not survive a power cut.
FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "max_connections": "100",
}
ROOM = 2_000_000_000
TEMPLATE = "template_migrated"


@dataclass(frozen=True)
class Database:
    """A migrated, empty database of the test's own: a URL for each role."""

    name: str
    owner: str
    web: str
    worker: str


@dataclass
class Postgres:
    """A server that lasts as long as the test session."""

    server: Embedded
    migrated: bool = False

    def dsn(self, database: str = "postgres", role: str = OWNER) -> str:
        return self.server.dsn(role, database)

    def run(self, statement: str) -> None:
        """Run one statement as the superuser, outside of any transaction."""
        asyncio.run(_run(self.dsn(), statement))

    def template(self) -> str:
        """The name of the migrated database that all tests' databases are copies of."""
        if not self.migrated:
            self.run(f"CREATE DATABASE {TEMPLATE}")
            _migrate(self.dsn(TEMPLATE))
            self.migrated = True
        return TEMPLATE


@pytest.fixture
def postgres(request: pytest.FixtureRequest) -> Postgres:
    """A running server, migrated or not. The embedded one, unless the test is `on_both`."""
    which = getattr(request, "param", "embedded")
    return request.getfixturevalue(f"postgres_{which}")


@pytest.fixture
def database(postgres: Postgres) -> Iterator[Database]:
    """A fresh database with our schema and nothing in it (about 20 ms in memory)."""
    with fresh(postgres) as made:
        yield made


@contextmanager
def fresh(postgres: Postgres) -> Iterator[Database]:
    """An empty migrated database, which goes when it is not needed any more."""
    name = f"test_{uuid4().hex[:12]}"
    postgres.run(f"CREATE DATABASE {name} TEMPLATE {postgres.template()} STRATEGY FILE_COPY")
    roles = (OWNER, "flow_web", "flow_worker")
    yield Database(name, *(postgres.dsn(name, role) for role in roles))
    postgres.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres_embedded() -> Iterator[Postgres]:
    with running(None) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_15() -> Iterator[Postgres]:
    with running(_programs_15()) as server:
        yield server


@contextmanager
def running(programs: Path | None) -> Iterator[Postgres]:
    """A server of its own, in memory where there is room; `programs`: the folder of another one."""
    folder = Path(tempfile.mkdtemp(prefix="flowengine-", dir=_memory()))
    folder.chmod(0o711)  # root's PostgreSQL runs as someone else, who must get in
    server = Embedded.start(folder / "data", FAST, programs=programs)
    try:
        yield Postgres(server)
    finally:
        server.stop()
        shutil.rmtree(folder)


def _memory() -> Path | None:
    """A folder in memory, where there is room: copying a database is 20 times as fast there."""
    memory = Path("/dev/shm")
    if not memory.is_dir():
        return None
    sweep(memory)
    if shutil.disk_usage(memory).free > ROOM:
        return memory
    return None


def _programs_15() -> Path:
    on_path = shutil.which("postgres")
    for program in (Path("/usr/lib/postgresql/15/bin/postgres"), Path(on_path or "/none")):
        if program.exists() and b" 15." in subprocess.check_output([program, "--version"]):
            return program.resolve().parent
    lacking("PostgreSQL 15 is not installed (Debian: postgresql-15)")


def _migrate(dsn: str) -> None:
    # Imported here: a test of the store's lower half must not need alembic.
    from flowengine.store.migrate import upgrade_now

    upgrade_now(dsn)


async def _run(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
