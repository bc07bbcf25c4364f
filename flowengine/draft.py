"""A state unpacked for one turn, and what expressions see of it."""

from typing import Any

from msgspec.structs import replace

from flowengine.compiled import Release
from flowengine.expressions import DEFAULT_LIMITS, Env, coerce, normalize
from flowengine.given import Given, Pick
from flowengine.messages import Effect, Inbound, read_payload
from flowengine.scope import Scope, message_scope, trigger_scope, world_value
from flowengine.state import STATE_FORMAT, Stand, State
from flowengine.trail import Assigned, Trail
from flowengine.turn import Turn


class Draft:
    """One turn in the making: where it stands, what it knows, what was gathered so far.

    Cost: ~3 µs to unpack and to pack; a name is looked up when it is read, each under 1 µs.
    """

    __slots__ = (
        "_assigned", "_scope", "backlog", "before", "busy", "cause", "contact", "counter",
        "dropped", "effects", "env", "execution", "failure", "flow", "foreground", "frame",
        "frames", "given", "goto", "ignored", "interrupt", "last", "last_choice", "last_send",
        "nodes", "now", "offers", "outcome", "pending", "problem", "purpose", "release", "sends",
        "status", "steps", "suspended_by", "told_flow", "trail", "visits", "world",
    )  # fmt: skip

    def __init__(self, release: Release, state: State, given: Given) -> None:
        now, before = given.now, state.now
        self.release = release
        self.before = state
        self.given = given
        self.world = given.world
        self.contact = given.world.contact
        self.now = now if before is None or now >= before else before
        self.execution = state.execution
        self.frames = [*state.frames]
        self.look_at_top()
        self.pending = {**state.pending}
        self.backlog = [*state.backlog]
        self.foreground = state.foreground
        self.status = state.status
        self.suspended_by = state.suspended_by
        self.busy = state.busy
        self.purpose = state.purpose
        self.last = state.last
        self.last_choice = state.last_choice
        self.last_send = state.last_send
        self.failure = state.failure
        self.cause = state.cause
        self.counter: int = state.counter
        self.visits: int = state.visits
        self.outcome = state.outcome
        self.problem = state.problem
        self.effects: list[Effect] = []
        self.trail: list[Trail] = []
        self.dropped: list[str] = []
        self.offers: list[tuple[str, str, str, int, tuple[Pick, ...]]] = []
        self.interrupt = self.ignored = False
        self.goto = ""
        self.steps = self.sends = 0

    def pack(self) -> Turn:
        """What the turn gives."""
        before = self.before
        # The scope asks this draft what names mean: a circle, which only the collector would free.
        self._scope = None
        # By position: a call with so many names costs as much as a node (0.7 µs).
        state = State(
            self.execution,
            before.release,
            self.status,
            tuple(self.frames),
            STATE_FORMAT,
            self.pending,
            tuple(self.backlog),
            self.foreground,
            self.suspended_by,
            self.busy,
            self.purpose,
            self.last,
            self.last_choice,
            self.last_send,
            self.failure,
            self.cause,
            self.counter,
            self.visits,
            before.turns + 1,
            self.now,
            before.given_at if self.ignored and before.given_at else self.now,
            self.outcome,
            self.problem,
        )
        return Turn(
            state,
            tuple(self.effects),
            tuple(self.trail),
            tuple(self.dropped),
            tuple(self.offers),
            self.interrupt,
            self.ignored,
        )

    # -- where it stands -------------------------------------------------------------------------

    @property
    def depth(self) -> int:
        """The place of the top frame, from 0."""
        return len(self.frames) - 1

    @property
    def stand(self) -> Stand:
        """How the top frame stands. Raises `LookupError` where it does not: a step's own bug."""
        stand = self.frame.stand
        if stand is None:
            raise LookupError("the frame does not stand")
        return stand

    def look_at_top(self) -> None:
        """The top of the stack is another frame, or the contact another: what follows from them."""
        self.frame = frame = self.frames[-1]
        self.flow = flow = self.release.flows[frame.flow]
        self.told_flow = "" if len(self.frames) == 1 and flow.key == self.release.root else flow.key
        self.nodes, language = flow.steps, flow.language
        if flow.localized:
            language = flow.language_for(self.contact.language)
            self.nodes = flow.spoken(language)
        self.env = Env(self.now, flow.zone, language, DEFAULT_LIMITS, self.world.schedules)
        self._assigned: dict[str, Any] | None = None
        self._scope: Scope | None = None

    # -- what expressions see --------------------------------------------------------------------

    @property
    def scope(self) -> Scope:
        """Names to values: the world, and the top frame's variables."""
        scope = self._scope
        if scope is None:
            flow = self.flow
            typed = self._temporal() if flow.temporal else {}
            scope = Scope(self.frame.variables, flow.defaults, self._named, typed)
            self._scope = scope
        return scope

    def _temporal(self) -> dict[str, Any]:
        """Dates, times and durations are stored as text."""
        variables, defaults, typed = self.frame.variables, self.flow.defaults, dict[str, Any]()
        for name, type_name in self.flow.temporal:
            value = variables[name] if name in variables else defaults[name]
            typed[name] = coerce(value, type_name, self.env)
        return typed

    def _named(self, name: str) -> Any:
        """What a name means that is no variable."""
        if name == "message":
            return message_scope(self.last, self.last_choice, self.failure)
        if name == "trigger":
            return trigger_scope(self.cause)
        return world_value(name, self.world, self.contact, self.now)

    def forget_scope(self) -> None:
        """The contact or the last input changed: names are looked up anew."""
        self._scope = None

    def assign(self, name: str, value: Any) -> None:
        """Gives a variable of the top frame its value, in its declared type."""
        declared = self.flow.types.get(name)
        if declared is not None and (declared != "text" or type(value) is not str):
            value = coerce(value, declared, self.env)
        plain = normalize(value)
        if self._assigned is None or self.frame.variables is not self._assigned:
            self._assigned = {**self.frame.variables}
            self.frame = self.frames[-1] = replace(self.frame, variables=self._assigned)
        self._assigned[name] = plain
        if self._scope is not None:
            self._scope[name] = value
        self.trail.append(Assigned(self.frame.node, name, plain))

    def hear(self, message: Inbound) -> None:
        """`message` is the last input from here on; what is said next is a reply to it."""
        self.last = message
        self.purpose = self.last_choice = self.failure = ""
        if self._scope is not None:
            self._scope.forget("message")

    def tapped(self, message: Inbound) -> str:
        """The choice that a message taps, if it is on the offer of the wait now standing."""
        payload = read_payload(message.choice.payload) if message.choice else None
        stand = self.frame.stand
        if payload is None or stand is None or not stand.of:
            return ""
        offered = self.frame.offered.get(stand.of)
        return payload[1] if offered and offered.id == payload[0] else ""

    def choose(self, choice: str) -> None:
        """`message.choice` is this from here on."""
        self.last_choice = choice
        self._forget_message()

    def fail_send(self, reason: str) -> None:
        """`message.failure` says why a send failed."""
        self.failure = reason
        self._forget_message()

    def _forget_message(self) -> None:
        if self._scope is not None:
            self._scope.forget("message")
