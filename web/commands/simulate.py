"""`flowengine simulate`: a chat with a flow on the command line; nothing is ever called."""

import argparse
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import msgspec

from flowengine.errors import FlowError
from flowengine.flow import Flow
from flowengine.nodes import Trigger
from flowengine.simulation import Simulation
from flowengine.state import encode
from flowengine.strict import read
from flowengine.talks.acting import NOW, act, by_node, contact_of, http_outcome, model_outcome
from flowengine.talks.format import CannedHttp, CannedModel, Step, Talk, TalkContact
from flowengine.talks.player import Player
from web.commands.files import (
    compile_all,
    flows_in,
    read_flow,
    read_talk,
    read_workspace,
    used_flows,
    workspace_or_empty,
)
from web.commands.output import CommandError, bad_usage, json_line, read_json, text
from web.commands.played import Lines, describe, state_line
from web.commands.steps import configure_steps, read_steps
from web.commands.test import describe as describe_failure

ENDLESS = "the flow goes round for ever: flowengine check says where"


def configure(parser: argparse.ArgumentParser, _name: str) -> None:
    """Its arguments."""
    parser.add_argument("flow", type=Path, metavar="FLOW.json")
    configure_steps(parser)
    parser.add_argument("--talk", type=Path, metavar="FILE", help="its steps, in their place")
    parser.add_argument("--contact", metavar="JSON", help='such as {"name": "Ana", "tags": []}')
    parser.add_argument("--now", metavar="ISO", help="when it begins, with an offset")
    parser.add_argument("--start", metavar="NODE", help="begin here, without a trigger")
    parser.add_argument("--channel", metavar="KIND", help="the channel's kind (simulator)")
    parser.add_argument("--http", action="append", default=[], metavar="NODE=JSON")
    parser.add_argument("--model", action="append", default=[], metavar="NODE=JSON")
    parser.add_argument("--flows", type=Path, metavar="DIR", help="more published flows")
    parser.add_argument("--workspace", type=Path, metavar="FILE", help="default: beside the flow")
    parser.add_argument("--json", action="store_true", help="a JSON line an effect")


def run(arguments: argparse.Namespace) -> int:
    """A line an effect, then the state; 1 where a talk's expectation did not come true."""
    flow = read_flow(arguments.flow)
    talk = read_talk(arguments.talk) if arguments.talk else None
    if talk is not None and arguments.steps:
        raise bad_usage("steps come from the line or from --talk, not from both")
    steps = list(talk.steps) if talk is not None else read_steps(arguments.steps)
    simulation = _simulation(arguments, flow, talk)
    lines = Lines(simulation)
    if _begins_itself(flow, steps, arguments.start):
        _start(simulation, flow, arguments.start)
        _print(lines, arguments.json)
    failed = _play(simulation, steps, talk, lines, arguments.json)
    if simulation.endless and failed is None:
        failed = ENDLESS
    line = state_line(simulation)
    if arguments.json:
        json_line(line)
    else:
        text(describe(line))
    if failed is not None:
        raise CommandError(failed)
    return 0


def _play(
    simulation: Simulation, steps: list[Step], talk: Talk | None, lines: Lines, as_json: bool
) -> str | None:
    """Does the steps; gives what went wrong, if anything did."""
    player = Player(simulation) if talk is not None else None
    for number, step in enumerate(steps, 1):
        if not as_json and step.expect is None:
            text(f"> {encode(step).decode()}")
        if player is not None:
            failure = player.step(number, step)
            _print(lines, as_json)
            if failure is not None:
                return "\n".join(["the talk fails", *describe_failure(failure)])
            continue
        why = act(simulation, step)
        _print(lines, as_json)
        if simulation.endless:
            why = ENDLESS
        if why:
            return f"step {number}: {why}"
    failure = player.end() if player is not None else None
    return "\n".join(["the talk fails", *describe_failure(failure)]) if failure else None


def _print(lines: Lines, as_json: bool) -> None:
    for line in lines.new():
        if as_json:
            json_line(line)
        else:
            text(describe(line))


def _begins_itself(flow: Flow, steps: list[Step], start: str | None) -> bool:
    """Without steps, or without any trigger, it begins at its start."""
    if start is not None or not steps:
        return True
    return not any(isinstance(node, Trigger) for node in flow.nodes)


def _start(simulation: Simulation, flow: Flow, node: str | None) -> None:
    if node is not None and node not in {each.id for each in flow.nodes}:
        raise bad_usage(f"--start: the flow {flow.key!r} has no node {node!r}")
    simulation.start(flow.key, node=node or "")


def _simulation(arguments: argparse.Namespace, flow: Flow, talk: Talk | None) -> Simulation:
    beside: Path = arguments.flow
    flows: Mapping[str, Flow] = used_flows(flow, beside.parent)
    if arguments.flows is not None:
        flows = {**flows, **flows_in(arguments.flows)}
    elif talk is not None:
        flows = {**flows, **flows_in(beside.parent)}
    everything = {**flows, flow.key: flow}
    contact = talk.contact if talk is not None else TalkContact(name="Ana", phone="+5511999990001")
    now = talk.now if talk is not None else None
    http = (*(talk.http if talk is not None else ()), *_canned(arguments.http, CannedHttp))
    model = (*(talk.model if talk is not None else ()), *_canned(arguments.model, CannedModel))
    return Simulation(
        compile_all(everything, beside),
        workspace_or_empty(read_workspace(arguments.workspace, beside)),
        contact_of(_contact(arguments.contact) if arguments.contact else contact),
        _time(arguments.now) if arguments.now else now or NOW,
        arguments.channel or (talk.channel if talk is not None else "simulator"),
        http=by_node((each.flow, each.node, http_outcome(each)) for each in http),
        model=by_node((each.flow, each.node, model_outcome(each)) for each in model),
    )


def _contact(source: str) -> TalkContact:
    decoder = msgspec.json.Decoder(TalkContact)
    try:
        return read(source.encode(), decoder, '{"name": "Ana"}')
    except FlowError as error:
        raise bad_usage(f"--contact: {error}") from None


def _time(source: str) -> datetime:
    try:
        moment = datetime.fromisoformat(source)
    except ValueError:
        raise bad_usage(f"--now: {source!r} is no time such as 2026-03-02T09:00:00-03:00") from None
    if moment.tzinfo is None:
        raise bad_usage(f"--now: {source!r} needs an offset, such as {source}-03:00")
    return moment


def _canned(listed: list[str], kind: type[CannedHttp] | type[CannedModel]) -> list[Any]:
    """`NODE=JSON` or `FLOW/NODE=JSON`: an answer as in a talk, or just its body or text."""
    option = "--http" if kind is CannedHttp else "--model"
    found: list[Any] = []
    for each in listed:
        name, mark, source = each.partition("=")
        if not mark or not name:
            raise bad_usage(f"{option}: write NODE=JSON, not {each!r}")
        value = read_json(source, f"{option} {name}")
        flow, _, node = name.rpartition("/")
        fields = _fields(value, kind)
        try:
            found.append(msgspec.convert({"flow": flow, "node": node, **fields}, kind))
        except msgspec.ValidationError as error:
            raise bad_usage(f"{option} {name}: {error}") from None
    return found


def _fields(value: Any, kind: type[CannedHttp] | type[CannedModel]) -> dict[str, Any]:
    known = set(kind.__struct_fields__)
    plain: object = value
    members = cast("dict[str, Any]", plain) if isinstance(plain, dict) else {}
    if members and members.keys() <= known:
        return members
    return {"json": value} if kind is CannedHttp else {"text": str(value)}
