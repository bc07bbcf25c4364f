"""The working of one inbox row: the conversation and its executions, changed call by call.

Nothing in it outlives `take`; `result` gives all that is to be written.
"""

from datetime import datetime

from msgspec.structs import replace

from flowengine.catalog import Accept, Found
from flowengine.chat import CONVERSATION_FORMAT, Chat, Conversation, Held, Offer, Owner, Step, Taken
from flowengine.compiled import Release
from flowengine.contacts import changed_contact
from flowengine.derived import derived_uuid
from flowengine.engine import advance, new_state
from flowengine.events import MOST_KEYS, dedupe_mark, refusal
from flowengine.expressions import Env
from flowengine.given import (
    Begin,
    Given,
    Granted,
    HttpCame,
    Moved,
    Restore,
    Suspend,
    Told,
    Woken,
)
from flowengine.happenings import HttpDone, WakeDue
from flowengine.messages import ChangeContact, Effect, HandOver, Inbound, Send, WakeAt
from flowengine.nodes.trigger import OnEvent
from flowengine.pruning import prune
from flowengine.route import ROUTED, Holder, Routed, accepts
from flowengine.state import LIVE, State
from flowengine.turn import Turn
from flowengine.window import with_window

ANSWERED_BY_NOBODY = frozenset({"completed", "failed", "expired"})
"""Ways to end that leave early messages to whatever flow would take them."""

MAX_UNDER = 3
"""Executions suspended beneath the foreground (FLOWS.md §3)."""

MAX_GRANTS = 50
"""Times that one row may hand the foreground on."""


class Taking:
    """One inbox row in the making.

    Cost: ~5 µs in all, and that of each call of `advance`; its methods are under 1 µs beside that.
    """

    __slots__ = (
        "_begun", "_own", "_releases", "cancel_sends", "changed", "chat", "closed", "cooldowns",
        "decided", "dropped", "effects", "epoch", "executions", "for_person", "handed_over", "held",
        "holder", "last_inbound", "leftover", "line", "live", "now", "offers", "opted_out", "owner",
        "received_at", "seq", "steps", "told", "under", "wakes", "world",
    )  # fmt: skip

    def __init__(
        self, chat: Chat, seq: int, now: datetime, received_at: datetime, heard: datetime | None
    ) -> None:
        conversation = chat.conversation
        self.chat = chat
        self.seq = seq
        self.now, self.received_at = now, received_at
        self.executions: dict[str, State] = {**chat.executions}
        self.changed: dict[str, State] = {}
        self.live: dict[str, str] = {**conversation.live}
        self.owner = conversation.owner
        self.epoch = conversation.epoch
        self.holder = conversation.holder
        self.line = [*conversation.line]
        self.under = [*conversation.under]
        self.held = [*conversation.held]
        last = conversation.last_inbound
        self.last_inbound = last if heard is None or (last and last >= heard) else heard
        self.opted_out = conversation.opted_out
        self.cooldowns = {**conversation.cooldowns}
        self.told = conversation.told
        self.steps: list[Step] = []
        self.decided: list[str] = []
        self.leftover: list[Inbound] = []
        self.effects: list[tuple[str, Effect]] = []
        self.offers: list[Offer] = []
        self.dropped: list[str] = []
        self.wakes: dict[str, float | None] = {**chat.wakes}
        self.cancel_sends = self.for_person = self.closed = self.handed_over = False
        self.world = with_window(chat.world, self.last_inbound)
        self._begun = self._own = 0
        self._releases: dict[str, Release] = {}

    def heard(self, at: datetime) -> None:
        """The customer wrote at `at`: free text may be sent for so many hours from then."""
        if self.last_inbound is None or at > self.last_inbound:
            self.last_inbound = at
            self.world = with_window(self.world, at)

    def switched(self, last_inbound: datetime | None) -> None:
        """It goes on through another channel, where the customer last wrote at `last_inbound`."""
        self.last_inbound = last_inbound
        self.world = with_window(self.chat.world, last_inbound)

    # -- what is there ---------------------------------------------------------------------------

    def conversation(self) -> Conversation:
        """The conversation as it is now."""
        return Conversation(
            self.chat.conversation.id,
            CONVERSATION_FORMAT,
            self.owner,
            self.epoch,
            self.holder,
            tuple(self.line),
            tuple(self.under),
            self.live,
            tuple(self.held),
            self.last_inbound,
            self.opted_out,
            self.cooldowns,
            self.told,
        )

    def holder_of_chat(self) -> Holder | None:
        """The execution in the foreground, as routing sees it."""
        holder = self.holder
        return Holder(self.release_of(holder), self.executions[holder]) if holder else None

    def known_release(self, digest: str) -> Release | None:
        """The release of this hash, where it was loaded."""
        return self._releases.get(digest) or self.chat.releases.get(digest)

    def release_of(self, execution: str) -> Release:
        """The release that an execution is pinned to; `LookupError` if it was not loaded."""
        digest = self.live[execution]
        release = self._releases.get(digest) or self.chat.releases.get(digest)
        if release is None:
            raise LookupError(f"the release of {execution} was not loaded")
        return release

    def transferred(self) -> str:
        """The execution that stands at a transfer; empty: there is none."""
        return self._with_status("transferred", "")

    def suspended_by_person(self) -> str:
        """The execution that a person's taking over suspended; empty: there is none."""
        return self._with_status("suspended", "person")

    def _with_status(self, status: str, by: str) -> str:
        for execution in sorted(self.live):
            state = self.executions[execution]
            if state.status == status and (not by or state.suspended_by == by):
                return execution
        return ""

    def waits_for_event(self, execution: str, name: str) -> bool:
        """Whether an execution stands where an event of this name is waited for."""
        state = self.executions[execution]
        if state.status != "waiting" or not state.frames:
            return False
        frame = state.frames[-1]
        step = self.release_of(execution).flows[frame.flow].steps.get(frame.node)
        return step is not None and name in step.event_names

    def hears(self, found: Found, data: object) -> bool:
        """Whether a trigger acts on an event here, now; what it must not act on twice is marked."""
        trigger, flow = found.trigger, found.release.flow
        if not isinstance(trigger.on, OnEvent):
            return True
        env = Env(now=self.now, timezone=flow.zone, language=flow.language)
        why = refusal(trigger.on, data, self.world, env)
        mark = dedupe_mark(trigger.flow, trigger.node, trigger.on, data, env)
        if not why and mark and mark in self.told:
            why = "it was told before"
        if why:
            self.note(f"{trigger.flow}/{trigger.node}: {why}")
            return False
        if mark:
            self.told = (*self.told, mark)[-MOST_KEYS:]
        return True

    def accepts(self) -> Accept:
        """Whether a trigger may act on something that is no message."""
        return accepts(self.conversation(), self.world, self.now, Inbound("", self.now))

    # -- what is done ----------------------------------------------------------------------------

    def routed(self, routed: Routed) -> None:
        """What was decided about a message."""
        self.decided += (ROUTED[type(routed)], routed.detail)

    def note(self, reason: str) -> None:
        """Why a row had no effect."""
        self.decided.append(reason)

    def own_id(self) -> str:
        """An effect id of the conversation's own."""
        self._own += 1
        return f"{self.chat.conversation.id}.{self.seq}.{self._own}"

    def add(self, *effects: Effect) -> None:
        """Effects of the conversation's own."""
        for effect in effects:
            self._fold("", effect)
        self.effects.extend(("", effect) for effect in effects)
        self.steps.append(Step("", "", None, None, effects=effects, route=("own",)))

    def begin(self, release: Release, event: Begin) -> str:
        """A new execution begins; its id follows from conversation, row and count."""
        self._begun += 1
        execution = derived_uuid(f"{self.chat.conversation.id}/{self.seq}/{self._begun}")
        self._releases[release.hash] = release
        self.executions[execution] = new_state(execution, release)
        self.live[execution] = release.hash
        self.advance(execution, event)
        return execution

    def advance(self, execution: str, event: Told) -> Turn:
        """One call of the engine, folded into the conversation."""
        release, state = self.release_of(execution), self.executions[execution]
        given = Given(
            event,
            self.now,
            self.received_at,
            prune(self.world, release.reads),
            "mine" if self.holder == execution else self._claim(),
            state.last_send in self.chat.unsent,
            self._wakes_of(state) if state.pending else {},
        )
        turn = advance(release, state, given)
        state, effects, dropped = turn.state, turn.effects, turn.dropped
        self.executions[execution] = self.changed[execution] = state
        self.steps.append(Step(execution, release.hash, given, state, effects, turn.trail, dropped))
        if dropped:
            self.dropped += dropped
            for name in dropped:
                self.wakes.pop(name, None)
        for name, flow, node, visit, picks in turn.offers:
            self.offers.append(Offer(name, execution, flow, node, visit, picks))
        for effect in effects:
            if type(effect) is Send or self._fold(execution, effect):
                self.effects.append((execution, effect))
        self._fold_claim(execution, turn)
        return turn

    def move(self, execution: str, release: Release, event: Moved) -> Turn:
        """The execution goes on with another release."""
        self._releases[release.hash] = release
        self.live[execution] = release.hash
        return self.advance(execution, event)

    def _wakes_of(self, state: State) -> dict[str, float | None]:
        """How long each wake of an execution has left."""
        return {e: self.wakes[e] for e in state.pending if e in self.wakes}

    def _claim(self) -> str:
        """Whose the foreground is, for an execution that does not have it."""
        return "taken" if self.holder or self.owner.kind != "bot" else "free"

    def _fold_claim(self, execution: str, turn: Turn) -> None:
        state = turn.state
        if state.foreground:
            self.holder = execution
        elif self.holder == execution:
            self.holder = ""
        if state.status not in LIVE:
            if state.status in ANSWERED_BY_NOBODY:
                self.leftover.extend(state.backlog)
            self.live.pop(execution, None)
            self.executions.pop(execution, None)
            if self.line or self.under or self.held:
                self._forget(execution)
        elif state.status == "queued" and execution not in self.line:
            self.line.append(execution)
        if turn.interrupt:
            self._interrupt(execution)
        if self.owner.kind != "bot" and self.holder not in ("", execution):
            self._stand_aside()

    def _forget(self, execution: str) -> None:
        """It is over: nothing is kept for it."""
        self.line = [each for each in self.line if each != execution]
        self.under = [each for each in self.under if each != execution]
        self.held = [each for each in self.held if each.execution != execution]

    def _stand_aside(self) -> None:
        """Another execution gave the chat to a person: the foreground stands still meanwhile."""
        if self.executions[self.holder].status == "waiting":
            self.advance(self.holder, Suspend("person"))

    def _interrupt(self, execution: str) -> None:
        """The holder is suspended beneath it; where that cannot be, it queues as others do."""
        if not self.holder or self.owner.kind != "bot" or len(self.under) >= MAX_UNDER:
            return
        if self.executions[self.holder].status != "waiting":
            return
        beneath = self.holder
        self.advance(beneath, Suspend("busy"))
        if self.executions[beneath].status == "suspended":
            self.under.append(beneath)
            self._grant(execution)

    def suspend_holder(self, event: Suspend) -> None:
        """Who has the foreground stands still."""
        self.advance(self.holder, event)

    def restore(self, execution: str, how: str) -> None:
        """A suspended execution is in the foreground again."""
        self.holder = execution
        self.advance(execution, Restore(how))
        self._give_held(execution)

    def after_person(self) -> None:
        """The bot answers again: what was held is given, in the order of its due times."""
        for each in tuple(self.held):
            state = self.executions.get(each.execution)
            if state is not None and state.status != "suspended" and each in self.held:
                self.held.remove(each)
                self._give(each)
        self.settle()

    def _give_held(self, execution: str) -> None:
        mine = [each for each in self.held if each.execution == execution]
        self.held = [each for each in self.held if each.execution != execution]
        for each in mine:
            if execution in self.live:
                self._give(each)

    def _give(self, held: Held) -> None:
        happening = held.happening
        match happening:
            case WakeDue():
                self.advance(held.execution, Woken(happening.effect))
            case HttpDone():
                answer = HttpCame(happening.effect, happening.outcome)
                self.advance(held.execution, answer)
            case _:
                pass

    def settle(self) -> None:
        """Hand the free foreground on: to what lies suspended beneath, then to the queue."""
        for _ in range(MAX_GRANTS):
            if self.holder or self.owner.kind != "bot" or self.transferred():
                return
            if self.under:
                self.restore(self.under.pop(), "reprompt")
            elif self.line:
                self._grant(self.line[0])
            else:
                return

    def _grant(self, execution: str) -> None:
        self.line = [each for each in self.line if each != execution]
        self.holder = execution
        self.advance(execution, Granted())

    def _fold(self, execution: str, effect: Effect) -> bool:
        """What an effect changes at once: the owner, what is known of the contact, the wakes.

        False: it is not to be, as the chat is a person's and not this execution's to give away.
        """
        match effect:
            case HandOver():
                if self.owner.kind != "bot" and execution != self.holder:
                    return False
                self._hand_over(effect)
            case ChangeContact():
                contact = changed_contact(self.world.contact, effect)
                self.world = replace(self.world, contact=contact)
            case WakeAt():
                self.wakes[effect.id] = self._left(effect)
            case _:
                pass
        return True

    def _left(self, wake: WakeAt) -> float | None:
        if wake.at is not None:
            return (wake.at - self.now).total_seconds()
        return None if wake.after else wake.seconds

    def _hand_over(self, effect: HandOver) -> None:
        if effect.close:
            self.closed = True
            self.owner = Owner()
            return
        self.handed_over = True
        to = effect.to
        if to.queue:
            self.owner = Owner("queue", to.queue)
        elif to.agent:
            self.owner = Owner("agent", to.agent)
        else:
            owner = self.world.contact_owner
            self.owner = Owner("agent", owner) if owner else Owner("queue", "")

    def result(self) -> Taken:
        """All that is to be written."""
        return Taken(
            self.conversation(),
            self.changed,
            (Step("", "", None, None, route=tuple(self.decided)), *self.steps),
            tuple(self.effects),
            tuple(self.offers),
            tuple(self.dropped),
            self.cancel_sends,
            self.for_person,
            self.closed,
            self.world,
            self._releases,
        )
