"""A migration carried out by a turn: where the execution goes on, what is told, and its replay."""

from typing import Any

from flowengine.chat import Step
from flowengine.compiled import Release
from flowengine.happenings import MoveDue, TookOver
from flowengine.messages import Answered
from flowengine.replay import Recorded, engine_id, refold, state_hash
from flowengine.state import encode
from flowengine.trail import MovedOver
from tests.flowengine.playing import Play, menu
from tests.flowengine.test_migration import Json, drop, node, swap, version


def at(*words: str) -> Play:
    play = Play(version())
    for each in words:
        play.say(each)
    play.heard()
    return play


def moved(play: Play, new: Release, **more: Any) -> str:
    """The execution is told to move; what the routing says of it."""
    play.chat.releases[new.hash] = new  # pyright: ignore
    (execution,) = play.chat.executions
    play.happens(MoveDue(execution, new.hash, 2, **more))
    return play.happened[-1].taken.steps[0].route[1]


def renamed(new: Json, old: str, name: str) -> None:
    node(new, old)["id"] = name
    for edge in new["edges"]:
        edge.update({end: name for end in ("from", "to") if edge[end] == old})


def replayed(play: Play) -> list[tuple[str, ...]]:
    """Every call of the engine folded again from its bytes: what differs."""
    steps: list[tuple[int, Step]] = [
        (number, step)
        for number, row in enumerate(play.happened)
        for step in row.taken.steps
        if step.state is not None
    ]
    rows = [
        Recorded(
            number, 0, step.release, engine_id(), encode(step.given), encode(step.effects),
            encode(step.trail), state_hash(step.state),
        )
        for number, step in steps if step.state is not None
    ]  # fmt: skip
    execution = steps[0][1].execution
    return [each.differs for each in refold(execution, rows, play.chat.releases)]


def other_words(new: Json) -> None:
    node(new, "v")["contents"][0]["text"] = "Compras para {{ nome }}!"


def test_who_stands_on_the_same_step_goes_on_with_the_new_version():
    play, new = at("oi", "Ana"), version(other_words)
    assert moved(play, new) == "moved"
    assert play.heard() == []  # the customer notices nothing
    assert list(play.chat.conversation.live.values()) == [new.hash]
    assert play.hears("vendas") == ["Compras para Ana!"]
    assert all(not differs for differs in replayed(play))


def test_a_step_of_another_name_is_the_same_step():
    play = at("oi", "Ana")
    new = version(lambda it: renamed(it, "menu", "opcoes"))
    assert moved(play, new, mapping={"f/menu": "opcoes"}) == "moved"
    (told,) = [e for e in play.happened[-1].taken.steps[1].trail if isinstance(e, MovedOver)]
    assert (told.was, told.node, told.version) == ("menu", "opcoes", 2)
    assert play.hears("vendas") == ["Vendas para Ana!"]
    assert all(not differs for differs in replayed(play))


def test_who_stands_on_a_step_that_is_gone_stays_or_goes_where_it_was_chosen():
    new = version(drop("menu"))
    stays = at("oi", "Ana")
    assert moved(stays, new) == "stays"
    assert stays.hears("vendas") == ["Vendas para Ana!"]
    goes = at("oi", "Ana")
    assert moved(goes, new, mapping={"f/menu": "nome"}) == "moved"
    assert goes.heard() == ["Nome?"]  # another kind of question is asked from its beginning


def test_a_step_of_another_kind_is_entered_anew():
    play = at("oi", "Ana")

    def edit(new: Json) -> None:
        swap("menu", type="message", contents=[{"kind": "text", "text": "Até já!"}])(new)
        new["edges"] = [e for e in new["edges"] if e["from"] != "menu"]

    assert moved(play, version(edit), mapping={"f/menu": "menu"}) == "moved"
    assert play.heard() == ["Até já!"]
    assert play.status == "completed"
    assert all(not differs for differs in replayed(play))


def test_choices_that_are_gone_are_asked_once_more():
    play = at("oi", "Ana")

    def edit(new: Json) -> None:
        fresh = menu("menu", "Como ajudo?", "vendas", "troca")
        node(new, "menu").update(fresh)
        for edge in new["edges"]:
            if edge.get("exit") == "choice:suporte":
                edge["exit"] = "choice:troca"

    assert moved(play, version(edit)) == "moved"
    assert play.heard() == ["Como ajudo?"]
    assert play.hears("troca") == ["Suporte!"]
    assert all(not differs for differs in replayed(play))


def test_the_end_or_a_person_may_be_chosen():
    new = version(drop("menu"))
    ended = at("oi", "Ana")
    assert moved(ended, new, elsewhere={"f/menu": "end"}) == "ended"
    assert (ended.status, ended.chat.conversation.holder) == ("interrupted", "")
    given = at("oi", "Ana")
    assert moved(given, new, elsewhere={"f/menu": "queue:vendas"}) == "person"
    owner = given.chat.conversation.owner
    assert (owner.kind, owner.id, given.status) == ("queue", "vendas", "interrupted")
    kept = at("oi", "Ana")
    assert moved(kept, version(other_words), elsewhere={"f/menu": "stay"}) == "stays"


def test_where_it_stands_is_looked_at_when_it_moves():
    """The customer wrote at the same moment: what was chosen for the menu is not done to her."""
    play, new = at("oi", "Ana"), version(drop("menu"))
    play.say("vendas")  # she is where the shop's answer is awaited
    play.heard()
    assert moved(play, new, elsewhere={"f/menu": "end"}) in ("moved", "over")


def test_an_answer_that_is_awaited_still_counts_after_the_move():
    play = at("oi", "Ana", "vendas")
    (asked,) = play.missing
    assert moved(play, version(other_words)) == "moved"
    play.give(asked.id, Answered(200, {}))
    assert play.status == "waiting"
    assert play.last is not None
    assert play.last.frames[0].node == "dorme"
    assert all(not differs for differs in replayed(play))


def test_a_move_twice_is_one_move_and_of_an_ended_one_none():
    play, new = at("oi", "Ana"), version(other_words)
    (execution,) = play.chat.executions
    assert moved(play, new) == "moved"
    assert moved(play, new) == "there"
    play.happens(MoveDue(execution, "no such release"))
    assert play.happened[-1].taken.steps[0].route[1] == "lacks"
    play.happens(MoveDue("somebody else's", new.hash))
    assert play.happened[-1].taken.steps[0].route[1] == "over"


def test_who_is_with_a_person_moves_silently_and_comes_back_to_the_new_version():
    play = at("oi", "Ana")
    play.happens(TookOver("bia"))

    def edit(new: Json) -> None:
        other_words(new)
        node(new, "menu")["contents"][0]["buttons"].pop()
        new["edges"] = [e for e in new["edges"] if e.get("exit") != "choice:suporte"]

    assert moved(play, version(edit)) == "moved"
    assert play.heard() == []
    play.human("return")
    assert play.heard() == ["Como ajudo?"]
    assert play.hears("vendas") == ["Compras para Ana!"]


def test_moving_does_not_keep_an_execution_alive():
    play = at("oi", "Ana")
    before = play.last
    assert before is not None
    moved(play, version(other_words))
    assert play.last is not None
    assert play.last.given_at == before.given_at
    assert play.last.turns == before.turns + 1
