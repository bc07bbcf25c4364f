"""Conversations written down as talks: what is recorded plays again."""

from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowengine.document import parse
from flowengine.messages import Answered, Inbound, MediaRef, Refused, Said
from flowengine.release import compile_release
from flowengine.run import Release
from flowengine.simulation import Simulation
from flowengine.state import encode
from flowengine.talks import Talk, parse_talk, play
from flowengine.talks.acting import simulation
from flowengine.talks.format import TalkContact
from flowengine.talks.player import Player
from flowengine.talks.recording import Recording, record, talk_contact
from flowengine.talks.rows import journaled, simulated, since
from flowengine.talks.writing import write_talk
from flowengine.workspace import EMPTY, Workspace, parse_workspace
from tests.flowengine.engine.flows import CHILD, STEPS, flows
from tests.flowengine.journals import journal_of
from tests.flowengine.playing import OI, Play, ask, menu, release, text

EXAMPLES = Path(__file__).parents[2] / "examples"
END = {"id": "fim", "type": "end", "outcome": "feito"}


def recorded(sim: Simulation) -> Recording:
    return record(simulated(sim.happened), sim.chat.releases, "x.flow.json", "", known(sim))


def known(sim: Simulation) -> TalkContact:
    world = sim.happened[0].taken.world
    assert world is not None
    return talk_contact(world.contact)


def steps(recording: Recording) -> list[Any]:
    return msgspec.json.decode(encode(recording.talk.steps))


def plays_again(
    recording: Recording, releases: Iterable[Release], workspace: Workspace = EMPTY
) -> None:
    talk = parse_talk(write_talk(recording.talk))
    assert talk == recording.talk
    failure = play(talk, releases, workspace).failure
    assert failure is None, (failure, write_talk(talk).decode())


# -- every chat ----------------------------------------------------------------------------------

ANSWERS = {
    "http": [Answered(200, {"total": 1}), Refused("status", permanent=True)] * 300,
    "model": [Said("Pois não."), Refused("auth", permanent=True), Said("Sim.")] * 300,
}


def chatted(document: dict[str, Any], chat: Iterable[tuple[str, Any]]) -> Play:
    child = parse(msgspec.json.encode(CHILD))
    main = compile_release(parse(msgspec.json.encode(document)), {"filho": child})
    nodes = [f"n{at}" for at in range(9)]
    answers = {kind: dict.fromkeys(nodes, listed) for kind, listed in ANSWERS.items()}
    sim = Play(main, compile_release(child, {}), http=answers["http"], model=answers["model"])
    sim.say("oi")
    for kind, what in chat:
        match kind:
            case "say" | "tap" | "human" | "event" | "start":
                getattr(sim, kind)(what)
            case "after":
                sim.after(timedelta(seconds=what))
            case "fail":
                sim.fail_next(Refused("unreachable", permanent=True))
            case "media":
                sim.message(Inbound("m", sim.now, "image", media=MediaRef("id")))
            case _:
                pass
    return sim


@given(flows(), st.lists(STEPS, min_size=1, max_size=15))
@settings(max_examples=20)
def test_what_a_simulation_played_is_recorded_and_plays_again(document: Any, chat: Any) -> None:
    sim = chatted(document, chat)
    contact = known(sim)
    releases = sim.chat.releases
    rows = simulated(sim.happened)
    recording = record(rows, releases, "x.flow.json", "", contact)
    assert recording.left_out in ("", "more than 2000 things happened")
    plays_again(recording, releases.values())
    kept = journaled(journal_of(sim.happened), releases)
    assert record(kept, releases, "x.flow.json", "", contact).talk == recording.talk


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.talk.json")), ids=lambda path: path.name)
def test_the_examples_are_recorded_as_they_were_played(path: Path) -> None:
    releases, workspace = examples()
    talk = parse_talk(path.read_bytes())
    sim = simulation(talk, releases, workspace)
    player = Player(sim)
    for number, step in enumerate(talk.steps, 1):
        assert player.step(number, step) is None
    recording = record(
        simulated(sim.happened), sim.chat.releases, talk.flow, talk.name, talk.contact
    )
    plays_again(recording, releases, workspace)
    assert (recording.talk.http, recording.talk.model) == (talk.http, talk.model)


@cache
def examples() -> tuple[list[Release], Workspace]:
    read = [parse(path.read_bytes()) for path in sorted(EXAMPLES.glob("*.flow.json"))]
    flows = {flow.key: flow for flow in read}
    workspace = parse_workspace((EXAMPLES / "workspace.json").read_bytes())
    return [compile_release(flow, flows) for flow in read], workspace


# -- what a recording looks like -----------------------------------------------------------------


def test_steps_and_expectations_are_those_of_the_chat() -> None:
    flow = release(
        "x",
        [
            OI,
            ask("nome", "Nome?", save_as="nome", timeout="PT2H"),
            menu("m", "Oi, {{ nome }}", "a=Alfa", "b=Beta"),
            {"id": "fila", "type": "transfer", "to": {"queue": "q"}},
            END,
        ],
        [
            "oi > nome",
            "nome:reply > m",
            "nome:timeout > fim",
            "m:reply > fila",
            "fila:closed > fim",
        ],
        variables=[{"name": "nome"}],
    )
    sim = Play(flow)
    sim.say("oi")
    sim.after(timedelta(minutes=10))
    sim.say("Ana")
    sim.tap("b")
    sim.human("close", "ok")
    recording = recorded(sim)
    assert steps(recording) == [
        {"say": "oi"},
        {"expect": {"text": "Nome?"}},
        {"after": "PT10M"},
        {"say": "Ana"},
        {"expect": {"text": "Oi, Ana", "buttons": ["Alfa", "Beta"]}},
        {"tap": "b"},
        {"expect": {"transfer": "q"}},
        {"human": {"close": "ok"}},
        {"expect": {"outcome": "feito", "status": "completed", "variables": {"nome": "Ana"}}},
    ]
    plays_again(recording, [flow])


def test_time_passes_in_whole_seconds_and_fires_the_same() -> None:
    """In production a prompt is taken late, so its timeout is later than a talk's would be."""
    flow = release(
        "x",
        [OI, ask("a", "Oi?", timeout="PT1M"), text("b", "Certo"), text("c", "Tarde"), END],
        ["oi > a", "a:reply > b", "a:timeout > c", "b > fim", "c > fim"],
    )
    sim = Play(flow)
    sim.say("oi")
    sim.now += timedelta(seconds=60.7)  # the provider took its time: nothing has fired yet
    sim.say("sim")
    recording = recorded(sim)
    assert {"after": "PT59S"} in steps(recording)
    plays_again(recording, [flow])


def test_a_call_that_was_never_answered_ends_the_talk_before_it() -> None:
    call = {"id": "h", "type": "http", "url": "https://x.example"}
    nodes = [OI, ask("a", "Oi?"), call, text("b", "Certo"), END]
    flow = release("x", nodes, ["oi > a", "a:reply > h", "h:ok > b", "b > fim"])
    sim = Play(flow)
    sim.say("oi")
    sim.say("sim")
    recording = recorded(sim)
    assert steps(recording)[0] == {"say": "oi"}
    assert {"say": "sim"} not in steps(recording)
    assert recording.left_out == "x/h was never answered"
    plays_again(recording, [flow])


def test_a_refused_send_is_a_fail_step_for_its_node() -> None:
    nodes = [OI, text("a", "Um"), text("b", "Dois"), text("c", "Falhou"), END]
    flow = release("x", nodes, ["oi > a", "a > b", "b > fim", "b:failed > c", "c > fim"])
    sim = Play(flow)
    sim.fail_next(Refused("window_closed", permanent=True, code="131047"), "b")
    sim.say("oi")
    recording = recorded(sim)
    fail = {"fail": {"reason": "window_closed", "code": "131047", "node": "b"}}
    assert steps(recording)[:2] == [fail, {"say": "oi"}]
    plays_again(recording, [flow])


def test_two_flows_with_the_same_node_name_theirs() -> None:
    call = {"id": "h", "type": "http", "url": "https://x.example"}
    child = {
        "format": "flowengine/1", "key": "filho", "name": "filho", "start": "h",
        "nodes": [call, END], "edges": [{"from": "h", "exit": "ok", "to": "fim"}],
    }  # fmt: skip
    flow = release(
        "x",
        [OI, call, {"id": "c", "type": "flow", "flow": "filho"}, END],
        ["oi > h", "h:ok > c", "c > fim"],
        documents={"filho": child},
    )
    sim = Play(flow, http={"h": [Answered(200, {"n": 1}), Answered(201, "texto")]})
    sim.say("oi")
    recording = recorded(sim)
    assert [(each.flow, each.status, each.text) for each in recording.talk.http] == [
        ("x", 200, None),
        ("filho", 201, "texto"),
    ]
    plays_again(recording, [flow])


def test_a_journal_can_be_recorded_from_where_an_execution_begins() -> None:
    flow = release("x", [OI, ask("a", "Oi?"), END], ["oi > a", "a:reply > fim"])
    sim = Play(flow)
    sim.say("oi")
    sim.say("um")
    sim.say("oi")
    sim.say("dois")
    lines = journal_of(sim.happened)
    last = next(line.execution for line in reversed(lines) if line.execution)
    rows = journaled(since(lines, last), sim.chat.releases)
    recording = record(rows, sim.chat.releases, "x.flow.json")
    assert [each for each in steps(recording) if "say" in each] == [{"say": "oi"}, {"say": "dois"}]
    plays_again(recording, [flow])


def test_nothing_cannot_be_recorded() -> None:
    with pytest.raises(ValueError, match="nothing to record"):
        record([], {}, "x.flow.json")


def test_a_talk_is_written_a_step_a_line() -> None:
    written = write_talk(Talk(format="flowengine-talk/1", name="Olá", flow="x", steps=())).decode()
    assert written == (
        '{\n  "format": "flowengine-talk/1",\n  "name": "Olá",\n  "flow": "x",\n'
        '  "steps": [\n\n  ]\n}\n'
    )
