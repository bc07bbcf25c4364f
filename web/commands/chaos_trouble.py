"""What goes wrong at the provider and at the shop in a chaos run: drawn by seed, and counted."""

import random
from collections import Counter
from urllib.parse import urlsplit

import msgspec

from connectors.fake_graph import Trouble
from connectors.fake_graph.server import Listener, Reply, Request
from web.commands.chaos_story import SHIPPED

MOST_UNCLEAR = 1
"""Sends of one customer that nobody can tell the fate of: each costs the channel's whole limit."""

MOST_SHOP = 2
"""Troubles of one call: the flow allows for five tries, and workers die under some."""


class Dice:
    """Which trouble each message meets at the provider: about one message in seven has some."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._unclear: Counter[str] = Counter()
        self.rolled: Counter[str] = Counter()

    def __call__(self, to: str) -> Trouble | None:
        found = self._draw(to)
        if found is not None:
            self.rolled[name_of(found)] += 1
        return found

    def _draw(self, to: str) -> Trouble | None:
        roll = self._dice.random()
        if roll < 0.05:
            return Trouble("slow", seconds=self._dice.uniform(0.2, 2))
        if roll < 0.08:
            return Trouble("cut", taken=True)
        if roll < 0.10:
            return Trouble("error", code=131000, status=500, details="Something went wrong")
        if roll < 0.115:
            return Trouble("error", code=131056, status=429, details="Pair rate limit hit")
        if roll < 0.12:
            return Trouble("error", code=130429, status=429, details="Rate limit hit")
        if roll < 0.14 and self._unclear[to] < MOST_UNCLEAR:
            self._unclear[to] += 1
            kind = "cut" if self._dice.random() < 0.5 else "http"
            return Trouble(kind, status=502, taken=False)
        return None


def name_of(trouble: Trouble) -> str:
    """A trouble's name in the figures."""
    match trouble.kind:
        case "error":
            return f"error {trouble.code}"
        case "cut":
            return "cut after it was taken" if trouble.taken else "cut before it was taken"
        case "http":
            return "502 before it was taken"
        case kind:
            return kind


class Shop:
    """The system that the flow asks: slow, failing, cutting connections; it honours the key.

    `done`: order to the keys under which it was asked for; more than one is work done twice.
    """

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._troubled: Counter[str] = Counter()
        self._listener = Listener(self._answer)
        self.done: dict[str, set[str]] = {}
        self.requests = 0

    async def start(self) -> str:
        """Listen; the address as "127.0.0.1:PORT"."""
        return f"127.0.0.1:{await self._listener.start()}"

    async def close(self) -> None:
        await self._listener.close()

    def _answer(self, request: Request) -> Reply:
        if request.method != "POST" or urlsplit(request.target).path != "/pedidos":
            return Reply(404)
        self.requests += 1
        key = request.headers.get("idempotency-key", "")
        asked = msgspec.json.decode(request.body, type=dict[str, str])
        done = Reply(200, msgspec.json.encode({"situacao": SHIPPED}))
        roll = self._dice.random()
        if self._troubled[key] >= MOST_SHOP or roll > 0.3:
            self._do(asked, key)
            return done
        self._troubled[key] += 1
        if roll < 0.1:
            return Reply(503, b"{}")
        self._do(asked, key)
        if roll < 0.2:
            return Reply(cut=True)
        return msgspec.structs.replace(done, after=self._dice.uniform(0.5, 3))

    def _do(self, asked: dict[str, str], key: str) -> None:
        order = next(value for value in (asked["pedido"], asked["cep"]) if value.isdigit())
        self.done.setdefault(order, set()).add(key)
