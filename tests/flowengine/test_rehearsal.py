"""Rehearsals: yesterday's conversations on another release, and where they part."""

import copy
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.messages import Answered
from flowengine.rehearsal import Journal, Parting, Rehearsal, Rehearsed, describe, rehearse
from flowengine.rehearsal.words import WORDS
from flowengine.run import Release
from flowengine.state import encode
from flowengine.workspace import parse_workspace
from tests.flowengine.engine.flows import flows
from tests.flowengine.engine.test_properties import CHATS, compiled, played
from tests.flowengine.journals import journals
from tests.flowengine.mutations import FEWER, edited
from tests.flowengine.playing import OI, Play, ask, document, edges, menu, text

Json = dict[str, Any]

NODES: list[Json] = [
    OI,
    ask("nome", "Nome?", save_as="nome", timeout="PT2H"),
    menu("menu", "Como ajudo, {{ nome }}?", "vendas", "suporte"),
    {
        "id": "busca",
        "type": "http",
        "url": "https://x.example",
        "save": [{"to": "n", "path": "/n"}],
    },
    text("vende", "Temos {{ n }}."),
    {"id": "fila", "type": "transfer", "to": {"queue": "q"}},
    {"id": "fim", "type": "end", "outcome": "feito"},
]
LINES = [
    "oi > nome",
    "nome:reply > menu",
    "nome:timeout > fim",
    "menu:choice:vendas > busca",
    "menu:choice:suporte > fila",
    "busca:ok > vende",
    "busca:failed > fim",
    "vende > fim",
    "fila:closed > fim",
]
NAMES = [{"name": "nome"}, {"name": "n", "type": "number"}]
FLOW = document("f", NODES, LINES, variables=NAMES)


def version(edit: Callable[[Json], Any] = lambda _: None) -> Release:
    """The release of the flow after an edit."""
    new = copy.deepcopy(FLOW)
    edit(new)
    return compiled(new)


def node(new: Json, name: str) -> Json:
    return next(each for each in new["nodes"] if each["id"] == name)


def put(new: Json, before: str, inserted: Json) -> None:
    """A node on the way to another."""
    for edge in new["edges"]:
        if edge["to"] == before:
            edge["to"] = inserted["id"]
    new["nodes"].append(inserted)
    new["edges"] += edges(f"{inserted['id']} > {before}")


def sale() -> Play:
    """Ana buys: a text, a tap, an HTTP answer."""
    play = Play(version(), http={"busca": [Answered(200, {"n": 3})]})
    play.hears("oi")
    play.hears("Ana")
    play.tap("vendas")
    assert play.heard()[-1] == "Temos 3."
    return play


def on(play: Play, edit: Callable[[Json], Any], **more: Any) -> Rehearsed:
    """The rehearsal of the only conversation on the flow after an edit."""
    found = rehearse(version(edit), journals(play), **more)
    assert len(found.played) == 1
    return found.played[0]


def parting(played: Rehearsed) -> Parting:
    assert len(played.partings) == 1, played.partings
    return played.partings[0]


def test_the_same_release_tells_the_same_story():
    play = sale()
    found = rehearse(version(), journals(play), play.chat.releases)
    assert (len(found.same), found.parted, found.lacking) == (1, (), ())
    assert found.played[0].turns == 4
    assert describe(found) == [
        "Conversas ensaiadas: 1. Iguais: 1. Diferentes: 0. Fora do ensaio: 0."
    ]


def test_nodes_that_say_nothing_do_not_part_a_story_though_every_id_is_another():
    def edit(new: Json) -> None:
        put(new, "nome", {"id": "nota", "type": "set", "assign": []})
        put(new, "menu", {"id": "espera", "type": "delay", "for": "PT0S"})

    assert on(sale(), edit).partings == ()


def test_another_effect_is_told_and_the_story_goes_on():
    played = on(sale(), lambda new: put(new, "menu", {"id": "x", "type": "tag", "add": ["lead"]}))
    found = parting(played)
    assert (found.what, found.node, found.recorded) == ("effect", "x", None)
    assert (found.rehearsed["type"], found.rehearsed["add_tags"]) == ("contact", ["lead"])
    assert (played.turns, found.ends) == (4, False)


def test_another_text():
    def edit(new: Json) -> None:
        node(new, "menu")["contents"][0]["text"] = "Pois não?"

    found = parting(on(sale(), edit))
    assert (found.what, found.node) == ("send", "menu")
    assert found.recorded["text"] == "Como ajudo, Ana?"
    assert found.rehearsed["text"] == "Pois não?"


def test_a_text_more_does_not_shift_the_others():
    found = parting(on(sale(), lambda new: put(new, "nome", text("ola", "Olá!"))))
    assert (found.what, found.node, found.recorded) == ("send", "ola", None)


def test_another_exit_ends_the_story():
    def edit(new: Json) -> None:
        node(new, "menu")["contents"][0]["buttons"][0]["id"] = "compras"
        new["edges"] += edges("menu:choice:compras > fim")

    play = Play(version())
    for words in ("oi", "Ana", "vendas"):
        play.say(words)
    first, *_, last = on(play, edit).partings
    assert (first.what, first.node) == ("send", "menu")
    exit = next(p for p in on(play, edit).partings if p.what == "exit")
    assert (exit.node, exit.recorded, exit.rehearsed) == (
        "menu", "choice:vendas", "choice:compras",
    )  # fmt: skip
    assert (last.what, last.ends) == ("status", True)
    assert last.rehearsed == {"status": "completed", "outcome": "feito"}


def test_a_tap_on_a_choice_that_is_gone():
    def edit(new: Json) -> None:
        node(new, "menu")["contents"][0]["buttons"].pop(0)

    partings = on(sale(), edit).partings
    assert partings[-1].what == "place"
    assert partings[-1].ends
    assert partings[-1].rehearsed == {"node": "menu", "waiting_for": "reply"}


def test_another_value():
    def edit(new: Json) -> None:
        node(new, "busca")["save"][0]["path"] = "/m"

    variable, send = on(sale(), edit).partings
    assert (variable.what, variable.name) == ("variable", "n")
    assert (variable.recorded, variable.rehearsed) == (3, None)
    assert (send.recorded["text"], send.rehearsed["text"]) == ("Temos 3.", "Temos .")


def test_a_failure_is_told_with_its_reason():
    def edit(new: Json) -> None:
        node(new, "vende")["contents"][0]["text"] = "Temos {{ n / 0 }}."

    last = on(sale(), edit).partings[-1]
    assert (last.what, last.rehearsed["status"]) == ("status", "failed")
    assert last.rehearsed["problem"]


def test_a_call_that_was_not_recorded_ends_the_story_where_it_is_asked():
    call = {"id": "antes", "type": "http", "url": "https://x.example/a"}

    def edit(new: Json) -> None:
        put(new, "menu", call)
        new["edges"][-1]["exit"] = "ok"

    partings = on(sale(), edit).partings
    assert partings[-1].what == "place"
    assert partings[-1].rehearsed == {"node": "antes", "waiting_for": "http"}


def test_an_answer_that_nobody_asks_for_any_more_is_told():
    def edit(new: Json) -> None:
        node(new, "nome").pop("timeout")

    play = Play(version())
    play.say("oi")
    play.after(timedelta(hours=3))
    effect, outcome, status = on(play, edit).partings
    assert (effect.what, effect.recorded["kind"], effect.rehearsed) == ("effect", "timeout", None)
    assert (outcome.what, outcome.node, outcome.recorded) == ("outcome", "nome", "woken")
    assert (status.what, status.ends) == ("status", True)


def test_an_outcome_that_changed_nothing_ends_nothing():
    """A send whose acceptance only the old release waited for."""
    nodes = [OI, ask("b", "E?"), text("x", "Falhou"), ask("c", "E agora?")]
    lines = edges("oi > b", "b:reply > c", "b:failed > x")
    play = Play(compiled({**document("f", nodes, []), "edges": lines}))
    play.say("oi")
    play.say("bem")
    new = compiled({**document("f", nodes, []), "edges": lines[:2]})
    found = rehearse(new, journals(play)).played[0]
    assert (parting(found).what, parting(found).node) == ("outcome", "b")
    assert (parting(found).recorded, parting(found).ends, found.turns) == ("taken", False, 3)


def test_a_trigger_that_is_gone_or_knows_the_word_no_more():
    def forget(new: Json) -> None:
        new["nodes"][0]["on"]["words"] = ["olá"]

    def drop(new: Json) -> None:
        new["nodes"][0] = {**OI, "id": "ola"}
        new["edges"][0]["from"] = "ola"

    for edit in (forget, drop):
        found = parting(on(sale(), edit))
        assert (found.what, found.node, found.ends) == ("begin", "oi", True)


def test_the_trigger_may_lead_elsewhere():
    def edit(new: Json) -> None:
        new["edges"][0]["to"] = "menu"

    send, _, place = on(sale(), edit).partings
    assert (send.node, place.rehearsed["node"]) == ("nome", "menu")


def test_a_flow_that_a_program_started():
    nodes = [ask("a", "A?"), ask("b", "B?")]
    first = compiled(document("f", nodes, [], start="a"))
    play = Play(first)
    play.start("f")
    there = rehearse(compiled(document("f", nodes, [], start="b")), journals(play)).played[0]
    assert there.partings[-1].rehearsed == {"node": "b", "waiting_for": "reply"}
    play = Play(first)
    play.start("f", node="a")
    gone = rehearse(compiled(document("f", nodes[1:], [], start="b")), journals(play)).played[0]
    assert (parting(gone).what, parting(gone).node) == ("begin", "a")


def exit_word(then: str) -> Json:
    return {
        "id": "sair",
        "type": "trigger",
        "on": {"kind": "keyword", "words": ["sair"]},
        "interrupts": {"scope": "flow", "then": then},
    }


@pytest.mark.parametrize("then", ["jump", "return"])
def test_a_new_interrupt_takes_the_message(then: str):
    def edit(new: Json) -> None:
        new["nodes"].append(exit_word(then))
        new["edges"] += edges("sair > fim")

    play = Play(version())
    play.say("oi")
    play.say("sair")
    first = on(play, edit).partings[0]
    assert (first.what, first.recorded, first.rehearsed) == ("route", "answer", "jump")


def test_an_interrupt_that_starts_anew_ends_the_story():
    def edit(new: Json) -> None:
        new["nodes"].append(exit_word("restart"))
        new["edges"] += edges("sair > fim")

    play = Play(version())
    play.say("oi")
    play.say("sair")
    found = parting(on(play, edit))
    assert (found.what, found.rehearsed, found.ends) == ("route", "start", True)


def test_renamed_nodes_are_the_same_nodes():
    def edit(new: Json) -> None:
        new["nodes"] = msgspec.json.decode(encode(new["nodes"]).replace(b'"menu"', b'"cardapio"'))
        new["edges"] = msgspec.json.decode(encode(new["edges"]).replace(b'"menu"', b'"cardapio"'))

    assert on(sale(), edit).first is not None
    assert on(sale(), edit, renamed={"menu": "cardapio"}).first is None


def test_a_split_of_two_says_where_it_goes():
    split = {"id": "ab", "type": "split", "variants": [{"id": "a"}, {"id": "b", "weight": 0}]}
    nodes = [OI, split, ask("x", "X?"), ask("y", "Y?")]
    lines = edges("oi > ab", "ab:variant:a > x", "ab:variant:b > y")
    old = {**document("f", nodes, []), "edges": lines}
    play = Play(compiled(old))
    play.say("oi")
    new = copy.deepcopy(old)
    new["nodes"][1]["variants"] = [{"id": "a", "weight": 0}, {"id": "b"}]
    found = rehearse(compiled(new), journals(play)).played[0].partings
    assert (found[0].what, found[0].recorded, found[0].rehearsed) == (
        "exit", "variant:a", "variant:b",
    )  # fmt: skip


def test_what_the_recordings_lack_is_named():
    def edit(new: Json) -> None:
        node(new, "vende")["contents"][0]["text"] += " {{ contact.fields.plano }} {{ const.loja }}"

    play = sale()
    known = parse_workspace(b'{"format": "flowengine-workspace/1", "constants": {"loja": "Patas"}}')
    bare = rehearse(version(edit), journals(play), play.chat.releases)
    helped = rehearse(version(edit), journals(play), play.chat.releases, known)
    assert bare.lacking == ("const.loja", "contact.fields.plano")
    assert helped.lacking == ("contact.fields.plano",)
    said = [each.partings[0].rehearsed["text"].split() for each in (*bare.played, *helped.played)]
    assert said == [["Temos", "3."], ["Temos", "3.", "Patas"]]


def test_what_cannot_be_played_is_left_out_with_a_reason():
    journal = journals(sale())[0]
    row = journal.rows[0]
    other = journals(_started("g"))[0]
    broken = [
        Journal("a", (msgspec.structs.replace(row, given=b""),)),
        Journal("b", (msgspec.structs.replace(row, trail=b'[{"type":"novidade"}]'),)),
        Journal("c", journal.rows[1:]),
        Journal("d", ()),
        other,
    ]
    found = rehearse(version(), broken)
    assert [each.skipped for each in found.played] == [
        "erased", "unreadable", "middle", "middle", "other_flow",
    ]  # fmt: skip
    assert describe(found, "en")[1:] == [
        "1 × erased",
        "2 × the beginning of the recording is missing",
        "1 × a conversation of another flow",
        "1 × the recording cannot be read",
    ]


def _started(key: str) -> Play:
    play = Play(compiled(document(key, [ask("a", "?")], [], start="a")))
    play.start(key)
    return play


def test_conversations_that_part_alike_are_told_together():
    def edit(new: Json) -> None:
        node(new, "menu")["contents"][0]["text"] = "Pois não?"

    found = rehearse(version(edit), [*journals(sale()), *journals(sale())])
    name = found.played[0].execution
    assert describe(found) == [
        "Conversas ensaiadas: 2. Iguais: 0. Diferentes: 2. Fora do ensaio: 0.",
        "2 × em «menu»: dizia «Como ajudo, Ana?», agora diz «Pois não?»",
        f"    por exemplo {name}, linha 2.1",
    ]
    assert describe(rehearse(version(), [])) == ["Nenhuma conversa para ensaiar."]


def test_the_languages_have_the_same_words():
    ours = WORDS["pt"]
    for words in WORDS.values():
        assert words.whats.keys() == ours.whats.keys()
        assert words.skipped.keys() == ours.skipped.keys()
        for one, other in zip(
            msgspec.structs.astuple(words), msgspec.structs.astuple(ours), strict=True
        ):
            assert str(one).count("{") == str(other).count("{")


# -- properties ----------------------------------------------------------------------------------


@FEWER
@given(flows(), CHATS)
def test_every_story_is_the_same_on_its_own_release(doc: Any, chat: Any):
    play = played(doc, chat)
    titled = copy.deepcopy(doc)
    titled["nodes"][0]["title"] = "Começo"
    found = rehearse(compiled(titled), journals(play), play.chat.releases)
    assert found.parted == ()
    assert all(each.skipped in ("", "other_flow") for each in found.played)


@FEWER
@given(flows(), CHATS, st.data())
def test_nothing_that_a_designer_may_change_breaks_a_rehearsal(
    doc: Any, chat: Any, data: st.DataObject
):
    play = played(doc, chat)
    found = rehearse(compiled(data.draw(edited(doc))), journals(play), play.chat.releases)
    for each in found.played:
        assert not any(parting.ends for parting in each.partings[:-1])
    assert msgspec.json.decode(encode(found), type=Rehearsal).release == found.release
    for language in WORDS:
        assert describe(found, language)
