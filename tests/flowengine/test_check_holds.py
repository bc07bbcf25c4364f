"""What check lets pass can be run: examples are bent at random, and those that pass are played."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flowengine.check import check
from flowengine.document import parse
from flowengine.errors import FlowError
from flowengine.flow import Flow
from flowengine.given import Contact
from flowengine.issue import has_errors
from flowengine.messages import Answered, Refused, Said
from flowengine.offered import shown_choices
from flowengine.release import compile_release
from flowengine.simulation import Simulation
from flowengine.talks.acting import NOW
from flowengine.workspace import parse_workspace

EXAMPLES = Path(__file__).parents[2] / "examples"
WORKSPACE = parse_workspace((EXAMPLES / "workspace.json").read_bytes())
RAW = {path.name: path.read_text() for path in sorted(EXAMPLES.glob("*.flow.json"))}
FLOWS = {flow.key: flow for flow in (parse(raw.encode()) for raw in RAW.values())}
COMPILED = {key: compile_release(flow, FLOWS) for key, flow in FLOWS.items()}

TRIES = 40
"""Bent documents that are looked at until one passes: most do not."""

PARTS = ("nodes", "edges", "variables", "settings", "start", "inputs", "outputs")
VALUES: list[Any] = [
    None, "", 0, 1, -1, [], {}, "{{ pet }}", "a" * 50, True, "next", "oi", "PT1H", "reply",
    {"expr": "contact.tags"}, {"expr": "now"}, {"expr": 5},
]  # fmt: skip
WORDS = (
    "oi", "1", "Mel", "menu", "sair", "banho", "sim", "não", "3", "ana@x.com", "204518", "ontem",
    "amanhã", "atendente", "", "🐶", "agora", "parar",
)  # fmt: skip
SLOT = {"id": "h1", "inicio": "2026-03-04T10:00:00-03:00", "profissional": "Caio"}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict | list):
        for name, member in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(member, (*path, name))


def look(document: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        document = document[part]
    return document


def bend(document: Any, dice: Random) -> None:
    """Takes something away, puts something in its place, or copies another part there."""
    every = [path for path in places(document) if path and path[0] in PARTS]
    *above, last = dice.choice(every)
    part = json.loads(json.dumps(look(document, dice.choice(every))))
    holder = look(document, tuple(above))
    act = dice.randrange(3)
    if act == 0:
        del holder[last]
    elif act == 1:
        holder[last] = dice.choice(VALUES)
    else:
        holder[last] = part


def bent(dice: Random) -> Flow | None:
    """A bent example that check lets pass."""
    for _ in range(TRIES):
        document = json.loads(dice.choice(list(RAW.values())))
        for _ in range(dice.randrange(1, 4)):
            bend(document, dice)
        try:
            flow = parse(json.dumps(document).encode())
        except FlowError:
            continue
        if not has_errors(check(flow, WORKSPACE, {**FLOWS, flow.key: flow})):
            return flow
    return None


def live(simulation: Simulation, flow: Flow, dice: Random) -> None:
    """A dozen things happen, in any order."""
    for _ in range(12):
        match dice.randrange(9):
            case 0:
                offered = [c for send in simulation.sends[-3:] for c in shown_choices(send.content)]
                if offered:
                    simulation.tap(dice.choice(offered)[0])
            case 1:
                simulation.after(timedelta(hours=dice.choice([0.1, 1, 5, 30])))
            case 2:
                simulation.human(dice.choice(["take", "say", "close", "return"]))
            case 3:
                simulation.fail_next(Refused("window_closed", permanent=True))
            case 4:
                simulation.start(flow.key)
            case _:
                simulation.say(dice.choice(WORDS))


@given(st.integers(0, 2**32))
def test_a_checked_flow_never_raises_and_keeps_within_its_limits(seed: int) -> None:
    dice = Random(seed)
    flow = bent(dice)
    if flow is None:
        return
    flows = {**FLOWS, flow.key: flow}
    releases = [
        compile_release(each, flows) if flow.key in (key, *COMPILED[key].members) else COMPILED[key]
        for key, each in flows.items()
    ]
    simulation = Simulation(
        releases,
        WORKSPACE,
        Contact("ana", "Ana", "+5511999990001"),
        NOW,
        http={"busca": [Answered(200, {"horarios": [SLOT]})] * 3, "reserva": [Answered(201, {})]},
        model={"ia": [Said("oi"), Refused("x", permanent=True)]},
    )
    live(simulation, flow, dice)
    for row in simulation.happened:
        for state in row.taken.executions.values():
            assert state.problem is None or "more than" not in state.problem.reason
