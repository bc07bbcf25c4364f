"""Migration plans: where running executions go in another release, and what they lose."""

import copy
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.document import parse
from flowengine.engine import advance
from flowengine.given import (
    Given,
    Granted,
    Heard,
    HttpCame,
    ModelCame,
    PersonDone,
    PersonTook,
    Reply,
    Restore,
    SendFailed,
    Stop,
    Suspend,
    Taken,
    Told,
    Woken,
)
from flowengine.messages import Answered, Inbound, Refused, Said
from flowengine.migration import Plan, describe, migrate_state, plan_migration
from flowengine.migration.words import WORDS
from flowengine.release import compile_release
from flowengine.run import Release, Turn
from flowengine.state import LIVE, State, decode_state, encode
from tests.flowengine.engine.flows import flows
from tests.flowengine.engine.test_properties import CHATS, compiled, played
from tests.flowengine.mutations import FEWER, KINDS, edited
from tests.flowengine.playing import OI, Play, ask, document, edges, menu, said, text

Json = dict[str, Any]

NODES: list[Json] = [
    OI,
    ask("nome", "Nome?", save_as="nome", timeout="PT2H"),
    menu("menu", "Como ajudo?", "vendas", "suporte"),
    text("v", "Vendas para {{ nome }}!"),
    text("s", "Suporte!"),
    text("t", "Ainda aí?"),
    {"id": "busca", "type": "http", "url": "https://x.example", "save": [{"to": "o", "path": ""}]},
    {"id": "fila", "type": "transfer", "to": {"queue": "q"}, "timeout": "PT10M"},
    {"id": "dorme", "type": "delay", "for": "P1D"},
]
LINES = [
    "oi > nome",
    "nome:reply > menu",
    "nome:timeout > t",
    "menu:choice:vendas > v",
    "menu:choice:suporte > s",
    "v > busca",
    "busca:ok > dorme",
    "dorme > t",
    "s > fila",
    "fila:timeout > t",
]
VARIABLES = [{"name": "nome"}, {"name": "o", "type": "object"}]
FLOW = document("f", NODES, LINES, variables=VARIABLES)


def version(edit: Callable[[Json], Any] = lambda _: None) -> Release:
    new = copy.deepcopy(FLOW)
    edit(new)
    return compiled(new)


def node(new: Json, name: str) -> Json:
    return next(each for each in new["nodes"] if each["id"] == name)


def drop(name: str) -> Callable[[Json], None]:
    """The edit that takes a node out."""

    def edit(new: Json) -> None:
        new["nodes"].remove(node(new, name))
        new["edges"] = [e for e in new["edges"] if name not in (e["from"], e["to"])]

    return edit


def swap(name: str, **other: Any) -> Callable[[Json], None]:
    """The edit that puts another node under the same id."""

    def edit(new: Json) -> None:
        found = node(new, name)
        found.clear()
        found.update({"id": name, **other})

    return edit


def at(*words: str) -> Play:
    """A chat that stands after these words."""
    play = Play(version())
    for each in words:
        play.say(each)
    return play


def plan(play: Play, new: Release, **mapping: str) -> Plan:
    state = standing(play)
    return plan_migration(state, play.chat.releases[state.release], new, mapping)


def standing(play: Play) -> State:
    (state,) = play.chat.executions.values()
    return state


def told(state: State, release: Release, event: Told, play: Play) -> Turn:
    return advance(release, state, Given(event, play.now, play.now, play.chat.world))


def reply(play: Play, words: str) -> Reply:
    return Reply(Inbound("m", play.now, text=words))


def texts(turn: Turn) -> list[str]:
    return [said(effect) for effect in turn.effects if effect.__struct_config__.tag == "send"]  # pyright: ignore


# -- where it goes -------------------------------------------------------------------------------


def test_the_same_node_stays():
    play = at("oi", "Ana")

    def edit(new: Json) -> None:
        node(new, "v")["contents"][0]["text"] = "Compras para {{ nome }}!"

    new = version(edit)
    found = plan(play, new)
    assert (found.how, found.moves[0].to, found.losses) == ("stays", "menu", ())
    assert (found.changed, found.asks_again, found.drops) == (("f",), False, ())
    state = migrate_state(standing(play), found, new)
    assert state.release == new.hash
    assert texts(told(state, new, reply(play, "vendas"), play)) == ["Compras para Ana!"]


def test_a_node_that_is_gone_leads_nowhere():
    play = at("oi", "Ana")
    new = version(drop("menu"))
    found = plan(play, new)
    assert (found.how, found.frames) == ("nowhere", ())
    assert found.blocked
    assert (found.blocked.node, found.blocked.why) == ("menu", "gone")
    with pytest.raises(ValueError, match="nowhere to go"):
        migrate_state(standing(play), found, new)


def test_a_renamed_node_is_mapped():
    play = at("oi", "Ana")
    raw = encode(FLOW).replace(b'"menu"', b'"cardapio"')
    new = compiled(msgspec.json.decode(raw))
    assert plan(play, new).how == "nowhere"
    found = plan(play, new, menu="cardapio")
    assert (found.how, found.moves[0].to) == ("mapped", "cardapio")
    state = migrate_state(standing(play), found, new)
    assert texts(told(state, new, reply(play, "2"), play)) == ["Suporte!"]


@pytest.mark.parametrize(
    ("words", "name", "other"),
    [
        (("oi",), "nome", {"type": "wait", "timeout": "PT1H"}),
        (("oi",), "nome", {"type": "tag", "add": ["x"]}),
        (("oi", "Ana", "vendas"), "busca", {"type": "ai_reply", "instructions": "x"}),
        (("oi", "Ana", "suporte"), "fila", {"type": "delay", "for": "PT1H"}),
    ],
)
def test_another_kind_under_the_same_id_leads_nowhere(words: Any, name: str, other: Json):
    found = plan(at(*words), version(swap(name, **other)))
    assert found.blocked
    assert (found.blocked.node, found.blocked.why) == (name, "kind")


def test_an_ask_may_become_a_wait():
    play = at("oi")
    new = version(swap("nome", type="wait", expect={"kind": "text"}, save_as="nome"))
    found = plan(play, new)
    assert found.how == "stays"
    state = migrate_state(standing(play), found, new)
    turn = told(state, new, reply(play, "Ana"), play)
    assert turn.state.frames[0].variables["nome"] == "Ana"


def test_what_is_mapped_to_another_kind_enters_it_anew():
    play = at("oi", "Ana", "vendas")
    assert standing(play).frames[0].node == "busca"
    new = version(drop("busca"))
    found = plan(play, new, busca="menu")
    assert (found.how, found.moves[0].to) == ("anew", "menu")
    assert [loss.what for loss in found.losses] == ["outcome"]
    state = migrate_state(standing(play), found, new)
    assert (state.status, state.foreground, state.pending) == ("queued", False, {})
    turn = told(state, new, Granted(), play)
    assert texts(turn) == ["Como ajudo?"]
    assert texts(told(turn.state, new, reply(play, "vendas"), play)) == ["Vendas para Ana!"]


def test_an_execution_that_is_over_stays_what_it_is():
    play = at("oi")
    play.after(timedelta(days=9))
    assert play.last
    assert play.last.status in ("completed", "expired")
    done = plan_migration(play.last, version(), version())
    assert done.blocked
    assert done.blocked.why == "over"


def test_a_release_of_another_flow_is_no_place():
    play = at("oi")
    other = compiled({**copy.deepcopy(FLOW), "key": "g"})
    found = plan(play, other)
    assert found.blocked
    assert found.blocked.why == "other_flow"


def test_a_plan_is_for_one_state_and_one_release():
    play, new = at("oi"), version(drop("t"))
    found = plan(play, new)
    later = told(standing(play), version(), reply(play, "Ana"), play).state
    for state, release in ((later, new), (standing(play), version(drop("s")))):
        with pytest.raises(ValueError, match="not for this state"):
            migrate_state(state, found, release)


# -- what is lost --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variables", "lost", "kept"),
    [
        (VARIABLES, [], {"nome": "12"}),
        ([VARIABLES[1]], [("variable", "nome", "12")], {}),
        ([{"name": "nome", "type": "number"}], [("converted", "nome", "12")], {"nome": 12}),
        ([{"name": "nome", "type": "date"}], [("variable", "nome", "12")], {}),
    ],
)
def test_variables(variables: Any, lost: Any, kept: Json):
    play = at("oi", "12")
    new = version(lambda flow: flow.update(variables=variables))
    found = plan(play, new)
    assert [(loss.what, loss.name, loss.value) for loss in found.losses] == lost
    assert migrate_state(standing(play), found, new).frames[0].variables == kept


def test_a_timer_that_means_nothing_any_more():
    play = at("oi")
    new = version(lambda flow: node(flow, "nome").pop("timeout"))
    found = plan(play, new)
    assert [loss.what for loss in found.losses] == ["timer"]
    state = migrate_state(standing(play), found, new)
    assert found.drops == (found.losses[0].name,)
    assert state.pending == {}
    late = told(state, new, Woken(found.drops[0]), play)
    assert late.ignored


def test_a_timeout_that_is_new_does_not_run_for_those_who_wait():
    def edit(new: Json) -> None:
        node(new, "menu")["timeout"] = "PT2H"
        new["edges"] += edges("menu:timeout > t")

    found = plan(at("oi", "Ana"), version(edit))
    assert [loss.what for loss in found.losses] == ["untimed"]
    assert found.how == "stays"


def rechoose(*choices: str) -> Callable[[Json], None]:
    def edit(new: Json) -> None:
        node(new, "menu").update(menu("menu", "Como ajudo?", *choices))

    return edit


def test_a_choice_that_is_gone_is_told_and_asked_again():
    play = at("oi", "Ana")
    new = version(rechoose("suporte", "outro"))
    found = plan(play, new)
    assert [(loss.what, loss.name, loss.value) for loss in found.losses] == [
        ("choice", "vendas", "Vendas")
    ]
    assert found.asks_again
    state = migrate_state(standing(play), found, new)
    assert texts(told(state, new, reply(play, "suporte"), play)) == ["Suporte!"]
    assert texts(told(state, new, reply(play, "vendas"), play)) == ["Como ajudo?"]


def test_numbers_mean_what_the_customer_sees():
    play = at("oi", "Ana")
    new = version(rechoose("novidade", "suporte", "vendas"))
    found = plan(play, new)
    assert (found.losses, found.asks_again) == ((), False)
    state = migrate_state(standing(play), found, new)
    assert texts(told(state, new, reply(play, "1"), play)) == ["Vendas para Ana!"]


def test_no_choice_left_is_nowhere_unless_it_may_be_asked_anew():
    play, new = at("oi", "Ana"), version(rechoose("a", "b"))
    found = plan(play, new)
    assert found.blocked
    assert found.blocked.why == "choices"
    assert plan(play, new, menu="menu").how == "anew"


def test_a_question_that_wants_a_choice_now_is_asked_anew_or_not_at_all():
    play = at("oi")
    new = version(swap("nome", **menu("nome", "Quem é?", "ana", "bia")))
    found = plan(play, new)
    assert found.blocked
    assert found.blocked.why == "choices"
    anew = plan(play, new, nome="nome")
    state = migrate_state(standing(play), anew, new)
    assert texts(told(state, new, Granted(), play)) == ["Quem é?"]


def rows_flow(row: Json) -> Json:
    vagas = [{"id": "v1", "nome": "Um"}, {"id": "v2", "nome": "Dois"}]
    lista = {
        "id": "lista",
        "type": "ask",
        "contents": [{"kind": "list", "text": "Qual?", "rows": [row]}],
        "expect": {"kind": "choice"},
    }
    por = {"id": "por", "type": "set", "assign": [{"to": "vagas", "value": vagas}]}
    nodes = [OI, por, lista, text("ok", "Ok {{ message.choice }}")]
    lines = ["oi > por", "por > lista", "lista:reply > ok"]
    return document("f", nodes, lines, variables=[{"name": "vagas", "type": "list"}])


DYNAMIC = {"each": {"expr": "vagas"}, "as": "v", "id": "{{ v.id }}", "title": "{{ v.nome }}"}


def test_rows_that_were_made_for_the_customer_stay():
    play = Play(compiled(rows_flow(DYNAMIC)))
    play.say("oi")
    new = compiled(rows_flow({**DYNAMIC, "title": "Vaga {{ v.nome }}"}))
    state = migrate_state(standing(play), plan(play, new), new)
    assert texts(told(state, new, reply(play, "dois"), play)) == ["Ok v2"]


def test_choices_for_everybody_that_become_rows_stay_as_they_were_seen():
    old = compiled(rows_flow({"id": "fixo", "title": "Fixo"}))
    play = Play(old)
    play.say("oi")
    new = compiled(rows_flow(DYNAMIC))
    found = plan(play, new)
    assert found.losses == ()
    state = migrate_state(standing(play), found, new)
    assert texts(told(state, new, reply(play, "fixo"), play)) == ["Ok fixo"]
    back = plan_migration(state, new, old)
    assert migrate_state(state, back, old) == standing(play)


# -- the stack -----------------------------------------------------------------------------------

CHILD = document(
    "filho",
    [ask("cep", "CEP?", save_as="cep"), {"id": "fim", "type": "end", "outcome": "achou"}],
    ["cep:reply > fim"],
    start="cep",
    variables=[{"name": "cep"}],
)


def calling(child: Json = CHILD, node_: Json | None = None) -> Release:
    call = node_ or {"id": "sub", "type": "flow", "flow": "filho"}
    root = document("f", [OI, call, text("ok", "Pronto")], ["oi > sub", "sub > ok"])
    both = [parse(msgspec.json.encode(doc)) for doc in (root, child)]
    return compile_release(both[0], {"filho": both[1]})


def called() -> Play:
    play = Play(calling())
    play.say("oi")
    return play


def test_every_frame_of_the_stack_moves():
    play = called()
    child = copy.deepcopy(CHILD)
    child["nodes"][0]["id"] = "codigo"
    child["edges"][0]["from"] = child["start"] = "codigo"
    new = calling(child)
    assert plan(play, new).blocked
    found = plan_migration(standing(play), calling(), new, {"filho/cep": "codigo"})
    assert [(move.flow, move.how, move.to) for move in found.moves] == [
        ("f", "stays", "sub"),
        ("filho", "mapped", "codigo"),
    ]
    assert found.changed == ("filho",)
    state = migrate_state(standing(play), found, new)
    assert texts(told(state, new, reply(play, "01310"), play)) == ["Pronto"]


def test_a_caller_that_calls_no_more_is_no_way_back():
    found = plan(called(), calling(node_=text("sub", "Oi")))
    assert found.blocked
    assert (found.blocked.flow, found.blocked.node, found.blocked.why) == ("f", "sub", "kind")
    jump = {"id": "sub", "type": "flow", "flow": "filho", "return": False}
    assert plan(called(), calling(node_=jump)).how == "nowhere"


def test_a_release_without_the_called_flow_is_no_place():
    new = compiled(document("f", [OI, text("sub", "Oi")], ["oi > sub"]))
    found = plan(called(), new)
    assert [(move.flow, move.why) for move in found.moves] == [
        ("f", "kind"),
        ("filho", "other_flow"),
    ]


# -- text ----------------------------------------------------------------------------------------


def test_plans_are_told_together():
    new = version(rechoose("suporte", "outro"))
    plans = [plan(at("oi", "Ana"), new), plan(at("oi", "Bia"), new), plan(at("oi"), new)]
    plans.append(plan(at("oi", "Ana", "vendas"), version(drop("busca"))))
    assert describe(plans) == [
        "Conversas em andamento: 4. Podem mudar de versão: 3. Não podem: 1.",
        "2 × f/menu: fica no mesmo passo",
        "    perde 2 × a opção «vendas», que o cliente ainda vê",
        "    2 × a pergunta precisa ser feita de novo",
        "1 × f/nome: fica no mesmo passo",
        "1 × f/busca: não tem para onde ir: o passo não existe mais",
        "mudaram os fluxos: f",
    ]
    assert describe([]) == ["Nenhuma conversa em andamento."]


def test_the_languages_have_the_same_words():
    ours = WORDS["pt"]
    for words in WORDS.values():
        assert words.hows.keys() == ours.hows.keys()
        assert words.whys.keys() == ours.whys.keys()
        assert words.losses.keys() == ours.losses.keys()
        for one, other in zip(
            msgspec.structs.astuple(words), msgspec.structs.astuple(ours), strict=True
        ):
            assert str(one).count("{") == str(other).count("{")


# -- properties ----------------------------------------------------------------------------------


def states(play: Play) -> Iterator[tuple[State, Release]]:
    """Every live state that the chat went through, with its release."""
    for happened in play.happened:
        for done in happened.taken.steps:
            if done.state is not None and done.state.status in LIVE:
                yield done.state, play.chat.releases[done.release]


def everything(state: State, play: Play) -> Iterator[Told]:
    """All that might be told to an execution next, fitting or not."""
    for words in ("oi", "1", "x", "sair", "banana", ""):
        yield reply(play, words)
    yield Reply(Inbound("m", play.now, text="Xis"), "x")
    for effect in [*state.pending, "nobody.1"]:
        yield Woken(effect)
        yield Taken(effect)
        yield SendFailed(effect, Refused("unreachable", permanent=True))
        yield HttpCame(effect, Answered(200, {"total": 1}))
        yield ModelCame(effect, Said("Pois não."))
    yield Heard("pago", {"a": 1})
    yield Granted()
    yield Suspend("person")
    yield PersonTook("caio")
    yield PersonDone("closed", "caio")
    yield Restore("resume")
    yield Restore("reprompt")
    yield Stop("expired")


@FEWER
@given(flows(), CHATS, st.data())
def test_what_was_moved_can_always_go_on(doc: Any, chat: Any, data: st.DataObject):
    play = played(doc, chat)
    changed = data.draw(edited(doc))
    new = compiled(changed)
    names = st.sampled_from([each["id"] for each in doc["nodes"]])
    there = st.sampled_from([each["id"] for each in changed["nodes"]])
    mapping = data.draw(st.dictionaries(names, there, max_size=3))
    for state, old in list(states(play))[-12:]:
        found = plan_migration(state, old, new, mapping)
        assert msgspec.json.decode(encode(found), type=Plan) == found
        if found.how == "nowhere":
            assert found.blocked
            continue
        moved = migrate_state(state, found, new)
        assert decode_state(encode(moved)) == moved
        assert set(found.drops) == set(state.pending) - set(moved.pending)
        stand = moved.frames[-1].stand
        assert stand is None or not {stand.timeout, stand.gather} & set(found.drops)
        for event in everything(moved, play):
            turn = told(moved, new, event, play)
            for again in (Granted(), reply(play, "x"), Restore("reprompt")):
                told(turn.state, new, again, play)
    plans = [plan_migration(state, old, new, mapping) for state, old in states(play)]
    for language in WORDS:
        assert describe(plans, language)


@FEWER
@given(flows(), CHATS)
def test_the_same_version_changes_nothing(doc: Any, chat: Any):
    """A title is another document and another hash, and no other behaviour."""
    play = played(doc, chat)
    titled = copy.deepcopy(doc)
    titled["nodes"][0]["title"] = "Começo"
    new = compiled(titled)
    for state, old in states(play):
        if old.root != "f":
            continue
        found = plan_migration(state, old, new)
        assert (found.losses, found.drops, found.asks_again) == ((), (), False)
        moved = migrate_state(state, found, new)
        assert moved == msgspec.structs.replace(state, release=new.hash)


@given(st.sampled_from(KINDS), st.sampled_from(KINDS), st.data())
def test_a_kept_value_is_one_of_its_type(old: str, new: str, data: st.DataObject):
    """A scope with a value of another type would fail every turn."""
    value = data.draw(
        st.one_of(st.text(max_size=5), st.integers(-9, 9), st.booleans(), st.just([1]), st.just({}))
    )
    doc = document(
        "f", [OI, ask("a", "A {{ x }}")], ["oi > a"], variables=[{"name": "x", "type": old}]
    )
    play = Play(compiled(doc))
    play.say("oi")
    state = standing(play)
    frame = msgspec.structs.replace(state.frames[0], variables={"x": value})
    state = msgspec.structs.replace(state, frames=(frame,))
    other = compiled({**doc, "variables": [{"name": "x", "type": new}]})
    moved = migrate_state(state, plan_migration(state, compiled(doc), other), other)
    if old != new:
        turn = told(moved, other, Restore("reprompt"), play)
        asked = told(moved, other, reply(play, "oi"), play)
        assert turn.state.problem is None
        assert asked.state.problem is None
