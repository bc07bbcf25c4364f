"""The small parts: what to do with a lane's head, rates, pumps, doorbells, the note, the shelf."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from dramatiq import Worker

from flowengine.messages import (
    Accepted,
    Audio,
    Card,
    Image,
    Location,
    Media,
    Reaction,
    Refused,
    Send,
    Template,
    Text,
    Unclear,
)
from flowengine.store.ids import new_id
from flowengine.store.lanes import Head
from flowengine.store.verdicts import Again, Delivered, Doubt, Dropped, Failed, TooLate
from workers.actors import QUEUES, Pumps, register
from workers.bells import Bells
from workers.broker import MOST_WAITING, EmbeddedBroker, redis_broker, waiting
from workers.deciding import (
    Apologise,
    Ask,
    Go,
    Probe,
    Wait,
    by_policy,
    decide,
    judge,
    retry_seconds,
)
from workers.library import Shelf
from workers.note import Note, left_behind
from workers.pump import Pump
from workers.words import text_of

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HELLO = Send("e.1", "n", "f", Text("Olá"))


def head(**changes: Any) -> Head:
    known = Head(
        id=new_id(), conversation=new_id(), tenant=new_id(), channel=new_id(), contact=new_id(),
        state="queued", attempt=0, effect=b"", author="bot", epoch=1, conversation_epoch=1,
        created_at=NOW, horizon=NOW + timedelta(hours=24), next_at=None, sending_at=None,
        channel_kind="cloud", channel_state="active", channel_rate=None, channel_updated_at=NOW,
        channel_next_send_at=None, identities=(),
    )  # fmt: skip
    return msgspec.structs.replace(known, **changes)


LATER = NOW + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Go),
        ({"state": "sending", "attempt": 1}, Doubt),
        ({"state": "unknown", "next_at": LATER}, Wait),
        ({"state": "unknown", "next_at": NOW}, Ask),
        ({"epoch": 0}, Dropped),
        ({"epoch": 0, "author": "agent"}, Go),
        ({"channel_state": "removed"}, Failed),
        ({"channel_state": "paused"}, Wait),
        ({"channel_next_send_at": LATER}, Wait),
        ({"channel_next_send_at": NOW}, Go),
        ({"next_at": LATER, "attempt": 1}, Wait),
        ({"horizon": NOW - timedelta(seconds=1), "attempt": 1}, Failed),
        ({"horizon": NOW - timedelta(seconds=1)}, Go),  # nobody has tried yet: that is our delay
        ({"channel_strikes": 4}, Go),
        ({"channel_strikes": 5}, Probe),
        ({"channel_strikes": 5, "channel_next_send_at": LATER}, Wait),
    ],
)
def test_what_a_head_needs(changes: dict[str, Any], expected: type) -> None:
    assert isinstance(decide(head(**changes), HELLO, NOW), expected)


def test_typing_is_shown_once_before_the_first_attempt() -> None:
    slow = msgspec.structs.replace(HELLO, typing=3)
    assert decide(head(), slow, NOW) == Wait(NOW + timedelta(seconds=3), typing=True)
    assert decide(head(next_at=NOW), slow, NOW) == Go()
    assert decide(head(attempt=1, next_at=NOW), slow, NOW) == Go()
    longest = msgspec.structs.replace(HELLO, typing=600)
    wait = decide(head(), longest, NOW)
    assert isinstance(wait, Wait)
    assert wait.until - NOW <= timedelta(seconds=25)


def test_an_unclear_send_is_sent_again_only_where_silence_means_something() -> None:
    doubtful = head(state="unknown", attempt=1)
    assert by_policy("flag", True, doubtful, NOW) == by_policy("flag", False, doubtful, NOW)
    flagged = by_policy("flag", True, doubtful, NOW)
    assert isinstance(flagged, Failed)
    assert flagged.flagged
    assert isinstance(by_policy("resend", True, doubtful, NOW), Again)
    patient = head(state="unknown", attempt=1, sending_at=NOW)
    assert isinstance(by_policy("resend", False, patient, NOW), Wait)
    assert by_policy("resend", False, patient, NOW + timedelta(hours=1)) == flagged
    old = head(state="unknown", horizon=NOW)
    assert isinstance(by_policy("resend", True, old, NOW), Failed)


@pytest.mark.parametrize(
    ("policy", "changes", "expected"),
    [
        ("send", {}, Go),
        ("apologise", {}, Apologise),
        ("transfer", {}, TooLate),
        ("transfer", {"late": "apologised"}, Go),
        ("transfer", {"author": "agent"}, Go),
        ("apologise", {"received_at": NOW - timedelta(minutes=59), "created_at": NOW}, Go),
        ("apologise", {"received_at": NOW - timedelta(minutes=61), "created_at": NOW}, Apologise),
    ],
)
def test_a_late_reply_follows_its_flows_policy(
    policy: str, changes: dict[str, Any], expected: type
) -> None:
    late = msgspec.structs.replace(HELLO, late_after=3600, late_reply=policy)
    old = {"created_at": NOW - timedelta(hours=2)} | changes
    assert isinstance(decide(head(**old), late, NOW), expected)
    if policy != "send":
        proactive = msgspec.structs.replace(late, purpose="marketing")
        assert decide(head(**old), proactive, NOW) == Go()


def test_outcomes_and_their_verdicts() -> None:
    assert judge(Accepted("w.1", "+55"), 1) == Delivered("w.1", "+55")
    assert judge(Unclear("timeout"), 1, 30, probe=True) == Doubt(30, outage=True, probe=True)
    refused = Refused("window_closed", permanent=True)
    assert judge(refused, 1) == Failed(refused)
    again = judge(Refused("rate_limited", False, retry_after=7, scope="channel"), 1)
    assert isinstance(again, Again)
    assert (again.seconds, again.channel_seconds) == (7, 7)
    one = judge(Refused("transient", False), 1)
    assert isinstance(one, Again)
    assert one.channel_seconds == 0


def test_back_off_doubles_with_jitter_up_to_a_bound() -> None:
    refused = Refused("transient", False)
    waits = [retry_seconds(refused, attempt) for attempt in range(1, 20)]
    assert 1 <= waits[0] <= 2
    assert max(waits) <= 300
    assert waits[-1] >= 150


# -- pumps and doorbells -------------------------------------------------------------------------


class Counted:
    """Work that counts how often it was done, and that there is no more of for a minute."""

    def __init__(self) -> None:
        self.times = 0

    async def __call__(self) -> float:
        self.times += 1
        return 60.0

    async def reaches(self, times: int) -> None:
        async with asyncio.timeout(30):
            while self.times < times:  # noqa: ASYNC110 - a number, not an event
                await asyncio.sleep(0.01)


async def settled() -> None:
    """All that is ready to run on the loop has run."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_pump_works_when_rung() -> None:
    work = Counted()
    pump = Pump("test", work, poll=60)
    pump.start()
    for times in (1, 2):
        await work.reaches(times)
        await settled()
        assert work.times == times
        pump.ring()
    await work.reaches(3)
    await pump.stop()


async def test_a_pump_polls_anyway() -> None:
    work = Counted()
    pump = Pump("test", work, poll=0.05)
    pump.start()
    await work.reaches(3)
    await pump.stop()


async def test_a_ring_during_work_is_not_lost() -> None:
    started, go, counted = asyncio.Event(), asyncio.Event(), Counted()

    async def work() -> float:
        started.set()
        await go.wait()
        return await counted()

    pump = Pump("test", work, poll=60)
    pump.start()
    await started.wait()
    pump.ring()
    go.set()
    await counted.reaches(2)
    await settled()
    assert counted.times == 2
    await pump.stop()


async def test_one_ring_wakes_one_task() -> None:
    work = Counted()
    pump = Pump("test", work, tasks=3, poll=60)
    pump.start()
    await work.reaches(3)
    await settled()
    pump.ring()
    await work.reaches(4)
    await settled()
    assert work.times == 4
    await pump.stop()


async def test_a_pump_survives_its_work() -> None:
    count = 0

    async def work() -> float:
        nonlocal count
        count += 1
        raise RuntimeError("the database is away")

    pump = Pump("test", work, poll=1)
    pump.start()
    for _ in range(100):
        await asyncio.sleep(0.1)
        if count >= 2:
            break
    await pump.stop()
    assert 2 <= count <= 4


def idle_pumps(rung: list[str]) -> Pumps:
    async def work(name: str) -> float:
        rung.append(name)
        return 60.0

    return Pumps(*(Pump(name, lambda name=name: work(name), poll=60) for name in QUEUES))


async def test_doorbells_ring_pumps_through_the_embedded_broker() -> None:
    rung: list[str] = []
    pumps = idle_pumps(rung)
    for pump in pumps.all():
        pump.start()
    async with asyncio.timeout(30):
        while len(rung) < len(QUEUES):  # noqa: ASYNC110 - a list, not an event
            await asyncio.sleep(0.01)
    rung.clear()
    broker = EmbeddedBroker()
    register(broker, asyncio.get_running_loop(), pumps)
    worker = Worker(broker, worker_threads=1, worker_timeout=20)
    await asyncio.to_thread(worker.start)
    bells = Bells(broker)
    bells.start()
    for _ in range(100):
        bells.ring("turns", "sends")
    async with asyncio.timeout(30):
        while set(rung) != {"turns", "sends"}:  # noqa: ASYNC110 - a list, not an event
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.4)
    assert set(rung) == {"turns", "sends"}
    assert len(rung) < 20
    await bells.stop()
    await asyncio.to_thread(worker.stop)
    for pump in pumps.all():
        await pump.stop()


async def test_a_failed_doorbell_is_forgotten() -> None:
    """The stub's own consumer would keep it, and its traceback, for ever."""
    broker = EmbeddedBroker()
    rung: list[str] = []
    register(broker, asyncio.get_running_loop(), idle_pumps(rung))
    broken = broker.get_actor("turns")
    broken.fn = lambda: 1 / 0
    worker = Worker(broker, worker_threads=1, worker_timeout=20)
    await asyncio.to_thread(worker.start)
    for _ in range(5):
        broker.enqueue(broken.message())
    await asyncio.to_thread(broker.join, "turns", timeout=5000, fail_fast=False)
    await asyncio.to_thread(worker.stop)
    assert broker.dead_letters == []
    assert waiting(broker, "turns") == 0


async def test_doorbells_that_nobody_answers_do_not_pile_up_in_redis(redis_url: str) -> None:
    broker = redis_broker(redis_url)
    bells = Bells(broker)
    bells.start()
    for _ in range(MOST_WAITING * 2):
        bells.ring("turns")
        await asyncio.sleep(0.005)
    await asyncio.sleep(0.1)
    assert 1 <= waiting(broker, "turns") <= MOST_WAITING
    await bells.stop()
    broker.close()


async def test_a_broker_that_is_away_is_tried_once_for_all_that_rang() -> None:
    bells = Bells(redis_broker("redis://127.0.0.1:1/0"))
    bells.start()
    for _ in range(100):
        bells.ring("turns")
    async with asyncio.timeout(30):
        while not bells.failures:  # noqa: ASYNC110 - a number, not an event
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.3)
    assert bells.failures == 1
    await bells.stop()


# -- the rest ------------------------------------------------------------------------------------


def test_a_note_tells_what_a_dead_process_had_in_hand_once(tmp_path: Path) -> None:
    conversation = new_id()
    folder = tmp_path / "advancing"
    note = Note(tmp_path)
    slot, other = note.slot(), note.slot()
    slot.write(conversation)
    with other:
        other.write(new_id())
    mine = next(folder.iterdir())
    assert mine.read_bytes().strip(b"\0") == conversation.bytes.strip(b"\0")
    (folder / "999999998").write_bytes(conversation.bytes)
    (folder / "999999999").write_bytes(bytes(16))
    (folder / "1").write_bytes(conversation.bytes)  # alive
    mine_is_ours = left_behind(tmp_path)
    assert mine_is_ours.count(conversation) == 2  # the dead one's, and our own number's
    assert left_behind(tmp_path) == []
    assert (folder / "1").exists()
    note.close()


def test_a_dead_process_leaves_what_each_of_its_batches_had_in_hand(tmp_path: Path) -> None:
    """Two pumps take turns side by side; either could be the one that killed it."""
    note = Note(tmp_path)
    slots, both = (note.slot(), note.slot()), {new_id(), new_id()}
    for slot, conversation in zip(slots, both, strict=True):
        slot.write(conversation)
    assert set(left_behind(tmp_path)) == both


def test_a_shelf_forgets_the_least_lately_used() -> None:
    shelf: Shelf[str, int] = Shelf(2)
    shelf.put("a", 1)
    shelf.put("b", 2)
    assert shelf.get("a") == 1
    shelf.put("c", 3)
    assert (shelf.get("a"), shelf.get("b"), shelf.get("c")) == (1, None, 3)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (Text("Olá\x00"), "Olá"),
        (Image(Media("sha256:x"), caption="Foto"), "Foto"),
        (Audio(Media("sha256:x")), ""),
        (Card("Bia"), "Bia"),
        (Reaction("👍"), "👍"),
        (Location(Decimal(1), Decimal(2), name="Loja"), "Loja"),
        (Template("lembrete", "pt_BR", {"1": "Ana", "2": "10h"}), "Ana · 10h"),
    ],
)
def test_what_a_content_says_in_plain_words(content: Any, words: str) -> None:
    assert text_of(content) == words
