"""The customers of a chaos run, and the agent who answers some of them by the API."""

import asyncio
import random
from collections.abc import Sequence
from itertools import islice
from typing import Any

import httpx
from msgspec import Struct

from connectors.fake_graph import FakeGraph, Sent
from connectors.net import NETWORK_TROUBLE
from web.commands.chaos_story import Script, Step

LOOK = 0.05
"""Seconds between two looks at what the provider has taken."""

THINKING = (0.05, 0.6)


class Person(Struct, eq=False):
    """A customer. `sent`: what reached them; `wrote`: the provider's ids of what they wrote.

    `flagged`: one of their messages was given to a person, by the channel's policy.
    """

    phone: str
    number: str
    policy: str
    script: Script
    at: int = 0
    sent: list[Sent] = []
    wrote: list[str] = []
    flagged: bool = False

    @property
    def heard(self) -> list[str]:
        return [text_of(each) for each in self.sent]

    @property
    def done(self) -> bool:
        """They have said all, and heard the last of it."""
        ends = {told[-1] for told in self.script.heard}
        return self.at == len(self.script.steps) and bool(ends & set(self.heard))


class Agent:
    """Somebody who works by the API, and tries again until it says yes."""

    def __init__(
        self, client: httpx.AsyncClient, ports: Sequence[int], key: str, dice: random.Random
    ) -> None:
        self._client = client
        self._ports = ports
        self._headers = {"authorization": f"Bearer {key}"}
        self._dice = dice
        self.repeated = 0

    async def say(self, phone: str, text: str) -> None:
        """Answer a customer; the idempotency key makes one message of all tries."""
        room = await self._room(phone)
        headers = {"idempotency-key": f"hello-{phone}"}
        await self._ask("POST", f"/conversations/{room}/messages", headers, {"text": text})

    async def close(self, phone: str) -> None:
        room = await self._room(phone)
        await self._ask("POST", f"/conversations/{room}/close", {}, {"reason": "resolvido"})

    async def _room(self, phone: str) -> str:
        found = await self._ask("GET", f"/conversations?search={phone}", {}, None)
        return str(found["items"][0]["id"])

    async def _ask(self, method: str, path: str, headers: dict[str, str], body: Any) -> Any:
        while True:
            url = f"http://127.0.0.1:{self._dice.choice(self._ports)}/api/v1{path}"
            try:
                answer = await self._client.request(
                    method, url, headers={**self._headers, **headers}, json=body
                )
            except NETWORK_TROUBLE:
                answer = None
            if answer is not None and answer.is_success:
                return answer.json() if answer.content else None
            if answer is not None and answer.status_code < 500 and answer.status_code != 429:
                raise ValueError(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
            self.repeated += 1
            await asyncio.sleep(0.5)


class Crowd:
    """All customers, each living their script as soon as they come."""

    def __init__(
        self, graph: FakeGraph, agent: Agent, people: Sequence[Person], dice: random.Random
    ) -> None:
        self.people = list(people)
        self._by_phone = {each.phone: each for each in people}
        self._graph = graph
        self._agent = agent
        self._dice = dice
        self._seen = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self.troubles: list[str] = []
        """What a customer or the agent could not do: always a fault."""

    async def live(self, seconds: float) -> None:
        """They come within so many seconds; then they go on until this is cancelled."""
        for place, person in enumerate(self.people):
            self._later(person, seconds * place / max(1, len(self.people)))
        try:
            while True:
                self._look()
                await asyncio.sleep(LOOK)
        finally:
            for task in self._tasks:
                task.cancel()

    def _look(self) -> None:
        """Hand to each customer what the provider has taken for them since the last look."""
        news = list(islice(self._graph.sent, self._seen, None))
        self._seen += len(news)
        for sent in news:
            person = self._by_phone[sent.to.removeprefix("+")]
            person.sent.append(sent)
            steps = person.script.steps
            if person.at < len(steps) and steps[person.at].after == text_of(sent):
                self._later(person, self._dice.uniform(*THINKING))

    def _later(self, person: Person, seconds: float) -> None:
        step, person.at = person.script.steps[person.at], person.at + 1
        task = asyncio.create_task(self._act(person, step, seconds))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _act(self, person: Person, step: Step, seconds: float) -> None:
        await asyncio.sleep(seconds)
        try:
            await self._do(person, step)
        except (ValueError, LookupError) as error:
            self.troubles.append(f"{person.phone}: {error}")

    async def _do(self, person: Person, step: Step) -> None:
        match step.act:
            case "say" | "both":
                for text in step.texts:
                    person.wrote.append(self._graph.text(person.number, person.phone, text))
            case "tap":
                shown = next(s for s in reversed(person.sent) if text_of(s) == step.after)
                person.wrote.append(
                    self._graph.tap(person.number, person.phone, shown, step.texts[0])
                )
            case "agent":
                await self._agent.say(person.phone, step.texts[0])
            case "close":
                await self._agent.close(person.phone)


def text_of(sent: Sent) -> str:
    """The words of a message as it was posted to Graph."""
    body = sent.body
    if body["type"] == "interactive":
        return str(body["interactive"]["body"]["text"])
    return str(body["text"]["body"])
