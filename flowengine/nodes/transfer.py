"""Transfer: gives the conversation to people."""

from typing import Annotated

from msgspec import Meta
from msgspec.structs import asdict

from flowengine.durations import Duration, seconds
from flowengine.expressions import compile_template
from flowengine.given import PersonDone, PersonTook, Told, Woken
from flowengine.messages import HandOver, Target, Tell
from flowengine.nodes.base import Base
from flowengine.run import Run, Step
from flowengine.values import Name


class Transfer(Base, tag="transfer", frozen=True, kw_only=True):
    """Gives the conversation to people, and stands until they are done. What the customer writes
    meanwhile is for them.

    - `to`: who gets it.
    - `priority`: the higher is taken first out of a queue.
    - `briefing`: what the person reads first, a template.
    - `notify`: names that webhooks can subscribe to; each is told at once of `{to, priority,
      briefing}`, as by a `notify` node.
    - `timeout`: how long until an agent takes it; no timer without an edge.
    - `save_as`: the variable that gets `{agent, reason, ticket, minutes}`.

    Exits: `closed`, `unavailable`, `timeout`.

    Example::

        {"id": "fila", "type": "transfer", "to": {"queue": "suporte"}, "briefing": "{{ nome }}"}
    """

    to: Target
    priority: Annotated[int, Meta(ge=0, le=9)] = 0
    briefing: str = ""
    notify: tuple[str, ...] = ()
    timeout: Duration | None = None
    save_as: Name | None = None


class TransferStep(Step):
    claims = True
    holds = True

    def __init__(self, node: Transfer, wired: frozenset[str]) -> None:
        self.fields, self.briefing = node, compile_template(node.briefing)
        self.to = {name: value for name, value in asdict(node.to).items() if value}
        timed = node.timeout is not None and "timeout" in wired
        self.seconds = float(seconds(node.timeout)) if timed and node.timeout else 0
        queue = {f"queue.{node.to.queue}"} if node.to.queue else frozenset[str]()
        self.reads = self.briefing.reads | queue

    def enter(self, run: Run) -> str | None:
        to = self.fields.to
        if to.queue and not run.world.queues.get(to.queue, True):
            return "unavailable"
        briefing = self.briefing.render(run.scope, run.env)
        node, flow, priority = run.frame.node, run.frame.flow, self.fields.priority
        run.add(HandOver(run.new_id(), node, flow, to, priority, briefing))
        for name in self.fields.notify:
            data = {"to": self.to, "priority": priority, "briefing": briefing}
            run.add(Tell(run.new_id(), node, flow, name, data))
        wake = run.wake("transfer", seconds=self.seconds) if self.seconds else ""
        run.stand_for("person", timeout=wake)
        return None

    def told(self, run: Run, event: Told) -> str | None:
        match event:
            case PersonTook():
                run.drop(run.stand.timeout)
                run.change_stand(timeout="")
                return None
            case Woken():
                return "timeout"
            case PersonDone():
                return self._done(run, event)
            case _:
                return super().told(run, event)

    def _done(self, run: Run, event: PersonDone) -> str:
        if self.fields.save_as:
            told = {
                "agent": event.agent,
                "reason": event.reason,
                "ticket": event.ticket,
                "minutes": event.minutes,
            }
            run.assign(self.fields.save_as, told)
        return "closed"
