"""Proof about a model's tools: each runs a flow that can answer it by itself."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from flowengine.check.finding import Finding, pointer
from flowengine.check.subject import Subject, nearest
from flowengine.declarations import Variable
from flowengine.flow import Flow
from flowengine.graph import calls, entry
from flowengine.nodes import AiReply, Ask, Node, Transfer, Wait
from flowengine.nodes.ai_reply import AiTool
from flowengine.tools import OWN, json_type

_FITS: Mapping[str, Sequence[str]] = {"number": ("number", "integer"), "text": ("string", "number")}
"""JSON's types that an input takes, where that is not the one that models are told."""


def tools(subject: Subject) -> Iterator[Finding]:
    """Names of their own, flows that are there and never wait for the customer, fitting arguments.

    Cost: O(nodes + edges) of the flows that are called.
    """
    for node_id, node in subject.nodes.items():
        if not isinstance(node, AiReply):
            continue
        names = [tool.name for tool in node.tools]
        for at, tool in enumerate(node.tools):
            path = subject.path(node_id) + pointer("tools", at)
            if tool.name in OWN or tool.name in names[:at]:
                values = {"name": tool.name}
                yield Finding("tool_name_taken", node_id, path=f"{path}/name", values=values)
            if tool.flow is None:
                values = {"name": tool.name}
                yield Finding("tool_without_flow", node_id, path=path, values=values)
            elif tool.flow in subject.others:
                yield from _flow(subject, node_id, tool, subject.others[tool.flow], path)


def _flow(subject: Subject, node: str, tool: AiTool, flow: Flow, path: str) -> Iterator[Finding]:
    values = {"flow": flow.key}
    if entry(flow) is None:
        yield Finding("call_without_start", node, path=f"{path}/flow", values=values)
    if way := _waits(subject, flow):
        values = {"name": tool.name, "way": " → ".join(way)}
        yield Finding("tool_waits", node, path=f"{path}/flow", values=values)
    yield from _parameters(node, tool, flow, f"{path}/parameters")


def _waits(subject: Subject, flow: Flow) -> list[str]:
    """A way of calls to a node that waits for the customer, or for a person; empty: there is none.

    A flow that is not known here is trusted.
    """
    ahead, seen = [(flow, [flow.key])], {flow.key}
    while ahead:
        at, way = ahead.pop(0)
        for node in _reached(at):
            if _asks(node):
                return [*way[:-1], f"{way[-1]}/{node.id}"]
            for key in calls(node):
                child = subject.others.get(key)
                if child is not None and key not in seen:
                    seen.add(key)
                    ahead.append((child, [*way, key]))
    return []


def _reached(flow: Flow) -> list[Node]:
    out: dict[str, list[str]] = {}
    for edge in flow.edges:
        out.setdefault(edge.from_, []).append(edge.to)
    ahead, seen = [entry(flow)], set[str | None]()
    while ahead:
        at = ahead.pop()
        if at not in seen:
            seen.add(at)
            ahead += out.get(at or "", ())
    return [node for node in flow.nodes if node.id in seen]


def _asks(node: Node) -> bool:
    match node:
        case Ask() | Transfer():
            return True
        case Wait():
            return node.expect is not None
        case AiReply():
            return node.dialogue
        case _:
            return False


# -- arguments -----------------------------------------------------------------------------------


def _parameters(node: str, tool: AiTool, flow: Flow, path: str) -> Iterator[Finding]:
    """Those that the author describes; without any the flow's inputs are told as they are."""
    schema = tool.parameters
    if not schema:
        return
    properties: Any = schema.get("properties", {})
    if schema.get("type", "object") != "object" or not isinstance(properties, dict):
        yield Finding("tool_parameters", node, path=path, values={"name": tool.name})
        return
    inputs = {variable.name: variable for variable in flow.inputs}
    described = cast("dict[str, Any]", properties)
    for name, said in described.items():
        where = path + pointer("properties", name)
        if name not in inputs:
            values = {"flow": flow.key, "name": name, "near": nearest(name, inputs)}
            yield Finding("unknown_input", node, path=where, values=values)
        elif wrong := _unfit(said, inputs[name]):
            values = {"flow": flow.key, "name": name, "type": inputs[name].type, "said": wrong}
            values["wanted"] = json_type(inputs[name].type)["type"]
            yield Finding("argument_type", node, path=where, values=values)
    required: Any = schema.get("required", ())
    for name, variable in inputs.items():
        if variable.required and (name not in described or name not in required):
            values = {"flow": flow.key, "name": name}
            yield Finding("missing_argument", node, path=path, values=values)


def _unfit(said: Any, variable: Variable) -> str:
    """The JSON type that an argument is told to have, where its input takes none such."""
    told = cast("dict[str, Any]", said).get("type") if isinstance(said, dict) else None
    fits = _FITS.get(variable.type, (json_type(variable.type)["type"],))
    return told if isinstance(told, str) and told not in fits else ""
