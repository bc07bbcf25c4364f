"""`plan_migration` and `migrate_state`: all frames of an execution, and the state they make."""

from collections.abc import Mapping

import msgspec

from flowengine.migration.frames import Carrying
from flowengine.migration.plan import Loss, Move, Plan
from flowengine.replay import state_hash
from flowengine.run import Release
from flowengine.state import LIVE, Frame, State


def plan_migration(
    state: State, old: Release, new: Release, mapping: Mapping[str, str] = {}
) -> Plan:
    """Where an execution in this `state`, that runs on `old`, would go on `new`, and what it would
    lose.

    `mapping`: old node to new one, for nodes that were renamed or replaced
    (`flowengine.diff.Difference.renames`); "flow/node" for those of a sub-flow. A node that is
    mapped to one of another kind is entered anew; no other is. Cost: ~20 µs.
    """
    if state.status not in LIVE:
        frames = [Move(frame.flow, frame.node, "nowhere", why="over") for frame in state.frames]
        return _plan(state, old, new, frames)
    carried: list[Carrying | Move] = []
    for place, frame in enumerate(state.frames):
        top = place == len(state.frames) - 1
        there, here = old.flows.get(frame.flow), new.flows.get(frame.flow)
        if old.root != new.root or there is None or here is None:
            carried.append(Move(frame.flow, frame.node, "nowhere", why="other_flow"))
            continue
        mine = _of_flow(mapping, frame.flow, old.root)
        anew = top and state.status != "suspended"
        carried.append(Carrying(frame, there, here, mine, state, anew))
    moves = [each if isinstance(each, Move) else each.move for each in carried]
    done = [each for each in carried if isinstance(each, Carrying)]
    if any(move.how == "nowhere" for move in moves):
        return _plan(state, old, new, moves)
    return _whole(state, old, new, done)


def _of_flow(mapping: Mapping[str, str], flow: str, root: str) -> dict[str, str]:
    """The nodes of one flow; a bare name is one of the root's."""
    found: dict[str, str] = {}
    for place, to in mapping.items():
        key, mark, node = place.rpartition("/")
        if key == flow or (not mark and flow == root):
            found[node] = to
    return found


def _whole(state: State, old: Release, new: Release, done: list[Carrying]) -> Plan:
    top = done[-1]
    losses = [loss for each in done for loss in each.losses]
    drops = [effect for each in done for effect in each.drops]
    if top.move.how == "anew":
        depth = len(done) - 1
        stand = top.before.stand
        timers = {stand.timeout, stand.gather} if stand else set[str]()
        for effect, owner in state.pending.items():
            if owner >= depth and effect not in drops:
                drops.append(effect)
                what = "timer" if effect in timers else "outcome"
                losses.append(Loss(what, top.before.flow, top.before.node, effect))
    flows = dict.fromkeys(each.before.flow for each in done)
    return _plan(
        state,
        old,
        new,
        [each.move for each in done],
        losses=tuple(losses),
        changed=tuple(flow for flow in flows if old.members.get(flow) != new.members.get(flow)),
        asks_again=top.lost_choices,
        drops=tuple(drops),
        frames=tuple(each.frame for each in done),
    )


def _plan(
    state: State,
    old: Release,
    new: Release,
    moves: list[Move],
    losses: tuple[Loss, ...] = (),
    changed: tuple[str, ...] = (),
    asks_again: bool = False,
    drops: tuple[str, ...] = (),
    frames: tuple[Frame, ...] = (),
) -> Plan:
    name = state_hash(state).hex()
    return Plan(
        state.execution,
        name,
        old.hash,
        new.hash,
        tuple(moves),
        losses,
        changed,
        asks_again,
        drops,
        frames,
    )


def migrate_state(state: State, plan: Plan, release: Release) -> State:
    """The execution on `release`, as its plan says.

    The caller does the rest in the same transaction: wakes of `plan.drops` go; where the plan says
    `anew` the execution gives up the foreground and queues for it; where it `asks_again`, the
    prompt is sent once more. Raises `ValueError` where the plan is for another state or release,
    or goes nowhere: plans are made again when the execution has stepped on. Cost: ~10 µs.
    """
    if plan.new != release.hash or plan.state != state_hash(state).hex():
        raise ValueError(f"the plan is not for this state of {state.execution}")
    if not plan.frames:
        raise ValueError(f"{state.execution} has nowhere to go")
    pending = {effect: at for effect, at in state.pending.items() if effect not in plan.drops}
    moved = msgspec.structs.replace(
        state, release=release.hash, frames=plan.frames, pending=pending
    )
    if plan.how == "anew":
        return msgspec.structs.replace(moved, status="queued", foreground=False)
    return moved
