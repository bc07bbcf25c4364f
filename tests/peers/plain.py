"""A plain HTTP peer on loopback: answers what a function says, remembers what was asked."""

from collections.abc import Callable
from typing import Self

from connectors.fake_graph.server import Listener, Reply, Request

Answering = Callable[[Request], Reply]


class Peer:
    def __init__(self, answering: Answering) -> None:
        self.asked: list[Request] = []
        self.url = ""
        self.port = 0
        self._answering = answering
        self._listener = Listener(self._answer)

    def _answer(self, request: Request) -> Reply:
        self.asked.append(request)
        return self._answering(request)

    async def __aenter__(self) -> Self:
        self.port = await self._listener.start()
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._listener.close()
