"""A conversation's past as the editor shows it: a chat, and beside it the way along the canvas.

Made of rows, whether a preview played them or a journal kept them. A moment is a step of the way:
the node that lights, the line that led there, and how much of the chat had been said by then.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from markupsafe import escape
from msgspec import Struct

from flowengine import trail as trails
from flowengine.flow import Flow
from flowengine.given import Begin, Jump
from flowengine.graph import fallback
from flowengine.happenings import AgentSaid, HttpDone, MessageCame, ModelDone, WakeDue
from flowengine.messages import (
    Answered,
    AskModel,
    CallHttp,
    ChangeContact,
    Content,
    Effect,
    Inbound,
    Refused,
    Said,
    Send,
    Unclear,
    WakeAt,
)
from flowengine.nodes import FlowCall
from flowengine.run import Release
from flowengine.state import State
from flowengine.talks.rows import Call, Row
from flowengine.trail import Trail
from web.editor.board import line_id
from web.library import Known, nodes_of
from web.texts import Texts
from web.trail import ROUTES, cause_of
from web.trail_lines import tell_effect, tell_event
from web.words import REASONS

LONGEST = 400  # characters of a value


class Bubble(Struct, frozen=True):
    """What somebody said. `side`: contact, bot or agent. `moment`: which step of the way said it.

    `why`: the provider did not take it. `effect`: of a send.
    """

    side: str
    at: datetime
    moment: int
    content: Content | None = None
    text: str = ""
    kind: str = "text"
    tapped: bool = False
    why: str = ""
    effect: str = ""


class Note(Struct, frozen=True):
    """What happened without words. `html` is ours, its values are escaped."""

    html: str
    tone: str
    icon: str
    at: datetime
    moment: int


class Moment(Struct, frozen=True):
    """A step of the way. `node`, `via`: of the flow that is drawn ("" where it was elsewhere).

    `shown`: items of the chat by then. `row`: which row. `words`: HTML of ours. `run`: which of the
    executions it is a step of, in the order in which they began.
    """

    node: str
    via: str
    shown: int
    row: int
    words: str
    run: int = 0


class Story(Struct, frozen=True):
    """`values`: after each row, the variables of the flow that acted last."""

    items: tuple[Bubble | Note, ...]
    moments: tuple[Moment, ...]
    values: tuple[tuple[tuple[str, str], ...], ...]


def known_of(root: str, flows: Mapping[str, Flow]) -> Known:
    """The names of flows' nodes, for the words of a trail."""
    return Known(root, nodes_of(flows), {key: flow.name for key, flow in flows.items()}, ())


def tell_story(
    rows: Sequence[Row],
    drawn: Flow,
    flows: Mapping[str, Flow],
    releases: Mapping[str, Release],
    t: Texts,
    routes: Sequence[tuple[str, ...]] = (),
    refused: Mapping[str, Refused] = {},
) -> Story:
    """The story of `rows`, along the canvas of `drawn`.

    `flows`: by key, to name their nodes. `routes`: what was decided of each row before any flow
    heard of it. `refused`: sends that were not taken, by effect. Cost: ~10 µs a step.
    """
    telling = _Telling(drawn, flows, releases, t, refused)
    for number, row in enumerate(rows):
        telling.row(number, row, routes[number] if number < len(routes) else ())
    return Story(tuple(telling.items), tuple(telling.moments), tuple(telling.values))


class _Telling:
    def __init__(
        self,
        drawn: Flow,
        flows: Mapping[str, Flow],
        releases: Mapping[str, Release],
        t: Texts,
        refused: Mapping[str, Refused],
    ) -> None:
        self.drawn, self.flows, self.releases, self.t = drawn, flows, releases, t
        self.refused = refused
        self.known = known_of(drawn.key, flows)
        self.edges = {(edge.from_, edge.exit) for edge in drawn.edges}
        self.ends = {line_id(edge.from_, edge.exit): edge.to for edge in drawn.edges}
        self.nodes = {node.id: node for node in drawn.nodes}
        self.items: list[Bubble | Note] = []
        self.moments: list[Moment] = []
        self.values: list[tuple[tuple[str, str], ...]] = []
        self._last: tuple[tuple[str, str], ...] = ()
        self._runs: dict[str, int] = {}
        self._run = 0
        self._row, self._at = 0, datetime(1970, 1, 1, tzinfo=UTC)

    # -- a row -----------------------------------------------------------------------------------

    def row(self, number: int, row: Row, route: tuple[str, ...]) -> None:
        if self.items and (row.at - self._at).total_seconds() >= 3600:
            self._note("", "slate", "clock", row.at)
        self._row, self._at = number, row.at
        before = len(self.moments)
        self._came(row)
        word = route[0] if route else ""
        if not row.calls and word in ROUTES:
            self._note(self.t(ROUTES[word]), "amber", "circle-alert", row.at)
        own = [effect for execution, effect in row.effects if not execution]
        for call in row.calls:
            self._run = self._runs.setdefault(call.execution, len(self._runs))
            mine = [effect for execution, effect in row.effects if execution == call.execution]
            _Walking(self, call, mine).walk()
        for effect in own:
            self.effect(effect)
        if len(self.moments) == before:
            last = self.moments[-1] if self.moments else None
            self.moment(last.node if last else "", "", "")
        self._close()
        self.values.append(self._last)

    def _came(self, row: Row) -> None:
        happening, t = row.happening, self.t
        match happening:
            case MessageCame():
                self._heard(happening.message, row.at)
            case AgentSaid():
                self._say(Bubble("agent", row.at, len(self.moments), text=happening.text))
            case HttpDone():
                self._note(self._answered(happening.outcome), "teal", "webhook", row.at)
            case ModelDone():
                self._note(self._answered(happening.outcome), "violet", "sparkles", row.at)
            case WakeDue() if row.calls:
                self._note(t("Passou o tempo combinado"), "slate", "timer", row.at)
            case _:
                cause = cause_of(happening, t)
                if cause is not None:
                    self._note(str(escape(cause.words)), "slate", cause.icon, row.at)

    def _heard(self, message: Inbound, at: datetime) -> None:
        self._say(
            Bubble(
                "contact",
                at,
                len(self.moments),
                text=message.text,
                kind=message.kind,
                tapped=message.choice is not None,
            )
        )

    def _answered(self, outcome: Answered | Said | Refused | Unclear) -> str:
        match outcome:
            case Answered():
                return self.t("O outro sistema respondeu: {status}", status=outcome.status)
            case Said():
                return self.t("A IA respondeu")
            case _:
                why = self.t(REASONS.get(outcome.reason, outcome.reason))
                return self.t.html("Não houve resposta: {why}", why=why)

    def _say(self, bubble: Bubble) -> None:
        self.items.append(bubble)

    def _note(self, html: str, tone: str, icon: str, at: datetime) -> None:
        self.items.append(Note(str(html), tone, icon, at, len(self.moments)))

    def _close(self) -> None:
        """What came after the last node was entered still belongs to it."""
        last = self.moments[-1]
        self.moments[-1] = msgspec.structs.replace(last, shown=len(self.items))

    # -- what a call did -------------------------------------------------------------------------

    def moment(self, node: str, via: str, words: str) -> None:
        if self.moments and self.moments[-1].row == self._row:
            self._close()
        self.moments.append(Moment(node, via, len(self.items), self._row, words, self._run))

    def event(self, event: Trail) -> None:
        """A line in the chat for what one would else miss."""
        if isinstance(event, trails.Began) and event.flow == self.drawn.key:
            return
        icon = ICONS.get(type(event))
        line = tell_event(event, self.known, self.t) if icon else None
        if icon and line:
            self._note(line.html, line.tone, icon, self._at)

    def effect(self, effect: Effect) -> None:
        if isinstance(effect, Send):
            self._sent(effect)
        elif not isinstance(effect, WakeAt | ChangeContact):
            line = tell_effect(effect, self.t)
            icon = "webhook" if isinstance(effect, CallHttp) else "zap"
            icon = "sparkles" if isinstance(effect, AskModel) else icon
            if line:
                self._note(line.html, line.tone, icon, self._at)

    def _sent(self, effect: Send) -> None:
        refused = self.refused.get(effect.id)
        why = self.t(REASONS.get(refused.reason, refused.reason)) if refused else ""
        kind = str(effect.content.__struct_config__.tag)
        place = max(0, len(self.moments) - 1)
        self._say(
            Bubble(
                "bot",
                self._at,
                place,
                content=effect.content,
                kind=kind,
                why=why,
                effect=effect.id,
            )
        )

    def line(self, node: str, exit: str) -> str:
        """The line that an exit of the drawn flow went along; "" where it has none."""
        if (node, exit) in self.edges:
            return line_id(node, exit)
        instead = fallback(self.nodes[node], exit) if node in self.nodes else None
        return line_id(node, instead) if instead and (node, instead) in self.edges else ""

    def stood(self, state: State) -> None:
        if not state.frames:
            return
        frame = state.frames[-1]
        release = self.releases.get(state.release)
        flow = release.flows.get(frame.flow) if release else None
        values = {**(flow.defaults if flow else {}), **frame.variables}
        self._last = tuple((name, show_value(value)) for name, value in values.items())


ICONS: dict[type, str] = {
    trails.Began: "play",
    trails.AnswerRefused: "circle-help",
    trails.Backlogged: "inbox",
    trails.Interrupted: "zap",
    trails.MovedOver: "git-branch",
    trails.Queued: "clock",
    trails.SendRefusedNote: "circle-alert",
    trails.ProblemMet: "octagon-alert",
    trails.Ended: "circle-check-big",
}


class _Walking:
    """One call's trail, with the stack of flows that it moves on."""

    def __init__(self, telling: _Telling, call: Call, effects: list[Effect]) -> None:
        self.telling, self.call, self.waiting = telling, call, effects
        self.key = telling.drawn.key
        release = telling.releases[call.release]
        frames = call.before.frames if call.before else ()
        self.stack = [[frame.flow, frame.node] for frame in frames] or [[release.root, ""]]
        self.via = ""

    def walk(self) -> None:
        event = self.call.given.event
        if isinstance(event, Begin) and event.cause.node and self.stack[-1][0] == self.key:
            self._enter(event.cause.node)
            self.via = self.telling.line(event.cause.node, "next")
        elif self.call.before is not None:
            self.telling.moment(self._lit(), "", "")
        for trace in self.call.trail:
            self._see(trace, event)
        self._flush(None)
        self.telling.stood(self.call.state)

    def _see(self, trace: Trail, event: object) -> None:
        match trace:
            case trails.Entered():
                self._flush(self.stack[-1][1])
                self._enter(trace.node, trace)
            case trails.Left():
                self._flush(trace.node)
                here = self.stack[-1][0] == self.key
                self.via = self.telling.line(trace.node, trace.exit) if here else ""
            case trails.MovedOver():
                self._enter(trace.node)
            case trails.Called():
                self._call(trace.flow)
            case trails.Returned() if len(self.stack) > 1:
                self.stack.pop()
            case trails.Interrupted() if isinstance(event, Jump):
                if event.flow == self.key:
                    self._enter(trace.node)
                    self.via = self.telling.line(trace.node, "next")
                if trace.then == "return":
                    self.stack.append([event.flow, trace.node])
            case trails.Standing() | trails.Ended() | trails.ProblemMet():
                self._flush(None)
            case _:
                pass
        self.telling.event(trace)

    def _enter(self, node: str, trace: trails.Entered | None = None) -> None:
        self.stack[-1][1] = node
        line = tell_event(trace, self.telling.known, self.telling.t) if trace else None
        # In another version the line may have led elsewhere: nobody went along it as it is drawn.
        via = self.via if self.telling.ends.get(self.via) == node else ""
        self.telling.moment(self._lit(), via, str(line.html) if line else "")
        self.via = ""

    def _lit(self) -> str:
        """The node of the drawn flow that is nearest to what acts."""
        return next((node for flow, node in reversed(self.stack) if flow == self.key), "")

    def _call(self, flow: str) -> None:
        """A `flow` node without return gives its own place on the stack away."""
        caller, node = self.stack[-1]
        known = self.telling.flows.get(caller)
        found = next((n for n in known.nodes if n.id == node), None) if known else None
        if isinstance(found, FlowCall) and not found.return_:
            self.stack.pop()
        self.stack.append([flow, ""])

    def _flush(self, node: str | None) -> None:
        for effect in [e for e in self.waiting if node is None or e.node == node]:
            self.waiting.remove(effect)
            self.telling.effect(effect)


def show_value(value: Any) -> str:
    """A variable's value for people: a text as it is, else JSON."""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    text = "" if value is None else text
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
