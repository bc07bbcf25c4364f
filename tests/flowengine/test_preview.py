"""The preview: acts by hand on the engine itself, and what of it a talk can hold."""

import pytest

from flowengine.errors import FlowError
from flowengine.preview import Played, play, read_script, talk_of
from flowengine.talks.rows import simulated
from flowengine.workspace import EMPTY
from tests.flowengine.playing import OI, ask, release, text

RELEASES = [
    release(
        "test",
        [
            OI,
            ask("nome", "Nome?", save_as="nome", timeout="P1DT1H"),
            {
                "id": "busca",
                "type": "http",
                "url": "https://loja.example/{{ nome }}",
                "save": [{"to": "idade", "path": "/idade"}],
            },
            text("diz", "{{ nome }}, {{ idade }}"),
            text("cobra", "Ainda aí?"),
            {"id": "fim", "type": "end", "outcome": "feito"},
        ],
        [
            "oi > nome",
            "nome:reply > busca",
            "nome:timeout > cobra",
            "busca:ok > diz",
            "busca:failed > fim",
            "diz > fim",
            "cobra > fim",
        ],
        variables=[{"name": "nome", "type": "text"}, {"name": "idade", "type": "number"}],
    )
]


def played(*acts: str) -> Played:
    return play(read_script(f'{{"acts": [{", ".join(acts)}]}}'.encode()), RELEASES, EMPTY)


def said(done: Played) -> list[str]:
    return [getattr(send.content, "text", "") for send in done.preview.sends]


def test_acts_are_played_in_order_and_each_has_its_mark() -> None:
    done = played('{"say": "oi"}', '{"say": "Ana"}')
    assert said(done) == ["Nome?"]
    assert [mark.rows for mark in done.marks] == [1, 2]
    assert done.preview.asked is not None
    assert done.preview.asked.node == "busca"


def test_a_call_is_answered_by_hand() -> None:
    answer = '{"http": {"node": "busca", "json": {"idade": 31}}}'
    done = played('{"say": "oi"}', '{"say": "Ana"}', answer)
    assert said(done)[-1] == "Ana, 31"
    assert done.preview.asked is None
    assert played('{"say": "oi"}', answer).marks[-1].why == "not_asked"


def test_a_variable_is_changed_by_hand_and_read_as_its_type() -> None:
    answer = '{"http": {"node": "busca", "json": {}}}'
    assign = '{"set": {"name": "nome", "value": "Bia"}}'
    done = played('{"say": "oi"}', '{"say": "Ana"}', assign, answer)
    assert said(done)[-1] == "Bia, "
    wrong = played('{"say": "oi"}', '{"set": {"name": "idade", "value": "muita"}}')
    assert "number" in wrong.marks[-1].why
    assert played('{"set": {"name": "nome", "value": "x"}}').marks[-1].why == "nobody_stands"


def test_the_provider_keeps_the_window() -> None:
    done = played('{"say": "oi"}', '{"after": "P1DT1H"}')
    assert said(done)[-1] == "Ainda aí?"
    assert {refused.reason for refused in done.preview.refused.values()} == {"window_closed"}


def test_what_begins_at_a_step_is_inside_of_the_window() -> None:
    done = played('{"start": {"flow": "test", "node": "cobra"}}')
    assert said(done) == ["Ainda aí?"]
    assert not done.preview.refused
    assert played('{"start": "outro"}').marks[-1].why == "no_flow"


def test_the_clock_goes_to_what_is_due_next() -> None:
    done = played('{"say": "oi"}')
    due = done.preview.next_due
    assert due is not None
    assert (due - done.preview.now).total_seconds() == 25 * 3600


def test_of_two_at_once_the_second_comes_before_the_question_left() -> None:
    at_once = played('{"together": ["oi", "Ana"]}').preview
    early = simulated(at_once.happened)[1].calls[-1].given.early
    assert early
    assert (
        not simulated(played('{"say": "oi"}', '{"say": "Ana"}').preview.happened)[1]
        .calls[-1]
        .given.early
    )


def test_a_message_that_comes_twice_does_nothing() -> None:
    done = played('{"say": "oi"}', '{"twice": true}')
    assert done.marks[-1].again
    assert len(done.preview.happened) == 1
    assert played('{"twice": true}').marks[-1].why == "nothing"


def test_it_is_saved_as_a_talk_that_comes_true() -> None:
    raw = b"""{"acts": [{"say": "oi"}, {"say": "Ana"},
        {"http": {"node": "busca", "json": {"idade": 31}}}]}"""
    script = read_script(raw)
    done = play(script, RELEASES, EMPTY)
    saved = talk_of(script, done, RELEASES, EMPTY, "test.flow.json", "Tudo certo")
    assert (saved.left_out, saved.differs) == ("", "")
    assert saved.talk.http[0].json == {"idade": 31}
    assert saved.talk.steps[-1].expect is not None


def test_what_no_talk_can_say_is_told() -> None:
    raw = b"""{"acts": [{"say": "oi"}, {"say": "Ana"}, {"set": {"name": "nome", "value": "Bia"}},
        {"http": {"node": "busca", "json": {"idade": 31}}}]}"""
    script = read_script(raw)
    saved = talk_of(script, play(script, RELEASES, EMPTY), RELEASES, EMPTY, "f", "x")
    assert saved.differs
    with pytest.raises(FlowError):
        talk_of(read_script(b"{}"), played(), RELEASES, EMPTY, "f", "x")


@pytest.mark.parametrize("raw", [b"{", b'{"acts": [{}]}', b'{"acts": [{"say": "a", "tap": "b"}]}'])
def test_a_bad_script_names_the_place(raw: bytes) -> None:
    with pytest.raises(FlowError):
        read_script(raw)
