"""The engine alone: whole conversations by `take`, on one core, nothing stored or sent.

Between two messages conversation and state go to bytes and back, as they would to the database.
Routing, keyword match, templates, validation and the trail are all in it.
"""

import gc
import statistics
import time
from datetime import UTC, datetime
from typing import Any

from flowengine.catalog import Catalog, build_catalog
from flowengine.chat import Chat, Conversation, decode_conversation
from flowengine.conversation import take
from flowengine.document import parse
from flowengine.given import Contact, World
from flowengine.happenings import MessageCame
from flowengine.messages import Inbound, Send, Text
from flowengine.release import compile_release
from flowengine.run import Release
from flowengine.state import decode_state, encode
from web.commands.output import CommandError

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SAYS = ("oi", "Maria", "2")
HEARS = (
    "Olá! Qual é o seu nome?",
    "Prazer, Maria! Escolha: 1 vendas, 2 suporte",
    "Encaminhando para o suporte, Maria.",
)
WORLD = World(Contact("c1", "Maria", "+5511999990001"), "cloud", "ch1", "cv1", window_hours=24)


def measure(document: bytes, rounds: int, seconds: float) -> dict[str, Any]:
    """Conversations a second: the median of `rounds`, each as long as `seconds`."""
    release = compile_release(parse(document), {})
    catalog = build_catalog([release])
    releases = {release.hash: release}
    heard, steps = converse(0, catalog, releases)
    if heard != HEARS:
        raise CommandError(f"the conversation went wrong: {heard}")
    rates = [_round(catalog, releases, seconds) for _ in range(rounds)]
    rate = statistics.median(rates)
    return {
        "conversations_per_s": round(rate, 1),
        "us_per_inbound": round(1e6 / rate / len(SAYS), 2),
        "node_steps_per_conversation": steps,
        "rounds": [round(each, 1) for each in sorted(rates)],
    }


def _round(catalog: Catalog, releases: dict[str, Release], seconds: float) -> float:
    for number in range(50):
        converse(number, catalog, releases)
    gc.collect()
    done, began = 0, time.perf_counter()
    while (spent := time.perf_counter() - began) < seconds:
        for _ in range(100):
            converse(done, catalog, releases)
            done += 1
    return done / spent


def converse(
    number: int, catalog: Catalog, releases: dict[str, Release]
) -> tuple[tuple[str, ...], int]:
    """One conversation from its first word to its end: what was heard, and node steps."""
    stored = encode(Conversation(f"c{number}"))
    states: dict[str, bytes] = {}
    heard: list[str] = []
    steps = 0
    for seq, words in enumerate(SAYS, 1):
        chat = Chat(
            conversation=decode_conversation(stored),
            executions={name: decode_state(raw) for name, raw in states.items()},
            releases=releases,
            catalog=catalog,
            world=WORLD,
        )
        came = MessageCame(Inbound(f"m{number}.{seq}", NOW, text=words), first=seq == 1)
        taken = take(chat, came, seq, NOW, NOW)
        stored = encode(taken.conversation)
        written = {name: encode(state) for name, state in taken.executions.items()}
        states = {name: written[name] for name in taken.conversation.live}
        for _, effect in taken.effects:
            if isinstance(effect, Send) and isinstance(effect.content, Text):
                heard.append(effect.content.text)
        for step in taken.steps:
            steps += sum(each.__struct_config__.tag == "entered" for each in step.trail)
    return tuple(heard), steps
