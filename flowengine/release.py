"""Releases: a published flow with the versions of the sub-flows it calls, compiled to run.

`compile_release` is done once for a version (some ms); what it gives is shared by all turns.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from flowengine.compiled import CompiledFlow, CompiledTrigger, Release
from flowengine.conditions import compile_when
from flowengine.document import whole_hash
from flowengine.durations import seconds
from flowengine.errors import ReleaseError
from flowengine.flow import Flow
from flowengine.graph import calls, fallback, offering_nodes
from flowengine.matching import match_kind, matcher
from flowengine.nodes import STEPS, FlowCall, Message, Node, Trigger
from flowengine.pointers import write_pointer
from flowengine.step import Step
from flowengine.translations.overlay import texts_in
from flowengine.zones import zone

TEMPORAL = frozenset({"date", "time", "datetime", "duration"})

__all__ = ["CompiledFlow", "CompiledTrigger", "Release", "called_flows", "compile_release"]


def called_flows(flow: Flow) -> frozenset[str]:
    """Keys of the flows that its `flow` nodes and the tools of its models call. O(nodes)."""
    return frozenset(key for node in flow.nodes for key in calls(node))


def compile_release(root: Flow, others: Mapping[str, Flow], version: int = 0) -> Release:
    """The release of `root` with every flow that it calls, directly or not, out of `others`.
    `version`: the number under which it was published.

    Raises `ReleaseError` where one is missing, `ExpressionError` where a template does not compile:
    `check` finds both before. Cost: some ms for 100 nodes; keep the result.
    """
    flows = {root.key: root}
    waiting = [root]
    while waiting:
        for key in sorted(called_flows(waiting.pop()) - flows.keys()):
            if key not in others:
                raise ReleaseError(f"the flow {root.key!r} calls {key!r}, which is not published")
            flows[key] = others[key]
            waiting.append(others[key])
    members = {key: whole_hash(flow) for key, flow in sorted(flows.items())}
    compiled = {key: compile_flow(flow) for key, flow in flows.items()}
    reads = frozenset[str]().union(*(flow.reads for flow in compiled.values()))
    return Release(release_hash(root.key, members), root.key, compiled, members, version, reads)


def release_hash(root: str, members: Mapping[str, str]) -> str:
    """SHA-256 (hex) that names a release: its `root` and, of `members`, each document's hash.
    Cost: ~2 µs.
    """
    lines = [root, *(f"{key} {digest}" for key, digest in sorted(members.items()))]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def compile_flow(flow: Flow) -> CompiledFlow:
    """One flow ready to run. Raises ReleaseError. Cost: linear in its nodes, ~0.2 ms each."""
    _check_edges(flow)
    wired = _wired(flow)
    steps = {node.id: _step(node, wired) for node in flow.nodes}
    for wait, asking in offering_nodes(flow).items():
        for node in asking:
            if isinstance(node, Message):
                steps[node.id].answers_at = wait
    localized = {
        language: steps | {node.id: _step(node, wired) for node in _translated(flow, texts)}
        for language in sorted(flow.translations)
        if (texts := texts_in(flow, language))
    }
    edges = _edges(flow)
    declared = (*flow.variables, *flow.inputs, *flow.outputs)
    every = [*steps.values(), *(step for words in localized.values() for step in words.values())]
    own = {variable.name for variable in declared}
    reads = frozenset[str]().union(*(step.reads for step in every))
    triggers = tuple(_triggers(flow, edges))
    reads |= frozenset[str]().union(*(t.when.reads for t in triggers if t.when))
    settings = flow.settings
    return CompiledFlow(
        key=flow.key,
        language=flow.language,
        zone=zone(flow.timezone),
        start=_start(flow, edges),
        settings=settings,
        expires=float(seconds(settings.expires)),
        late_after=float(seconds(settings.late_after)) if settings.late_after else 0,
        steps=steps,
        localized=localized,
        edges=edges,
        types={v.name: v.type for v in declared},
        temporal=tuple((v.name, v.type) for v in declared if v.type in TEMPORAL),
        defaults={v.name: v.default for v in declared},
        inputs={v.name: v.required for v in flow.inputs},
        outputs=tuple(v.name for v in flow.outputs),
        triggers=triggers,
        interrupts=_interrupts(triggers),
        speaks_only=_speaks_only(flow, steps, edges),
        reads=frozenset(name for name in reads if name.partition(".")[0] not in own),
    )


def _check_edges(flow: Flow) -> None:
    known = {node.id for node in flow.nodes}
    for edge in flow.edges:
        if edge.from_ not in known or edge.to not in known:
            raise ReleaseError(f"{flow.key!r} has an edge {edge.from_!r} > {edge.to!r} to nowhere")


def _step(node: Node, wired: Mapping[str, frozenset[str]]) -> Step:
    step = STEPS[type(node)](node, wired.get(node.id, frozenset()))
    step.node = node.id
    return step


def _wired(flow: Flow) -> dict[str, frozenset[str]]:
    exits: dict[str, set[str]] = {}
    for edge in flow.edges:
        exits.setdefault(edge.from_, set()).add(edge.exit)
    return {node: frozenset(names) for node, names in exits.items()}


class _Edges(dict[tuple[str, str], str]):
    """Edges with their fall-backs: an unwired `choice:x` leads where `reply` leads."""

    def __init__(self, flow: Flow) -> None:
        super().__init__(((edge.from_, edge.exit), edge.to) for edge in flow.edges)
        self.nodes = {node.id: node for node in flow.nodes}

    def __missing__(self, key: tuple[str, str]) -> str:
        node, exit = key
        instead = fallback(self.nodes[node], exit)
        to = self.get((node, instead), "") if instead else ""
        self[key] = to
        return to


def _edges(flow: Flow) -> _Edges:
    return _Edges(flow)


def _start(flow: Flow, edges: Mapping[tuple[str, str], str]) -> str:
    """Where the flow begins when no trigger chose it; empty where nothing says so."""
    if flow.start:
        return flow.start
    after = {edges[(node.id, "next")] for node in flow.nodes if isinstance(node, Trigger)}
    return after.pop() if len(after) == 1 else ""


def _translated(flow: Flow, texts: Mapping[str, Mapping[str, Any]]) -> Iterator[Node]:
    """The nodes that a language says in its own words."""
    for node in flow.nodes:
        if node.id not in texts:
            continue
        document = msgspec.json.decode(msgspec.json.encode(node))
        for path, text in texts[node.id].items():
            try:
                write_pointer(document, path, text)
            except (KeyError, IndexError, ValueError, TypeError):
                raise ReleaseError(
                    f"the translation of {node.id!r} names {path!r}, which is not there"
                ) from None
        try:
            yield msgspec.convert(document, Node)
        except msgspec.ValidationError as error:
            raise ReleaseError(f"the translation of {node.id!r} does not fit: {error}") from None


def _triggers(flow: Flow, edges: Mapping[tuple[str, str], str]) -> Iterator[CompiledTrigger]:
    for node in flow.nodes:
        if not isinstance(node, Trigger):
            continue
        yield CompiledTrigger(
            flow=flow.key,
            node=node.id,
            kind=str(node.on.__struct_config__.tag),
            to=edges[(node.id, "next")],
            on=node.on,
            match=match_kind(node),
            when=compile_when(node.when) if node.when else None,
            channels=node.channels,
            priority=node.priority,
            cooldown=float(seconds(node.cooldown)) if node.cooldown else 0,
            busy=node.busy or flow.settings.busy or "",
            scope=node.interrupts.scope if node.interrupts else "",
            then=node.interrupts.then if node.interrupts else "",
            matcher=matcher(node),
        )


def _interrupts(triggers: tuple[CompiledTrigger, ...]) -> tuple[CompiledTrigger, ...]:
    """Those that act while the flow runs, in the order in which they are asked."""
    inner = (trigger for trigger in triggers if trigger.scope)
    return tuple(sorted(inner, key=lambda each: (-each.priority, each.node)))


def _speaks_only(
    flow: Flow, steps: Mapping[str, Step], edges: Mapping[tuple[str, str], str]
) -> frozenset[str]:
    """Nodes from which nothing that holds the foreground can be reached in this flow."""
    before: dict[str, set[str]] = {node.id: set() for node in flow.nodes}
    for edge in flow.edges:
        if edge.to in before:
            before[edge.to].add(edge.from_)
    calling = {node.id for node in flow.nodes if isinstance(node, FlowCall)}
    waiting = [node for node, step in steps.items() if step.holds or node in calling]
    holds = set(waiting)
    while waiting:
        for node in before[waiting.pop()] - holds:
            holds.add(node)
            waiting.append(node)
    return frozenset(steps.keys() - holds)
