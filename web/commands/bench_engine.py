"""The engine alone: whole conversations on one core, nothing stored or sent.

Two ways in are measured, both with keyword match, templates, validation and the trail:

- `answer`: what an engine does, and so what stands beside other engines. `route` says what a
  message means, `advance` plays it; the execution's state goes to bytes and back between messages.
- `converse`: what the product does for a row of its inbox. `take` does all that, and keeps the
  conversation around the execution too (owner, foreground, queue, cooldowns, what is to be
  journaled), which goes to bytes and back as well. No peer has such a thing.

Times are of the process's own CPU, for machines that others use at the same time.
"""

import gc
import statistics
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from flowengine.catalog import Catalog, build_catalog
from flowengine.chat import Chat, Conversation, Rules, decode_conversation
from flowengine.compiled import Release
from flowengine.conversation import take
from flowengine.document import parse
from flowengine.engine import advance, new_state
from flowengine.given import Begin, Contact, Given, Reply, World
from flowengine.happenings import MessageCame
from flowengine.messages import Effect, Inbound, Send, Text
from flowengine.pruning import prune
from flowengine.release import compile_release
from flowengine.route import Answer, Holder, StartNew, route
from flowengine.state import decode_state, encode
from flowengine.trail import Entered, Trail
from web.commands.bench_growth import growth
from web.commands.output import CommandError

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SAYS = ("oi", "Maria", "2")
HEARS = (
    "Olá! Qual é o seu nome?",
    "Prazer, Maria! Escolha: 1 vendas, 2 suporte",
    "Encaminhando para o suporte, Maria.",
)
WORLD = World(Contact("c1", "Maria", "+5511999990001"), "cloud", "ch1", "cv1", window_hours=24)
RULES = Rules()


class Place:
    """A flow published alone on a channel, and who writes there."""

    def __init__(self, document: bytes) -> None:
        self.release: Release = compile_release(parse(document), {})
        self.catalog: Catalog = build_catalog([self.release])
        self.releases = {self.release.hash: self.release}

    def answer(self, number: int) -> list[str]:
        """One conversation by `route` and `advance`; what was heard."""
        return self._answer(number, [])

    def steps(self) -> int:
        """Nodes that are entered in one conversation."""
        trail: list[Trail] = []
        self._answer(0, trail)
        return sum(isinstance(each, Entered) for each in trail)

    def _answer(self, number: int, trail: list[Trail]) -> list[str]:
        conversation = Conversation(f"c{number}")
        world = prune(WORLD, self.release.reads)
        raw = b""
        heard: list[str] = []
        for seq, words in enumerate(SAYS, 1):
            state = decode_state(raw) if raw else None
            holder = Holder(self.release, state) if state else None
            message = Inbound(f"m{number}.{seq}", NOW, text=words)
            meant = route(self.catalog, conversation, holder, message, WORLD, RULES, NOW)
            event: Begin | Reply
            if isinstance(meant, Answer) and state:
                event = Reply(message, meant.choice)
            elif isinstance(meant, StartNew):
                state = new_state(f"e{number}", self.release)
                event = Begin(meant.cause, meant.to, message=message, by_message=True)
            else:
                raise CommandError(f"{words!r} was not understood: {meant}")
            turn = advance(self.release, state, Given(event, NOW, NOW, world, "mine"))
            raw = encode(turn.state)
            trail += turn.trail
            heard += _texts(turn.effects)
        return heard

    def converse(self, number: int) -> list[str]:
        """One conversation by `take`; what was heard."""
        stored = encode(Conversation(f"c{number}"))
        states: dict[str, bytes] = {}
        heard: list[str] = []
        for seq, words in enumerate(SAYS, 1):
            executions = {name: decode_state(raw) for name, raw in states.items()}
            chat = Chat(decode_conversation(stored), executions, self.releases, self.catalog, WORLD)
            came = MessageCame(Inbound(f"m{number}.{seq}", NOW, text=words), first=seq == 1)
            taken = take(chat, came, seq, NOW, NOW)
            stored = encode(taken.conversation)
            for name, state in taken.executions.items():
                states[name] = encode(state)
                if name not in taken.conversation.live:
                    del states[name]
            heard += _texts([effect for _, effect in taken.effects])
        return heard


def _texts(effects: Iterable[Effect]) -> list[str]:
    return [
        effect.content.text
        for effect in effects
        if isinstance(effect, Send) and isinstance(effect.content, Text)
    ]


def measure(document: bytes, rounds: int, seconds: float) -> dict[str, Any]:
    """Conversations a second both ways, and what grows with what. Rounds alternate."""
    place = Place(document)
    ways = {"engine": place.answer, "with_its_conversation": place.converse}
    for name, play in ways.items():
        if tuple(heard := play(0)) != HEARS:
            raise CommandError(f"the conversation went wrong ({name}): {heard}")
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, play in ways.items():
            rates[name].append(_rate(play, seconds / len(ways)))
    figures: dict[str, Any] = {"conversations_per_s": round(statistics.median(rates["engine"]), 1)}
    for name, each in rates.items():
        figures[f"{name}_conversations_per_s"] = round(statistics.median(each), 1)
        figures[f"{name}_us_per_inbound"] = round(1e6 / statistics.median(each) / len(SAYS), 2)
        figures[f"{name}_best_us_per_inbound"] = round(1e6 / max(each) / len(SAYS), 2)
    figures["node_steps_per_conversation"] = place.steps()
    figures["rounds"] = {name: [round(r, 1) for r in sorted(each)] for name, each in rates.items()}
    return {**figures, **growth(document, seconds)}


def _rate(play: Callable[[int], object], seconds: float) -> float:
    """Conversations a second of CPU time."""
    for number in range(50):
        play(number)
    gc.collect()
    done, began = 0, time.process_time()
    while (spent := time.process_time() - began) < seconds:
        for _ in range(100):
            play(done)
            done += 1
    return done / spent
