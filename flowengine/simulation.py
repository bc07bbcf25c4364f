"""A conversation played in memory: the engine itself, a virtual clock, and nobody on the other end.

`flowengine simulate`, talks and the editor's preview use it. Nothing is ever called: a virtual
provider takes each send at once (or refuses it when told to), HTTP and model answers are canned.
"""

import copy
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Self

import msgspec
from msgspec import Struct

from flowengine.catalog import build_catalog
from flowengine.chat import Chat, Conversation, Offer, Rules, Taken, follow
from flowengine.conversation import take
from flowengine.given import Contact, Line, World
from flowengine.happenings import (
    AnyHappening,
    Closed,
    EventCame,
    ExpiryDue,
    FlowStarted,
    GaveBack,
    HttpDone,
    MessageCame,
    ModelDone,
    SendRefused,
    SendTaken,
    TookOver,
)
from flowengine.messages import (
    Answered,
    AskModel,
    CallHttp,
    CancelStart,
    Effect,
    Inbound,
    Refused,
    Said,
    Send,
    StartFlow,
    Tap,
    Unclear,
    WakeAt,
    read_payload,
    write_payload,
)
from flowengine.offered import shown_choices
from flowengine.run import Release
from flowengine.schedules import is_open
from flowengine.state import LIVE, State
from flowengine.timetable import Timetable
from flowengine.workspace import Workspace

AGENT = "agente"
"""Who plays the person, where nobody is named."""

HISTORY = 50
"""Lines of the transcript that flows can see."""

MAX_ROWS = 3_000
"""Rows that one act may lead to by itself: a flow that goes round for ever is stopped there."""

MAX_WAKES = 1_000
"""Wakes that one passing of time may fire: a flow that loops over days stops there."""

HttpOutcome = Answered | Refused | Unclear
ModelOutcome = Said | Refused | Unclear


class Happened(Struct, frozen=True):
    """One inbox row that was taken: when, and all that it did. `turn` counts from 1."""

    turn: int
    at: datetime
    happening: AnyHappening
    taken: Taken


class Simulation:
    """One contact's conversation on one channel.

    `releases`: taken as published. `http`, `model`: canned outcomes in order, by "flow/node" or by
    "node" alone; where there is none, the execution goes on waiting. `missing` lists those waits.
    `endless`: what came of an act had no end, and was stopped; nothing happens any more. `refused`:
    sends that the provider did not take, by the effect's id. Cost: ~0.1 ms an act, and its turns.
    """

    longest_act = MAX_ROWS

    def __init__(
        self,
        releases: Iterable[Release],
        workspace: Workspace,
        contact: Contact,
        now: datetime,
        channel: str = "simulator",
        window_hours: int = 24,
        http: Mapping[str, Sequence[HttpOutcome]] = {},
        model: Mapping[str, Sequence[ModelOutcome]] = {},
        known: bool = False,
    ) -> None:
        listed = list(releases)
        self.workspace = workspace
        self.now = now
        self.http = {key: deque(outcomes) for key, outcomes in http.items()}
        self.model = {key: deque(outcomes) for key, outcomes in model.items()}
        self.endless = False
        self.refused: dict[str, Refused] = {}
        self.missing: list[AskModel | CallHttp] = []
        self.happened: list[Happened] = []
        self.last: State | None = None
        self.offers: dict[str, Offer] = {}
        self.sends: list[Send] = []
        self._seq = 0
        self._first = not known
        self._refuse: dict[str, Refused] = {}
        self._cancelled = ("", 0)
        self._queue: deque[AnyHappening] = deque()
        self.timetable = Timetable()
        self._unsent: set[str] = set()
        self._lines: list[Line] = []
        world = World(contact, channel, channel, "simulated", window_hours)
        text = {"opt_out_text": workspace.opt_out_text} if workspace.opt_out_text else {}
        self.chat = Chat(
            conversation=Conversation(id="simulated"),
            executions={},
            releases={release.hash: release for release in listed},
            catalog=build_catalog(listed),
            world=world,
            rules=Rules(opt_out=workspace.opt_out, **text),
        )

    def fork(self) -> Self:
        """Another that stands where this one does and goes its own way. Cost: ~10 µs."""
        other = copy.copy(self)
        other.http = {key: deque(outcomes) for key, outcomes in self.http.items()}
        other.model = {key: deque(outcomes) for key, outcomes in self.model.items()}
        other.missing = list(self.missing)
        other.happened = list(self.happened)
        other.offers = dict(self.offers)
        other.sends = list(self.sends)
        other._queue = self._queue.copy()
        other.timetable = self.timetable.fork()
        other._unsent = set(self._unsent)
        other._refuse = dict(self._refuse)
        other.refused = dict(self.refused)
        return other

    # -- what the customer, people and programs do -----------------------------------------------

    def say(self, text: str) -> None:
        """The customer writes."""
        self.message(Inbound(self.next_message(), self.now, text=text))

    def tap(self, choice: str, back: int = 0) -> bool:
        """The customer taps a choice (id, else title) of the latest message that offers it.

        `back`: so many messages that offer it are passed over. False where nothing like it was
        ever offered: then nothing happens.
        """
        for send in reversed(self.sends):
            shown = shown_choices(send.content) if send.offer else ()
            named = [each for each in shown if each[0] == choice]
            named = named or [each for each in shown if each[1] == choice]
            back -= bool(named)
            for name, title in named if back < 0 else ():
                tapped = Tap(write_payload(send.offer, name), title)
                self.message(Inbound(self.next_message(), self.now, "choice", title, tapped))
                return True
        return False

    def message(self, message: Inbound) -> None:
        """The customer sends something."""
        self._remember("contact", message.text)
        self._play(MessageCame(message, self._first))
        self._first = False

    def event(self, name: str, data: object = None) -> None:
        """Something happened outside."""
        self._play(EventCame(name, data))

    def start(self, flow: str, args: Mapping[str, object] | None = None, node: str = "") -> None:
        """A program starts a flow."""
        self._play(FlowStarted(flow, "api", dict(args or {}), node))

    def human(self, action: str, text: str = "") -> None:
        """A person acts: `take`, `say`, `return` or `close`; first they take the chat."""
        owner = self.chat.conversation.owner
        if owner.kind != "agent":
            self._play(TookOver(AGENT))
        agent = self.chat.conversation.owner.id
        if action == "say":
            self._remember("agent", text)
        elif action == "return":
            self._play(GaveBack(agent))
        elif action == "close":
            self._play(Closed(agent, text))

    def give(self, effect: str, outcome: HttpOutcome | ModelOutcome) -> None:
        """The outcome of a call that was missing comes after all."""
        asked = next(each for each in self.missing if each.id == effect)
        if isinstance(asked, CallHttp) and not isinstance(outcome, Said):
            self._play(HttpDone(effect, outcome))
        elif not isinstance(outcome, Answered):
            self._play(ModelDone(effect, outcome))

    def fail_next(self, refused: Refused, node: str = "") -> None:
        """The provider refuses the next send (of `node`, where one is named)."""
        self._refuse[node] = refused

    def happens(self, happening: AnyHappening) -> None:
        """Anything else happens to the conversation."""
        self._play(happening)

    def after(self, length: timedelta) -> None:
        """Time passes; what falls due is fired in order, each at its own time."""
        until = self.now + length
        for _ in range(MAX_WAKES):
            due, happening = self._next_due(until)
            if happening is None or self.endless:
                break
            self.now = max(self.now, due)
            self._play(happening)
        self.now = until

    @property
    def unused(self) -> list[str]:
        """Canned outcomes that nothing asked for."""
        both = [*self.http.items(), *self.model.items()]
        return [key for key, outcomes in both if outcomes]

    def next_message(self) -> str:
        """The provider's id of the customer's next message."""
        return f"in.{self._seq + 1}"

    @property
    def variables(self) -> dict[str, Any]:
        """The variables of the execution stepped last, of the flow in which it stands."""
        if self.last is None or not self.last.frames:
            return {}
        frame = self.last.frames[-1]
        declared = self.chat.releases[self.last.release].flows[frame.flow].defaults
        return {**declared, **frame.variables}

    # -- inside ----------------------------------------------------------------------------------

    def _remember(self, role: str, text: str) -> None:
        if text:
            self._lines = [*self._lines[-HISTORY + 1 :], Line(role, text, self.now)]

    def _play(self, happening: AnyHappening) -> None:
        self._queue.append(happening)
        last = len(self.happened) + self.longest_act
        while self._queue and not self.endless:
            self._take(self._queue.popleft())
            self.endless = len(self.happened) > last

    def _take(self, happening: AnyHappening) -> None:
        self._seq += 1
        chat = self._loaded(happening)
        taken = take(chat, happening, self._seq, self.now, self.now)
        self.happened.append(Happened(self._seq, self.now, happening, taken))
        self.chat = follow(chat, taken)
        for step in taken.steps:
            if step.state is not None:
                self.last = step.state
        for name in taken.dropped:
            self.timetable.drop(name)
        for offer in taken.offers:
            self.offers[offer.id] = offer
        for _, effect in taken.effects:
            self._perform(effect)

    def _loaded(self, happening: AnyHappening) -> Chat:
        """The chat as the runtime would load it for this row."""
        queues = {
            key: self._is_staffed(queue.schedule) for key, queue in self.workspace.queues.items()
        }
        world = msgspec.structs.replace(
            self.chat.world,
            const=self.workspace.constants,
            schedules=self.workspace.schedules,
            queues=queues,
            history=tuple(self._lines),
        )
        return msgspec.structs.replace(
            self.chat,
            world=world,
            unsent=frozenset(self._unsent),
            wakes=self.timetable.left(self.now),
            offer=self._tapped(happening),
        )

    def _is_staffed(self, schedule: str | None) -> bool:
        known = self.workspace.schedules.get(schedule) if schedule else None
        return known is None or is_open(known, self.now)

    def _tapped(self, happening: AnyHappening) -> Offer | None:
        if not isinstance(happening, MessageCame) or happening.message.choice is None:
            return None
        payload = read_payload(happening.message.choice.payload)
        return self.offers.get(payload[0]) if payload else None

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Send():
                self._send(effect)
            case WakeAt():
                self.timetable.arm(effect, self.now)
            case CallHttp():
                self._answer_http(effect)
            case AskModel():
                self._answer_model(effect)
            case StartFlow():
                self._schedule(effect)
            case CancelStart():
                self.timetable.cancel(effect)
            case _:
                pass

    def _send(self, effect: Send) -> None:
        """A refusal cancels what the same visit of the node had still to say (RUNTIME.md 4)."""
        visit = (effect.id.rpartition(".")[0], effect.visit)
        if effect.visit and visit == self._cancelled:
            return
        self.sends.append(effect)
        self._remember("bot", getattr(effect.content, "text", ""))
        refused = self._refusal(effect)
        if refused is not None:
            self.refused[effect.id] = refused
        self._cancelled = visit if refused is not None else ("", 0)
        self.timetable.accepted(effect.id, self.now)
        if refused is not None and effect.awaited:
            self._queue.append(SendRefused(effect.id, refused))
        elif effect.awaited:
            self._queue.append(SendTaken(effect.id))

    def _refusal(self, effect: Send) -> Refused | None:
        return self._refuse.pop(effect.node, None) or self._refuse.pop("", None)

    def _answer_http(self, effect: CallHttp) -> None:
        outcomes = self.http.get(f"{effect.flow}/{effect.node}") or self.http.get(effect.node)
        if outcomes:
            self._queue.append(HttpDone(effect.id, outcomes.popleft()))
        else:
            self.missing.append(effect)

    def _answer_model(self, effect: AskModel) -> None:
        outcomes = self.model.get(f"{effect.flow}/{effect.node}") or self.model.get(effect.node)
        if outcomes:
            self._queue.append(ModelDone(effect.id, outcomes.popleft()))
        else:
            self.missing.append(effect)

    def _schedule(self, effect: StartFlow) -> None:
        at_once = self.timetable.schedule(effect, self.now)
        if at_once is not None:
            self._queue.append(at_once)

    def _next_due(self, until: datetime) -> tuple[datetime, AnyHappening | None]:
        """What falls due first, up to `until`: a wake, a scheduled start or an expiry."""
        found = list(self.timetable.due(until))
        found += [
            (due, name, ExpiryDue(name))
            for name, state in self.chat.executions.items()
            if (due := self._expiry(state)) is not None and due <= until
        ]
        if not found:
            return until, None
        due, name, happening = min(found, key=lambda each: each[:2])
        self.timetable.fired(name)
        return due, happening

    def _expiry(self, state: State) -> datetime | None:
        if state.status not in LIVE or state.given_at is None:
            return None
        expires = self.chat.releases[state.release].flow.expires
        return state.given_at + timedelta(seconds=expires)
