"""Asking and waiting: answers, attempts, choices, timeouts, early messages, stale taps."""

from datetime import timedelta
from typing import Any

from tests.flowengine.playing import OI, Play, ask, menu, release, text

MENU = menu("menu", "Como ajudo?", "vendas", "suporte", timeout="PT2H")


def menu_flow(**more: Any) -> Play:
    node = {**MENU, **more}
    nodes = [OI, node, text("v", "Vendas!"), text("s", "Suporte!"), text("t", "Ainda aí?")]
    lines = ["oi > menu", "menu:choice:vendas > v", "menu:choice:suporte > s", "menu:timeout > t"]
    play = Play(release("f", nodes, lines))
    assert play.hears("oi") == ["Como ajudo?"]
    return play


def test_a_text_is_saved_and_said_again():
    nodes = [OI, ask("nome", "Nome?", save_as="nome"), text("ola", "Prazer, {{ nome }}!")]
    play = Play(
        release("f", nodes, ["oi > nome", "nome:reply > ola"], variables=[{"name": "nome"}])
    )
    assert play.hears("Oi!") == ["Nome?"]
    assert play.hears("Ana") == ["Prazer, Ana!"]
    assert (play.status, play.variables) == ("completed", {"nome": "Ana"})


def test_a_choice_is_known_by_title_number_id_or_typo():
    for words in ("Suporte", "2", "suporte", "SUPORTE!", "suprote", "a segunda"):
        assert menu_flow().hears(words) == ["Suporte!"], words


def test_a_tap_is_its_choice_whatever_its_title():
    play = menu_flow()
    assert play.tap("vendas")
    assert play.heard() == ["Vendas!"]


def test_wrong_answers_are_asked_again_until_the_attempts_are_used_up():
    node = {**MENU, "attempts": 2, "reprompt": "Não entendi. Toque em uma opção."}
    nodes = [OI, node, text("v", "Vendas!"), text("x", "Desisto.")]
    lines = ["oi > menu", "menu:choice:vendas > v", "menu:reply > v", "menu:invalid > x"]
    play = Play(release("f", nodes, lines))
    play.hears("oi")
    assert play.hears("banana") == ["Não entendi. Toque em uma opção."]
    assert play.hears("abacate") == ["Desisto."]


def test_invalid_without_an_edge_is_a_problem_of_the_flow():
    nodes = [OI, {**MENU, "attempts": 1}, text("v", "Vendas!")]
    lines = ["oi > menu", "menu:reply > v"]
    settings = {"on_problem": {"queue": "geral"}}
    play = Play(release("f", nodes, lines, settings=settings))
    play.hears("oi")
    assert play.hears("banana") == []
    assert play.status == "failed"
    assert play.last
    assert play.last.problem
    assert play.last.problem.exit == "invalid"
    assert play.chat.conversation.owner.id == "geral"


def test_a_timeout_fires_once_and_only_while_the_wait_stands():
    play = menu_flow()
    play.after(timedelta(hours=2))
    assert play.heard() == ["Ainda aí?"]
    play = menu_flow()
    play.hears("vendas")
    play.after(timedelta(days=1))
    assert play.heard() == []


def test_an_ask_again_starts_the_time_anew():
    play = menu_flow(reprompt="?")
    play.after(timedelta(minutes=119))
    assert play.hears("banana") == ["?"]
    play.after(timedelta(minutes=119))
    assert play.heard() == []
    play.after(timedelta(minutes=1))
    assert play.heard() == ["Ainda aí?"]


def stale_flow(policy: str) -> Play:
    node = menu("menu", "Qual?", "a", "b", stale=policy)
    nodes = [OI, node, ask("mais", "E mais?"), text("fim", "Fim: {{ message.choice }}")]
    lines = ["oi > menu", "menu:choice:a > mais", "menu:choice:b > fim", "mais:reply > fim"]
    play = Play(release("f", nodes, lines))
    play.hears("oi")
    play.hears("a")
    play.tap("b")
    return play


def test_a_stale_tap_asks_what_is_asked_now():
    assert stale_flow("reprompt").heard() == ["E mais?"]


def test_a_stale_tap_may_jump_back():
    assert stale_flow("jump").heard() == ["Fim: b"]


def test_a_stale_tap_may_be_ignored():
    play = stale_flow("ignore")
    assert play.heard() == []
    assert "ignored" in play.trail()


def test_a_tap_on_an_offer_of_an_ended_execution_is_a_text():
    nodes = [OI, MENU, text("v", "Vendas!")]
    again = {"id": "de", "type": "trigger", "on": {"kind": "keyword", "words": ["vendas"]}}
    lines = ["oi > menu", "menu:reply > v"]
    other = release("g", [again, text("g", "Olá de novo")], ["de > g"])
    play = Play(release("f", nodes, lines), other)
    play.hears("oi")
    play.hears("1")
    play.tap("vendas")
    assert play.heard() == ["Olá de novo"]


def rows_flow(count: int, **more: Any) -> Play:
    rows: list[dict[str, Any]] = [
        {"each": {"expr": "vagas"}, "as": "v", "id": "{{ v.id }}", "title": "Vaga {{ v.nome }}"},
        {"id": "outro", "title": "Outro dia"},
    ]
    contents = [{"kind": "list", "text": "Qual?", "rows": rows}]
    vagas = [{"id": f"v{i}", "nome": f"n{i}"} for i in range(count)]
    pick = {
        "id": "lista",
        "type": "ask",
        "contents": contents,
        "expect": {"kind": "choice"},
        "save_as": "vaga",
        **more,
    }
    nodes = [
        OI,
        {"id": "por", "type": "set", "assign": [{"to": "vagas", "value": vagas}]},
        pick,
        text("ok", "Escolheu"),
        text("outra", "Outro"),
        text("nada", "Nenhuma"),
    ]
    lines = [
        "oi > por",
        "por > lista",
        "lista:picked > ok",
        "lista:choice:outro > outra",
        "lista:empty > nada",
    ]
    variables = [{"name": "vagas", "type": "list"}, {"name": "vaga", "type": "object"}]
    if more.get("save") != "item":
        variables[1]["type"] = "text"
    play = Play(release("f", nodes, lines, variables=variables))
    play.say("oi")
    return play


def test_dynamic_rows_are_offered_and_the_item_saved():
    play = rows_flow(2, save="item")
    assert play.heard() == ["Qual?"]
    assert play.hears("Vaga n1") == ["Escolheu"]
    assert play.variables["vaga"] == {"id": "v1", "nome": "n1"}


def test_static_rows_stand_among_dynamic_ones():
    play = rows_flow(2)
    play.heard()
    assert play.hears("3") == ["Outro"]


def test_no_dynamic_row_is_empty_and_nothing_is_asked():
    assert rows_flow(0).heard() == ["Nenhuma"]


def test_more_than_ten_rows_are_paged():
    play = rows_flow(14)
    play.heard()
    first = play.sends[-1].content
    assert [len(s.rows) for s in first.sections] == [10]  # pyright: ignore[reportAttributeAccessIssue] - a list, or it fails
    assert play.hears("ver mais") == ["Qual?"]
    titles = [row.title for row in play.sends[-1].content.sections[0].rows]  # pyright: ignore[reportAttributeAccessIssue] - the same
    assert titles == [*[f"Vaga n{i}" for i in range(9, 14)], "Outro dia"]
    assert play.hears("2") == ["Escolheu"]
    assert play.variables["vaga"] == "Vaga n10"


def test_a_row_of_an_earlier_page_can_still_be_tapped():
    play = rows_flow(14)
    play.say("ver mais")
    play.heard()
    play.tap("v3")
    assert play.heard() == ["Escolheu"]


def test_a_burst_is_gathered_into_one_input():
    node = ask("q", "Conte.", save_as="tudo", gather="PT5S")
    play = Play(
        release(
            "f",
            [OI, node, text("ok", "Li: {{ tudo }}")],
            ["oi > q", "q:reply > ok"],
            variables=[{"name": "tudo"}],
        )
    )
    play.hears("oi")
    assert play.hears("um") == []
    play.after(timedelta(seconds=3))
    assert play.hears("dois") == []
    play.after(timedelta(seconds=4))
    assert play.heard() == []
    play.after(timedelta(seconds=1))
    assert play.heard() == ["Li: um\ndois"]


def test_a_plain_wait_takes_the_choices_of_the_message_before_it():
    buttons = [{"id": "a", "title": "Alfa"}, {"id": "b", "title": "Beta"}]
    said = {
        "id": "m",
        "type": "message",
        "contents": [{"kind": "buttons", "text": "Qual?", "buttons": buttons}],
    }
    wait = {"id": "w", "type": "wait", "expect": {"kind": "choice"}, "of": "m"}
    nodes = [OI, said, wait, text("x", "A"), text("y", "B")]
    play = Play(release("f", nodes, ["oi > m", "m > w", "w:choice:a > x", "w:choice:b > y"]))
    assert play.hears("oi") == ["Qual?"]
    assert play.hears("zebra") == ["Qual?"]
    assert play.hears("beta") == ["B"]
