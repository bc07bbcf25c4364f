"""Wait: stands until the customer answers, an event comes, or time is up."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from flowengine.answers import Checked, Expect, ExpectChoice, Invalid, validate
from flowengine.choices import match_exact, match_loose
from flowengine.durations import Duration, seconds
from flowengine.expressions import Expression, compile_expression, compile_template
from flowengine.given import Heard, Pick, SendFailed, Taken, Told, Woken
from flowengine.limits import MAX_BACKLOG
from flowengine.messages import Inbound
from flowengine.nodes.base import Base
from flowengine.nodes.message import Speaker
from flowengine.run import Run, Step
from flowengine.speech import MORE, visible
from flowengine.state import Offered
from flowengine.trail import AnswerRefused, AnswerTaken, SendRefusedNote
from flowengine.values import Doc, Key, Name


class WaitEvent(Doc, frozen=True, kw_only=True):
    """An event from outside that ends the wait.

    - `exit`: names the exit `event:EXIT`.
    - `name`: of the event.
    - `match`: an expression over its data (`event`) that must hold.
    """

    exit: Key
    name: str
    match: str = ""


class Waits(Base, frozen=True, kw_only=True):
    """What `wait` and `ask` share.

    - `save_as`: the variable that gets the answer.
    - `save`: of a choice: its value (left out there: its title), its frozen item, or its id.
    - `attempts`: answers that may be wrong before `invalid`.
    - `reprompt`: words in place of the question after a wrong answer (left out: the question
      again).
    - `timeout`: how long until `timeout`, from when the provider took the question; no timer
      without an edge.
    - `gather`: what is written within so much silence is one answer.
    - `events`: events from outside that end it.
    - `early`: whether messages from before the question count.
    - `stale`: a tap on an older offer of these choices: what stands is asked again, the tap acts,
      or nothing.
    - `interruptible`: whether interrupts act while it stands.
    """

    save_as: Name | None = None
    save: Literal["value", "item", "id"] = "value"
    attempts: Annotated[int, Meta(ge=1, le=20)] = 3
    reprompt: str = ""
    timeout: Duration | None = None
    gather: Duration | None = None
    events: tuple[WaitEvent, ...] = ()
    early: Literal["take", "ignore"] = "take"
    stale: Literal["reprompt", "jump", "ignore"] = "reprompt"
    interruptible: bool = True


class Wait(Waits, tag="wait", frozen=True, kw_only=True):
    """Stands until something comes. Without `expect` it takes no reply: it waits for `events` or
    `timeout` in the background.

    - `expect`: what counts as an answer.
    - `of`: the node whose choices are meant (left out: the last that offered some).

    Exits: `reply` or `choice:ID`, `picked`, `empty`, `invalid`, `timeout`, `event:EXIT`.

    Example::

        {"id": "resposta", "type": "wait", "expect": {"kind": "text"}, "save_as": "nome"}
    """

    expect: Expect | None = None
    of: Key | None = None


class WaitStep(Step):
    """What `wait` and `ask` have in common: standing, and taking what comes. Cost: ~2 µs, and that
    of reading the answer.
    """

    claims = True
    holds = True
    speaker: Speaker | None = None

    def __init__(self, node: Waits, wired: frozenset[str]) -> None:
        self.fields, self.wired = node, wired
        expect = getattr(node, "expect", None)
        self.expect: Expect | None = expect
        self.checked: Checked | None = None if isinstance(expect, ExpectChoice) else expect
        self.of: str = getattr(node, "of", None) or ""
        self.interruptible, self.stale = node.interruptible, node.stale
        self.keeps_early = node.early == "take"
        timed = node.timeout is not None and "timeout" in wired
        self.seconds = float(seconds(node.timeout)) if timed and node.timeout else 0
        self.gather = float(seconds(node.gather)) if node.gather else 0
        self.words = compile_template(node.reprompt)
        self.events = [(e.exit, e.name, _matcher(e.match)) for e in node.events]
        self.event_names = frozenset(event.name for event in node.events)
        self.claims = self.holds = expect is not None
        self.waiting_for = "reply" if expect else "event" if self.events else "time"
        matches = (match.reads for _, _, match in self.events if match)
        self.reads = self.words.reads.union(*matches)

    def enter(self, run: Run) -> str | None:
        if self.expect is None:
            run.free_foreground()
        elif self._nothing_offered(run):
            return "empty"
        self.arm(run, self.seconds)
        return None

    def _nothing_offered(self, run: Run) -> bool:
        """Whether the choices meant are rows made from a list, and there was not one."""
        of = self.of or run.frame.last_offered
        if not of or not isinstance(self.expect, ExpectChoice):
            return False
        step = run.nodes[of]
        speaker: Speaker | None = getattr(step, "speaker", None)
        choices = speaker.speech(run).choices if speaker else None
        if choices is None or not choices.dynamic:
            return False
        return not any(pick.dynamic for pick in step.picks(run.frame))

    def arm(self, run: Run, left: float, attempts: int = 0) -> None:
        """Stand and wait; `left` seconds from when the prompt is taken (0: for ever)."""
        stand = run.frame.stand
        if stand is not None:
            run.drop(stand.timeout)
            run.drop(stand.gather)
        wake = run.wake("timeout", left, after=run.prompt()) if left else ""
        run.stand_for(self.waiting_for, self.of or run.frame.last_offered, attempts, wake)

    # -- what comes ------------------------------------------------------------------------------

    def told(self, run: Run, event: Told) -> str | None:
        match event:
            case Woken() if event.effect == run.stand.gather:
                return self._gathered(run)
            case Woken():
                run.last_send = ""
                return "timeout"
            case Heard():
                return self._heard(run, event)
            case SendFailed():
                run.trail.append(SendRefusedNote(run.frame.node, event.refused.reason))
                run.fail_send(event.refused.reason)
                return "failed" if "failed" in self.wired else None
            case Taken():
                return None
            case _:
                return super().told(run, event)

    def _heard(self, run: Run, event: Heard) -> str | None:
        for exit, name, match in self.events:
            if name != event.name:
                continue
            scope = {**run.scope, "event": event.data}
            if match is None or match.evaluate(scope, run.env):
                return f"event:{exit}"
        run.ignore(f"the event {event.name!r} is not waited for here")
        return None

    def reply(self, run: Run, message: Inbound, choice: str, early: bool) -> str | None:
        if self.expect is None:
            return super().reply(run, message, choice, early)
        if self.gather and not choice:
            self._gather(run, message)
            return None
        return self._answer(run, message, choice, early)

    def _gather(self, run: Run, message: Inbound) -> None:
        stand = run.stand
        if len(stand.gathered) >= MAX_BACKLOG:
            run.ignore("too many messages came at once")
            return
        for effect in (stand.gather, stand.timeout):
            run.drop(effect)
        wake = run.wake("gather", self.gather)
        run.change_stand(gather=wake, timeout="", gathered=(*stand.gathered, message))

    def _gathered(self, run: Run) -> str | None:
        """The burst is over: one input, its texts a line each, the last one's kind and media."""
        burst = run.stand.gathered
        run.drop(run.stand.gather)
        run.change_stand(gather="", gathered=())
        text = "\n".join(message.text for message in burst if message.text)
        return self._answer(run, msgspec.structs.replace(burst[-1], text=text), "", early=False)

    def _answer(self, run: Run, message: Inbound, choice: str, early: bool) -> str | None:
        run.hear(message)
        stand = run.frame.stand
        picks = self.offered(run) if stand is not None and stand.of else ()
        if picks:
            choice = choice or self._match(run, picks, message)
            if choice == MORE:
                return self._next_page(run)
            for pick in picks:
                if pick.id == choice:
                    return self.chosen(run, pick)
        if self.checked is None:
            return self._refuse(run, "no_choice", early)
        verdict = validate(self.checked, message, run.env)
        if isinstance(verdict, Invalid):
            return self._refuse(run, verdict.reason, early)
        run.trail.append(AnswerTaken(self.node, "", verdict.value))
        if self.fields.save_as:
            run.assign(self.fields.save_as, verdict.value)
        run.last_send = ""
        return "reply"

    def _match(self, run: Run, picks: tuple[Pick, ...], message: Inbound) -> str:
        options = visible(picks, self._page(run), run.env)
        exact = match_exact(options, message.text)
        if exact is not None or not isinstance(self.expect, ExpectChoice):
            return exact or ""
        return match_loose(options, message.text) or ""

    def chosen(self, run: Run, pick: Pick) -> str:
        run.choose(pick.id)
        value = pick.title if pick.value is None else pick.value
        run.trail.append(AnswerTaken(run.frame.node, pick.id, value))
        if self.fields.save_as:
            saved = {"id": pick.id, "item": self._item(pick, value), "value": value}
            run.assign(self.fields.save_as, saved[self.fields.save])
        run.last_send = ""
        return "picked" if pick.dynamic else f"choice:{pick.id}"

    def _item(self, pick: Pick, value: object) -> object:
        return pick.item if pick.dynamic else {"id": pick.id, "title": pick.title, "value": value}

    def _refuse(self, run: Run, reason: str, early: bool) -> str | None:
        if early:
            run.trail.append(AnswerRefused(run.frame.node, reason))
            return None
        attempts = run.stand.attempts + 1
        run.trail.append(AnswerRefused(run.frame.node, reason, attempts))
        if attempts >= self.fields.attempts:
            run.failure = reason
            run.last_send = ""
            return "invalid"
        self._repeat(run, self.words.render(run.scope, run.env))
        self.arm(run, self.seconds, attempts)
        return None

    # -- saying it again -------------------------------------------------------------------------

    def offered(self, run: Run) -> tuple[Pick, ...]:
        """What is on offer where this stands."""
        of = run.stand.of
        return run.nodes[of].picks(run.frame) if of else ()

    def again(self, run: Run) -> str | None:
        stand = run.stand
        self._repeat(run, "")
        left = self.seconds if stand.left is None or not stand.frozen else stand.left
        self.arm(run, max(left, 1) if self.seconds else 0, stand.attempts)
        if stand.gathered:
            wake = run.wake("gather", self.gather)
            run.change_stand(gather=wake, gathered=stand.gathered)
        return None

    def _repeat(self, run: Run, words: str) -> None:
        step = run.nodes[run.frame.spoken] if run.frame.spoken else None
        speaker: Speaker | None = getattr(step, "speaker", None)
        if speaker is not None:
            speaker.repeat(run, self._page(run), words, "failed" in self.wired)

    def _page(self, run: Run) -> int:
        offered = run.frame.offered.get(run.stand.of)
        return offered.page if offered else 0

    def _next_page(self, run: Run) -> str | None:
        of, frame = run.stand.of, run.frame
        old = frame.offered[of]
        page = Offered(old.id, old.visit, old.picks, old.page + 1)
        run.set_frame(offered={**frame.offered, of: page})
        self._repeat(run, "")
        self.arm(run, self.seconds, run.stand.attempts)
        return None


def _matcher(source: str) -> Expression | None:
    return compile_expression(source) if source else None
