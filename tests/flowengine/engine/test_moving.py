"""Moving: sub-flows, interrupts, delays, queues for the foreground, limits."""

from datetime import timedelta
from typing import Any

import pytest

from flowengine.errors import ReleaseError
from flowengine.messages import Answered
from tests.flowengine.playing import OI, Play, ask, document, edges, menu, release, text


def keyword(node: str, *words: str, **more: Any) -> dict[str, Any]:
    return {"id": node, "type": "trigger", "on": {"kind": "keyword", "words": list(words)}, **more}


def interrupt_flow(then: str) -> Play:
    trigger = keyword("sair", "sair", interrupts={"scope": "flow", "then": then})
    nodes = [
        OI,
        trigger,
        ask("nome", "Nome?", save_as="nome"),
        text("tchau", "Tchau, {{ nome }}"),
        ask("idade", "Idade?"),
    ]
    lines = ["oi > nome", "nome:reply > idade", "sair > tchau", "idade:reply > tchau"]
    play = Play(release("f", nodes, lines, variables=[{"name": "nome"}]))
    play.hears("oi")
    play.hears("Ana")
    return play


def test_a_jump_goes_on_with_the_variables():
    play = interrupt_flow("jump")
    assert play.hears("sair") == ["Tchau, Ana"]
    assert play.status == "completed"


def test_a_return_asks_again_afterwards():
    play = interrupt_flow("return")
    assert play.hears("sair") == ["Tchau, Ana", "Idade?"]
    assert play.status == "waiting"
    assert play.hears("30") == ["Tchau, Ana"]


def test_a_restart_begins_anew():
    play = interrupt_flow("restart")
    assert play.hears("sair") == ["Tchau,"] or play.hears("sair") == ["Tchau, "]
    statuses = [step.state.status for step in play.happened[-1].taken.steps if step.state]
    assert statuses[0] in ("interrupted", "completed")


def test_an_interrupt_needs_the_whole_message():
    play = interrupt_flow("jump")
    assert play.hears("quero sair daqui") == ["Tchau, Ana"]
    assert play.trail()[0] != "interrupted"


def test_a_workspace_interrupt_ends_the_foreground():
    menu_trigger = keyword("m", "menu", interrupts={"scope": "workspace", "then": "jump"})
    other = release("menu", [menu_trigger, text("aqui", "O menu")], ["m > aqui"])
    first = release("f", [OI, ask("n", "Nome?")], ["oi > n"])
    play = Play(first, other)
    play.hears("oi")
    assert play.hears("menu") == ["O menu"]
    assert play.chat.conversation.live == {}


def test_a_workspace_return_comes_back_to_the_question():
    ajuda = keyword("a", "ajuda", interrupts={"scope": "workspace", "then": "return"})
    other = release("ajuda", [ajuda, ask("q", "Ajuda com quê?")], ["a > q"])
    first = release("f", [OI, ask("n", "Nome?"), text("ok", "Ok")], ["oi > n", "n:reply > ok"])
    play = Play(first, other)
    play.hears("oi")
    assert play.hears("ajuda") == ["Ajuda com quê?"]
    assert play.hears("nada") == ["Nome?"]
    assert play.hears("Ana") == ["Ok"]


CHILD = document(
    "endereco",
    [
        ask("cep", "CEP?", save_as="cep"),
        {"id": "fim", "type": "end", "outcome": "achou", "outputs": {"rua": "Rua {{ cep }}"}},
    ],
    ["cep:reply > fim"],
    start="cep",
    variables=[{"name": "cep"}],
    inputs=[{"name": "pais", "required": True}],
    outputs=[{"name": "rua"}],
)


def calling(**more: Any) -> Play:
    call: dict[str, Any] = {
        "id": "sub",
        "type": "flow",
        "flow": "endereco",
        "with": {"pais": "BR"},
        "save": [{"to": "rua", "path": "/rua"}],
        **more,
    }
    nodes = [OI, call, text("ok", "Mora na {{ rua }}"), text("outro", "Outro"), text("x", "Falhou")]
    lines = ["oi > sub", "sub > outro", "sub:outcome:achou > ok", "sub:failed > x"]
    return Play(
        release("f", nodes, lines, documents={"endereco": CHILD}, variables=[{"name": "rua"}])
    )


def test_a_sub_flow_gives_outputs_and_an_outcome():
    play = calling()
    assert play.hears("oi") == ["CEP?"]
    assert play.hears("01310") == ["Mora na Rua 01310"]


def test_a_missing_input_takes_failed():
    assert calling(**{"with": {}}).hears("oi") == ["Falhou"]


def test_a_jump_into_a_flow_does_not_come_back():
    play = calling(**{"return": False})
    play.hears("oi")
    assert play.hears("01310") == []
    assert (play.status, play.last and play.last.outcome) == ("completed", "achou")


def test_recursion_is_bounded_and_nothing_half_said_leaves():
    call = {"id": "sub", "type": "flow", "flow": "f"}
    play = Play(release("f", [OI, text("a", "Oi"), call], ["oi > a", "a > sub"], start="a"))
    assert play.hears("oi") == []
    assert play.status == "failed"
    assert play.last
    assert play.last.problem
    assert "deep" in play.last.problem.reason


def test_an_endless_circle_fails_as_a_whole():
    nodes = [OI, text("a", "Oi"), {"id": "b", "type": "tag", "add": ["x"]}]
    play = Play(release("f", nodes, ["oi > a", "a > b", "b > a"]))
    assert play.hears("oi") == []
    assert play.status == "failed"


def test_a_long_delay_goes_on_in_the_background():
    nodes = [
        OI,
        text("a", "Até já"),
        {"id": "d", "type": "delay", "for": "P1D"},
        text("b", "Voltei"),
    ]
    other = release("g", [keyword("q", "quem"), text("z", "Eu")], ["q > z"])
    play = Play(release("f", nodes, ["oi > a", "a > d", "d > b"]), other)
    assert play.hears("oi") == ["Até já"]
    assert play.hears("quem?") == ["Eu"]
    play.after(timedelta(days=1))
    assert play.heard() == ["Voltei"]


def test_a_short_delay_keeps_the_foreground_and_what_comes_meanwhile():
    nodes = [
        OI,
        {"id": "d", "type": "delay", "for": "PT30S"},
        ask("n", "Nome?", save_as="nome"),
        text("ok", "Olá {{ nome }}"),
    ]
    play = Play(
        release("f", nodes, ["oi > d", "d > n", "n:reply > ok"], variables=[{"name": "nome"}])
    )
    play.hears("oi")
    assert play.hears("Ana") == []
    play.after(timedelta(seconds=30))
    assert play.heard() == ["Nome?", "Olá Ana"]


def test_an_early_message_that_does_not_fit_is_dropped_without_an_attempt():
    node = {**menu("n", "Qual?", "a", "b"), "attempts": 1}
    nodes = [OI, {"id": "d", "type": "delay", "for": "PT30S"}, node, text("ok", "Ok")]
    play = Play(release("f", nodes, ["oi > d", "d > n", "n:reply > ok"]))
    play.hears("oi")
    play.hears("banana")
    play.after(timedelta(seconds=30))
    assert play.heard() == ["Qual?"]
    assert play.hears("a") == ["Ok"]


def busy_flow(**settings: Any) -> Play:
    holder = release("f", [OI, ask("n", "Nome?"), text("ok", "Ok")], ["oi > n", "n:reply > ok"])
    nodes = [ask("p", "Nota?"), text("fim", "Valeu")]
    other = release("g", nodes, ["p:reply > fim"], start="p", settings=settings)
    note = release("aviso", [text("a", "Lembrete!")], [], start="a")
    play = Play(holder, other, note)
    play.hears("oi")
    return play


def test_what_asks_queues_behind_the_foreground():
    play = busy_flow()
    play.start("g")
    assert play.heard() == []
    assert play.hears("Ana") == ["Ok", "Nota?"]
    assert play.hears("10") == ["Valeu"]


def test_what_only_speaks_needs_no_foreground():
    play = busy_flow()
    play.start("aviso")
    assert play.heard() == ["Lembrete!"]
    assert play.hears("Ana") == ["Ok"]


def test_busy_interrupt_suspends_the_holder_and_gives_it_back():
    play = busy_flow(busy="interrupt")
    play.start("g")
    assert play.heard() == ["Nota?"]
    assert play.hears("10") == ["Valeu", "Nome?"]
    assert play.hears("Ana") == ["Ok"]


def test_busy_skip_ends_at_once():
    play = busy_flow(busy="skip")
    play.start("g")
    assert play.heard() == []
    assert play.last
    assert (play.last.status, play.last.outcome) == ("completed", "skipped")


def test_a_flow_expires_after_its_time():
    play = Play(release("f", [OI, ask("n", "Nome?")], ["oi > n"], settings={"expires": "PT1H"}))
    play.hears("oi")
    play.after(timedelta(minutes=61))
    assert play.status == "expired"
    assert play.hears("oi") == ["Nome?"]


@pytest.mark.parametrize("words", ["parar", "PARAR!", "Stop", "descadastrar"])
def test_an_opt_out_ends_everything_and_is_confirmed_once(words: str):
    play = Play(release("f", [OI, ask("n", "Nome?")], ["oi > n"]))
    play.hears("oi")
    answers = play.hears(words)
    assert len(answers) == 1
    assert "não vai mais receber" in answers[0]
    assert play.status == "interrupted"
    consents = [
        e for _, e in play.happened[-1].taken.effects if e.__struct_config__.tag == "contact"
    ]
    assert consents[0].consent == {"all": False}  # pyright: ignore


def test_edges_are_read_as_written():
    assert edges("a:choice:x > b") == [{"from": "a", "to": "b", "exit": "choice:x"}]


def test_a_message_too_early_for_a_flow_that_ended_finds_its_own_flow():
    delay = {"id": "d", "type": "delay", "for": "PT30S"}
    other = release("g", [keyword("q", "quem"), text("z", "Eu")], ["q > z"])
    play = Play(release("f", [OI, delay, text("a", "Pronto")], ["oi > d", "d > a"]), other)
    play.hears("oi")
    assert play.hears("quem?") == []
    play.after(timedelta(seconds=30))
    assert play.heard() == ["Pronto", "Eu"]


def http_under_interrupt() -> Play:
    call = {"id": "h", "type": "http", "url": "https://x.example/", "method": "POST"}
    ajuda = keyword("ajuda", "ajuda", interrupts={"scope": "flow", "then": "return"})
    nodes = [OI, ajuda, call, ask("q", "Ajuda com quê?"), text("ok", "Feito")]
    play = Play(release("f", nodes, ["oi > h", "ajuda > q", "h:ok > ok"]))
    play.hears("oi")
    assert play.hears("ajuda") == ["Ajuda com quê?"]
    return play


def test_an_answer_that_comes_under_an_interrupt_is_kept():
    play = http_under_interrupt()
    play.give(play.missing[0].id, Answered(200, {}))
    assert play.heard() == []
    assert play.hears("nada") == ["Feito"]
    assert len(play.missing) == 1


def test_an_answer_that_comes_after_an_interrupt_is_still_waited_for():
    play = http_under_interrupt()
    assert play.hears("nada") == []
    play.give(play.missing[0].id, Answered(200, {}))
    assert play.heard() == ["Feito"]


def test_what_an_interrupt_assigns_belongs_to_its_flow():
    put = {"id": "p", "type": "set", "assign": [{"to": "x", "value": "sim"}]}
    marca = keyword("marca", "marca", interrupts={"scope": "flow", "then": "return"})
    call = {"id": "sub", "type": "flow", "flow": "endereco", "with": {"pais": "BR"}}
    nodes = [OI, marca, put, call, text("ok", "x={{ x }}")]
    lines = ["oi > sub", "marca > p", "sub > ok"]
    variables = [{"name": "x"}]
    play = Play(release("f", nodes, lines, documents={"endereco": CHILD}, variables=variables))
    play.hears("oi")
    assert play.hears("marca") == ["CEP?"]
    assert play.hears("01310") == ["x=sim"]


def test_a_restart_inside_a_sub_flow_begins_the_whole_anew():
    novo = keyword("novo", "de novo", interrupts={"scope": "flow", "then": "restart"})
    child = {**CHILD, "nodes": [novo, *CHILD["nodes"]]}
    child["edges"] = [*child["edges"], {"from": "novo", "to": "cep"}]
    call = {"id": "sub", "type": "flow", "flow": "endereco", "with": {"pais": "BR"}}
    nodes = [OI, text("a", "Vamos"), call]
    play = Play(release("f", nodes, ["oi > a", "a > sub"], documents={"endereco": child}))
    assert play.hears("oi") == ["Vamos", "CEP?"]
    assert play.hears("de novo") == ["Vamos", "CEP?"]


def test_the_foreground_stands_aside_when_another_flow_fetches_a_person():
    fetch = {"id": "t", "type": "transfer", "to": {"queue": "q"}}
    nodes = [
        {"id": "d", "type": "delay", "for": "PT2H"},
        {"id": "x", "type": "set", "assign": [{"to": "n", "op": "add", "value": "muitos"}]},
        fetch,
    ]
    other = release(
        "g",
        nodes,
        ["d > x", "x > t"],
        start="d",
        variables=[{"name": "n", "type": "number"}],
        settings={"on_problem": {"queue": "q"}},
    )
    holder = release(
        "f",
        [OI, ask("n", "Nome?", timeout="PT3H"), text("t", "Sumiu")],
        ["oi > n", "n:timeout > t"],
    )
    play = Play(holder, other)
    play.start("g")
    play.hears("oi")
    play.after(timedelta(hours=9))
    assert play.heard() == []
    assert play.chat.conversation.owner.id == "q"
    play.human("return")
    assert play.heard() == ["Nome?"]


def test_an_interrupt_may_jump_into_another_flow_and_come_back():
    ajuda = keyword("ajuda", "ajuda", interrupts={"scope": "flow", "then": "return"})
    call = {
        "id": "sub",
        "type": "flow",
        "flow": "endereco",
        "with": {"pais": "BR"},
        "return": False,
    }
    nodes = [OI, ajuda, ask("n", "Nome?"), call, text("ok", "Ok")]
    lines = ["oi > n", "n:reply > ok", "ajuda > sub"]
    play = Play(release("f", nodes, lines, documents={"endereco": CHILD}))
    play.hears("oi")
    assert play.hears("ajuda") == ["CEP?"]
    assert play.hears("01310") == ["Nome?"]
    assert play.hears("Ana") == ["Ok"]


def test_an_edge_to_nowhere_makes_no_release():
    with pytest.raises(ReleaseError, match="nada"):
        release("f", [OI, text("a", "A")], ["oi > a", "a > nada"])
