"""What a turn costs as things grow: the flow, its variables, the number of published flows.

Each figure is microseconds of CPU time, the best of several rounds.
"""

import gc
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import msgspec

from flowengine.catalog import build_catalog
from flowengine.chat import Conversation, Rules
from flowengine.compiled import Release
from flowengine.document import parse
from flowengine.engine import advance, new_state
from flowengine.given import Begin, Cause, Contact, Given, Reply, World
from flowengine.messages import Inbound
from flowengine.pruning import prune
from flowengine.release import compile_release
from flowengine.route import StartNew, route
from flowengine.state import State, decode_state, encode

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
WORLD = World(Contact("c1", "Maria", "+5511999990001"), "cloud", "ch1", "cv1", window_hours=24)

NODES = (10, 100, 1_000)
VARIABLES = (0, 100, 1_000)
FLOWS = (10, 1_000, 10_000)
ROUNDS = 7


def growth(document: bytes, seconds: float) -> dict[str, Any]:
    """Tables of size to microseconds. `seconds`: how long each figure is measured."""
    each = seconds / 10
    flow = msgspec.json.decode(document)
    return {
        "turn_us_by_nodes": {str(n): _turn(with_nodes(flow, n), 0, each) for n in NODES},
        "turn_us_by_variables": {
            str(n): _turn(with_variables(flow, n), n, each) for n in VARIABLES
        },
        "bytes_us_by_variables": {
            str(n): _bytes(with_variables(flow, n), n, each) for n in VARIABLES
        },
        "route_us_by_published_flows": {str(n): _route(n, each) for n in FLOWS},
    }


def with_nodes(flow: dict[str, Any], count: int) -> dict[str, Any]:
    """The flow with a long tail of nodes behind one of its exits."""
    tail = [
        {"id": f"mais-{place}", "type": "message", "contents": [_text(f"Linha {place}.")]}
        for place in range(count - len(flow["nodes"]))
    ]
    edges = [{"from": before["id"], "to": after["id"]} for before, after in pairwise(tail)]
    return {**flow, "nodes": [*flow["nodes"], *tail], "edges": [*flow["edges"], *edges]}


def with_variables(flow: dict[str, Any], count: int) -> dict[str, Any]:
    """The flow with more variables, which an earlier part of it would have set."""
    more = [{"name": f"v{place}", "type": "text"} for place in range(count)]
    return {**flow, "variables": [*flow["variables"], *more]}


def _text(words: str) -> dict[str, Any]:
    return {"kind": "text", "text": words}


def _turn(flow: dict[str, Any], variables: int, seconds: float) -> float:
    """The turn that takes the name and asks what for: one variable is written."""
    release, state = _standing(flow, variables)
    reply = Given(
        Reply(Inbound("m2", NOW, text="Maria")), NOW, NOW, prune(WORLD, release.reads), "mine"
    )
    return _best(lambda: advance(release, state, reply), seconds)


def _bytes(flow: dict[str, Any], variables: int, seconds: float) -> float:
    """The state to bytes and back."""
    _, state = _standing(flow, variables)
    return _best(lambda: decode_state(encode(state)), seconds)


def _standing(flow: dict[str, Any], variables: int) -> tuple[Release, State]:
    """The release, and an execution that asked for the name, with so many variables set."""
    release = compile_release(parse(msgspec.json.encode(flow)), {})
    begin = Begin(Cause("keyword"), "nome", message=Inbound("m1", NOW, text="oi"), by_message=True)
    given = Given(begin, NOW, NOW, prune(WORLD, release.reads), "mine")
    state = advance(release, new_state("e1", release), given).state
    frame = msgspec.structs.replace(
        state.frames[0], variables={f"v{place}": f"valor {place}" for place in range(variables)}
    )
    return release, msgspec.structs.replace(state, frames=(frame,))


def _route(count: int, seconds: float) -> float:
    """A message that one of `count` published flows takes by its keyword."""
    catalog = build_catalog(_published(place) for place in range(count))
    conversation, rules = Conversation("c1"), Rules()
    message = Inbound("m1", NOW, text=f"quero o assunto{count // 2} por favor")

    def routed() -> object:
        return route(catalog, conversation, None, message, WORLD, rules, NOW)

    if not isinstance(routed(), StartNew):
        raise AssertionError("the keyword of a published flow was not found")
    return _best(routed, seconds)


def _published(place: int) -> Release:
    document = {
        "format": "flowengine/1",
        "key": f"f{place}",
        "name": f"Assunto {place}",
        "nodes": [
            {"id": "t", "type": "trigger", "on": {"kind": "keyword", "words": [f"assunto{place}"]}},
            {"id": "fim", "type": "end"},
        ],
        "edges": [{"from": "t", "to": "fim"}],
    }
    return compile_release(parse(msgspec.json.encode(document)), {})


def _best(act: Callable[[], object], seconds: float) -> float:
    """Microseconds of CPU time of one call, in the best of some rounds."""
    act()
    gc.collect()
    best = float("inf")
    for _ in range(ROUNDS):
        done, began = 0, time.process_time()
        while (spent := time.process_time() - began) < seconds / ROUNDS:
            for _ in range(20):
                act()
            done += 20
        best = min(best, spent / done)
    return round(best * 1e6, 2)
