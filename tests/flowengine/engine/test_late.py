"""Late replies: what a conversation does when the bot could not speak in time."""

from typing import Any

import msgspec

from flowengine.chat import Rules
from flowengine.conversation import take
from flowengine.happenings import RepliesLate, TookOver
from flowengine.late import apology
from tests.flowengine.playing import NOON, OI, Play, ask, release


def late(rescue: str = "", **more: Any) -> Any:
    play = Play(release("f", [OI, ask("q", "Nome?")], ["oi > q"], **more))
    play.say("oi")
    chat = msgspec.structs.replace(play.chat, rules=Rules(rescue_queue=rescue))
    return take(chat, RepliesLate(play.sends[-1].id), 9, NOON, NOON)


def test_the_flow_says_who_gets_it():
    taken = late(settings={"on_problem": {"queue": "geral"}}, rescue="socorro")
    assert taken.conversation.owner.id == "geral"
    (state,) = taken.executions.values()
    assert (state.status, state.problem.exit) == ("failed", "late")
    assert taken.cancel_sends


def test_else_the_rescue_queue():
    taken = late(rescue="socorro")
    assert taken.conversation.owner.id == "socorro"
    assert taken.cancel_sends


def test_an_execution_that_is_over_does_not_matter():
    play = Play(release("f", [OI, ask("q", "Nome?")], ["oi > q"]))
    play.say("oi")
    chat = msgspec.structs.replace(play.chat, rules=Rules(rescue_queue="socorro"))
    taken = take(chat, RepliesLate("gone.3"), 9, NOON, NOON)
    assert taken.conversation.owner.id == "socorro"
    assert taken.executions == {}


def test_what_a_person_has_stays_with_them():
    play = Play(release("f", [OI, ask("q", "Nome?")], ["oi > q"]))
    play.say("oi")
    play.happens(TookOver("bia"))
    taken = take(play.chat, RepliesLate(play.sends[-1].id), 9, NOON, NOON)
    assert taken.conversation.owner.id == "bia"
    assert not taken.cancel_sends


def test_sends_carry_the_flows_policy():
    settings = {"late_reply": "apologise", "late_after": "PT1H"}
    play = Play(release("f", [OI, ask("q", "Nome?")], ["oi > q"], settings=settings))
    play.say("oi")
    assert (play.sends[0].late_reply, play.sends[0].late_after) == ("apologise", 3600)


def test_apologies():
    assert apology("pt-BR").startswith("Desculpe")
    assert apology("es-MX").startswith("¡Perdón")
    assert apology("en").startswith("Sorry")
    assert apology("") == apology("de") == apology("pt")
