"""An execution put on another release, in the middle of what it does."""

from decimal import Decimal

import msgspec

from flowengine.given import Moved
from flowengine.interruptions import freeze
from flowengine.run import Run
from flowengine.state import Frame
from flowengine.trail import MovedOver, Queued

_frames = msgspec.json.Decoder(tuple[Frame, ...], float_hook=Decimal)


def move(run: Run, event: Moved) -> str:
    """Stand where `event` says, on the release of `run`; gives the node to go to, empty where it
    stands.

    The move itself is nothing that mattered to the customer, so the execution expires when it would
    have. Cost: ~3 µs, and that of asking again.
    """
    was = run.frame.node
    run.before = msgspec.structs.replace(run.before, release=run.release.hash)
    run.frames[:] = _frames.decode(event.frames)
    run.look_at_top()
    run.trail.append(MovedOver(run.frame.node, was, event.version))
    for effect in event.drops:
        run.drop(effect)
    if event.anew:
        run.free_foreground()
        run.status = "queued"
        run.trail.append(Queued(run.frame.node))
    elif event.ask:
        freeze(run)
        exit = run.nodes[run.frame.node].again(run)
        return run.follow(exit) if exit is not None else ""
    run.ignored = True
    return ""
