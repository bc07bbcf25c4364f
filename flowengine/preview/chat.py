"""The editor's preview: a simulation that a designer plays with by hand.

It is the same engine and the same virtual clock. Beside what a simulation does, its provider keeps
the 24-hour window as WhatsApp does, and a hand may change a variable or answer a call.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from flowengine.expressions import Env, coerce
from flowengine.messages import AskModel, CallHttp, Refused, Send, Template
from flowengine.simulation import HttpOutcome, ModelOutcome, Simulation

CLOSED = Refused("window_closed", permanent=True, code="131047")
"""What Meta says to free text after 24 hours (WHATSAPP.md §A.5)."""


class Preview(Simulation):
    """`strict`: the provider refuses free text outside of the window; false where a person or
    program begins the conversation at a step, to look at what comes then. Cost: that of a
    simulation's turns.
    """

    strict = True

    def at_once(self, texts: Iterable[str]) -> None:
        """The customer writes several messages before the provider has taken any answer."""
        for text in texts:
            said = len(self.sends)
            self.say(text)
            self._unsent |= {send.id for send in self.sends[said:]}
        self._unsent.clear()

    def assign(self, name: str, value: object) -> bool:
        """Changes a variable of the execution stepped last; False where none stands any more.

        The value is read as the variable's type. Raises `EvaluationError` where it is none.
        """
        state = self.last
        if state is None or state.execution not in self.chat.executions or not state.frames:
            return False
        *below, frame = state.frames
        flow = self.chat.releases[state.release].flows[frame.flow]
        env = Env(self.now, flow.zone, flow.language)
        read: Any = coerce(value, flow.types[name], env) if name in flow.types else value
        frame = replace(frame, variables={**frame.variables, name: read})
        self.last = replace(state, frames=(*below, frame))
        self.chat = replace(
            self.chat, executions={**self.chat.executions, state.execution: self.last}
        )
        return True

    def wrote_just_now(self) -> None:
        """The customer wrote a moment ago, no matter what: the window is open."""
        here = replace(self.chat.conversation, last_inbound=self.now)
        self.chat = replace(self.chat, conversation=here)

    @property
    def asked(self) -> AskModel | CallHttp | None:
        """The call that waits longest for its outcome."""
        return self.missing[0] if self.missing else None

    def answer(self, outcome: HttpOutcome | ModelOutcome) -> bool:
        """The outcome of the call that waits longest; False where none does."""
        asked = self.asked
        if asked is None:
            return False
        self.give(asked.id, outcome)
        self.missing = [each for each in self.missing if each.id != asked.id]
        return True

    @property
    def next_due(self) -> datetime | None:
        """When the next thing happens by itself, if anything will."""
        times = [self.timetable.next(), *map(self._expiry, self.chat.executions.values())]
        return min((due for due in times if due is not None), default=None)

    @property
    def window_closes(self) -> datetime | None:
        """Until when free text may be sent; None where the customer never wrote."""
        last, hours = self.chat.conversation.last_inbound, self.chat.world.window_hours
        return None if last is None else last + timedelta(hours=hours)

    def _refusal(self, effect: Send) -> Refused | None:
        refused = super()._refusal(effect)
        if refused is not None or not self.strict or isinstance(effect.content, Template):
            return refused
        closes = self.window_closes
        return CLOSED if closes is None or self.now >= closes else None
