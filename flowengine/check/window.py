"""The 24-hour window (FLOWS.md §5): no free text that a path can reach after it has closed.

Time is counted from the customer's last message along every path: timeouts, delays, waits for
events and the flows that are called add to it, an answer takes it back to nothing. A start by
itself (cron, event, `start` with a time) is outside from its beginning, and needs a purpose.
"""

from collections.abc import Iterator

from flowengine.check.finding import Finding
from flowengine.check.lapse import CLOSED, Lapses, beginnings
from flowengine.check.subject import Subject
from flowengine.flow import Flow
from flowengine.graph import calls
from flowengine.nodes import AiReply, Ask, FlowCall, Message, Start, Trigger
from flowengine.nodes.trigger import OnCron, OnEvent


def window(subject: Subject) -> Iterator[Finding]:
    """Free text out of the window, in this flow and in those it calls; starts without purpose."""
    yield from _without_purpose(subject)
    lapses = Lapses(subject.flow, subject.workspace, subject.others)
    times = lapses.times(beginnings(subject.flow, subject.others))
    for node_id, node in subject.nodes.items():
        time = times.get(node_id, 0)
        base = subject.path(node_id)
        if lapses.speaks_freely(node) and lapses.spoken_at(node, time) >= CLOSED:
            yield Finding("text_outside_window", node_id, path=base)
        for key in calls(node):
            speaks = lapses.summary(key).speaks
            if speaks is not None and speaks < CLOSED <= time + speaks:
                path = f"{base}/flow" if isinstance(node, FlowCall) else f"{base}/tools"
                yield Finding("call_outside_window", node_id, path=path, values={"flow": key})


def _without_purpose(subject: Subject) -> Iterator[Finding]:
    """Where a flow that says something begins by itself, and nobody says what for."""
    for node_id, node in subject.nodes.items():
        base = subject.path(node_id)
        match node:
            case Start() if node.at is not None and not node.purpose:
                started = subject.others.get(node.flow)
                if node.flow == subject.flow.key:
                    started = subject.flow
                if started is not None and _nobody_says(started):
                    yield Finding("start_without_purpose", node_id, path=base)
            case Trigger(on=OnCron() | OnEvent()):
                if not getattr(node.on, "purpose", "") and _nobody_says(subject.flow):
                    yield Finding("start_without_purpose", node_id, path=f"{base}/on")
            case _:
                pass


def _nobody_says(flow: Flow) -> bool:
    speaks = any(isinstance(node, Message | Ask | AiReply) for node in flow.nodes)
    return speaks and not flow.settings.purpose
