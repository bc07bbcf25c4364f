"""Files that customers send: fetched in the background, kept, shown, and gone with the person."""

import asyncio
from typing import Any

import pytest

from connectors.fake_graph.words import Json
from flowengine.store import policies
from flowengine.store.erasing import erase
from flowengine.store.message_files import files_of, keep_file
from tests.services.postgres import on_both
from tests.workers.test_erasing import contact_of, erased
from tests.workers.test_inbox import body, message, status
from tests.workers.town import ANA, Town
from workers.channels import Channels
from workers.fetching import FIRST_WAIT, Fetching
from workers.files import describe
from workers.keeping import Keeper
from workers.spool import Spool
from workers.tidying import Tidying

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
BIA = "5511999990003"


def picture(town: Town, data: bytes = PICTURE, **more: Any) -> Json:
    id = town.graph.files.keep(data, "image/png")
    return {"type": "image", "image": {"id": id, "mime_type": "image/png", **more}}


async def kept(town: Town, count: int = 1) -> None:
    await town.sees("SELECT count(*) = $1 FROM message_files WHERE state = 'kept'", count)


async def bytes_of(town: Town, hash: str) -> bytes:
    assert town.workers is not None
    found = await town.workers.files.open(town.place.tenant, hash)
    assert found is not None
    return b"".join([piece async for piece in found.pieces])


@on_both
async def test_what_a_customer_sends_is_kept(town: Town) -> None:
    town.graph.say(town.number.id, ANA, picture(town, caption="meu gato"))
    await kept(town)
    (row,) = await town.rows("SELECT message_id, hash FROM message_files")
    async with town.database.web(town.place.tenant) as transaction:
        file = (await files_of(transaction, [row["message_id"]]))[row["message_id"]]
    assert (file.state, file.mime, file.size) == ("kept", "image/png", len(PICTURE))
    assert await bytes_of(town, row["hash"]) == PICTURE


async def test_a_batch_and_somebody_new_and_what_is_no_file(town: Town) -> None:
    """The three ways into the inbox: known people, new ones, and mixed with statuses."""
    town.say("oi")
    await town.quiet()
    town.graph.say(town.number.id, ANA, picture(town))
    town.graph.say(town.number.id, BIA, picture(town, PICTURE + b"2"))
    await kept(town, 2)
    third = {**message(ANA, 9, ""), **picture(town, PICTURE + b"3")}
    assert await town.deliver(body(town, [third], [status("wamid.x", "sent")])) == 200
    await kept(town, 3)
    assert await town.value("SELECT count(*) FROM message_files") == 3
    assert await town.value("SELECT count(DISTINCT place) FROM assets") == 3


async def test_the_same_picture_twice_is_kept_once(town: Town) -> None:
    for who in (ANA, BIA):
        town.graph.say(town.number.id, who, picture(town))
    await kept(town, 2)
    assert await town.value("SELECT count(*) FROM assets") == 1


async def test_what_the_provider_has_not_is_tried_again_then_given_up(still: Town) -> None:
    await still.work(pumps=False)
    assert still.workers is not None
    fetching = Fetching(still.database, channels_of(still), still.workers.files)
    gone = {"type": "image", "image": {"id": "123", "mime_type": "image/png"}}
    still.graph.say(still.number.id, ANA, gone)
    await still.sees("SELECT count(*) = 1 FROM message_files")
    await fetching.fetch_some()
    (row,) = await still.rows("SELECT state, reason, due_at > now() AS later FROM message_files")
    assert row["later"] or row["state"] == "refused"
    await still.run(
        "UPDATE message_files SET state = 'waiting', due_at = now(), at = now() - interval '8 days'"
    )
    await fetching.fetch_some()
    assert await still.value("SELECT state FROM message_files") == "refused"
    assert FIRST_WAIT > 0


async def test_who_is_erased_while_a_file_comes_leaves_nothing(still: Town) -> None:
    await still.work(pumps=False)
    assert still.workers is not None
    files = still.workers.files
    still.graph.say(still.number.id, ANA, picture(still))
    await still.sees("SELECT count(*) = 1 FROM message_files")
    fetching = Fetching(still.database, channels_of(still), files)
    ask = fetching._ask

    async def asked(*given: Any) -> Any:
        answer = await ask(*given)
        async with still.database.worker(still.place.tenant) as transaction:
            await erase(transaction, await contact_of(still))
        return answer

    fetching._ask = asked  # type: ignore[method-assign] - something happens within it
    await fetching.fetch_some()
    await Tidying(still.database, files).tidy()
    for table in ("message_files", "assets", "dropped_files"):
        assert await still.value(f"SELECT count(*) FROM {table}") == 0


async def test_a_persons_files_go_with_them_but_for_what_others_sent_too(town: Town) -> None:
    assert town.workers is not None
    for who, data in ((ANA, PICTURE), (BIA, PICTURE), (ANA, PICTURE + b"only hers")):
        town.graph.say(town.number.id, who, picture(town, data))
    await kept(town, 3)
    await town.quiet()
    async with town.database.worker(town.place.tenant) as transaction:
        await erase(transaction, await contact_of(town))
    (row,) = await town.rows("SELECT hash FROM assets")
    assert await bytes_of(town, row["hash"]) == PICTURE
    async with town.database.worker(town.place.tenant) as transaction:
        await erase(transaction, await contact_of(town, BIA))
    await town.sees("SELECT count(*) = 0 FROM assets")
    await town.sees("SELECT count(*) = 0 FROM dropped_files")


@pytest.mark.parametrize("days", [1, None])
async def test_a_policy_covers_what_customers_sent(town: Town, days: int | None) -> None:
    """By its days for files, or with the months of messages that go."""
    town.graph.say(town.number.id, ANA, picture(town))
    await kept(town)
    await town.quiet()
    await town.run("UPDATE assets SET at = now() - interval '100 days'")
    await town.run("UPDATE message_files SET at = now() - interval '100 days'")
    async with town.database.worker(town.place.tenant) as transaction:
        await policies.set_keeping(transaction, None if days else 1, days)
    keeper = Keeper(town.database)
    for _ in range(20):
        await keeper.tick()
        keeper._next = 0.0
    await town.sees("SELECT count(*) = 0 FROM assets")
    await town.sees("SELECT count(*) = 0 FROM dropped_files")
    if days:
        (row,) = await town.rows("SELECT message_id FROM message_files")
        async with town.database.web(town.place.tenant) as transaction:
            file = (await files_of(transaction, [row["message_id"]]))[row["message_id"]]
        assert file.state == "gone"


def channels_of(town: Town) -> Channels:
    return Channels(town.vault, town.client)


async def test_two_processes_share_the_files(still: Town) -> None:
    await still.work(pumps=False)
    assert still.workers is not None
    for n in range(6):
        still.graph.say(still.number.id, ANA, picture(still, PICTURE + bytes([n])))
    await still.sees("SELECT count(*) = 6 FROM message_files")
    pair = [Fetching(still.database, channels_of(still), still.workers.files) for _ in range(2)]
    for _ in range(3):
        await asyncio.gather(*(each.fetch_some() for each in pair))
    assert sum(each.fetched for each in pair) == 6
    assert await still.value("SELECT max(tries) FROM message_files") == 1


async def test_the_same_bytes_that_come_while_a_person_is_erased_stay(still: Town) -> None:
    """The erasure waits for whoever brings them, and sees what that one wrote."""
    await still.work(pumps=False)
    assert still.workers is not None
    files = still.workers.files
    still.graph.say(still.number.id, ANA, picture(still))
    await still.sees("SELECT count(*) = 1 FROM message_files")
    await Fetching(still.database, channels_of(still), files).fetch_some()
    still.graph.say(still.number.id, BIA, picture(still))
    await still.sees("SELECT count(*) = 2 FROM message_files")
    message = await still.value("SELECT message_id FROM message_files WHERE state = 'waiting'")
    with Spool(1_000_000) as spool:
        spool.write(PICTURE)
        stored = await files.store(still.place.tenant, spool)
        asset = describe(spool, "", "")
    async with still.database.worker(still.place.tenant) as transaction:
        assert await keep_file(transaction, message, stored.place, asset, stored.data)
        erasing = asyncio.create_task(erased(still, await contact_of(still)))
        await still.sees("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted")
    await erasing
    assert await bytes_of(still, asset.hash) == PICTURE
