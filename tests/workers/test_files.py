"""Files: kept once, read in pieces, removed with their rows, moved out of the database; in a folder
and in a bucket alike."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from flowengine.store import assets
from flowengine.store.assets import Asset
from flowengine.store.database import Database
from tests.services import postgres as services
from tests.services.postgres import on_both
from tests.store.conftest import Place, settle
from workers.files import Files, describe
from workers.objects import Missing, Objects, StorageAway, open_objects
from workers.settings import SettingsError, read_settings
from workers.spool import SMALL, Spool, TooLarge
from workers.tidying import Tidying

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
LARGE = b"%PDF-1.7\n" + bytes(9 * 1024 * 1024)
"""More than one part of an upload to a bucket."""


@pytest.fixture
async def store(database: services.Database) -> AsyncIterator[Database]:
    opened = await Database.open(database.web, database.worker)
    yield opened
    await opened.close()


@pytest.fixture
async def bia(store: Database) -> Place:
    return await settle(store, "bia", "Bia")


@pytest.fixture(params=["folder", "bucket"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    environ = {} if request.param == "folder" else request.getfixturevalue("bucket")
    opened = open_objects(read_settings(environ, data=tmp_path))
    assert opened is not None
    return opened


@pytest.fixture
def files(store: Database, objects: Objects) -> Files:
    return Files(store, objects)


def spooled(data: bytes) -> Spool:
    spool = Spool(100 * 1024 * 1024)
    for start in range(0, len(data), 100_000):
        spool.write(data[start : start + 100_000])
    return spool


async def keep(files: Files, place: Place, data: bytes, name: str = "a.png") -> Asset:
    with spooled(data) as spool:
        return await files.keep(place.tenant, spool, name)


async def bytes_of(files: Files, place: Place, hash: str, *part: int) -> bytes | None:
    found = await files.open(place.tenant, hash, *part)
    return None if found is None else b"".join([piece async for piece in found.pieces])


async def places(store: Database, table: str = "assets") -> list[str]:
    async with store.worker() as transaction:
        rows = await transaction.rows(f"SELECT place FROM {table} ORDER BY place")
        return [row["place"] for row in rows]


@pytest.mark.parametrize("data", [PNG, LARGE], ids=["small", "large"])
async def test_a_file_comes_back_as_it_was(files: Files, bia: Place, data: bytes) -> None:
    kept = await keep(files, bia, data)
    assert kept.hash == f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert kept.mime == ("image/png" if data is PNG else "application/pdf")
    assert await bytes_of(files, bia, kept.hash) == data
    assert await bytes_of(files, bia, kept.hash, 5, 20) == data[5:20]
    assert await bytes_of(files, bia, kept.hash, 1000) == data[1000:]


async def test_a_connector_reads_a_large_one_in_pieces(files: Files, bia: Place) -> None:
    kept = await keep(files, bia, LARGE)
    file = await files.for_sending(bia.tenant, kept.hash)
    assert file is not None
    assert file.parts is not None
    assert (file.length, file.mime) == (len(LARGE), "application/pdf")
    assert LARGE.startswith(file.data)
    assert len(file.data) < SMALL
    for _ in range(2):  # a second try of the same send
        assert hashlib.sha256(await file.whole()).hexdigest() == kept.hash.removeprefix("sha256:")
    small = await files.for_sending(bia.tenant, (await keep(files, bia, PNG)).hash)
    assert small is not None
    assert (small.data, small.parts) == (PNG, None)


async def test_the_same_bytes_are_kept_once_and_nothing_is_left_over(
    files: Files, objects: Objects, store: Database, bia: Place
) -> None:
    one = await keep(files, bia, PNG)
    two = await keep(files, bia, PNG, "b.png")
    assert one.hash == two.hash
    (place,) = await places(store)
    (second,) = await places(store, "dropped_files")
    await Tidying(store, files).tidy()
    assert await places(store, "dropped_files") == []
    with pytest.raises(Missing):
        await objects.read(second)
    assert [piece async for piece in await objects.read(place)] == [PNG]


async def test_another_workspace_has_it_not(files: Files, store: Database, bia: Place) -> None:
    davi = await settle(store, "davi", "Davi")
    kept = await keep(files, bia, PNG)
    assert await bytes_of(files, davi, kept.hash) is None
    assert await files.for_sending(davi.tenant, kept.hash) is None


async def test_bytes_go_with_their_row_and_come_back_with_a_new_one(
    files: Files, objects: Objects, store: Database, bia: Place
) -> None:
    kept = await keep(files, bia, PNG)
    (place,) = await places(store)
    async with store.worker(bia.tenant) as transaction:
        await transaction.run("DELETE FROM assets")
    await keep(files, bia, PNG)
    tidying = Tidying(store, files)
    await tidying.tidy()
    assert tidying.removed == 1
    with pytest.raises(Missing):
        await objects.read(place)
    assert await bytes_of(files, bia, kept.hash) == PNG


async def test_what_a_dead_process_was_writing_is_removed_a_day_later(
    files: Files, objects: Objects, store: Database, bia: Place
) -> None:
    with spooled(PNG) as spool:
        place = (await files.store(bia.tenant, spool)).place  # and dies before the row
    tidying = Tidying(store, files)
    await tidying.tidy()
    assert tidying.removed == 0
    async with store.worker() as transaction:
        await transaction.run("UPDATE dropped_files SET due_at = now() - interval '1 s'")
    await tidying.tidy()
    with pytest.raises(Missing):
        await objects.read(place)


async def test_what_the_database_holds_is_read_and_moves_out(
    files: Files, objects: Objects, store: Database, bia: Place
) -> None:
    hashes = [await before(store, bia, PNG + bytes([n])) for n in range(3)]
    assert await bytes_of(files, bia, hashes[1], 3, 10) == PNG[3:10]
    file = await files.for_sending(bia.tenant, hashes[0])
    assert file is not None
    assert file.data == PNG + b"\x00"
    first, second = Tidying(store, files), Tidying(store, files)
    assert await first.tidy() == 0.0
    while not await second.tidy():  # restarted: goes on with what is left
        pass
    assert (first.moved, second.moved) == (1, 2)
    for n, hash in enumerate(hashes):
        assert await bytes_of(files, bia, hash) == PNG + bytes([n])
    assert "" not in await places(store)
    assert await places(store, "dropped_files") == []


async def test_a_file_that_is_deleted_while_it_moves_leaves_nothing(
    files: Files, objects: Objects, store: Database, bia: Place
) -> None:
    hash = await before(store, bia, PNG)
    with spooled(PNG) as spool:
        place = (await files.store(bia.tenant, spool)).place
    async with store.worker(bia.tenant) as transaction:
        await transaction.run("DELETE FROM assets")
        assert not await assets.moved(transaction, hash, place)
    await Tidying(store, files).tidy()
    with pytest.raises(Missing):
        await objects.read(place)


async def before(store: Database, place: Place, data: bytes) -> str:
    """A file as it was kept before there was an object store."""
    hash = f"sha256:{hashlib.sha256(data).hexdigest()}"
    async with store.worker(place.tenant) as transaction:
        await transaction.run(
            "INSERT INTO assets (tenant_id, hash, mime, size, data) VALUES ($1, $2, $3, $4, $5)",
            place.tenant, hash, "image/png", len(data), data,
        )  # fmt: skip
    return hash


@on_both
async def test_who_made_a_file_stays_its_owner(store: Database, bia: Place, tmp_path: Path) -> None:
    files = Files(store, open_objects(read_settings({}, data=tmp_path)))
    for origin, stays in (("received", "received"), ("sent", "sent"), ("received", "sent"),
                          ("made", "made"), ("received", "made")):  # fmt: skip
        with spooled(PNG) as spool:
            await files.keep(bia.tenant, spool, origin=origin)
        async with store.web(bia.tenant) as transaction:
            assert await transaction.value("SELECT origin FROM assets") == stays
            assert len(await assets.assets(transaction)) == (stays == "made")


def test_a_spool_takes_no_more_than_it_should() -> None:
    spool = Spool(10)
    spool.write(b"x" * 10)
    with pytest.raises(TooLarge):
        spool.write(b"x")


def test_what_is_described_is_told_by_its_bytes() -> None:
    with spooled(b"MZ" + bytes(100)) as spool:
        assert describe(spool, "foto.png", "image/png").mime == "application/x-msdownload"


async def test_a_store_that_is_away_says_no_secret(tmp_path: Path) -> None:
    settings = read_settings(
        {
            "FLOWENGINE_FILES_URL": "s3://balde",
            "FLOWENGINE_FILES_SECRET": "AKIATESTE:segredo",
            "FLOWENGINE_FILES_ENDPOINT": "http://127.0.0.1:9",
            "FLOWENGINE_FILES_REGION": "us-east-1",
        },
        data=tmp_path,
    )
    assert "segredo" not in repr(settings)
    away = open_objects(settings, retries=0)
    assert away is not None
    with pytest.raises(StorageAway) as told:
        await away.read("nada")
    assert "127.0.0.1" not in str(told.value)
    assert "segredo" not in str(told.value)


@pytest.mark.parametrize("url", ["ftp://balde", "balde", "s3:"])
def test_an_address_that_is_no_bucket_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        open_objects(read_settings({"FLOWENGINE_FILES_URL": url}, data=tmp_path))


async def test_several_processes_without_a_bucket_keep_files_in_the_database(
    store: Database, bia: Place, tmp_path: Path
) -> None:
    """Never in a folder of one of them, which the others do not see; a bucket takes them later."""
    shared = {"FLOWENGINE_DATABASE_URL": "postgresql://db/x"}
    assert open_objects(read_settings(shared, data=tmp_path)) is None
    files = Files(store, None)
    kept, again = [await keep(files, bia, PNG) for _ in range(2)]
    assert kept.hash == again.hash
    assert await bytes_of(files, bia, kept.hash, 2, 9) == PNG[2:9]
    assert await Tidying(store, files).tidy() > 0
    with spooled(b"%PDF" + bytes(17 * 1024 * 1024)) as spool, pytest.raises(TooLarge):
        await files.keep(bia.tenant, spool)
    url = {**shared, "FLOWENGINE_FILES_URL": f"file://{tmp_path}/com%20espa%C3%A7o"}
    later = Files(store, open_objects(read_settings(url, data=tmp_path)))
    while not await Tidying(store, later).tidy():
        pass
    assert await bytes_of(later, bia, kept.hash) == PNG
    assert list((tmp_path / "com espaço").rglob("*-*"))
    with pytest.raises(StorageAway):
        await files.open(bia.tenant, kept.hash)


async def test_one_that_cannot_be_removed_holds_up_no_other(
    store: Database, bia: Place, tmp_path: Path
) -> None:
    """And what is to be moved moves; it is tried again later."""
    opened = open_objects(read_settings({}, data=tmp_path))
    assert opened is not None
    files = Files(store, opened)
    with spooled(PNG) as spool:
        good = (await files.store(bia.tenant, spool)).place
    stuck = f"{bia.tenant}/stuck"
    (tmp_path / "files" / stuck / "inside").mkdir(parents=True)  # a folder is no object
    async with store.worker() as transaction:
        await transaction.run(
            "INSERT INTO dropped_files (tenant_id, place, due_at) VALUES ($1, $2, '2020-01-01')",
            bia.tenant, stuck,
        )  # fmt: skip
        await transaction.run(
            "UPDATE dropped_files SET due_at = '2020-01-02' WHERE place = $1", good
        )
    hash = await before(store, bia, PNG)
    tidying = Tidying(store, files)
    await tidying.tidy()
    assert (tidying.removed, tidying.moved) == (1, 1)
    assert await places(store, "dropped_files") == [stuck]
    async with store.worker() as transaction:
        assert await transaction.value("SELECT due_at > now() FROM dropped_files")
    assert await bytes_of(files, bia, hash) == PNG
