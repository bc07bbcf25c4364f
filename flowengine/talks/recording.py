"""The recorder: a conversation that happened, written down as a talk that plays again.

What the customer, people and programs did become steps; what was sent, handed over and told become
expectations; answers of other systems and of models are canned. Time passes by whole seconds where
nothing is due. What cannot be said in a talk ends it there, and `left_out` tells.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, tzinfo

from msgspec import Struct

from flowengine.given import Contact
from flowengine.happenings import (
    ExpiryDue,
    FlowStarted,
    HttpDone,
    MessageCame,
    ModelDone,
    Poisoned,
    SendRefused,
    WakeDue,
)
from flowengine.messages import AskModel, CallHttp, Effect, Inbound, Send, read_payload
from flowengine.offered import shown_choices
from flowengine.run import Release
from flowengine.state import LIVE, State
from flowengine.talks.clock import Clock
from flowengine.talks.format import FORMAT, Fail, SaidTap, Step, Talk, TalkContact
from flowengine.talks.rows import Row
from flowengine.talks.said import Outcome, act_of, canned_http, canned_model, message_step
from flowengine.talks.telling import ending, told

Call = (AskModel, CallHttp)

LONGEST = 2_000
"""Rows and effects that a talk holds: whatever is longer is a flow that goes round for ever."""


class Recording(Struct, frozen=True):
    """A talk, and why it ends before what happened did (empty: it holds all)."""

    talk: Talk
    left_out: str = ""


def record(
    rows: Sequence[Row],
    releases: Mapping[str, Release],
    flow: str,
    name: str = "",
    contact: TalkContact | None = None,
    channel: str = "simulator",
) -> Recording:
    """The talk of a conversation's rows, from its beginning (`simulated`, `journaled`).

    `releases`: by hash, those of its executions. `flow`: the flow's file, as the talk names it.
    `name`: of the talk. `contact`: as it was before the first row. `channel`: its kind. Raises
    `ValueError` where there is no row. Plays again with the same result, but for a split
    `by: execution`. Cost: some µs a row.
    """
    if not rows:
        raise ValueError("there is nothing to record")
    recorder = _Recorder(rows, releases)
    left_out = ""
    for row in rows:
        left_out = recorder.take(row)
        if left_out:
            break
    http, model = recorder.canned()
    talk = Talk(
        format=FORMAT,
        name=name,
        flow=flow,
        contact=contact or TalkContact(),
        now=recorder.began.astimezone(_zone(rows, releases)),
        channel=channel,
        http=tuple(canned_http(*each) for each in http),
        model=tuple(canned_model(*each) for each in model),
        steps=recorder.steps(),
    )
    return Recording(talk, left_out)


def talk_contact(contact: Contact, known: bool = False) -> TalkContact:
    """The contact of a talk who is this one. `known`: they had written before. Cost: ~1 µs."""
    return TalkContact(
        id=contact.id,
        name=contact.name,
        phone=contact.phone,
        language=contact.language,
        tags=contact.tags,
        fields=contact.fields,
        known=known,
    )


def _zone(rows: Sequence[Row], releases: Mapping[str, Release]) -> tzinfo:
    """The clock of the first flow: people read it there."""
    calls = (call for row in rows for call in row.calls)
    first = next(calls, None)
    return releases[first.release].flow.zone if first is not None else UTC


class _Round(Struct):
    """One act and all that came of it; `fails` stand before it."""

    act: Step
    fails: list[Step]
    effects: list[tuple[str, Effect]]
    state: State | None = None


class _Recorder:
    def __init__(self, rows: Sequence[Row], releases: Mapping[str, Release]) -> None:
        self.releases = releases
        self.began = rows[0].at.replace(microsecond=0)
        self.clock = Clock(self.began, releases)
        self.rounds: list[_Round] = []
        self.count = 0
        self.outcomes: dict[str, Outcome] = {}
        self.refused = {
            row.happening.effect: row.happening.refused
            for row in rows
            if isinstance(row.happening, SendRefused)
        }
        for row in rows:
            if isinstance(row.happening, HttpDone | ModelDone):
                self.outcomes.setdefault(row.happening.effect, row.happening.outcome)

    def take(self, row: Row) -> str:
        """Writes a row down; gives why the talk must end before it, else nothing."""
        if isinstance(row.happening, Poisoned):
            return "our engine broke here"
        before = len(self.rounds)
        self._happened(row)
        if why := self._unplayable(row):
            # What led here by itself is one act with it, and goes too.
            del self.rounds[before if len(self.rounds) > before else max(before - 1, 0) :]
            return why
        self._came(row)
        return ""

    def _unplayable(self, row: Row) -> str:
        self.count += 1 + len(row.effects)
        if self.count > LONGEST:
            return f"more than {LONGEST} things happened"
        for _, effect in row.effects:
            if isinstance(effect, Call) and effect.id not in self.outcomes:
                return f"{effect.flow}/{effect.node} was never answered"
        return ""

    def steps(self) -> tuple[Step, ...]:
        steps: list[Step] = []
        for place, each in enumerate(self.rounds, 1):
            steps += [*each.fails, each.act, *told(each.effects, self.refused)]
            over = each.state is not None and each.state.status not in LIVE
            if each.state is not None and (over or place == len(self.rounds)):
                steps.append(Step(expect=ending(each.state, self.releases)))
        return tuple(steps)

    def canned(self) -> tuple[list[tuple[str, str, Outcome]], list[tuple[str, str, Outcome]]]:
        """(node, flow, outcome) of every call, in order; the flow where two have such a node."""
        calls = [e for each in self.rounds for _, e in each.effects if isinstance(e, Call)]
        http: list[tuple[str, str, Outcome]] = []
        model: list[tuple[str, str, Outcome]] = []
        for call in calls:
            alike = {each.flow for each in calls if each.node == call.node}
            flow = call.flow if len(alike) > 1 else ""
            listed = http if isinstance(call, CallHttp) else model
            listed.append((call.node, flow, self.outcomes[call.id]))
        return http, model

    # -- what happened ---------------------------------------------------------------------------

    def _happened(self, row: Row) -> None:
        happening = row.happening
        match happening:
            case WakeDue():
                self._begin_after(self.clock.fire(happening.effect, row.at))
            case ExpiryDue() if row.calls:
                self._begin_after(self.clock.fire(happening.execution, row.at))
            case FlowStarted(by="start") if name := self.clock.start(happening.flow):
                self._begin_after(self.clock.fire(name, row.at))
            case _:
                said = isinstance(happening, MessageCame)
                act = self._tapped(happening.message) if said else act_of(row)
                if act is not None:
                    self._begin_after(self.clock.until(row.at))
                    self._begin(act)

    def _begin_after(self, length: str | None) -> None:
        if length is not None:
            self._begin(Step(after=length))

    def _begin(self, act: Step) -> None:
        """A person who acts takes the chat by that, where they did nothing else with it."""
        last = self.rounds[-1] if self.rounds else None
        if last is not None and act.human and last.act.human == "take" and not last.effects:
            self.rounds.pop()
        self.rounds.append(_Round(act, [], []))

    def _came(self, row: Row) -> None:
        self.clock.see(row)
        if not self.rounds:
            return
        last = self.rounds[-1]
        last.effects += row.effects
        if row.calls:
            last.state = row.calls[-1].state
        for _, effect in row.effects:
            refused = self.refused.get(effect.id)
            if refused is not None:
                fail = Fail(reason=refused.reason, code=refused.code, node=effect.node)
                last.fails.append(Step(fail=fail))

    def _tapped(self, message: Inbound) -> Step:
        """A tap on something offered before; anything else is a message like any other."""
        tap = read_payload(message.choice.payload) if message.choice else None
        if tap is None:
            return message_step(message)
        offers = [
            effect.offer
            for each in reversed(self.rounds)
            for _, effect in reversed(each.effects)
            if isinstance(effect, Send) and effect.offer and _offers(effect, tap[1])
        ]
        if tap[0] not in offers:
            return message_step(message)
        back = offers.index(tap[0])
        return Step(tap=SaidTap(choice=tap[1], back=back) if back else tap[1])


def _offers(send: Send, choice: str) -> bool:
    return any(name == choice for name, _ in shown_choices(send.content))
