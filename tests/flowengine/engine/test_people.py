"""People: transfers, taking over, giving back, what is held meanwhile."""

from datetime import timedelta
from typing import Any

from flowengine.given import Contact
from flowengine.messages import Answered, HandOver, Said, Tell
from flowengine.workspace import parse_workspace
from tests.flowengine.engine.test_nodes import LOJA
from tests.flowengine.playing import OI, Play, ask, release, text


def transfer(queue: str = "suporte", **more: Any) -> Play:
    node = {
        "id": "t",
        "type": "transfer",
        "to": {"queue": queue},
        "briefing": "{{ contact.name }}",
        "save_as": "fim",
        "timeout": "PT10M",
        **more,
    }
    nodes = [
        OI,
        text("a", "Um momento"),
        node,
        text("ok", "Até logo ({{ fim.reason }})"),
        text("x", "Ninguém agora"),
        text("d", "Demorou"),
    ]
    lines = ["oi > a", "a > t", "t:closed > ok", "t:unavailable > x", "t:timeout > d"]
    play = Play(
        release("f", nodes, lines, variables=[{"name": "fim", "type": "object"}]),
        workspace=parse_workspace(LOJA),
    )
    play.say("oi")
    return play


def test_a_transfer_gives_the_chat_to_a_queue():
    play = transfer()
    assert play.heard() == ["Um momento"]
    assert (play.status, play.chat.conversation.owner.id) == ("transferred", "suporte")
    assert play.hears("olá?") == []


def test_closing_takes_closed():
    play = transfer()
    play.heard()
    play.human("close", "resolvido")
    assert play.heard() == ["Até logo (closed)"]
    assert play.chat.conversation.owner.kind == "bot"


def test_giving_back_takes_closed_too():
    play = transfer()
    play.heard()
    play.human("return")
    assert play.heard() == ["Até logo (returned)"]


def test_nobody_there_is_unavailable():
    assert transfer("noite").heard() == ["Um momento", "Ninguém agora"]


def test_nobody_comes_in_time():
    play = transfer()
    play.heard()
    play.after(timedelta(minutes=10))
    assert play.heard() == ["Demorou"]
    assert play.chat.conversation.owner.kind == "bot"


def test_an_agent_who_came_stops_the_clock():
    play = transfer()
    play.heard()
    play.human("take")
    play.after(timedelta(hours=5))
    assert play.heard() == []
    play.human("close")
    assert play.heard() == ["Até logo (closed)"]


def asking(**settings: Any) -> Play:
    node = ask("n", "Nome?", timeout="PT1H")
    nodes = [OI, node, text("ok", "Ok"), text("t", "Sumiu"), text("m", "Menu")]
    lines = ["oi > n", "n:reply > ok", "n:timeout > t"]
    play = Play(release("f", nodes, lines, settings=settings))
    play.hears("oi")
    return play


def test_a_person_stops_the_clock_and_messages_are_theirs():
    play = asking()
    play.after(timedelta(minutes=50))
    play.human("take")
    assert play.hears("alô") == []
    play.after(timedelta(hours=9))
    assert play.heard() == []
    play.human("return")
    assert play.heard() == ["Nome?"]
    play.after(timedelta(minutes=9))
    assert play.heard() == []
    play.after(timedelta(minutes=1))
    assert play.heard() == ["Sumiu"]


def test_giving_back_may_end_or_go_elsewhere():
    play = asking(resume="end")
    play.human("take")
    play.human("return")
    assert (play.heard(), play.status) == ([], "interrupted")
    play = asking(resume="m")
    play.human("take")
    play.human("return")
    assert play.heard() == ["Menu"]


def test_closing_ends_what_was_suspended():
    play = asking()
    play.human("take")
    play.human("close")
    assert play.status == "interrupted"
    assert play.hears("oi") == ["Nome?"]


def test_an_http_answer_waits_for_give_back():
    node = {"id": "h", "type": "http", "url": "https://x.example/"}
    play = Play(release("f", [OI, node, text("ok", "Pronto")], ["oi > h", "h:ok > ok"]))
    play.say("oi")
    play.human("take")
    call = play.missing[0].id
    play.give(call, Answered(200, {}))
    assert play.heard() == []
    play.human("return")
    assert play.heard() == ["Pronto"]


def test_a_models_late_answer_is_dropped_and_it_is_asked_anew():
    node = {"id": "ia", "type": "ai_reply", "instructions": "x"}
    play = Play(release("f", [OI, node], ["oi > ia"]))
    play.say("oi")
    play.human("take")
    first = play.missing[0].id
    play.give(first, Said("tarde demais"))
    assert play.heard() == []
    play.human("return")
    second = play.missing[1].id
    assert second != first
    play.give(second, Said("agora sim"))
    assert play.heard() == ["agora sim"]


def test_background_wakes_are_held_and_fire_at_give_back():
    nodes = [OI, {"id": "d", "type": "delay", "for": "PT2H"}, text("b", "Voltei")]
    play = Play(release("f", nodes, ["oi > d", "d > b"]))
    play.say("oi")
    play.human("take")
    play.after(timedelta(hours=3))
    assert play.heard() == []
    play.human("return")
    assert play.heard() == ["Voltei"]


def test_a_survey_begins_when_the_conversation_is_closed():
    trigger = {"id": "c", "type": "trigger", "on": {"kind": "conversation_closed"}}
    survey = release(
        "nps", [trigger, ask("n", "Nota?"), text("v", "Valeu")], ["c > n", "n:reply > v"]
    )
    play = Play(survey, contact=Contact("a", "Ana"))
    play.human("take")
    play.human("close", "ok")
    assert play.heard() == ["Nota?"]
    assert play.hears("9") == ["Valeu"]


def test_the_opt_out_is_heard_even_by_a_person():
    play = asking()
    play.human("take")
    assert len(play.hears("parar")) == 1
    assert play.chat.conversation.owner.kind == "agent"


def test_after_a_transfer_the_flow_asks_and_listens_again():
    to = {"id": "t", "type": "transfer", "to": {"queue": "suporte"}}
    nodes = [OI, to, ask("n", "Como foi?"), text("v", "Valeu!")]
    play = Play(
        release("f", nodes, ["oi > t", "t:closed > n", "n:reply > v"]),
        workspace=parse_workspace(LOJA),
    )
    play.say("oi")
    play.human("close")
    assert play.heard() == ["Como foi?"]
    assert play.status == "waiting"
    assert play.hears("bem") == ["Valeu!"]


def test_an_agent_who_came_leaves_no_timeout_in_the_state():
    play = transfer()
    play.human("take")
    stand = play.last.frames[0].stand if play.last else None
    assert stand is not None
    assert stand.timeout == ""
    assert play.last
    assert play.last.pending == {}


def test_a_transfer_tells_who_wants_to_know():
    play = transfer(notify=["fila.nova", "gerente"], priority=7)
    told = [effect for effect in play.effects if isinstance(effect, Tell)]
    data = {"to": {"queue": "suporte"}, "priority": 7, "briefing": "Ana"}
    assert [(each.name, each.data) for each in told] == [("fila.nova", data), ("gerente", data)]
    (given,) = [effect for effect in play.effects if isinstance(effect, HandOver)]
    assert given.priority == 7
