"""The reference cases of node kinds: `nodes/<kind>.json`, played through the public face.

A case is one node, `n`, in a small flow, and what is said to it::

    {"name": "what it shows", "node": {"type": "message", …}, "around": [other nodes],
     "edges": ["n:failed > x"], "flow": {"variables": […]}, "others": {"filho": {…}},
     "contact": {…}, "workspace": {…}, "channel": "simulator", "http": {"n": […]}, "model": {…},
     "now": "2026-03-02T12:00:00-03:00",
     "steps": [{"say": "oi", "hears": ["Olá!"], "takes": ["next"], "wants": [{"type": "tell"}]}],
     "ends": {"status": "completed", "outcome": "", "variables": {…}, "problem": {…}}}

A word "oi" begins the flow, at `n` where the edges do not say otherwise; a `trigger` under test
begins it itself. A step is one act (`say`, `tap`, `message`, `after`, `event`, `human`, `start`,
`cron`, `fail`, `changed`, `answer`) and all that it does: `hears` (every message: a text, or as
much of the content as matters), `takes` (exits by which `n` was left), `wants` (as much as matters
of every effect that is no message), `trail` (events in this order, others may lie between).
After each act every state goes through its stored bytes.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, cast

import msgspec

from flowengine.chat import decode_conversation
from flowengine.document import parse
from flowengine.durations import to_timedelta
from flowengine.given import Contact
from flowengine.happenings import AnyHappening, ContactChanged, FlowStarted
from flowengine.messages import Answered, CallHttp, Inbound, Refused, Said, Send
from flowengine.release import compile_release
from flowengine.state import decode_state, encode
from flowengine.trail import Left
from flowengine.workspace import parse_workspace
from tests.flowengine.playing import NOON, OI, Play, document, said

Json = dict[str, Any]

FOLDER = Path(__file__).parent / "nodes"


@cache
def cases(kind: str) -> tuple[Json, ...]:
    """The cases of a kind, none where it has no file."""
    path = FOLDER / f"{kind}.json"
    return tuple(json.loads(path.read_text())) if path.exists() else ()


def kinds_with_cases() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json"))


class Stored(Play):
    """A play in which every state goes through its bytes, as it does in the database."""

    def _take(self, happening: AnyHappening) -> None:
        super()._take(happening)
        executions = {n: decode_state(encode(s)) for n, s in self.chat.executions.items()}
        conversation = decode_conversation(encode(self.chat.conversation))
        self.chat = msgspec.structs.replace(
            self.chat, executions=executions, conversation=conversation
        )


def under_test(case: Json) -> Json:
    """The node under test."""
    return {"id": "n", **case["node"]}


def flow_of(case: Json) -> Json:
    """The whole document that a case stands in."""
    node = under_test(case)
    lines: list[str] = list(case.get("edges", ()))
    nodes = [*case.get("around", ()), node]
    if node["type"] != "trigger" and not any(each["id"] == "oi" for each in nodes):
        nodes = [OI, *nodes]
        if not any(line.startswith("oi > ") for line in lines):
            lines = ["oi > n", *lines]
    return document("f", nodes, lines, **case.get("flow", {}))


def opened(case: Json) -> Stored:
    """The play of a case before its first step."""
    others = {key: _other(key, each) for key, each in case.get("others", {}).items()}
    flows = {key: parse(_raw(each)) for key, each in {"f": flow_of(case), **others}.items()}
    releases = [compile_release(flow, flows) for flow in flows.values()]
    contact = {"id": "ana", "name": "Ana", "phone": "+5511999990001", **case.get("contact", {})}
    play = Stored(
        *releases,
        workspace=parse_workspace(
            _raw({"format": "flowengine-workspace/1", **case.get("workspace", {})})
        ),
        http={node: [_http(each) for each in listed] for node, listed in _canned(case, "http")},
        model={
            node: [msgspec.convert(each, Said) for each in listed]
            for node, listed in _canned(case, "model")
        },
        contact=msgspec.convert(contact, Contact),
        channel=case.get("channel", "simulator"),
    )
    play.now = datetime.fromisoformat(case["now"]) if "now" in case else NOON
    return play


def _other(key: str, each: Json) -> Json:
    return document(key, each["nodes"], each.get("edges", ()), **each.get("flow", {}))


def _canned(case: Json, kind: str) -> list[tuple[str, list[Json]]]:
    return list(case.get(kind, {}).items())


def _http(each: Json) -> Answered | Refused:
    if "failed" in each:
        return Refused(each["failed"], permanent=True)
    return Answered(each.get("status", 200), each.get("body"))


def _raw(each: Json) -> bytes:
    return msgspec.json.encode(each)


def act(play: Play, step: Json) -> None:
    """What a step says happens."""
    match step:
        case {"say": str(words)}:
            play.say(words)
        case {"tap": str(choice)}:
            assert play.tap(choice, step.get("back", 0)), f"{choice!r} was never offered"
        case {"message": Mapping() as message}:
            whole = {"id": play.next_message(), "at": play.now, **cast(Json, message)}
            play.message(msgspec.convert(whole, Inbound))
        case {"after": str(length)}:
            play.after(to_timedelta(length))
        case {"event": str(name)}:
            play.event(name, step.get("data"))
        case {"human": str(what)}:
            play.human(what, step.get("text", ""))
        case {"start": str(flow)}:
            play.start(flow, step.get("with"), step.get("node", ""))
        case {"cron": str(node)}:
            play.happens(FlowStarted("f", "cron", node=node))
        case {"fail": str(reason)}:
            play.fail_next(Refused(reason, permanent=True))
        case {"changed": Mapping() as changed}:
            news = cast(Json, changed)
            tags, fields = tuple(news.get("tags", ())), tuple(news.get("fields", ()))
            play.happens(ContactChanged(tags, fields))
        case {"answer": Mapping() as answer}:
            give(play, cast(Json, answer))
        case _:
            raise AssertionError(f"no act: {step}")


def give(play: Play, answer: Json) -> None:
    """The oldest call without an answer gets one."""
    asked = play.missing[0]
    if isinstance(asked, CallHttp):
        play.give(asked.id, _http(answer))
    elif "failed" in answer:
        play.give(asked.id, Refused(answer["failed"], permanent=True))
    else:
        play.give(asked.id, msgspec.convert(answer, Said))
    play.missing.remove(asked)


def run(case: Json) -> None:
    """Plays a case; an `AssertionError` says where it is not as written."""
    play = opened(case)
    for at, step in enumerate(case["steps"]):
        before, sends = len(play.happened), len(play.sends)
        act(play, step)
        rows = play.happened[before:]
        done = [each for row in rows for each in row.taken.steps]
        here = f"step {at + 1} {step}"
        same([_heard(send) for send in play.sends[sends:]], step.get("hears", []), here)
        trail = [event for each in done for event in each.trail]
        left = [e.exit for e in trail if isinstance(e, Left) and e.node == "n"]
        assert left == step.get("takes", []), f"{here}: it took {left}"
        wanted = [e for row in rows for _, e in row.taken.effects if not isinstance(e, Send)]
        if "wants" in step:
            same([msgspec.to_builtins(e) for e in wanted], step["wants"], here)
        follows([msgspec.to_builtins(e) for e in trail], step.get("trail", []), here)
    assert not play.unused, f"canned outcomes that nothing asked for: {play.unused}"
    ends(play, case.get("ends", {}))


def _heard(send: Send) -> Json:
    plain: Json = json.loads(encode(send.content))
    return {**plain, "typing": send.typing, "purpose": send.purpose, "said": said(send)}


def same(found: list[Json], wanted: list[Any], where: str) -> None:
    """As many, and each as it is written."""
    shown = "\n".join(json.dumps(each, ensure_ascii=False, default=str) for each in found)
    assert len(found) == len(wanted), f"{where}: there were\n{shown}"
    for have, want in zip(found, wanted, strict=True):
        fits = have.get("said") == want if isinstance(want, str) else holds(have, want)
        assert fits, f"{where}: not {want} but\n{json.dumps(have, ensure_ascii=False, default=str)}"


def holds(have: Any, want: Any) -> bool:
    """Whether `have` says all that `want` says."""
    if isinstance(want, dict):
        members = cast(Json, want)
        plain = isinstance(have, dict)
        return plain and all(holds(have.get(name, ""), each) for name, each in members.items())
    if isinstance(want, list):
        if not isinstance(have, list | tuple):
            return False
        pair = cast("list[Any]", have), cast("list[Any]", want)
        return len(pair[0]) == len(pair[1]) and all(map(holds, *pair))
    return have == want or (not isinstance(want, str) and str(have) == str(want))


def follows(found: list[Json], wanted: list[Json], where: str) -> None:
    """Each of `wanted` is found, in this order."""
    rest = iter(found)
    for want in wanted:
        assert any(holds(have, want) for have in rest), f"{where}: no {want} in\n{found}"


def ends(play: Play, wanted: Json) -> None:
    """How the execution stands that was stepped last."""
    last = play.last
    assert last is not None or not wanted
    if last is None:
        return
    found: Json = {
        "status": last.status,
        "outcome": last.outcome,
        "owner": play.chat.conversation.owner.id or play.chat.conversation.owner.kind,
        "problem": None if last.problem is None else msgspec.to_builtins(last.problem),
        "variables": json.loads(encode(declared(play))),
        "closed": play.happened[-1].taken.closed,
        "foreground": play.chat.conversation.holder != "",
    }
    for name, want in wanted.items():
        assert holds(found[name], want), f"{name} is {found[name]}, not {want}"


def declared(play: Play) -> Json:
    """The variables of the flow in which it stands, defaults too."""
    assert play.last is not None
    frame = play.last.frames[-1]
    flow = play.chat.releases[play.last.release].flows[frame.flow]
    return {**flow.defaults, **frame.variables}
