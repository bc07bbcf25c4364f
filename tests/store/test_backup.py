"""A backup brings back every row, or says why not; what was under way is not done again."""

import asyncio
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import pytest

from flowengine.messages import Send, Text
from flowengine.state import encode
from flowengine.store import migrate, schema, starts
from flowengine.store.archive import MANIFEST, BadArchive, Reader
from flowengine.store.backup import LEFT_OUT, Unreadable, back_up
from flowengine.store.columns import metadata
from flowengine.store.database import Database
from flowengine.store.ids import new_id
from flowengine.store.restore import InUse, NotEmpty
from flowengine.store.restore import restore as restore_with
from flowengine.store.resuming import Settled
from flowengine.store.sends import NewSend, insert_sends
from tests.services import postgres as services
from tests.services.postgres import Postgres, on_both
from tests.store.conftest import Place
from tests.store.filled import fill

pytestmark = on_both


@pytest.fixture
def empty(postgres: Postgres) -> Iterator[str]:
    """The owner's address of a database without tables, on the same server."""
    name = f"test_{uuid4().hex[:12]}"
    postgres.run(f"CREATE DATABASE {name}")
    yield postgres.dsn(name)
    postgres.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def saved(store: Database, database: services.Database, bia: Place, tmp_path: Path) -> Path:
    """A backup of a workspace with a row in every table."""
    await fill(database.owner, bia.tenant, bia.owner)
    return await save(database.owner, tmp_path / "one.backup")


async def save(dsn: str, file: Path) -> Path:
    await back_up(dsn, file, version="0.1.0", key="00", open_place=open_place)
    return file


PICTURE = b"a picture" * 1000


async def open_place(place: str) -> AsyncIterator[bytes] | None:
    """An object store that has all but what is called gone."""
    return None if "gone" in place else pieces(place)


async def pieces(place: str) -> AsyncIterator[bytes]:
    yield place.encode()
    yield PICTURE


async def restore(
    dsn: str, reader: Reader, written: dict[str, bytes] | None = None, **more: bool
) -> Settled:
    async def write_place(place: str, pieces: AsyncIterator[bytes]) -> None:
        whole = b"".join([piece async for piece in pieces])
        if written is not None:
            written[place] = whole

    return await restore_with(dsn, reader, write_place=write_place, **more)


@asynccontextmanager
async def opened(file: Path) -> AsyncIterator[Reader]:
    reader = Reader(file)
    try:
        reader.check()
        yield reader
    finally:
        reader.close()


async def contents(dsn: str) -> dict[str, list[Any]]:
    connection = await asyncpg.connect(dsn)
    try:
        return {
            name: sorted(map(repr, await connection.fetch(f"SELECT * FROM {name}")))
            for name in metadata.tables
            if name not in LEFT_OUT
        }
    finally:
        await connection.close()


async def test_every_row_comes_back(saved: Path, database: services.Database, empty: str) -> None:
    before = await contents(database.owner)
    assert all(before.values())
    async with opened(saved) as reader:
        await restore(empty, reader, moved=True)
    after = await contents(empty)
    # Leases are of the dead; the filled row of the calls is due now.
    for table in ("lanes", "calls"):
        assert len(after.pop(table)) == len(before.pop(table))
    assert after == before
    assert await schema.is_current(empty)


async def test_the_fence_stands_after_a_restore(saved: Path, empty: str) -> None:
    async with opened(saved) as reader:
        await restore(empty, reader, moved=True)
    connection = await asyncpg.connect(empty)
    try:
        open_tables = await connection.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p') AND NOT (relrowsecurity AND relforcerowsecurity)"
            " AND relname <> 'alembic_version'"
        )
        asleep = await connection.fetch("SELECT tgname FROM pg_trigger WHERE tgenabled = 'D'")
    finally:
        await connection.close()
    assert (open_tables, asleep) == ([], [])


async def test_files_come_with_it(
    database: services.Database, bia: Place, empty: str, tmp_path: Path
) -> None:
    """Each that the tables name and the store has; those of what the target held are dropped."""
    for place in (f"{bia.tenant}/one", f"{bia.tenant}/gone"):
        await put_row(database.owner, bia, place)
    file = await save(database.owner, tmp_path / "one.backup")
    written: dict[str, bytes] = {}
    async with opened(file) as reader:
        assert [each.place for each in reader.manifest.files] == [f"{bia.tenant}/one"]
        assert reader.manifest.missing == 1
        await restore(empty, reader, written)
        assert written == {f"{bia.tenant}/one": f"{bia.tenant}/one".encode() + PICTURE}
        await put_row(empty, bia, f"{bia.tenant}/later")
        await restore(empty, reader, written, force=True)
    connection = await asyncpg.connect(empty)
    try:
        dropped = await connection.fetch("SELECT place FROM dropped_files")
    finally:
        await connection.close()
    assert {row["place"] for row in dropped} == {f"{bia.tenant}/later", f"{bia.tenant}/gone"}


async def put_row(dsn: str, tenant: Place, place: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(
            "INSERT INTO assets (tenant_id, hash, mime, size, place)"
            " VALUES ($1, $2, 'image/png', 9, $2)",
            tenant.tenant,
            place,
        )
    finally:
        await connection.close()


async def test_a_file_that_was_altered_is_noticed(
    database: services.Database, bia: Place, tmp_path: Path
) -> None:
    await put_row(database.owner, bia, f"{bia.tenant}/one")
    file = await save(database.owner, tmp_path / "one.backup")
    bad = tmp_path / "bad.backup"
    with zipfile.ZipFile(file) as whole, zipfile.ZipFile(bad, "w") as other:
        for name in whole.namelist():
            data = whole.read(name)
            other.writestr(name, b"x" + data[1:] if name.startswith("files/") else data)
    with pytest.raises(BadArchive, match="files/"):
        Reader(bad).check()


async def test_who_was_signed_in_is_not_after_a_restore(saved: Path, empty: str) -> None:
    async with opened(saved) as reader:
        await restore(empty, reader)
    connection = await asyncpg.connect(empty)
    try:
        for table in LEFT_OUT - {"alembic_version"}:
            assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0
    finally:
        await connection.close()


async def test_what_is_written_meanwhile_is_not_in_it(
    store: Database, database: services.Database, bia: Place, empty: str, tmp_path: Path
) -> None:
    """One moment, though tables are read one after the other and the product goes on."""
    stop, enough = asyncio.Event(), asyncio.Event()
    made = 0

    async def live() -> None:
        nonlocal made
        while not stop.is_set():
            async with store.worker(bia.tenant) as transaction:
                for _ in range(20):
                    await transaction.run(
                        "INSERT INTO contacts (tenant_id, id, name) VALUES ($1, $2, 'Ana')",
                        bia.tenant,
                        new_id(),
                    )
                    made += 1
            if made >= 100:
                enough.set()

    living = asyncio.create_task(live())
    try:
        await asyncio.wait_for(enough.wait(), 30)
        file = await save(database.owner, tmp_path / "living")
    finally:
        stop.set()
        await living
    async with opened(file) as reader:
        await restore(empty, reader)
    connection = await asyncpg.connect(empty)
    try:
        count = await connection.fetchval("SELECT count(*) FROM contacts")
    finally:
        await connection.close()
    assert 100 <= count <= made
    assert count % 20 == 0


async def test_an_owner_who_is_no_superuser_can_do_both(
    postgres: Postgres, database: services.Database, tmp_path: Path
) -> None:
    name = f"test_{uuid4().hex[:12]}"
    await run(postgres, f"CREATE ROLE {name} LOGIN CREATEROLE NOSUPERUSER")
    if await server_version(postgres.dsn()) >= 160000:
        await run(postgres, f"GRANT flow_worker TO {name} WITH ADMIN TRUE, INHERIT FALSE")
    for number in (1, 2):
        await run(postgres, f"CREATE DATABASE {name}_{number} OWNER {name}")
    one, two = (f"{postgres.dsn(f'{name}_{number}')}&role={name}" for number in (1, 2))
    try:
        await migrate.upgrade(one)
        superuser = await asyncpg.connect(postgres.dsn(f"{name}_1"))
        tenant = new_id()
        await superuser.execute(
            "INSERT INTO tenants (id, slug, name, opt_out_words, opt_out_text)"
            " VALUES ($1, 'bia', 'Bia', '{}', '')", tenant,
        )  # fmt: skip
        await superuser.execute(
            "INSERT INTO contacts (tenant_id, id, name) VALUES ($1, $2, 'Ana')", tenant, new_id()
        )
        await superuser.execute("DROP POLICY backup ON consents")
        with pytest.raises(Unreadable, match="consents"):
            await save(one, tmp_path / "plain")
        assert not list(tmp_path.iterdir())
        await superuser.execute(
            f"CREATE POLICY backup ON consents FOR SELECT TO {name} USING (true)"
        )
        await superuser.close()
        async with opened(await save(one, tmp_path / "plain")) as reader:
            assert {p.table: p.rows for p in reader.manifest.parts}["contacts"] == 1
            await restore(two, reader)
        assert len((await contents(postgres.dsn(f"{name}_2")))["contacts"]) == 1
    finally:
        for number in (1, 2):
            await run(postgres, f"DROP DATABASE {name}_{number} WITH (FORCE)")
        await run(postgres, f"DROP OWNED BY {name}")
        await run(postgres, f"DROP ROLE {name}")


async def run(postgres: Postgres, statement: str) -> None:
    await asyncio.to_thread(postgres.run, statement)


async def server_version(dsn: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        return int(await connection.fetchval("SHOW server_version_num"))
    finally:
        await connection.close()


# -- refused ---------------------------------------------------------------------------------------


async def test_a_target_that_holds_a_workspace_is_left_alone(saved: Path, empty: str) -> None:
    async with opened(saved) as reader:
        await restore(empty, reader, moved=True)
        before = await contents(empty)
        with pytest.raises(NotEmpty):
            await restore(empty, reader)
        assert await contents(empty) == before
        await restore(empty, reader, force=True, moved=True)
    after = await contents(empty)
    assert {table: len(rows) for table, rows in after.items()} == {
        table: len(rows) for table, rows in before.items()
    }


async def test_a_target_that_is_at_work_is_left_alone(
    saved: Path, database: services.Database, store: Database
) -> None:
    async with store.worker(), opened(saved) as reader:
        with pytest.raises(InUse):
            await restore(database.owner, reader, force=True)


async def test_a_cut_file_is_noticed(saved: Path) -> None:
    cut = saved.with_name("cut")
    cut.write_bytes(saved.read_bytes()[:-2000])
    with pytest.raises(BadArchive, match="no whole backup"):
        Reader(cut)


async def test_an_altered_file_is_noticed(saved: Path) -> None:
    altered = saved.with_name("altered")
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(altered, "w") as new:
        for entry in old.namelist():
            data = old.read(entry)
            new.writestr(entry, data[:-1] + b"\x00" if entry.endswith("contacts.copy") else data)
    reader = Reader(altered)
    with pytest.raises(BadArchive, match="contacts"):
        reader.check()
    reader.close()


async def test_a_flipped_bit_is_noticed(saved: Path) -> None:
    raw = bytearray(saved.read_bytes())
    with zipfile.ZipFile(saved) as archive:
        largest = max(archive.infolist(), key=lambda entry: entry.compress_size)
    raw[largest.header_offset + 30 + len(largest.filename) + largest.compress_size // 2] ^= 1
    flipped = saved.with_name("flipped")
    flipped.write_bytes(raw)
    with pytest.raises(BadArchive):
        async with opened(flipped):
            pass


def retold(saved: Path, name: str, **fields: str) -> Path:
    """The same archive, of which its manifest says something else."""
    told = saved.with_name(f"{name}.retold")
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(told, "w") as new:
        for entry in old.namelist():
            data = old.read(entry)
            if entry == MANIFEST:
                data = msgspec.json.encode({**msgspec.json.decode(data), **fields})
            new.writestr(entry, data)
    return told


@pytest.mark.parametrize(
    ("field", "value"), [("format", "flowengine-backup/2"), ("revision", "9999")]
)
async def test_a_newer_version_is_refused(saved: Path, empty: str, field: str, value: str) -> None:
    newer = retold(saved, "newer", **{field: value})
    with pytest.raises(BadArchive, match=r"version"):
        async with opened(newer) as reader:
            await restore(empty, reader)
    assert not await schema.is_current(empty)


async def test_a_backup_that_fails_leaves_no_file(
    postgres: Postgres, empty: str, tmp_path: Path
) -> None:
    with pytest.raises(asyncpg.UndefinedTableError):
        await save(empty, tmp_path / "none")
    assert not list(tmp_path.iterdir())


# -- nothing is done twice ---------------------------------------------------------------------


@pytest.fixture
async def waiting(store: Database, database: services.Database, bia: Place, tmp_path: Path) -> Path:
    """A backup of an hour ago with sends in every state, two of them of one visit, and with two
    planned starts and a planned message: one start is due in three days, the others fell due
    since."""
    rows = await fill(database.owner, bia.tenant, bia.owner)
    room, channel = rows["conversations"]["id"], rows["channels"]["id"]
    async with store.worker(bia.tenant) as transaction:
        for table in ("outbox", "lanes", "calls", "scheduled_starts"):
            await transaction.run(f"DELETE FROM {table}")
        await transaction.run("UPDATE cron_runs SET state = 'running', next_at = now()")
        await transaction.run(
            "UPDATE scheduled_messages SET state = 'waiting', due_at = now() - interval '1 minute'"
        )
        for number, state in enumerate(("sending", "queued", "unknown", "queued")):
            effect = Send(f"e.{number}", "oi", "ola", Text(f"Olá {number}"))
            new = NewSend(
                new_id(), effect.id, room, encode(effect), "bot",
                execution=rows["executions"]["id"], visit=1, pos=number,
            )  # fmt: skip
            await insert_sends(transaction, [(new, 1000)])
            await transaction.run("UPDATE outbox SET state = $2 WHERE id = $1", new.id, state)
        for days in (0, 3):
            due = datetime.now(UTC) + timedelta(days=days, minutes=-1)
            await starts.put_start(
                transaction,
                starts.NewStart(rows["contacts"]["id"], channel, "ola", due, key=str(days)),
            )
    made_at = msgspec.to_builtins(datetime.now(UTC) - timedelta(hours=1))
    return retold(await save(database.owner, tmp_path / "waiting"), "waiting", made_at=made_at)


async def test_what_waited_is_given_to_a_person(waiting: Path, empty: str) -> None:
    async with opened(waiting) as reader:
        settled = await restore(empty, reader)
    assert (settled.sends, settled.skipped) == (4, 3)
    connection = await asyncpg.connect(empty)
    try:
        assert await connection.fetchval("SELECT count(*) FROM outbox") == 0
        reasons = await connection.fetch(
            "SELECT reason FROM dead_letters WHERE reason = 'restored'"
        )
        assert len(reasons) == 4
        states = await connection.fetch("SELECT key, state FROM scheduled_starts ORDER BY key")
        assert [tuple(row) for row in states] == [("0", "skipped"), ("3", "waiting")]
        (message,) = await connection.fetch("SELECT state, reason FROM scheduled_messages")
        assert tuple(message) == ("refused", "restored")
        assert await connection.fetchval("SELECT state FROM cron_runs") == "done"
        # Read anew by the clock, from now on.
        assert await connection.fetchval("SELECT count(*) FROM cron_triggers") == 0
        assert await connection.fetchval("SELECT count(*) FROM cron_seen") == 0
    finally:
        await connection.close()


async def test_a_product_that_moved_sends_what_waits(waiting: Path, empty: str) -> None:
    async with opened(waiting) as reader:
        settled = await restore(empty, reader, moved=True)
    assert settled.sends == 0
    connection = await asyncpg.connect(empty)
    try:
        assert await connection.fetchval("SELECT count(*) FROM outbox") == 4
        assert await connection.fetchval("SELECT count(owner) FROM lanes") == 0
    finally:
        await connection.close()
