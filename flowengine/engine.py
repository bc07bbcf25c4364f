"""`advance`: one call of the engine, from where an execution stands to the next node that waits.

The rules that this file obeys (FLOWS.md §3, RUNTIME.md 1-5):

1.  It is a function. Release, state and given are all it knows; the same arguments give the same
    bytes, on any machine, for ever. The time is `given.now`, never earlier than the last call's.
2.  An outcome or a wake is taken only if its effect id is in `state.pending`. Leaving a node takes
    its ids out, so what comes late finds nothing and is ignored; an ordinary message during a
    delay disturbs no timer, for ids are not tied to turns.
3.  A node is entered, and gives an exit, or stands. Exits lead along edges until a node stands,
    the stack is empty, or a limit is passed.
4.  A node that needs the foreground is entered only by an execution that has it. One that cannot
    have it stands *before* that node: status `queued`, nothing of the node done.
5.  What arrives where no reply is taken goes to the backlog, and is taken in the same call that
    arms the next wait, after its prompt. Such an early message is dropped where it does not fit.
6.  A turn that passes a limit, or whose template cannot be computed, fails as a whole: none of its
    effects leave. Then `settings.on_problem` acts, alone.
7.  Ignoring something changes nothing but the trail.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from flowengine.compiled import Release
from flowengine.expressions import EvaluationError
from flowengine.given import (
    Begin,
    Given,
    Granted,
    Heard,
    HttpCame,
    Jump,
    ModelCame,
    Moved,
    PersonDone,
    PersonTook,
    Reply,
    Restore,
    SendFailed,
    Stale,
    Stop,
    Suspend,
    Taken,
    Woken,
)
from flowengine.inputs import BadInput, read_inputs
from flowengine.interruptions import jump, restore, stale, suspend
from flowengine.limits import (
    MAX_BACKLOG,
    MAX_BACKLOG_CHARS,
    MAX_STEPS,
    MAX_TURNS,
    LimitPassed,
)
from flowengine.messages import Inbound
from flowengine.moving import move
from flowengine.run import Run
from flowengine.state import LIVE, STATE_FORMAT, Frame, Stand, State
from flowengine.trail import (
    Backlogged,
    Began,
    Ended,
    Ignored,
    Queued,
    Resumed,
    SendRefusedNote,
)
from flowengine.turn import Turn

__all__ = ["advance", "new_state"]


def new_state(execution: str, release: Release) -> State:
    """The state of an `execution` of `release` that has not begun: `advance` it with a `Begin`.
    Cost: under 1 µs.
    """
    return State(execution, release.hash, "new", (Frame(release.root, ""),), STATE_FORMAT)


def advance(release: Release, state: State, given: Given) -> Turn:
    """One turn of one execution.

    `release`: compiled, the one that the execution is pinned to. `state`: where it stands. `given`:
    what it is told. Gives the next state, the effects wanted and the trail. Raises nothing for
    anything that a customer, a provider or a checked flow may do: a limit that is passed
    (`LimitPassed`) ends the execution, as the flow's `on_problem` says. Cost: ~5 µs, and 3 µs for
    each node; it does not grow with the flow.
    """
    run = Run(release, state, given)
    try:
        if state.turns >= MAX_TURNS and not isinstance(given.event, Stop):
            raise LimitPassed(f"more than {MAX_TURNS} turns")
        TELL[type(given.event)](run, given.event)
        if run.backlog:
            _take_backlog(run)
    except (EvaluationError, LimitPassed) as error:
        failed = Run(release, state, given)
        failed.put_frame(-1, _at(failed, run))
        reason = str(error) if isinstance(error, LimitPassed) else error.message
        failed.counter = run.counter
        failed.fail("failed", reason, [each.flow for each in run.frames])
        run = failed
    return _pack(run)


def _at(failed: Run, run: Run) -> Frame:
    """The frame to blame: where the turn broke, even if it was in a frame that is undone."""
    frame = run.frame
    return msgspec.structs.replace(failed.frame, flow=frame.flow, node=frame.node, stand=None)


# -- what is told --------------------------------------------------------------------------------


def _heard(run: Run, event: Heard | PersonDone | PersonTook) -> None:
    _follow(run, run.nodes[run.frame.node].told(run, event) if run.frame.stand else None)


def _jump(run: Run, event: Jump) -> None:
    _walk(run, jump(run, event))


def _stale(run: Run, event: Stale) -> None:
    _walk(run, stale(run, event))


def _moved(run: Run, event: Moved) -> None:
    _walk(run, move(run, event))


def _suspend(run: Run, event: Suspend) -> None:
    suspend(run, event.reason)


def _begin(run: Run, event: Begin) -> None:
    if run.status != "new":
        run.ignore("it has begun already")
        return
    flow = run.flow
    run.status = "waiting"
    run.cause, run.busy, run.purpose = event.cause, event.busy, _purpose(run, event)
    run.last = event.message
    node = event.node or flow.start
    trouble, variables = "", dict[str, Any]()
    try:
        if flow.inputs:
            variables = read_inputs(flow, event.args, run.env)
    except BadInput as error:
        trouble = str(error)
    run.put_frame(-1, Frame(flow.key, node, variables=variables))
    run.trail.append(Began(flow.key, node, event.cause.kind))
    if trouble:
        run.fail("failed", trouble)
    elif not node:
        run.fail("failed", "the flow does not say where it starts")
    elif node not in flow.steps:
        run.fail("failed", f"the flow has no node {node!r}")
    else:
        if event.by_message:
            run.take_foreground()
        _walk(run, node)


def _purpose(run: Run, event: Begin) -> str:
    """What its sends are for until the customer says something: "" is a reply."""
    if event.cause.kind in BY_MESSAGE:
        return ""
    return event.purpose or run.flow.settings.purpose or SERVICE


def _reply(run: Run, event: Reply) -> None:
    """A customer's message: for the wait now standing, else kept for the next one."""
    if run.status != "waiting":
        run.ignore("the execution takes no replies now")
        return
    frame = run.frame
    if frame.stand is None or frame.stand.waiting_for != "reply":
        _keep(run, event.message)
        return
    step = run.nodes[frame.node]
    early = run.given.early
    if early and not step.keeps_early:
        run.ignore("it came before the question")
        return
    _follow(run, step.reply(run, event.message, event.choice, early))


def _keep(run: Run, message: Inbound) -> None:
    size = sum(len(each.text) for each in run.backlog) + len(message.text)
    if len(run.backlog) >= MAX_BACKLOG or size > MAX_BACKLOG_CHARS:
        run.ignore("too many messages came at once")
        return
    run.backlog.append(message)
    run.trail.append(Backlogged(run.frame.node))


def _outcome(run: Run, event: Woken | Taken | SendFailed | HttpCame | ModelCame) -> None:
    owner = run.pending.get(event.effect)
    if owner is None and isinstance(event, SendFailed) and _armed_the_wait(run, event.effect):
        _fail_late(run, event)
        return
    if owner is None:
        run.ignore("nobody waits for this any more")
        return
    if owner != run.depth or run.status == "suspended":
        _keep_outcome(run, owner, event)
        return
    if not isinstance(event, Taken | SendFailed):
        run.drop(event.effect)
    _follow(run, run.nodes[run.frame.node].told(run, event))


def _armed_the_wait(run: Run, effect: str) -> bool:
    """Whether it stands at the very wait whose prompt was this send, and `failed` is wired."""
    stand = run.frame.stand
    waits = stand is not None and stand.waiting_for == "reply" and run.status == "waiting"
    spoken = run.frame.spoken  # Empty where only a flow that it called has said something.
    armed = waits and run.last_send == effect and bool(spoken)
    return armed and bool(run.flow.edges[(spoken, "failed")])


def _fail_late(run: Run, event: SendFailed) -> None:
    """The prompt was taken, then failed: nobody can answer it, so its node's `failed` is taken."""
    run.fail_send(event.refused.reason)
    run.trail.append(SendRefusedNote(run.frame.spoken, event.refused.reason))
    run.forget_effects(run.depth)
    run.set_frame(node=run.frame.spoken, stand=None)
    _follow(run, "failed")


def _keep_outcome(
    run: Run, place: int, event: Woken | Taken | SendFailed | HttpCame | ModelCame
) -> None:
    """The frame that waited cannot step on now: it lies under another, or all is suspended.

    How its call or send went is kept for when it stands again. (Its wakes and models were dropped
    when it was frozen.)
    """
    run.drop(event.effect)
    frame = run.frames[place]
    if isinstance(event, SendFailed | HttpCame) and frame.stand is not None:
        stand = msgspec.structs.replace(frame.stand, kept=event)
        run.put_frame(place, msgspec.structs.replace(frame, stand=stand))
        return
    run.ignore("the node that waited cannot step on now")


def _granted(run: Run, _event: Granted) -> None:
    """The foreground is free for it: it steps on from the node before which it queued."""
    if run.status != "queued":
        run.ignore("it did not queue")
        return
    run.status = "waiting"
    run.take_foreground()
    node = run.frame.node
    run.set_frame(stand=None)
    _walk(run, node)


def _restore(run: Run, event: Restore) -> None:
    if run.status != "suspended":
        run.ignore("it is not suspended")
        return
    run.status = "waiting"
    run.suspended_by = ""
    run.take_foreground()
    run.trail.append(Resumed(event.how))
    _walk(run, restore(run, event.how))


def _stop(run: Run, event: Stop) -> None:
    if run.status not in LIVE:
        run.ignore("it is over already")
    elif event.status == "failed":
        run.fail(event.exit, event.reason)
    else:
        run.finish(event.status, "")


TELL: Mapping[type, Callable[[Run, Any], None]] = {
    Reply: _reply,
    Begin: _begin,
    Woken: _outcome,
    Taken: _outcome,
    SendFailed: _outcome,
    HttpCame: _outcome,
    ModelCame: _outcome,
    Heard: _heard,
    PersonDone: _heard,
    PersonTook: _heard,
    Granted: _granted,
    Jump: _jump,
    Stale: _stale,
    Suspend: _suspend,
    Restore: _restore,
    Moved: _moved,
    Stop: _stop,
}
"""What is done with each thing that an execution can be told."""


# -- walking -------------------------------------------------------------------------------------


def _follow(run: Run, exit: str | None) -> None:
    """Leave the top node by an exit, and walk on; None: it stands, or asked to go elsewhere."""
    if exit is not None:
        _walk(run, run.follow(exit))
    elif run.goto:
        _walk(run, run.goto)


def _walk(run: Run, node: str) -> None:
    """From node to node until one stands."""
    while node:
        run.goto = ""
        run.steps += 1
        if run.steps > MAX_STEPS:
            raise LimitPassed(f"more than {MAX_STEPS} steps in one turn")
        step = run.nodes[node]
        if step.claims and not run.foreground and not _claim(run, node):
            return
        run.enter(node)
        exit = step.enter(run)
        node = run.goto if exit is None else run.follow(exit)
    run.goto = ""


def _claim(run: Run, node: str) -> bool:
    """Take the foreground if it is free; else what `busy` says."""
    if run.given.claim != "taken":
        run.take_foreground()
        return True
    busy = run.busy or run.flow.settings.busy or _default_busy(run)
    if busy == "speak" and len(run.frames) == 1 and node in run.flow.speaks_only:
        return True
    if busy == "skip":
        run.finish("completed", "skipped")
        return False
    run.status = "queued"
    run.interrupt = busy == "interrupt"
    run.set_frame(node=node, stand=Stand("foreground"))
    run.trail.append(Queued(node))
    return False


def _default_busy(run: Run) -> str:
    """Flows that a message began queue; those begun otherwise speak if that is all they do."""
    by_message = run.cause is not None and run.cause.kind in BY_MESSAGE
    return "queue" if by_message else "speak"


BY_MESSAGE = frozenset(
    {"keyword", "message", "new_contact", "referral", "link", "button", "fallback"}
)
"""Kinds of trigger that a customer's message sets off."""


SERVICE = "service"
"""The purpose of what nobody asked for and no flow declared: it leaves unless they opted out."""


def _take_backlog(run: Run) -> None:
    """Early messages are taken by the wait that now stands, in order, until one moves on."""
    while run.backlog and run.status == "waiting":
        stand = run.frame.stand
        if stand is None or stand.waiting_for != "reply":
            return
        message = run.backlog.pop(0)
        step = run.nodes[run.frame.node]
        if not step.keeps_early:
            run.trail.append(Ignored("it came before the question", run.frame.node))
            continue
        _follow(run, step.reply(run, message, run.tapped(message), early=True))


# -- packing -------------------------------------------------------------------------------------


def _pack(run: Run) -> Turn:
    if run.status == "waiting":
        stand = run.frame.stand
        if stand is not None:
            run.status = STATUS_OF.get(stand.waiting_for, "waiting")
    elif run.status not in LIVE and run.before.status in BEFORE_THE_END:
        run.trail.append(Ended(run.status, run.outcome))
    return run.pack()


BEFORE_THE_END = LIVE | {"new"}


STATUS_OF = {"person": "transferred", "foreground": "queued"}
"""Statuses that say what the execution stands for."""
