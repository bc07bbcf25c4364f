"""Random, truncated and hostile webhooks at the product's own door: never a 5xx, no message lost
beside them, and no memory that grows.

`make deep` posts and reads ten thousand a connector and prints what the process's memory was, `make
test` takes a small share of them.
"""

import asyncio
import gc
import json
import os
import random
import resource
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.kit import HOSTILE, Subject
from flowengine.store import channels
from flowengine.store.ids import new_id
from tests.connectors.subjects import SUBJECTS
from tests.connectors.test_hostile_webhooks import damaged, raw, recorded
from tests.web.living import wait_for
from tests.web.site import Site

DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
POSTED, READ = (10_000, 10_000) if DEEP else (60, 300)
AT_ONCE = 4
WARM = POSTED // 2
"""So many are posted before memory is looked at: pools, caches and the allocator have theirs."""

MOST_GROWN = 30.0
"""Megabytes that the whole product may have grown since, the journal's and pools' ups and downs in
it; five thousand bodies that stayed would be more, by what each leaves as objects."""

ODD: tuple[Any, ...] = (
    None, True, -1, 2**70, 1.5, "", "\x00", "x" * 3000, [], {}, [[]], {"id": {}}, ["a", 1, None],
    {"key": {"remoteJid": 7}}, {"from": [], "id": None}, "@lid", "9" * 400,
)  # fmt: skip


def resident() -> float:
    """Megabytes of memory that this process has now; 0 where there is no /proc."""
    statm = Path("/proc/self/statm")
    pages = int(statm.read_text().split()[1]) if statm.exists() else 0
    return pages * resource.getpagesize() / 1_000_000


def hostile(dice: random.Random, good: bytes, bodies: list[Any]) -> bytes:
    """A body that no provider of good will posts."""
    match dice.randrange(5):
        case 0:
            return dice.choice(HOSTILE)
        case 1:
            return good[: dice.randrange(len(good))]
        case 2:
            at = dice.randrange(len(good))
            return good[:at] + bytes([dice.randrange(256)]) + good[at + 1 :]
        case 3:
            return dice.randbytes(dice.randrange(200))
        case _:
            return raw(damaged(dice.choice(bodies), dice.randrange(10_000), dice.choice(ODD)))


def bodies_of(subject: Subject, kind: str) -> list[Any]:
    return [json.loads(subject.said(("M1", "oi"), ("M2", "Olá"))), *recorded(kind)]


async def channel_of(site: Site, kind: str, subject: Any) -> str:
    """The subject's settings as a channel of Bia's; its webhook's address.

    A linked phone's session is its channel, and what is told of it is signed for that address.
    """
    settings = {
        name: value.get_secret_value() if hasattr(value, "get_secret_value") else value
        for name, value in subject.provider._settings.model_dump().items()
    }
    async with site.database.web(site.bia.tenant) as transaction:
        row = await channels.add_channel(
            transaction, site.vault, kind, "Hostil", new_id().hex, msgspec.json.encode(settings)
        )
        if kind == "baileys":
            subject.name(str(row.id))
            named = msgspec.json.encode({**settings, "session": str(row.id)})
            await channels.change_channel(transaction, site.vault, row.id, settings=named)
    return f"/webhooks/{kind}/{row.id}"


@pytest.mark.parametrize("kind", sorted(SUBJECTS))
async def test_whatever_is_posted_the_door_holds_and_good_messages_come_in(
    site: Site, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    dice = random.Random(kind)
    async with SUBJECTS[kind]() as subject:
        address = await channel_of(site, kind, subject)
        provider, bodies = site.stranger(), bodies_of(subject, kind)
        good, wanted = subject.said(("M1", "oi"), ("M2", "Olá")), set[str]()

        async def post(n: int) -> None:
            if n % 4 == 0:
                body = subject.said_beside((f"G{n}", f"boa {n}"), dice.choice(ODD[:-2]))
                wanted.add(f"boa {n}")
            else:
                body = hostile(dice, good, bodies)
            answer = await provider.post(address, content=body, headers=subject.headers(body))
            assert answer.status_code == 200, (answer.status_code, body[:300])
            unsigned = await provider.post(address, content=body) if n % 10 == 0 else None
            assert unsigned is None or unsigned.status_code == 401

        before = 0.0
        for first in range(0, POSTED, AT_ONCE):
            await asyncio.gather(*(post(n) for n in range(first, first + AT_ONCE)))
            if first <= WARM < first + AT_ONCE:
                gc.collect()
                before = resident()

        async def came() -> bool:
            async with site.database.web(site.bia.tenant) as transaction:
                rows = await transaction.rows("SELECT text FROM messages WHERE direction = 'in'")
            return wanted <= {row["text"] for row in rows}

        await wait_for(came, 60)
        if (
            DEEP
        ):  # a product that has just begun still grows: in a small share nothing is told by it
            gc.collect()
            after = resident()
            with capsys.disabled():
                told = f"{before:.1f} MB after {WARM} bodies, {after:.1f} MB after {POSTED}"
                sys.stdout.write(f"\n{kind}: {told}\n")
            assert after - before < MOST_GROWN


@pytest.mark.parametrize("kind", sorted(SUBJECTS))
async def test_reading_them_leaves_nothing_in_memory(kind: str) -> None:
    async with SUBJECTS[kind]() as subject:
        good, bodies = subject.said(("M1", "oi"), ("M2", "Olá")), bodies_of(subject, kind)

        def read(seed: int) -> None:
            dice = random.Random(seed)
            for _ in range(READ):
                subject.provider.parse(hostile(dice, good, bodies))

        read(1)  # what is kept once (patterns, caches) is kept
        gc.collect()
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            read(2)
            gc.collect()
            grown = tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()
        assert grown < 300 * 1024, f"{grown} bytes after {READ} bodies"
