"""Random groups of flows that check lets through, out of the reference cases of node kinds.

Every node of `nodes/*.json` may be drawn, so every kind and option is; exits are wired onward, back
only from nodes that pause. What check still refuses is taken out again.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import msgspec
from hypothesis import strategies as st

from flowengine.check import check
from flowengine.document import parse
from flowengine.flow import Edge, Flow
from flowengine.graph import all_exits
from flowengine.issue import Issue
from flowengine.workspace import Workspace, parse_workspace
from tests.flowengine.node_cases import Json, cases, kinds_with_cases, under_test

END: Json = {"id": "fim", "type": "end", "outcome": "fim"}

PAUSES = ("ask", "wait", "transfer", "delay", "ai_reply")
"""Kinds from which an edge may lead back."""

DRAWN = [(kind, case) for kind in kinds_with_cases() for case in cases(kind)]
NODES = [case for kind, case in DRAWN if kind not in ("trigger", "flow", "start")]
CALLS = [case for kind, case in DRAWN if kind in ("flow", "start")]
TRIGGERS = [case for kind, case in DRAWN if kind == "trigger"]

STEPS = [
    {key: value for key, value in step.items() if key not in ("hears", "takes", "wants", "trail")}
    for _, case in DRAWN
    for step in case["steps"]
]
"""Every act of every case."""

SCHEDULE = {
    "timezone": "America/Sao_Paulo",
    "weekly": {"mon": [["09:00", "18:00"]], "tue": [["09:00", "18:00"]]},
}
WORKSPACE: Workspace = parse_workspace(
    msgspec.json.encode(
        {
            "format": "flowengine-workspace/1",
            "queues": {"suporte": {}, "geral": {"schedule": "loja"}},
            "schedules": {"loja": SCHEDULE, "bar": SCHEDULE},
            "secrets": ["chave"],
            "profiles": ["bom"],
            "knowledge": ["manual"],
            "fields": {name: {"type": "number"} for name in ("pontos", "velho")}
            | {name: {} for name in ("plano", "cidade")},
            "tags": ["vip", "lead", "frio", "parou"],
        }
    )
)

SETTINGS: list[Json] = [
    {},
    {"on_problem": {"queue": "geral"}},
    {"on_problem": {"agent": "bia@x.example"}, "expires": "P2D", "resume": "end"},
    {"busy": "interrupt", "purpose": "utility"},
    {"busy": "skip", "late_reply": "transfer", "late_after": "PT1H"},
    {"busy": "speak", "resume": "fim"},
]


class Group(msgspec.Struct):
    """Flows by key; "f" may call "g" and "h", "g" may call "h"."""

    flows: dict[str, Flow]


@st.composite
def groups(draw: st.DrawFn) -> Group:
    """One to three flows that check finds no error in."""
    flows: dict[str, Flow] = {}
    for key in ("h", "g", "f")[draw(st.integers(0, 2)) :]:
        flows[key] = draw(_flow(key, dict(flows)))
    return Group(flows)


@st.composite
def _flow(draw: st.DrawFn, key: str, others: Mapping[str, Flow]) -> Flow:
    pool = NODES + (CALLS if others else [])
    picked = draw(st.lists(st.sampled_from(pool), min_size=1, max_size=7))
    triggers = draw(st.lists(st.sampled_from(TRIGGERS), max_size=3))
    callee = draw(st.sampled_from(sorted(others))) if others else ""
    made = _Making(key, callee)
    for case in picked:
        made.add(case)
    for case in triggers:
        made.add(case)
    back = draw(st.lists(st.integers(0, 7), min_size=4, max_size=4))
    optional = draw(st.lists(st.booleans(), min_size=3, max_size=3))
    settings = draw(st.sampled_from(SETTINGS))
    for _ in range(6):
        flow = parse(msgspec.json.encode(made.document(settings, back, optional)))
        wrong = [each for each in check(flow, WORKSPACE, others) if each.severity == "error"]
        if not wrong:
            return flow
        made.drop(wrong)
    return parse(msgspec.json.encode(_Making(key, "").document({}, back, optional)))


class _Making:
    """A document in the making."""

    def __init__(self, key: str, callee: str) -> None:
        self.key, self.callee = key, callee
        self.nodes: list[Json] = []
        self.variables: dict[str, Json] = {}
        self.translations: dict[str, Json] = {}

    def add(self, case: Json) -> None:
        """A case's node under a name of its own, if its variables go with those that are there."""
        flow = case.get("flow", {})
        wanted = {each["name"]: each for each in flow.get("variables", ())}
        types = {name: each.get("type", "text") for name, each in wanted.items()}
        known = {name: each.get("type", "text") for name, each in self.variables.items()}
        if any(known.get(name, kind) != kind for name, kind in types.items()):
            return
        self.variables = {**wanted, **self.variables}
        name = f"n{len(self.nodes)}"
        node = {**under_test(case), "id": name}
        node.pop("of", None)
        if node["type"] in ("flow", "start") and self.callee:
            node = {**node, "flow": self.callee, "with": {}, "save": []}
            if node["type"] == "start":
                node.pop("save")
        if node["type"] == "cancel":
            node.pop("flow", None)
        if node["type"] == "ai_reply":
            tools = node.pop("tools", ()) if self.callee else ()
            node["tools"] = [{"name": each["name"], "flow": self.callee} for each in tools]
        for language, texts in flow.get("translations", {}).items():
            self.translations.setdefault(language, {})[name] = texts["n"]
        self.nodes.append(node)

    def drop(self, issues: list[Issue]) -> None:
        """Takes out the nodes that check refuses; a setting that it refuses goes as well."""
        named = {issue.node for issue in issues}
        self.nodes = [node for node in self.nodes if node["id"] not in named]
        self.translations = {
            language: {name: texts for name, texts in said.items() if name not in named}
            for language, said in self.translations.items()
        }

    def document(self, settings: Json, back: list[int], optional: list[bool]) -> Json:
        """The document, wired."""
        steps = [node for node in self.nodes if node["type"] != "trigger"]
        oi = {"id": "oi", "type": "trigger", "on": {"kind": "keyword", "words": ["oi"]}}
        triggers = [node for node in self.nodes if node["type"] == "trigger"]
        bare: Json = {
            "format": "flowengine/1",
            "key": self.key,
            "name": self.key,
            "start": steps[0]["id"] if steps else "fim",
            "nodes": [oi, *triggers, *steps, END],
            "variables": list(self.variables.values()),
            "settings": settings,
            "translations": {name: said for name, said in self.translations.items() if said},
        }
        flow = parse(msgspec.json.encode(bare))
        edges = list(_edges(flow, [node["id"] for node in steps], back, optional))
        return {**bare, "edges": edges}


def _edges(flow: Flow, steps: list[str], back: list[int], optional: list[bool]) -> Iterator[Json]:
    """Onward from every node, so that a path leads through all of them to the end."""
    kinds = {node.id: cast(Any, node).__struct_config__.tag for node in flow.nodes}
    order = [*steps, "fim"]
    # Exits of a wait depend on what is offered before it: the way onward is drawn first.
    chain = [{"from": a, "to": b} for a, b in zip(steps, order[1:], strict=True)]
    drawn = msgspec.structs.replace(flow, edges=msgspec.convert(chain, tuple[Edge, ...]))
    for at, (node, exits) in enumerate(sorted(all_exits(drawn).items())):
        if node == "fim":
            continue
        place = order.index(node) if node in order else -1
        for which, exit in enumerate(exits):
            if not exit.required and not optional[(at + which) % len(optional)]:
                continue
            yield {"from": node, "exit": exit.id, "to": _target(order, place, which, kinds, back)}


def _target(
    order: list[str], place: int, which: int, kinds: Mapping[str, str], back: list[int]
) -> str:
    if which == 0 or place < 0:
        return order[place + 1]
    jump = back[which % len(back)]
    if kinds[order[place]] in PAUSES and jump < place:
        return order[jump]
    return order[min(place + 1 + jump % 3, len(order) - 1)]
