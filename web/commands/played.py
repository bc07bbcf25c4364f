"""What a simulation did, as the lines that `flowengine simulate` prints."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from flowengine.chat import Taken
from flowengine.happenings import EventCame, FlowStarted, MessageCame
from flowengine.messages import Effect, Send, StartFlow, WakeAt
from flowengine.simulation import Happened, Simulation
from flowengine.state import encode
from flowengine.trail import Ignored

Line = dict[str, Any]

_INNER = ("id", "node", "flow", "visit", "awaited", "late_after", "late_reply", "at", "type")
"""Fields of effects that are the runtime's business, or stand in the line already."""

FROM_OUTSIDE = (MessageCame, EventCame, FlowStarted)
"""What somebody will want to know of, if it had no effect."""

WAITS = {
    "reply": "reply",
    "time": "time",
    "event": "event",
    "http": "http",
    "model": "model",
    "person": "person",
    "foreground": "foreground",
}


class Lines:
    """Turns what happened into lines; `new` gives those since the last call."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self._rows = 0
        self._number = 0

    def new(self) -> Iterator[Line]:
        """A line for every effect, in order, and for every given that had none."""
        rows = self.simulation.happened
        while self._rows < len(rows):
            row = rows[self._rows]
            self._rows += 1
            for line in _row(row):
                self._number += 1
                yield {"turn": row.turn, "seq": self._number, **line}


def _row(row: Happened) -> Iterator[Line]:
    for _, effect in row.taken.effects:
        yield _effect(effect, row.at)
    for step in row.taken.steps:
        for trace in step.trail:
            if isinstance(trace, Ignored):
                yield _ignored(row.at, trace.node, trace.reason)
    if isinstance(row.happening, FROM_OUTSIDE) and _did_nothing(row.taken):
        yield _ignored(row.at, "", row.taken.steps[0].route[-1])


def _did_nothing(taken: Taken) -> bool:
    return not (taken.effects or taken.executions or taken.for_person)


def _ignored(at: datetime, node: str, reason: str) -> Line:
    return {"at": at.isoformat(), "node": node, "type": "ignored", "reason": reason}


def _effect(effect: Effect, at: datetime) -> Line:
    kind = str(effect.__struct_config__.tag)
    line: Line = {"at": at.isoformat(), "node": effect.node, "flow": effect.flow, "type": kind}
    fields: dict[str, Any] = msgspec.to_builtins(effect, builtin_types=(datetime,))
    line.update({name: value for name, value in fields.items() if name not in _INNER})
    if isinstance(effect, WakeAt):
        due = effect.at or at + timedelta(seconds=effect.seconds)
        line["due"] = due.isoformat()
    if isinstance(effect, StartFlow):
        line["due"] = (effect.at or at).isoformat()
    if isinstance(effect, Send):
        line["content"] = msgspec.to_builtins(effect.content)
    return line


def state_line(simulation: Simulation) -> Line:
    """Where the execution stepped last stands."""
    state = simulation.last
    line: Line = {"type": "state", "status": "idle", "waiting_for": None, "flow": None}
    line |= {"node": None, "variables": {}, "outcome": None, "problem": None}
    if state is None:
        return line
    frame = state.frames[-1] if state.frames else None
    stand = frame.stand if frame is not None else None
    waiting = WAITS.get(stand.waiting_for) if stand is not None else None
    problem = state.problem
    return line | {
        "status": state.status,
        "waiting_for": {"queued": "foreground", "transferred": "person"}.get(state.status, waiting),
        "flow": frame.flow if frame is not None else None,
        "node": frame.node if frame is not None else None,
        "variables": simulation.variables,
        "outcome": state.outcome or None,
        "problem": None if problem is None else msgspec.to_builtins(problem),
    }


def describe(line: Line) -> str:
    """A line for people."""
    kind, node = line["type"], line.get("node") or ""
    if kind == "state":
        waits = f", waiting for {line['waiting_for']}" if line["waiting_for"] else ""
        outcome = f", outcome {line['outcome']}" if line["outcome"] else ""
        problem = line["problem"]
        trouble = f", problem: {problem['reason']}" if problem else ""
        return f"= {line['status']}{waits} at {node or '—'}{outcome}{trouble}"
    if kind == "send":
        return f"< {_said(line['content'])}"
    rest = {k: v for k, v in line.items() if k not in ("turn", "seq", "at", "type", "node", "flow")}
    return f"  {kind} {node} {encode(rest).decode()}"


def _said(content: dict[str, Any]) -> str:
    words = content.get("text") or content.get("caption") or f"[{content['kind']}]"
    titles = [button["title"] for button in content.get("buttons", ())]
    titles += [r["title"] for section in content.get("sections", ()) for r in section["rows"]]
    offered = "".join(f"\n    [{title}]" for title in titles)
    return words.replace("\n", "\n  ") + offered
