"""Timers of a fake that ring when a test says so: no machine is too slow for what comes before."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest


class Later:
    """Keeps what `mine` is true of from the running loop's clock, until `ring`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, mine: Callable[[Any], bool]) -> None:
        loop = asyncio.get_running_loop()
        usual = loop.call_later
        self._kept: list[tuple[float, Callable[[], Any]]] = []

        def call_later(delay: float, callback: Any, *arguments: Any, **more: Any) -> Any:
            if not mine(callback):
                return usual(delay, callback, *arguments, **more)
            self._kept.append((delay, partial(callback, *arguments)))
            return None

        monkeypatch.setattr(loop, "call_later", call_later)

    def ring(self) -> list[float]:
        """All that was kept happens, the soonest first; after how many seconds each should."""
        kept = sorted(self._kept, key=lambda each: each[0])
        self._kept.clear()
        for _delay, act in kept:
            act()
        return [delay for delay, _act in kept]
