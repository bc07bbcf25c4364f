"""The proofs alone: flows of 10, 100 and 1,000 nodes checked, and the chats of 200 findings found.

The sound flow has questions, conditions, sums and texts in one circle, so every proof has work. The
other has 200 questions, each with a variable that does not exist, and each further from the start.
"""

import gc
import statistics
import time
from collections.abc import Callable
from typing import Any

import msgspec

from flowengine.check import check
from flowengine.document import parse
from flowengine.explore.chats import with_chats
from flowengine.flow import Flow
from flowengine.workspace import EMPTY
from web.commands.output import CommandError

SIZES = (10, 100, 1000)
FINDINGS = 200

Json = dict[str, Any]

HEAD: Json = {
    "format": "flowengine/1",
    "key": "bench",
    "name": "Bench",
    "language": "pt-BR",
    "timezone": "America/Sao_Paulo",
    "variables": [
        {"name": "nome", "type": "text", "default": "você"},
        {"name": "n", "type": "number", "default": 1},
    ],
}
TRIGGER: Json = {"id": "oi", "type": "trigger", "on": {"kind": "keyword", "words": ["oi"]}}
END: Json = {"id": "fim", "type": "end"}


def measure_check(rounds: int) -> dict[str, Any]:
    """Milliseconds, each the median of `rounds`; a sound flow that is found fault with raises."""
    figures: dict[str, Any] = {}
    for size in SIZES:
        flow = sound(size)
        found = check(flow, EMPTY)
        if found:
            raise CommandError(f"a sound flow is found fault with: {found[0].message}")
        figures[f"check_{size}_nodes_ms"] = _median(rounds, lambda each=flow: check(each, EMPTY))
    flow = faulty(FINDINGS)
    issues = check(flow, EMPTY)
    shown = with_chats(issues, flow, {})
    figures["findings"] = len(issues)
    figures["findings_with_a_chat"] = sum(issue.talk is not None for issue in shown)
    figures["find_chats_ms"] = _median(rounds, lambda: with_chats(issues, flow, {}))
    return figures


def _median(rounds: int, does: Callable[[], object]) -> float:
    spent: list[float] = []
    for _ in range(rounds):
        gc.collect()
        began = time.perf_counter()
        does()
        spent.append(time.perf_counter() - began)
    return round(statistics.median(spent) * 1000, 1)


def sound(size: int) -> Flow:
    """A flow of so many nodes, give or take two: groups of four, each leading to the next."""
    groups = max(size // 4, 1)
    nodes: list[Json] = [TRIGGER]
    edges = [_edge("oi", "next", "q0")]
    for at in range(groups):
        nodes += _group(at)
        edges += [
            _edge(f"q{at}", "reply", f"c{at}"),
            _edge(f"q{at}", "timeout", "fim"),
            _edge(f"c{at}", "case:a", f"s{at}"),
            _edge(f"c{at}", "else", f"t{at}"),
            _edge(f"s{at}", "next", f"t{at}"),
            _edge(f"t{at}", "next", f"q{(at + 1) % groups}"),
        ]
    return _flow([*nodes, END], edges)


def _group(at: int) -> list[Json]:
    when = {"left": {"expr": "n"}, "op": "at_most", "right": at % 9}
    doubled = {"to": "n", "value": {"expr": "n * 2 + 1"}}
    return [
        _ask(f"q{at}", "Quantos anos, {{ nome|upper }}?", "number", save_as="n", timeout="PT2H"),
        {"id": f"c{at}", "type": "condition", "cases": [{"id": "a", "when": when}]},
        {"id": f"s{at}", "type": "set", "assign": [doubled]},
        {
            "id": f"t{at}",
            "type": "message",
            "contents": [{"kind": "text", "text": "{% if n > 3 %}Mais de {{ n - 1 }}{% endif %}"}],
        },
    ]


def faulty(count: int) -> Flow:
    """A chain of questions, each with a mistake."""
    asks = [_ask(f"p{at}", "{{ nada }}", "text") for at in range(count)]
    steps = [_edge(f"p{at}", "reply", f"p{(at + 7) % count}") for at in range(count)]
    return _flow([TRIGGER, *asks, END], [_edge("oi", "next", "p0"), *steps])


def _ask(node: str, text: str, expect: str, **more: Any) -> Json:
    contents = [{"kind": "text", "text": text}]
    return {"id": node, "type": "ask", "contents": contents, "expect": {"kind": expect}, **more}


def _edge(node: str, exit: str, to: str) -> Json:
    return {"from": node, "exit": exit, "to": to}


def _flow(nodes: list[Json], edges: list[Json]) -> Flow:
    return parse(
        msgspec.json.encode({**HEAD, "start": edges[0]["to"], "nodes": nodes, "edges": edges})
    )
