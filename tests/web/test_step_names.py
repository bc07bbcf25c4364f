"""Steps, choices and flows by what people call them, where only ids were recorded."""

import msgspec

from flowengine import trail as trails
from flowengine.document import parse
from tests.flowengine.playing import ask, document
from tests.web.site import HELLO
from web.editor.story import known_of
from web.editor.suite import title_of
from web.texts import TEXTS
from web.timeline import trailed
from web.trail_lines import tell_event

T = TEXTS["pt-BR"]
FLOW = parse(msgspec.json.encode(HELLO))


def choice() -> tuple[str, str, str]:
    """A step with choices of the flow, one of them, and its title."""
    known = known_of("ola", {"ola": FLOW})
    node = next(each for each in known.nodes.values() if each.choices)
    return (node.id, *next(iter(node.choices.items())))


def test_a_choice_is_told_by_its_title() -> None:
    step, id, title = choice()
    known = known_of("ola", {"ola": FLOW})
    line = tell_event(trails.AnswerTaken(step, choice=id), known, T)
    assert line is not None
    assert f"<b>{title}</b>" in line.html
    gone = tell_event(trails.AnswerTaken("sumiu", choice="x"), known, T)
    assert gone is not None
    assert "<b>x</b>" in gone.html


def test_a_step_without_a_title_is_told_by_how_it_begins() -> None:
    two = [ask("a", "Qual é o seu nome?"), ask("b", "E o CPF?")]
    flow = parse(msgspec.json.encode(document("f", two, ["a > b"])))
    assert title_of(flow, "a", T) == "Pergunta: Qual é o seu nome?"
    assert title_of(flow, "b", T) == "Pergunta: E o CPF?"


def test_problems_and_ends_say_no_ids_and_nothing_twice() -> None:
    known = known_of("ola", {"ola": FLOW})
    step, _id, _title = choice()
    ((_icon, words),) = trailed(trails.ProblemMet(step, "failed", "x"), known, T)
    assert f"<b>{step}</b>" not in words
    ((_icon, words),) = trailed(trails.Ended("completed"), known, T)
    assert words == "O fluxo terminou"
