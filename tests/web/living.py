"""Waiting for what happens by itself, without guessing how long it takes."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def wait_for(look: Callable[[], Awaitable[T | None]], seconds: float = 10) -> T:
    """The first answer of `look` that is true; fails after a while."""
    async with asyncio.timeout(seconds):
        while True:
            found = await look()
            if found:
                return found
            await asyncio.sleep(0.03)
