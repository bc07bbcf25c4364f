"""Failing cases found by review: the pure engine, through its simulation."""

from datetime import timedelta

from flowengine.happenings import FlowStarted
from flowengine.messages import Answered, Refused
from tests.flowengine.playing import OI, Play, ask, release, text

VARIABLES = [{"name": "nome"}, {"name": "n", "type": "number"}]


def test_the_timeout_of_a_transfer_to_an_agent_gives_the_chat_back() -> None:
    """FLOWS §3: that timeout gives the chat back to the bot; the queue's does, an agent's not."""
    to = {"id": "fila", "type": "transfer", "to": {"agent": "bia"}, "timeout": "PT5M"}
    play = Play(
        release(
            "a",
            (OI, to, ask("recado", "Deixe um recado.", save_as="nome"), text("fim", "Anotado.")),
            ("oi > fila", "fila:closed > fim", "fila:timeout > recado", "recado:reply > fim"),
            variables=VARIABLES,
        )
    )
    play.say("oi")
    play.after(timedelta(minutes=6))
    assert play.heard() == ["Deixe um recado."]
    assert play.chat.conversation.owner.kind == "bot"
    assert play.hears("Liguem amanhã") == ["Anotado."]


def _with_agent(other):
    to = {"id": "fila", "type": "transfer", "to": {"queue": "geral"}}
    play = Play(
        release("a", (OI, to, text("fim", "Fim.")), ("oi > fila", "fila:closed > fim")), other
    )
    play.say("oi")
    play.human("take")
    assert play.chat.conversation.owner.kind == "agent"
    play.happens(FlowStarted("b", "api", {}))
    return play


def test_a_flow_behind_that_closes_does_not_take_the_chat_from_an_agent() -> None:
    close = {"id": "fim", "type": "end", "close_conversation": True}
    play = _with_agent(release("b", (close,), (), start="fim"))
    assert play.chat.conversation.owner.kind == "agent"


def test_after_a_flow_behind_closed_somebody_hears_the_customer() -> None:
    """Owner bot, foreground "transferred": no person sees it as theirs, and the bot ignores it."""
    close = {"id": "fim", "type": "end", "close_conversation": True}
    play = _with_agent(release("b", (close,), (), start="fim"))
    play.heard()
    play.say("oi")
    assert play.happened[-1].taken.for_person or "ignored" not in play.trail()


def test_a_flow_behind_that_fails_does_not_take_the_chat_from_an_agent() -> None:
    call = {"id": "busca", "type": "http", "url": "https://loja.example"}
    play = _with_agent(
        release(
            "b",
            (call, text("fim", "x")),
            ("busca > fim",),
            start="busca",
            settings={"on_problem": {"queue": "geral"}},
        )
    )
    play.give(play.missing[-1].id, Refused("transient", permanent=True))
    assert play.chat.conversation.owner.kind == "agent"


def test_what_was_gathered_is_not_lost_to_the_timeout() -> None:
    node = ask("nome", "Conte tudo.", save_as="nome", gather="PT10S", timeout="PT1M")
    play = Play(
        release(
            "a",
            (OI, node, text("sim", "Li: {{ nome }}"), text("nao", "Você não respondeu.")),
            ("oi > nome", "nome:reply > sim", "nome:timeout > nao"),
            variables=VARIABLES,
        )
    )
    play.hears("oi")
    play.after(timedelta(seconds=55))
    play.say("meu cachorro está doente")
    play.after(timedelta(seconds=30))
    assert play.heard() == ["Li: meu cachorro está doente"]


def test_a_delay_too_long_for_the_calendar_is_the_conversations_trouble() -> None:
    """`advance` raises nothing for what a customer may say (engine.py's own docstring)."""
    wait = {"id": "pausa", "type": "delay", "for": {"expr": "days(n)"}}
    play = Play(
        release(
            "a",
            (OI, ask("n", "Quantos dias?", "number", save_as="n"), wait, text("fim", "Fim.")),
            ("oi > n", "n:reply > pausa", "pausa > fim"),
            variables=VARIABLES,
        )
    )
    play.hears("oi")
    play.say("3000000")
    assert play.status == "failed"


def test_a_short_delay_suspended_in_the_row_that_began_it_goes_on() -> None:
    """Its wake is in no `given.wakes` yet: what is left is unknown, and it stands for ever."""
    on = {"id": "t", "type": "trigger", "on": {"kind": "event", "name": "pago"}}
    first = release(
        "a",
        (on, text("um", "Um."), {"id": "p", "type": "delay", "for": "PT30S"}, ask("dois", "Dois?")),
        ("t > um", "um > p", "p > dois"),
    )
    second = release("b", ({**on, "busy": "interrupt"}, ask("q", "Nota?")), ("t > q",))
    play = Play(first, second)
    play.event("pago")
    assert play.heard() == ["Um.", "Nota?"]
    play.say("10")
    play.after(timedelta(minutes=5))
    assert play.heard() == ["Dois?"]


def test_an_early_message_outlives_a_flow_that_fails() -> None:
    call = {"id": "busca", "type": "http", "url": "https://loja.example"}
    other = {"id": "t", "type": "trigger", "on": {"kind": "keyword", "words": ["ajuda"]}}
    play = Play(
        release("a", (OI, call, text("fim", "x")), ("oi > busca", "busca > fim")),
        release("b", (other, ask("q", "Como ajudo?")), ("t > q",)),
    )
    play.say("oi")
    play.say("ajuda")
    play.give(play.missing[-1].id, Refused("transient", permanent=True))
    assert play.heard() == ["Como ajudo?"]


def test_the_purpose_of_a_flow_is_that_of_its_sends() -> None:
    play = Play(
        release("a", (text("m", "Promoção!"),), (), start="m", settings={"purpose": "marketing"})
    )
    play.start("a")
    assert play.sends[-1].purpose == "marketing"


def test_an_interrupt_that_returns_keeps_early_messages() -> None:
    """FLOWS §3: all else goes to the backlog and is taken by the next wait; here it is dropped."""
    call = {"id": "busca", "type": "http", "url": "https://loja.example"}
    on = {"kind": "keyword", "words": ["ajuda"]}
    aid = {"id": "aj", "type": "trigger", "on": on, "interrupts": {"then": "return"}}
    play = Play(
        release(
            "a",
            (OI, call, aid, text("h", "Socorro"), ask("nome", "Nome?", save_as="nome"),
             text("m", "Oi, {{ nome }}")),
            ("oi > busca", "busca:ok > nome", "nome:reply > m", "aj > h"),
            variables=VARIABLES,
        )
    )  # fmt: skip
    play.say("oi")
    play.say("Ana")
    assert play.hears("ajuda") == ["Socorro"]
    play.give(play.missing[-1].id, Answered(200, {}))
    assert play.heard() == ["Nome?", "Oi, Ana"]


def test_a_workspace_interrupt_jumps_inside_its_own_flow() -> None:
    """FLOWS §3: only "from another flow" does scope workspace end the foreground execution."""
    on = {"kind": "keyword", "words": ["menu"]}
    inter = {"scope": "workspace", "then": "jump"}
    play = Play(
        release(
            "a",
            (OI, {"id": "mn", "type": "trigger", "on": on, "interrupts": inter},
             ask("nome", "Nome?", save_as="nome"), ask("n", "Idade?", "number", save_as="n"),
             text("m", "Menu de {{ nome }}")),
            ("oi > nome", "nome:reply > n", "n:reply > m", "mn > m"),
            variables=VARIABLES,
        )
    )  # fmt: skip
    play.say("oi")
    play.hears("Ana")
    assert play.hears("menu") == ["Menu de Ana"]
