"""`move_over`: one execution of a conversation carried to another release, or out of its flow."""

import msgspec

from flowengine.given import Moved, Stop
from flowengine.happenings import MoveDue
from flowengine.messages import HandOver, Target
from flowengine.migration.plan import Plan
from flowengine.migration.planning import plan_migration
from flowengine.migration.standing import choices_of
from flowengine.run import Release
from flowengine.state import Frame, State, encode
from flowengine.taking import Taking

OVER, THERE, LACKS, STAYS = "over", "there", "lacks", "stays"
MOVED, ENDED, PERSON = "moved", "ended", "person"
"""How it went, as the journal's routing row says it."""

QUEUE = "queue:"


def move_over(taking: Taking, wanted: MoveDue) -> None:
    """What a designer chose in `wanted` for where the execution stands now is done in `taking`.

    The plan is made here, under the conversation's lock: what was shown before may be old.
    Cost: that of `plan_migration`, and of a turn where the execution ends or goes on.
    """
    state = taking.executions.get(wanted.execution)
    release = taking.known_release(wanted.release)
    if state is None:
        taking.note(OVER)
    elif release is None:
        taking.note(LACKS)
    elif taking.live[wanted.execution] == release.hash:
        taking.note(THERE)
    else:
        _move(taking, state, release, wanted)


def _move(taking: Taking, state: State, release: Release, wanted: MoveDue) -> None:
    old = taking.release_of(state.execution)
    plan = plan_migration(state, old, release, wanted.mapping)
    place = plan.blocked or plan.moves[-1]
    chosen = wanted.elsewhere.get(f"{place.flow}/{place.node}", "")
    if chosen == "end":
        taking.note(ENDED)
        taking.advance(state.execution, Stop("interrupted", "ended with its version"))
        taking.settle()
    elif chosen.startswith(QUEUE):
        _to_person(taking, state, chosen.removeprefix(QUEUE))
    elif chosen == "stay" or not plan.frames:
        taking.note(STAYS)
    else:
        taking.note(MOVED)
        told = _told(taking, state, release, plan, wanted.version)
        taking.move(state.execution, release, told)
        taking.settle()


def _to_person(taking: Taking, state: State, queue: str) -> None:
    """It ends, and a person gets the chat, where it was the one that talked."""
    taking.note(PERSON)
    talks = taking.holder in ("", state.execution)
    taking.advance(state.execution, Stop("interrupted", "given to a person with its version"))
    if talks and taking.owner.kind == "bot":
        target = Target(queue=queue)
        briefing = "O fluxo mudou de versão no meio da conversa."
        taking.add(HandOver(taking.own_id(), "", "", target, briefing=briefing))
    taking.settle()


def _told(taking: Taking, state: State, release: Release, plan: Plan, version: int) -> Moved:
    frames, ask = plan.frames, plan.asks_again and _may_ask(taking, state)
    if ask:
        frames = (*frames[:-1], _all_on_offer(frames[-1], release))
    return Moved(msgspec.Raw(encode(frames)), version, plan.drops, plan.how == "anew", ask)


def _all_on_offer(frame: Frame, release: Release) -> Frame:
    """What is asked again offers what the new version offers, not only what was seen before."""
    of = frame.stand.of if frame.stand else ""
    choices = choices_of(release.flows[frame.flow].steps[of]) if of else None
    if choices is None or choices.constant is None or of not in frame.offered:
        return frame
    whole = msgspec.structs.replace(frame.offered[of], picks=(), page=0)
    return msgspec.structs.replace(frame, offered={**frame.offered, of: whole})


def _may_ask(taking: Taking, state: State) -> bool:
    """Whether its question can be asked once more now: it has the word, and the window is open."""
    closes = taking.world.window_closes_at
    open_now = not taking.world.window_hours or (closes is not None and closes > taking.now)
    waits = state.status == "waiting" and state.foreground and taking.owner.kind == "bot"
    return waits and open_now
