"""Differences of two versions: as data, as text, and what is none."""

import copy
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.diff import Change, Difference, describe, diff
from flowengine.diff.words import WORDS
from flowengine.document import logic_hash, parse
from flowengine.flow import Flow
from flowengine.state import encode
from tests.flowengine.engine.flows import flows
from tests.flowengine.mutations import FEWER, HARMLESS, edited
from tests.flowengine.playing import OI, ask, document, menu, text

Json = dict[str, Any]

BASE = document(
    "f",
    [
        OI,
        ask("nome", "Nome?", save_as="nome", timeout="PT2H"),
        menu("menu", "Como ajudo?", "vendas", "suporte", "sair"),
        {
            "id": "vip",
            "type": "condition",
            "cases": [
                {"id": "sim", "when": {"left": {"expr": "nome"}, "op": "equals", "right": "Ana"}},
                {
                    "id": "talvez",
                    "label": "Talvez",
                    "when": {"left": {"expr": "nome"}, "op": "is_empty"},
                },
            ],
        },
        text("tchau", "Tchau"),
    ],
    ["oi > nome", "nome:reply > menu", "menu:choice:vendas > vip", "menu:reply > tchau"],
    variables=[{"name": "nome"}],
    view={"nodes": {"oi": [0, 0], "nome": [1, 0]}},
)


def flow(doc: Json) -> Flow:
    return parse(msgspec.json.encode(doc))


def changed(**nodes: Json) -> Difference:
    """The difference that fields of some nodes make; a null field is taken out."""
    new = copy.deepcopy(BASE)
    for node in new["nodes"]:
        node.update(nodes.get(node["id"], {}))
    return diff(flow(BASE), flow(new))


def edit(**fields: Any) -> Difference:
    return diff(flow(BASE), flow({**copy.deepcopy(BASE), **fields}))


def only(difference: Difference) -> Change:
    assert len(difference.changes) == 1, difference.changes
    return difference.changes[0]


def test_nothing_changed():
    found = edit()
    assert found == Difference()
    assert found.same_logic
    assert describe(found) == ["Nada mudou."]


def test_what_was_moved_has_not_changed():
    found = edit(view={"nodes": {"oi": [0, 0], "nome": [500, 3]}})
    assert (found.changes, found.moved, found.same_logic) == ((), ("nome",), True)
    assert describe(found, "en") == ["The logic is the same.", "1 step only moved on the canvas."]


def test_notes_and_frames_are_looks():
    found = edit(view={**BASE["view"], "notes": [{"text": "oi"}]})
    assert found == Difference(looks=True)


@pytest.mark.parametrize(
    "change",
    [
        changed(nome={"title": "Pergunta o nome"}),
        changed(nome={"note": "Revisar"}),
        edit(name="Outro nome"),
    ],
)
def test_titles_notes_and_the_name_are_words_only(change: Difference):
    assert only(change).words_only
    assert change.same_logic
    assert describe(change)[0] == "A lógica é a mesma: só mudaram palavras que a equipe lê."


def test_the_label_of_a_case_is_words_only():
    cases = copy.deepcopy(BASE["nodes"][3]["cases"])
    cases[1]["label"] = "Quem sabe"
    found = changed(vip={"cases": cases})
    assert only(found).fields[0].path == "/cases/1/label"
    assert found.same_logic


def test_a_field_has_its_place_and_both_values():
    found = changed(nome={"timeout": "PT3H"})
    field = only(found).fields[0]
    assert (only(found).id, only(found).kind) == ("nome", "ask")
    assert (field.path, field.how, field.old, field.new) == ("/timeout", "changed", "PT2H", "PT3H")
    assert not found.same_logic
    assert describe(found) == [
        "A lógica mudou: 1 passo.",
        "~ passo «nome» (ask)",
        "    ~ timeout: «PT2H» → «PT3H»",
    ]


def test_choices_are_told_apart_by_their_ids():
    contents = copy.deepcopy(BASE["nodes"][2]["contents"])
    first, second, _ = contents[0]["buttons"]
    contents[0]["buttons"] = [{**second, "title": "Ajuda"}, first, {"id": "x", "title": "Xis"}]
    fields = only(changed(menu={"contents": contents})).fields
    assert [(f.path, f.how) for f in fields] == [
        ("/contents/0/buttons/0/title", "changed"),
        ("/contents/0/buttons/2", "added"),
        ("/contents/0/buttons/2", "removed"),
        ("/contents/0/buttons", "reordered"),
    ]
    assert fields[3].new == ["suporte", "vendas"]


def test_one_content_more_does_not_shift_the_others():
    contents = [{"kind": "text", "text": "Antes"}, *BASE["nodes"][2]["contents"]]
    fields = only(changed(menu={"contents": contents})).fields
    assert [(f.path, f.how) for f in fields] == [("/contents/0", "added")]


def test_true_is_not_one():
    content = {"kind": "text", "text": "Tchau"}
    new = changed(tchau={"contents": [{**content, "preview_url": True}]})
    assert only(new).fields[0].path == "/contents/0/preview_url"
    old = document("f", [{"id": "e", "type": "end", "outputs": {"a": True}}], [])
    other = document("f", [{"id": "e", "type": "end", "outputs": {"a": 1}}], [])
    assert not diff(flow(old), flow(other)).same_logic


def test_nodes_and_their_edges_come_and_go():
    nodes = [n for n in copy.deepcopy(BASE["nodes"]) if n["id"] != "tchau"]
    nodes.append({"id": "fim", "type": "end"})
    edges = [e for e in BASE["edges"] if e["to"] != "tchau"]
    edges.append({"from": "menu", "exit": "reply", "to": "fim"})
    found = edit(nodes=nodes, edges=edges)
    assert [(c.what, c.how, c.id, c.exit) for c in found.changes] == [
        ("node", "added", "fim", ""),
        ("node", "removed", "tchau", ""),
        ("edge", "changed", "menu", "reply"),
    ]
    assert describe(found, "es") == [
        "La lógica cambió: 2 pasos, 1 conexión.",
        "+ paso «fim» (end)",
        "- paso «tchau» (message)",
        "~ conexión «menu» reply → «tchau» → «fim»",
    ]


def test_a_new_id_is_a_renaming_and_its_edges_are_the_same():
    new = copy.deepcopy(BASE)
    new["nodes"][4]["id"] = "adeus"
    new["edges"][3]["to"] = "adeus"
    found = diff(flow(BASE), flow(new))
    assert (only(found).how, only(found).was, only(found).id) == ("renamed", "tchau", "adeus")
    assert found.renames == {"tchau": "adeus"}
    assert not found.same_logic
    assert describe(found)[1] == "> passo «tchau» agora se chama «adeus»"


def test_a_trigger_is_called_so():
    new = copy.deepcopy(BASE)
    new["nodes"][0]["on"] = {"kind": "keyword", "words": ["oi", "olá"], "match": "exact"}
    found = only(diff(flow(BASE), flow(new)))
    assert (found.what, found.fields[0].path) == ("trigger", "/on/words/1")


def test_another_type_under_the_same_id():
    new = copy.deepcopy(BASE)
    new["nodes"][4] = {"id": "tchau", "type": "end"}
    change = only(diff(flow(BASE), flow(new)))
    assert (change.what, change.how, change.kind, change.was) == (
        "node",
        "changed",
        "end",
        "message",
    )


def test_variables_settings_and_the_flow_itself():
    found = edit(
        variables=[{"name": "nome", "default": "você"}, {"name": "n", "type": "number"}],
        outputs=[{"name": "nome"}],
        settings={"expires": "P1D", "busy": "skip"},
        language="es",
        start="nome",
    )
    assert [(c.what, c.how, c.id) for c in found.changes] == [
        ("flow", "changed", "f"),
        ("setting", "added", "busy"),
        ("setting", "added", "expires"),
        ("variable", "changed", "nome"),
        ("variable", "added", "n"),
        ("output", "added", "nome"),
    ]
    assert [f.path for f in found.changes[0].fields] == ["/language", "/start"]


def test_a_translation_is_told_by_language_node_and_place():
    found = edit(translations={"es": {"nome": {"/contents/0/text": "¿Nombre?"}}})
    change = only(found)
    assert (change.what, change.how, change.id) == ("translation", "added", "es/nome")
    assert change.fields[0].path == "/contents/0/text"
    assert not found.same_logic


def test_the_languages_have_the_same_words():
    for words in WORDS.values():
        assert words.nouns.keys() == WORDS["pt"].nouns.keys()
        for one, other in zip(
            msgspec.structs.astuple(words), msgspec.structs.astuple(WORDS["pt"]), strict=True
        ):
            assert type(one) is type(other)
            assert str(one).count("{") == str(other).count("{")


# -- properties ----------------------------------------------------------------------------------


def normal(doc: Flow) -> bytes:
    """A flow without what means nothing, in bytes: an independent way to say "the same"."""
    nodes = sorted(
        (msgspec.structs.replace(n, title="", note="") for n in doc.nodes), key=lambda n: n.id
    )
    edges = sorted(doc.edges, key=lambda e: (e.from_, e.exit))
    variables = sorted(doc.variables, key=lambda v: v.name)
    bare = msgspec.structs.replace(
        doc,
        name="",
        nodes=tuple(nodes),
        edges=tuple(edges),
        variables=tuple(variables),
        view=Flow.__struct_defaults__[-1],
    )
    return encode(bare)


@FEWER
@given(st.data())
def test_what_is_told_is_what_differs(data: st.DataObject):
    old = data.draw(flows())
    new = data.draw(edited(old))
    one, other = flow(old), flow(new)
    found = diff(one, other)
    assert found.same_logic == (normal(one) == normal(other))
    if logic_hash(one) == logic_hash(other):
        assert found.same_logic
    for language in ("pt-BR", "en", "es"):
        assert describe(found, language)
    msgspec.json.decode(encode(found), type=Difference)


@FEWER
@given(st.data())
def test_back_and_forth_are_mirrored(data: st.DataObject):
    old = data.draw(flows())
    new = data.draw(edited(old))
    there, back = diff(flow(old), flow(new)), diff(flow(new), flow(old))
    turned = {"added": "removed", "removed": "added", "changed": "changed", "renamed": "renamed"}
    ends = {v: k for k, v in there.renames.items()}
    assert back.renames == ends
    assert {(c.what, turned[c.how], ends.get(c.id, c.id), c.exit) for c in there.changes} == {
        (c.what, c.how, c.id, c.exit) for c in back.changes
    }


@FEWER
@given(st.data())
def test_harmless_edits_leave_the_logic(data: st.DataObject):
    old = data.draw(flows())
    new = data.draw(edited(old, HARMLESS))
    found = diff(flow(old), flow(new))
    assert found.same_logic
    assert all(change.words_only for change in found.changes)


@FEWER
@given(flows())
def test_a_flow_does_not_differ_from_itself(doc: Any):
    assert diff(flow(doc), flow(doc)) == Difference()
