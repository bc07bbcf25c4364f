"""What takes an execution from where it stands: interrupts, stale taps, suspension and return."""

import msgspec

from flowengine.given import Jump, Stale
from flowengine.run import Run
from flowengine.state import Frame
from flowengine.trail import Ignored, Interrupted, Paused


def jump(run: Run, event: Jump) -> str:
    """An interrupt of a flow in the stack acts; gives the node to go to. `event` says which
    trigger, with what message; `run` is the turn in the making.

    `jump` pops the frames above and goes on there, variables kept. `return` pushes a frame of the
    same flow; when it ends, what stood beneath is asked again with the time that was left. Cost: ~2
    µs.
    """
    places = [i for i, frame in enumerate(run.frames) if frame.flow == event.flow]
    if not places or run.status != "waiting":
        run.ignore("the flow of this interrupt does not run now")
        return ""
    place = places[-1]
    run.trail.append(Interrupted(event.node, event.then))
    run.cause = event.cause
    run.status = "waiting"
    if event.then == "return":
        freeze(run)
        variables = run.frames[place].variables
        frame = Frame(event.flow, event.node, variables=variables, kind="return")
        run.push(frame, event.node)
    else:
        while run.depth > place:
            run.pop("interrupted")
        run.forget_effects(place)
        run.set_frame(stand=None)
        run.trail.extend(Ignored("an interrupt came after it", event.node) for _ in run.backlog)
        run.backlog.clear()
    run.last_send = ""
    run.hear(event.message)
    run.forget_scope()
    return run.flow.edges[(event.node, "next")]


def stale(run: Run, event: Stale) -> str:
    """A tap on an offer that is no longer open: the node that made it says what happens.

    `event`: the tap, and whose offer it was; `run`: the turn in the making. Gives the node to go
    to, empty where it stands. Cost: ~2 µs, and that of asking again.
    """
    steps = run.release.flows[event.flow].steps
    asked = steps[event.node].answers_at or event.node
    policy = steps[asked].stale
    depths = [i for i in range(len(run.frames)) if run.frames[i].flow == event.flow]
    if policy == "jump" and depths and run.status == "waiting":
        while run.depth > depths[-1]:
            run.pop("interrupted")
        run.forget_effects(run.depth)
        run.set_frame(node=asked, stand=None)
        run.hear(event.message)
        return run.follow(run.nodes[asked].chosen(run, event.pick))
    standing = run.frame.stand
    if policy == "ignore" or standing is None or standing.waiting_for != "reply":
        run.ignore("the tap is on an old message")
        return ""
    freeze(run)
    exit = run.nodes[run.frame.node].again(run)
    return run.follow(exit) if exit is not None else ""


def freeze(run: Run) -> None:
    """Stop the clock of the node that stands: its wakes go, the seconds left are kept.

    Cost: a few µs, and linear in the effects under way.
    """
    frame = run.frame
    stand = frame.stand
    if stand is None:
        return
    left = run.given.wakes.get(stand.timeout) if stand.timeout else None
    for effect in (stand.timeout, stand.gather):
        run.drop(effect)
    if stand.waiting_for == "model":
        run.forget_effects(run.depth)
    frozen = msgspec.structs.replace(stand, timeout="", gather="", frozen=True, left=left)
    run.set_frame(stand=frozen)


def suspend(run: Run, reason: str) -> None:
    """Stand still until `restore`: a person has the chat, or another execution is on top.

    `reason`: person or busy; `run`: the turn in the making. Cost: ~1 µs.
    """
    if run.status not in ("waiting", "suspended"):
        run.ignore("it cannot be suspended now")
        return
    freeze(run)
    run.free_foreground()
    run.status = "suspended"
    run.suspended_by = reason
    run.trail.append(Paused(reason))


def restore(run: Run, how: str) -> str:
    """Go on after a suspension, in the turn `run`; gives the node to go to, empty where it stands.

    `how`: after a person (`resume`), the flow's setting says: ask again, end, or go to a node. A
    node with a pending effect just goes on waiting for it. Cost: ~1 µs, and that of asking again.
    """
    stand = run.frame.stand
    if stand is not None and stand.waiting_for == "http" and stand.kept is None:
        return ""
    wanted = run.flow.settings.resume if how == "resume" else "reprompt"
    if wanted == "end":
        run.finish("interrupted")
        return ""
    if wanted != "reprompt":
        run.forget_effects(run.depth)
        run.set_frame(stand=None)
        return wanted
    exit = run.nodes[run.frame.node].again(run)
    return run.follow(exit) if exit is not None else ""
