"""A worker whose pumps turn only when a test turns them, so that every step has its number."""

import asyncio
import contextlib
from typing import Any

from flowengine.store.database import Database
from tests.services import cutting
from tests.workers.town import Town
from workers.files import Files
from workers.objects import open_objects
from workers.working import Working


class Hands:
    """One process's work by hand. `die` is its kill -9: nothing is finished, nothing said."""

    def __init__(self, town: Town, database: Database) -> None:
        self._town = town
        self.database = database
        self._before = asyncio.all_tasks()
        self._working = Working(
            town.settings, database, town.client, Files(database, open_objects(town.settings))
        )
        self._pumps: dict[str, Any] = {pump.name: pump for pump in self._working.pumps.all()}

    async def begin(self) -> None:
        for pump in self._pumps.values():
            pump._count = 0
        await self._working.start()

    async def turn(self) -> None:
        """One batch of turns."""
        await self._pumps["turns"]._work()

    async def send(self) -> None:
        """What can leave now leaves, and is recorded."""
        await self.send_once()
        await self._town.sees("SELECT count(*) = 0 FROM lanes WHERE owner IS NOT NULL")

    async def send_once(self) -> None:
        """The same, without waiting for what others hold."""
        await self._pumps["sends"]._work()
        await self._working._sender.drain()
        await asyncio.sleep(0.02)

    async def call(self) -> None:
        """What is to be asked of others is asked, and its answer entered."""
        await self._pumps["calls"]._work()
        await self._working._caller.drain()

    async def until_quiet(self) -> None:
        """Work until there is nothing to do now."""
        for _ in range(50):
            if not await self._town.value(_TO_DO):
                return
            await self.turn()
            await self.send()
            await self.call()
        raise AssertionError(await self._town.rows("SELECT * FROM outbox"))

    async def end(self) -> None:
        await self._working.stop()

    async def die(self) -> None:
        """Everything that it has begun on this loop is gone, and its connections are."""
        new = asyncio.all_tasks() - self._before - {asyncio.current_task()}
        mine = [task for task in new if not _of_the_wire(task)]
        await self._working._heart.stop()
        for task in mine:
            task.cancel()
        await asyncio.gather(*mine, return_exceptions=True)
        self._working._note.close()
        with contextlib.suppress(Exception):
            await self._working._guarded.aclose()


def _of_the_wire(task: asyncio.Task[Any]) -> bool:
    """The wire is no part of the process: it lives on."""
    code = getattr(task.get_coro(), "cr_code", None)
    return code is not None and (
        code.co_filename == cutting.__file__ or code.co_name == "_accept_connection2"
    )


_TO_DO = """
SELECT EXISTS (SELECT FROM conversations WHERE work_at <= clock_timestamp())
    OR EXISTS (SELECT FROM lanes WHERE next_at <= clock_timestamp())
    OR EXISTS (SELECT FROM calls WHERE next_at <= clock_timestamp())
"""
