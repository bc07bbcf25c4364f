"""From what one inbox row did (`Taken`) to the rows that keep it (`Turned`)."""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from flowengine.chat import Taken
from flowengine.happenings import FlowStarted
from flowengine.messages import (
    AskModel,
    CallHttp,
    CancelStart,
    ChangeContact,
    Effect,
    HandOver,
    Send,
    StartFlow,
    Tell,
    WakeAt,
)
from flowengine.run import Release
from flowengine.state import LIVE, State, encode
from flowengine.store.consents import SERVICE
from flowengine.store.ids import new_id
from flowengine.store.inbox import Entry, dedupe_key, dropped
from flowengine.store.media_first import MEDIA
from flowengine.store.sends import CAMPAIGN, NOTHING, POSITIONS, REPLY, SOMETHING, NewSend
from flowengine.store.turned import (
    CallWrite,
    CancelWrite,
    ExecutionWrite,
    JournalEntry,
    OfferWrite,
    SendWrite,
    StartWrite,
    Turned,
    WakeWrite,
)
from workers.words import text_of

CHECKPOINT_EVERY = 50
"""Turns of an execution between two full states kept for replay."""


def write_taken(
    turned: Turned,
    taken: Taken,
    event: bytes,
    seq: int,
    now: datetime,
    releases: dict[str, Release],
    months: set[UUID],
) -> None:
    """Add one row's doings to its conversation's.

    `event`: the inbox row's bytes. `months`: executions of which nothing may be written in this
    month's partition yet: their first turn there keeps its state, for replay after older ones go.
    """
    if taken.cancel_sends:
        turned.cancel_sends = True
        _unsay(turned)
    turned.epoch_moved = turned.epoch_moved or taken.conversation.epoch != turned.epoch
    turned.epoch = taken.conversation.epoch
    turned.owner, turned.owner_id = taken.conversation.owner.kind, taken.conversation.owner.id
    turned.closed = taken.closed
    _journal(turned, taken, event, seq, releases, now, months)
    _forget(turned, taken.dropped)
    for place, (execution, effect) in enumerate(taken.effects):
        _effect(turned, execution, effect, seq, place, now)
    turned.offers.extend(
        OfferWrite(
            offer.id,
            UUID(offer.execution),
            offer.flow,
            offer.node,
            offer.visit,
            encode(offer.picks),
        )
        for offer in taken.offers
    )
    turned.taken_seq = seq


def _unsay(turned: Turned) -> None:
    """Drop what this batch wanted to say before a person took over; who awaits it is told."""
    for each in turned.sends:
        effect = each.send.effect_id
        turned.unsaid.append(effect)
        if each.send.awaited:
            turned.entries.append(Entry(turned.id, turned.channel, dropped(effect)))
    turned.sends = []


def _journal(
    turned: Turned,
    taken: Taken,
    event: bytes,
    seq: int,
    releases: dict[str, Release],
    now: datetime,
    months: set[UUID],
) -> None:
    for number, step in enumerate(taken.steps):
        state, digest, execution = b"", b"", None
        if step.state is not None:
            state = encode(step.state)
            digest = hashlib.sha256(state).digest()
            execution = UUID(step.execution)
            release = releases.get(step.release) or taken.started[step.release]
            turned.executions[execution] = _execution(
                turned, execution, step.state, release, (state, digest), now, months
            )
        turned.journal.append(
            JournalEntry(
                seq=seq,
                step=number,
                execution=execution,
                turn=step.state.turns if step.state else 0,
                release=step.release,
                given=encode(step.given) if step.given else event,
                effects=encode(step.effects),
                trail=encode(step.trail if step.state else step.route),
                state_hash=digest,
            )
        )


def _execution(
    turned: Turned,
    id: UUID,
    state: State,
    release: Release,
    stored: tuple[bytes, bytes],
    now: datetime,
    months: set[UUID],
) -> ExecutionWrite:
    before = turned.executions.get(id)
    ended = state.status not in LIVE
    expires = timedelta(seconds=release.flow.expires)
    return ExecutionWrite(
        id=id,
        flow=release.root,
        version=release.version,
        release=release.hash,
        status=state.status,
        node=state.frames[-1].node if state.frames else "",
        ended=ended,
        outcome=state.outcome,
        problem=encode(state.problem) if state.problem else None,
        turns=state.turns,
        expires_at=None if ended else (state.given_at or now) + expires,
        state=stored[0],
        state_hash=stored[1],
        checkpoint=id in months
        or state.turns % CHECKPOINT_EVERY == 0
        or (before is not None and before.checkpoint),
    )


def _forget(turned: Turned, dropped: tuple[str, ...]) -> None:
    for effect in dropped:
        if turned.wakes.pop(effect, None) is None:
            turned.gone_wakes.append(effect)
            turned.calls = [call for call in turned.calls if call.effect_id != effect]


def _effect(
    turned: Turned, execution: str, effect: Effect, seq: int, place: int, now: datetime
) -> None:
    match effect:
        case Send():
            turned.sends.append(_send(turned, execution, effect, seq, place))
        case WakeAt():
            turned.wakes[effect.id] = _wake(execution, effect, now)
        case AskModel():
            turned.calls.append(_call(execution, effect, "model"))
        case CallHttp():
            turned.calls.append(_call(execution, effect, "http"))
        case ChangeContact():
            turned.contact_changes.append(effect)
        case StartFlow():
            _start(turned, effect, now)
        case CancelStart():
            turned.starts.append(CancelWrite(effect.key, effect.start))
        case Tell():
            turned.tells.append(effect)
        case HandOver():
            turned.priority = effect.priority


def _send(turned: Turned, execution: str, send: Send, seq: int, place: int) -> SendWrite:
    content = encode(send.content)
    text = text_of(send.content)
    kind = str(send.content.__struct_config__.tag)
    turned.preview = text[:120] or turned.preview
    return SendWrite(
        send=NewSend(
            id=new_id(),
            effect_id=send.id,
            conversation=turned.id,
            effect=encode(send),
            author="bot",
            epoch=turned.epoch,
            awaited=send.awaited,
            execution=UUID(execution) if execution else None,
            visit=send.visit,
            pos=min(place, POSITIONS - 1),
            lane_class=REPLY if send.purpose in ("", SERVICE) else CAMPAIGN,
            hangs=SOMETHING if send.awaited or kind in MEDIA else NOTHING,
        ),
        said=send,
        seq=seq,
        kind=kind,
        content=content,
        text=text,
        flow=send.flow,
        node=send.node,
    )


def _wake(execution: str, wake: WakeAt, now: datetime) -> WakeWrite:
    due = wake.at
    if due is None and not wake.after:
        due = now + timedelta(seconds=float(wake.seconds))
    return WakeWrite(
        wake.id, UUID(execution), wake.kind, "" if due else wake.after, float(wake.seconds), due
    )


def _call(execution: str, effect: AskModel | CallHttp, kind: str) -> CallWrite:
    return CallWrite(
        new_id(), effect.id, UUID(execution) if execution else None, kind, encode(effect)
    )


def _start(turned: Turned, effect: StartFlow, now: datetime) -> None:
    """Another flow begins by itself: at its time, or in the next turn of this conversation."""
    if effect.at is not None and effect.at > now:
        turned.starts.append(StartWrite(effect, effect.at))
        return
    if effect.key:
        turned.starts.append(CancelWrite(effect.key, effect.start))
    if effect.at is None or effect.if_past == "now":
        started = FlowStarted(effect.start, "start", effect.args, purpose=effect.purpose)
        key = dedupe_key("start", effect.id)
        turned.entries.append(Entry(turned.id, turned.channel, started, key))
