"""What must hold for every flow and every chat: Hypothesis plays random ones."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from flowengine.document import canonical, logic_hash, parse
from flowengine.engine import advance
from flowengine.limits import MAX_SENDS
from flowengine.messages import Answered, CallHttp, Inbound, MediaRef, Refused, Said, Send
from flowengine.release import compile_release
from flowengine.replay import Recorded, engine_id, refold, state_hash
from flowengine.run import Release
from flowengine.state import LIVE, decode_state, encode
from tests.flowengine.engine.flows import CHILD, STEPS, flows
from tests.flowengine.playing import NOON, Play

CHATS = st.lists(STEPS, min_size=1, max_size=20)


def compiled(document: dict[str, Any]) -> Release:
    child = parse(msgspec.json.encode(CHILD))
    return compile_release(parse(msgspec.json.encode(document)), {"filho": child})


def played(document: dict[str, Any], chat: Iterable[tuple[str, Any]]) -> Play:
    child = compile_release(parse(msgspec.json.encode(CHILD)), {})
    play = Play(compiled(document), child)
    play.say("oi")
    for kind, what in chat:
        step(play, kind, what)
    return play


def step(play: Play, kind: str, what: Any) -> None:
    match kind:
        case "say":
            play.say(what)
        case "tap":
            play.tap(what)
        case "after":
            play.after(timedelta(seconds=what))
        case "human":
            play.human(what)
        case "event":
            play.event(what)
        case "start":
            play.start(what)
        case "fail":
            play.fail_next(Refused("unreachable", permanent=True))
        case "media":
            play.message(Inbound("m", NOON, "image", media=MediaRef("id")))
        case _:
            answer(play, what)


def answer(play: Play, status: int) -> None:
    """The oldest call without an answer gets one."""
    if not play.missing:
        return
    asked = play.missing[0]
    http = Answered(status, {"total": 1}) if status < 500 else Refused("status", permanent=True)
    said = Said("Pois não.") if status < 500 else Refused("auth", permanent=True)
    play.give(asked.id, http if isinstance(asked, CallHttp) else said)
    play.missing.pop(0)


@given(flows(), CHATS)
def test_what_holds_for_every_chat_of_every_flow(document: Any, chat: Any):
    play = played(document, chat)
    stays_within_its_limits(play)
    adds_up(play)
    survives_json(play)
    folds_to_the_same(play)
    repeats_to_the_byte(play, played(document, chat))


def stays_within_its_limits(play: Play) -> None:
    for happened in play.happened:
        for done in happened.taken.steps:
            sends = [effect for effect in done.effects if isinstance(effect, Send)]
            assert len(sends) <= MAX_SENDS


def repeats_to_the_byte(first: Play, second: Play) -> None:
    """Same arguments, same bytes."""
    assert [encode(h.taken.steps) for h in first.happened] == [
        encode(h.taken.steps) for h in second.happened
    ]
    assert encode(first.chat.conversation) == encode(second.chat.conversation)


def survives_json(play: Play) -> None:
    """A state that was stored goes on exactly as the one that was not."""
    for happened in play.happened[-20:]:
        for done in happened.taken.steps:
            if done.given is None or done.state is None or done.state.status not in LIVE:
                continue
            again = decode_state(encode(done.state))
            assert encode(again) == encode(done.state)
            release = play.chat.releases[done.release]
            here, there = (advance(release, state, done.given) for state in (done.state, again))
            assert encode(here) == encode(there)


def folds_to_the_same(play: Play) -> None:
    """Replaying the journal gives the stored state."""
    rows: dict[str, list[Recorded]] = {}
    last: dict[str, bytes] = {}
    for happened in play.happened:
        for place, done in enumerate(happened.taken.steps):
            if done.given is None or done.state is None:
                continue
            row = Recorded(
                happened.turn,
                place,
                done.release,
                engine_id(),
                encode(done.given),
                encode(done.effects),
                encode(done.trail),
                state_hash(done.state),
            )
            rows.setdefault(done.execution, []).append(row)
            last[done.execution] = encode(done.state)
    for execution, recorded in rows.items():
        turns = list(refold(execution, recorded, play.chat.releases))
        assert [turn.differs for turn in turns] == [()] * len(turns)
        assert encode(turns[-1].state) == last[execution]


def adds_up(play: Play) -> None:
    """Conversation and executions say the same of each other."""
    now = play.chat.conversation
    states = play.chat.executions
    assert set(states) == set(now.live)
    assert all(state.status in LIVE for state in states.values())
    holders = [name for name, state in states.items() if state.foreground]
    assert holders == ([now.holder] if now.holder else [])
    assert set(now.line) == {n for n, state in states.items() if state.status == "queued"}
    assert len(set(now.line)) == len(now.line)
    if now.owner.kind == "bot" and not now.holder:
        assert not now.line
        assert not now.under
    for state in states.values():
        stand = state.frames[-1].stand
        assert stand is not None
        assert {stand.timeout, stand.gather} - {""} <= set(state.pending)


@given(flows())
def test_a_document_survives_reading_and_writing(document: Any):
    flow = parse(msgspec.json.encode(document))
    again = parse(canonical(flow))
    assert again == flow
    assert canonical(again) == canonical(flow)
    moved = msgspec.structs.replace(
        flow, view=msgspec.structs.replace(flow.view, nodes={"oi": (1, 2)})
    )
    assert logic_hash(moved) == logic_hash(flow)
