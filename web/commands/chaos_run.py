"""One chaos run, from an empty folder to the verdict; nothing of it is left behind."""

import asyncio
import random
import shutil
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from msgspec import Struct

from connectors.fake_graph import FakeGraph, Ladder
from connectors.net import open_client
from connectors.net.postman import Sign, Wrap
from flowengine.store.audit import everything_said, given_up, unfinished
from flowengine.store.database import Database
from flowengine.store.trouble import is_passing
from flowengine.store.vault import Vault
from web.commands.bench_processes import free_port
from web.commands.chaos_kills import Reaper
from web.commands.chaos_people import Agent, Crowd, Person
from web.commands.chaos_post import Storm
from web.commands.chaos_refold import refolded
from web.commands.chaos_site import Site
from web.commands.chaos_story import script
from web.commands.chaos_trouble import Dice, Shop
from web.commands.chaos_verdict import Tally, judge
from web.commands.chaos_world import World, make_world
from web.commands.output import note

LADDER = Ladder(sent=0.05, delivered=0.3, read=0.6)
"""Seconds to each status; every one is then late by up to two seconds more, so that any order
comes."""

LOOK = 0.2
SAY = 10.0
"""Seconds between two lines of progress."""

ARRIVALS = 0.5
"""The share of the killing time in which the customers come."""

QUIET = 3.0
"""Seconds of silence at the end, so that whatever would come twice comes."""


class Plan(Struct, frozen=True):
    """`seconds`: of killing at the most. `calm`: seconds after it in which all must be done.

    `every`: seconds between two kills. `lease`, `unclear`: the product's settings, in seconds.
    """

    conversations: int
    seed: int
    seconds: float
    calm: float
    webs: int = 2
    workers: int = 3
    every: tuple[float, float] = (1.5, 4.0)
    lease: int = 3
    unclear: int = 100


class Outcome(Struct, frozen=True):
    """`figures`: everything that was counted; `tally`: what is wrong."""

    turns: int
    kills: int
    tally: Tally
    figures: dict[str, object]


async def run_chaos(plan: Plan, logs: Path | None = None) -> Outcome:
    """Play `plan`. Raises `CommandError` where the machine lacks something.

    `logs`: a folder that gets the logs of all processes.
    """
    folder = _folder()
    try:
        async with _site(folder, plan) as stage:
            return await stage.play()
    finally:
        if logs is not None:
            await asyncio.to_thread(_keep, folder, logs)
        shutil.rmtree(folder, ignore_errors=True)


def _keep(folder: Path, logs: Path) -> None:
    logs.mkdir(parents=True, exist_ok=True)
    for log in folder.rglob("*.log"):
        shutil.copy(log, logs / log.name)


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="flowengine-chaos-"))
    folder.chmod(0o711)  # PostgreSQL may run as somebody else
    return folder


@asynccontextmanager
async def _site(folder: Path, plan: Plan) -> AsyncGenerator["Stage"]:
    dice = random.Random(plan.seed)  # noqa: S311 - to be repeated, not to be secret
    shop = Shop(dice)
    address, port = await shop.start(), free_port()
    settings = {
        "FLOWENGINE_ALLOWED_HTTP_HOSTS": f"{address},127.0.0.1:{port}",
        "FLOWENGINE_LEASE_SECONDS": str(plan.lease),
        "FLOWENGINE_UNCLEAR_SECONDS": str(plan.unclear),
    }
    note("starting PostgreSQL …")
    site = await asyncio.to_thread(Site, folder, plan.webs, plan.workers, settings)
    try:
        await asyncio.to_thread(site.migrate)
        async with open_client(timeout=10) as client, _database(site) as database:
            stage = Stage(plan, dice, site, database, client)
            try:
                await stage.open(shop, address, port)
                yield stage
            finally:
                await stage.close()
    finally:
        await shop.close()
        await asyncio.shield(asyncio.to_thread(site.stop))


@asynccontextmanager
async def _database(site: Site) -> AsyncGenerator[Database]:
    server = site.postgres.server
    database = await Database.open(
        server.dsn("flow_web"), server.dsn("flow_worker"), web_size=1, worker_size=2
    )
    try:
        yield database
    finally:
        await database.close(1)


class Stage:
    """A run in the making."""

    def __init__(
        self,
        plan: Plan,
        dice: random.Random,
        site: Site,
        database: Database,
        client: httpx.AsyncClient,
    ) -> None:
        self._plan, self._dice, self._site = plan, dice, site
        self._database, self._client = database, client
        self._storms: list[Storm] = []
        self._troubles = Dice(dice)
        self._graph = FakeGraph(client, kept=10_000_000, dice=self._troubles, postman=self._storm)
        self._graph.ladder = LADDER
        self._reaper = Reaper(site, dice, plan.every)
        self._began = time.monotonic()

    def _storm(self, client: httpx.AsyncClient, address: str, wrap: Wrap, sign: Sign) -> Storm:
        self._storms.append(Storm(client, address, wrap, sign, self._dice))
        return self._storms[-1]

    async def open(self, shop: Shop, address: str, port: int) -> None:
        """Make the workspace, and start everything. `port`: of the provider."""
        self._shop = shop
        url = await self._graph.start(port=port)
        vault = Vault([self._site.key])
        world = await make_world(self._database, vault, url, address, self._site.ports)
        for number, _ in world.numbers:
            self._graph.add_number(number)
        agent = Agent(self._client, self._site.ports, world.key, self._dice)
        people = [
            Person(f"55119{place:08d}", *_number(world, place), script(place, self._dice))
            for place in range(self._plan.conversations)
        ]
        self._tenant, self._agent = world.tenant, agent
        self._crowd = Crowd(self._graph, agent, people, self._dice)
        note("starting web, workers and Redis …")
        await self._site.start()

    async def close(self) -> None:
        await self._graph.close()

    # -- playing ---------------------------------------------------------------------------------

    async def play(self) -> Outcome:
        """Live, kill, calm down, judge."""
        plan = self._plan
        self._began = time.monotonic()
        living = [
            asyncio.create_task(self._crowd.live(plan.seconds * ARRIVALS)),
            asyncio.create_task(self._supervise()),
            asyncio.create_task(self._reaper.run()),
            asyncio.create_task(self._reaper.watch(self._answers)),
        ]
        try:
            await self._until(self._all_over, plan.seconds, "killing")
            await self._reaper.stop()
            note(f"{self._reaper.count} kills; no more of them")
            await self._site.ready()
            await self._until(self._at_rest, plan.calm, "calming down")
            await asyncio.sleep(QUIET)
            return await self._judge()
        finally:
            for task in living:
                task.cancel()
            await asyncio.gather(*living, return_exceptions=True)

    async def _supervise(self) -> None:
        while True:
            self._site.look()
            await asyncio.sleep(LOOK)

    async def _answers(self) -> bool:
        try:
            async with asyncio.timeout(5), self._database.worker() as transaction:
                await transaction.now()
        except Exception as error:
            if not is_passing(error):
                raise
            return False
        return True

    async def _until(self, over: Callable[[], Awaitable[bool]], seconds: float, doing: str) -> None:
        """Wait until `over`, or so many seconds; say how it goes."""
        until, said = time.monotonic() + seconds, time.monotonic()
        while time.monotonic() < until and not await over():
            if time.monotonic() - said > SAY:
                said = time.monotonic()
                note(self._progress(doing))
            await asyncio.sleep(1)
        note(self._progress(doing))

    def _progress(self, doing: str) -> str:
        people = self._crowd.people
        done = sum(person.done or person.flagged for person in people)
        waits = sum(storm.waiting for storm in self._storms)
        return (
            f"{time.monotonic() - self._began:5.0f} s  {doing}: {done} of {len(people)} customers "
            f"done, {len(self._graph.sent)} messages, {waits} webhooks under way, "
            f"{self._reaper.count} kills"
        )

    async def _all_over(self) -> bool:
        """Every customer has heard the last of it, or a person has their case."""
        await self._look_for_flagged()
        return all(person.done or person.flagged for person in self._crowd.people)

    async def _look_for_flagged(self) -> None:
        try:
            async with self._database.worker() as transaction:
                dead = await given_up(transaction)
        except Exception as error:
            if not is_passing(error):
                raise
            return  # it is down: the next look will tell
        flagged = {each.phone.removeprefix("+") for each in dead if each.reason == "unclear"}
        for person in self._crowd.people:
            person.flagged = person.phone in flagged

    async def _at_rest(self) -> bool:
        """All is over, every webhook was taken, and nothing is left to be done."""
        if not await self._all_over() or any(storm.waiting for storm in self._storms):
            return False
        try:
            async with self._database.worker() as transaction:
                return not await unfinished(transaction)
        except Exception as error:
            if not is_passing(error):
                raise
            return False

    # -- judging ---------------------------------------------------------------------------------

    async def _judge(self) -> Outcome:
        async with self._database.worker() as transaction:
            said, dead = await everything_said(transaction), await given_up(transaction)
            left = await unfinished(transaction)
        rooms = list(dict.fromkeys(each.conversation_id for each in said))
        async with self._database.worker(self._tenant) as transaction:
            journals = await refolded(transaction, rooms)
        people = self._crowd.people
        tally = judge(people, said, dead, journals)
        for what, count in left.items():
            tally.lost += count
            tally.say("the end", f"{count} of {what} are not done")
        for trouble in self._crowd.troubles:
            tally.say("a customer", trouble)
        for order, keys in self._shop.done.items():
            if len(keys) > 1:
                tally.say("the shop", f"order {order} was asked for under {len(keys)} keys")
        turns = sum(journal.turns for journal in journals.values())
        return Outcome(turns, self._reaper.count, tally, self._figures(tally))

    def _figures(self, tally: Tally) -> dict[str, object]:
        storms = self._storms
        return {
            "seconds": round(time.monotonic() - self._began, 1),
            "messages": len(self._graph.sent),
            "kills": dict(self._reaper.kills),
            "postgres_stood_still": self._reaper.stood_still,
            "died_by_themselves": {m.name: m.deaths for m in self._site.members if m.deaths},
            "provider_troubles": dict(self._troubles.rolled),
            "webhooks": sum(storm.bodies for storm in storms),
            "webhooks_repeated": sum(storm.repeated for storm in storms),
            "webhooks_doubled": sum(storm.doubled for storm in storms),
            "shop_requests": self._shop.requests,
            "api_repeated": self._agent.repeated,
            "flagged": tally.flagged,
            "statuses_behind": tally.statuses_behind,
            "replay_differs": tally.differs,
        }


def _number(world: World, place: int) -> tuple[str, str]:
    number, policy = world.numbers[place % len(world.numbers)]
    return number.id, policy
