"""Random chats with random flows that check lets through: what must hold after every step.

Under `HYPOTHESIS_PROFILE=deep` 10,000 runs. A run is one group of flows and up to thirty acts out
of those of the reference cases, with whatever else a customer, a person or a provider may do.
"""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from flowengine.given import Contact
from flowengine.limits import MAX_BACKLOG, MAX_DEPTH, MAX_SENDS
from flowengine.messages import Answered, CallHttp, Refused, Said, Send, ToolCall
from flowengine.release import compile_release
from flowengine.state import encode
from tests.flowengine.engine.groups import STEPS, WORKSPACE, Group, groups
from tests.flowengine.engine.test_properties import adds_up, folds_to_the_same, survives_json
from tests.flowengine.node_cases import Json, act
from tests.flowengine.playing import Play

DEEP = settings.default is not None and settings.default.max_examples >= 1_000
RUNS = 10_000 if DEEP else settings().max_examples // 2

WORDS = st.sampled_from(
    [
        *("oi", "sair", "ajuda", "recomecar", "atendente", "sim", "não", "2", "a primeira", ""),
        *("ana@x.example", "amanhã às 10h", "390.533.447-05", "parar", "👍", "x" * 5_000),
        *("ver mais", "{{ nome }}"),
    ]
)
LENGTHS = st.sampled_from(["PT1S", "PT5S", "PT30S", "PT1H", "P1D", "P3D", "P9D"])
SAYINGS = [
    Said("Pois não."),
    Said("", (ToolCall("outcome", {"id": "comprar"}),)),
    Said("Não sei", (ToolCall("confidence", {"value": 0.1}), ToolCall("extract", {"nome": [1]}))),
    Said("", (ToolCall("handoff", {}),)),
    Said("Vou ver.", (ToolCall("estoque", {"sku": "a"}), ToolCall("pagar", {}))),
    Refused("timeout", permanent=True),
    Refused("auth", permanent=True),
]
ANSWERS = [
    Answered(200, {"end": [{"rua": "A"}]}),
    Answered(404),
    Answered(500, "erro"),
    Refused("timeout", permanent=True),
]


class Chats(RuleBasedStateMachine):
    """One conversation, played twice side by side: the same acts must give the same bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.plays: list[Play] = []
        self.acts = 0

    @initialize(
        group=groups(),
        language=st.sampled_from(["", "es", "es-MX", "pt-BR"]),
        phone=st.sampled_from([None, "+5511999990001"]),
    )
    def begin(self, group: Group, language: str, phone: str | None) -> None:
        releases = [compile_release(flow, group.flows) for flow in group.flows.values()]
        contact = Contact("ana", "Ana", phone, language)
        self.plays = [Play(*releases, workspace=WORKSPACE, contact=contact) for _ in range(2)]
        self.each(lambda play: play.say("oi"))

    def each(self, what: Any) -> None:
        self.acts += 1
        for play in self.plays:
            what(play)

    @rule(words=WORDS)
    def say(self, words: str) -> None:
        self.each(lambda play: play.say(words))

    @rule(step=st.sampled_from(STEPS))
    def as_in_a_case(self, step: Json) -> None:
        if "tap" in step:
            self.each(lambda play: play.tap(step["tap"], step.get("back", 0)))
        elif "answer" not in step:
            self.each(lambda play: act(play, step))

    @rule(back=st.integers(0, 2), which=st.integers(0, 9))
    def tap_what_was_shown(self, back: int, which: int) -> None:
        def tap(play: Play) -> None:
            shown = [offer for offer in play.offers.values() if offer.picks]
            if shown:
                picks = shown[-1 - back % len(shown)].picks
                play.tap(picks[which % len(picks)].id, back)

        self.each(tap)

    @rule(length=LENGTHS)
    def time_passes(self, length: str) -> None:
        self.each(lambda play: act(play, {"after": length}))

    @rule(what=st.sampled_from(["take", "say", "return", "close"]))
    def a_person(self, what: str) -> None:
        self.each(lambda play: play.human(what, "oi"))

    @rule(reason=st.sampled_from(["window_closed", "unreachable"]))
    def the_next_send_fails(self, reason: str) -> None:
        self.each(lambda play: play.fail_next(Refused(reason, permanent=True)))

    @precondition(lambda self: bool(self.plays and self.plays[0].missing))
    @rule(which=st.integers(0, 6))
    def an_answer_comes(self, which: int) -> None:
        def give(play: Play) -> None:
            asked = play.missing.pop(0)
            known = ANSWERS if isinstance(asked, CallHttp) else SAYINGS
            play.missing.insert(0, asked)
            play.give(asked.id, known[which % len(known)])
            play.missing.remove(asked)

        self.each(give)

    @invariant()
    def what_is_stored_adds_up(self) -> None:
        for play in self.plays[:1]:
            adds_up(play)

    @invariant()
    def limits_are_kept(self) -> None:
        for play in self.plays[:1]:
            for done in play.happened[-1].taken.steps:
                assert sum(isinstance(effect, Send) for effect in done.effects) <= MAX_SENDS
                if done.state is not None:
                    assert len(done.state.frames) <= MAX_DEPTH
                    assert len(done.state.backlog) <= MAX_BACKLOG

    @invariant()
    def the_same_acts_give_the_same_bytes(self) -> None:
        if self.plays:
            here, there = (encode(play.happened[-1].taken.steps) for play in self.plays)
            assert here == there

    def teardown(self) -> None:
        if self.plays:
            survives_json(self.plays[0])
            folds_to_the_same(self.plays[0])


TestChats = Chats.TestCase
TestChats.settings = settings(
    max_examples=RUNS,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
