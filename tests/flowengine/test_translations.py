"""Translations: what can be translated, what is lacking, in what order, and PO files."""

import contextlib
import copy
from io import BytesIO
from typing import Any

import msgspec
import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from flowengine.document import canonical, parse
from flowengine.errors import FlowError
from flowengine.flow import Flow
from flowengine.given import Contact
from flowengine.release import compile_flow
from flowengine.translations import gaps, phrases
from flowengine.translations.po import export_po, import_po
from tests.flowengine.engine.flows import flows
from tests.flowengine.mutations import FEWER
from tests.flowengine.playing import OI, Play, document, menu, release, text

Json = dict[str, Any]


def read(doc: Json) -> Flow:
    return parse(msgspec.json.encode(doc))


def one(node: Json, **more: Any) -> Flow:
    return read(document("f", [{"id": "n", **node}], [], **more))


def says(*contents: Json, **more: Any) -> Json:
    return {"type": "message", "contents": list(contents), **more}


def found(node: Json) -> dict[str, str]:
    """Place to text of a node's phrases."""
    return {phrase.path: phrase.text for phrase in phrases(one(node))}


# -- what can be translated ----------------------------------------------------------------------

ROWS = [
    {"each": {"expr": "l"}, "as": "s", "id": "{{ s.id }}", "title": "Vaga {{ s.nome }}"},
    {"id": "x", "title": "Outro", "description": "Outro dia", "synonyms": ["mudar"], "value": "v"},
]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"kind": "text", "text": "Oi"}, {"text": "Oi"}),
        (
            {"kind": "image", "media": {"url": "https://x.example"}, "caption": "C"},
            {"caption": "C"},
        ),
        ({"kind": "audio", "media": {"url": "https://x.example"}}, {}),
        (
            {"kind": "document", "media": {"asset": "sha256:a"}, "filename": "a.pdf"},
            {"filename": "a.pdf"},
        ),
        (
            {"kind": "location", "latitude": 1, "longitude": {"expr": "n"}, "name": "Loja"},
            {"name": "Loja"},
        ),
        (
            {"kind": "buttons", "text": "T", "header": "H", "footer": "F", "buttons": ROWS[1:]},
            {
                "text": "T",
                "header": "H",
                "footer": "F",
                "buttons/0/title": "Outro",
                "buttons/0/description": "Outro dia",
                "buttons/0/synonyms/0": "mudar",
            },
        ),
        (
            {"kind": "list", "text": "T", "button": "Abrir", "rows": ROWS[:1]},
            {"text": "T", "button": "Abrir", "rows/0/title": "Vaga {{ s.nome }}"},
        ),
        (
            {"kind": "list", "text": "T", "sections": [{"title": "S", "rows": ROWS[:1]}]},
            {"text": "T", "sections/0/title": "S", "sections/0/rows/0/title": "Vaga {{ s.nome }}"},
        ),
        (
            {"kind": "cta_url", "text": "T", "title": "Abrir", "url": "https://x.example"},
            {"text": "T", "title": "Abrir"},
        ),
        ({"kind": "location_request", "text": "Onde?"}, {"text": "Onde?"}),
        (
            {
                "kind": "flow",
                "text": "T",
                "title": "Preencher",
                "form": "123",
                "data": {"a/b": ["oi", {"expr": "n"}], "n": 1},
            },
            {"text": "T", "title": "Preencher", "data/a~1b/0": "oi"},
        ),
        (
            {
                "kind": "template",
                "name": "aviso",
                "language": "pt_BR",
                "params": {"nome": "cliente"},
                "buttons": [{"id": "ok", "title": "Ok"}],
            },
            {"params/nome": "cliente", "buttons/0/title": "Ok"},
        ),
        ({"kind": "reaction", "emoji": "👍"}, {}),
    ],
)
def test_every_text_that_a_customer_sees(content: Json, expected: Json):
    assert found(says(content)) == {f"/contents/0/{path}": t for path, t in expected.items()}


def test_reprompts_other_channels_and_templates_too():
    ola = {"kind": "text", "text": "Olá"}
    node = {
        "type": "ask",
        "contents": [ola],
        "expect": {"kind": "text"},
        "reprompt": "De novo?",
        "instead": [{"channel": "email", "contents": [ola]}],
        "template": {"kind": "template", "name": "x", "language": "pt", "params": {"1": "Oi"}},
    }
    assert list(found(node)) == [
        "/contents/0/text",
        "/instead/0/contents/0/text",
        "/template/params/1",
        "/reprompt",
    ]
    assert list(found({"type": "wait", "expect": {"kind": "text"}, "reprompt": "?"})) == [
        "/reprompt"
    ]


@pytest.mark.parametrize(
    "node",
    [
        {"type": "ai_reply", "instructions": "Responda."},
        {"type": "transfer", "to": {"queue": "q"}, "briefing": "Para a equipe"},
        {"type": "notify", "name": "x", "data": {"a": "b"}},
        {"type": "tag", "add": ["cliente"]},
        {"type": "http", "url": "https://x.example", "body": {"a": "b"}},
        OI,
    ],
)
def test_what_no_customer_reads_is_not_there(node: Json):
    assert found({**node, "id": "n"}) == {}


def test_a_phrase_knows_its_room_and_whether_it_has_words():
    node = says(
        {"kind": "text", "text": "{{ nome }} 👋 https://x.example"},
        {"kind": "buttons", "text": "Qual?", "buttons": [{"id": "a", "title": "Sim"}]},
    )
    told = [(p.part, p.longest, p.needed) for p in phrases(one(node))]
    assert told == [("text", 4096, False), ("text", 1024, True), ("title", 20, True)]


# -- what is lacking -----------------------------------------------------------------------------

MENU = menu("m", "Oi, {{ nome }}", "sim=Sim", "nao=Não")


def lacking(texts: Json) -> list[tuple[str, str, str]]:
    flow = read(document("f", [OI, MENU], ["oi > m"], translations={"es": {"m": texts}}))
    return [(gap.why, gap.node, gap.path) for gap in gaps(flow)]


ALL: Json = {
    "/contents/0/text": "Hola, {{ nome }}",
    "/contents/0/buttons/0/title": "Sí",
    "/contents/0/buttons/1/title": "No",
}


def without(path: str) -> Json:
    return {place: words for place, words in ALL.items() if place != path}


def test_a_whole_translation_lacks_nothing():
    assert lacking(ALL) == []


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({}, [("missing", "m", path) for path in ALL]),
        (
            without("/contents/0/buttons/0/title"),
            [("missing", "m", "/contents/0/buttons/0/title")],
        ),
        (
            {**ALL, "/contents/0/buttons/0/title": " "},
            [("missing", "m", "/contents/0/buttons/0/title")],
        ),
        ({**ALL, "/contents/3/text": "x"}, [("nowhere", "m", "/contents/3/text")]),
        ({**ALL, "/reprompt": "x"}, [("nowhere", "m", "/reprompt")]),
        ({**ALL, "": "x"}, [("nowhere", "m", "")]),
        ({**ALL, "/contents/0/buttons/0/id": "si"}, [("unfit", "m", "/contents/0/buttons/0/id")]),
        ({**ALL, "/expect/kind": "text"}, [("unfit", "m", "/expect/kind")]),
        (
            {**ALL, "/contents/0/buttons/0/title": 3},
            [
                ("unfit", "m", "/contents/0/buttons/0/title"),
                ("missing", "m", "/contents/0/buttons/0/title"),
            ],
        ),
        ({**ALL, "/contents/0/text": "Hola"}, [("names", "m", "/contents/0/text")]),
        ({**ALL, "/contents/0/text": "{{ nome"}, [("names", "m", "/contents/0/text")]),
    ],
)
def test_what_is_lacking_or_wrong(texts: Json, expected: list[tuple[str, str, str]]):
    assert lacking(texts) == expected


def test_a_node_that_is_not_there():
    flow = read(document("f", [OI], [], translations={"es": {"x": {"/contents/0/text": "a"}}}))
    assert [(gap.why, gap.node, gap.path) for gap in gaps(flow)] == [("nowhere", "x", "")]


def test_a_whole_piece_may_be_translated_at_once():
    content = copy.deepcopy(MENU["contents"][0])
    content["text"] = "Hola, {{ nome }}"
    content["buttons"][0] |= {"title": "Sí", "synonyms": ["claro", "vale"]}
    assert lacking({"/contents/0": content}) == []
    content["buttons"].pop()
    assert ("unfit", "m", "/contents/0") in lacking({"/contents/0": content})


def test_synonyms_may_be_fewer_or_more():
    choice = {"id": "a", "title": "Sim", "synonyms": ["claro", "quero"]}
    node = menu("m", "Qual?")
    node["contents"][0]["buttons"] = [choice]
    texts: Json = {"/contents/0/text": "¿Cuál?", "/contents/0/buttons/0/title": "Sí"}
    for words in (["sip"], ["a", "b", "c"]):
        whole = {**texts, "/contents/0/buttons/0/synonyms": words}
        flow = read(document("f", [node], [], translations={"es": {"m": whole}}))
        assert list(gaps(flow)) == []
        assert import_po(flow, export_po(flow, "es")).flow == flow
    flow = read(document("f", [node], [], translations={"es": {"m": texts}}))
    assert [gap.path[-10:] for gap in gaps(flow)] == ["synonyms/0", "synonyms/1"]


@FEWER
@given(flows(), st.data())
def test_what_lacks_nothing_compiles(doc: Any, data: st.DataObject):
    """No translation that passes can break a flow."""
    paths = st.sampled_from(
        ["/contents/0/text", "/contents/0", "/reprompt", "/id", "/contents/0/kind"]
    )
    values = st.sampled_from(["x", 3, None, "list", {"kind": "text", "text": "Hola"}])
    names = st.sampled_from([node["id"] for node in doc["nodes"]])
    texts = data.draw(st.dictionaries(names, st.dictionaries(paths, values, max_size=2)))
    flow = read({**doc, "translations": {"es": texts}})
    if not any(gap.why in ("nowhere", "unfit") for gap in gaps(flow)):
        compile_flow(flow)


# -- in what order -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "heard"),
    [
        ("", "Olá"),
        ("pt-BR", "Olá"),
        ("pt-PT", "Olá"),
        ("es-MX", "Qué onda"),
        ("es-AR", "Hola"),
        ("es", "Hola"),
        ("en-GB", "Hello"),
        ("fr", "Olá"),
    ],
)
def test_the_order_of_languages(wanted: str, heard: str):
    words = {"es": "Hola", "es-MX": "Qué onda", "en": "Hello"}
    translations = {tag: {"a": {"/contents/0/text": said}} for tag, said in words.items()}
    nodes = [OI, text("a", "Olá"), text("b", "Tchau")]
    flow = release("f", nodes, ["oi > a", "a > b"], translations=translations)
    play = Play(flow, contact=Contact("ana", "Ana", language=wanted))
    assert play.hears("oi") == [heard, "Tchau"]


# -- PO files ------------------------------------------------------------------------------------


def po(flow: Flow, *pairs: tuple[str, str], language: str = "es") -> bytes:
    """The flow's export with some messages translated."""
    raw = export_po(flow, language).decode()
    for text_, words in pairs:
        raw = raw.replace(f'msgid "{text_}"\nmsgstr ""', f'msgid "{text_}"\nmsgstr "{words}"')
    return raw.encode()


def test_a_file_for_translators():
    node = {**text("a", 'Diga "oi"\ne tchau'), "title": "Saudação"}
    assert export_po(read(document("f", [node], [])), "es").decode() == (
        'msgid ""\nmsgstr ""\n'
        '"Project-Id-Version: f\\n"\n'
        '"Language: es\\n"\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=UTF-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        '"X-Source-Language: pt-BR\\n"\n\n'
        "#. Saudação · ≤ 4096\n"
        'msgctxt "a/contents/0/text"\n'
        'msgid ""\n"Diga \\"oi\\"\\n"\n"e tchau"\n'
        'msgstr ""\n\n'
    )


def test_texts_come_back():
    flow = read(document("f", [OI, MENU], ["oi > m"]))
    done = import_po(flow, po(flow, ("Sim", "Sí"), ("Não", "No")))
    assert (done.language, done.put) == ("es", 2)
    assert done.flow.translations == {
        "es": {"m": {"/contents/0/buttons/0/title": "Sí", "/contents/0/buttons/1/title": "No"}}
    }
    assert import_po(done.flow, po(flow, ("Sim", "Claro")), "en").flow.translations["en"] == {
        "m": {"/contents/0/buttons/0/title": "Claro"}
    }


def test_what_is_left_out_is_told():
    flow = read(document("f", [OI, MENU], ["oi > m"]))
    raw = po(flow, ("Sim", "Sí"), ("Não", "No"))
    raw += b'msgctxt "x/contents/0/text"\nmsgid "X"\nmsgstr "Equis"\n'
    raw = raw.replace(
        b'#. m \xc2\xb7 \xe2\x89\xa4 20\nmsgctxt "m/contents/0/buttons/1',
        b'#, fuzzy\nmsgctxt "m/contents/0/buttons/1',
    )
    other = copy.deepcopy(MENU)
    other["contents"][0]["buttons"][0]["title"] = "Aceito"
    done = import_po(read(document("f", [OI, other], ["oi > m"])), raw)
    assert (done.put, done.unknown) == (0, ("x/contents/0/text",))
    assert done.outdated == ("m/contents/0/buttons/0/title",)
    assert done.fuzzy == ("m/contents/0/buttons/1/title",)
    assert done.flow.translations == {}


def test_gettexts_own_reader_understands_the_file():
    flow = read(document("f", [OI, MENU], ["oi > m"], translations={"pt-PT": {"m": ALL}}))
    catalog = read_po(BytesIO(export_po(flow, "pt_PT")))
    assert (str(catalog.locale), catalog.charset, catalog.fuzzy) == ("pt_PT", "utf-8", False)
    written = {message.context: message.string for message in catalog if message.id}
    assert written == {f"m{path}": words for path, words in ALL.items()}
    assert all(message.auto_comments[0].startswith("m") for message in catalog if message.id)
    assert not any(message.python_format or message.fuzzy for message in catalog if message.id)


def test_the_same_word_at_two_places_is_two_messages():
    alike = menu("m", "Sim", "a=Sim", "b=Não")
    flow = read(document("f", [OI, alike], ["oi > m"]))
    raw = export_po(flow, "es").decode()
    at = raw.index('msgctxt "m/contents/0/buttons/0/title"')
    raw = raw[:at] + raw[at:].replace('msgstr ""', 'msgstr "Vale"', 1)
    assert import_po(flow, raw.encode()).flow.translations == {
        "es": {"m": {"/contents/0/buttons/0/title": "Vale"}}
    }


def test_plural_forms_are_told_and_obsolete_entries_passed_over():
    flow = read(document("f", [OI, MENU], ["oi > m"]))
    raw = (
        po(flow, ("Sim", "Sí"))
        .decode()
        .replace(
            'msgid "Não"\nmsgstr ""',
            'msgid "Não"\nmsgid_plural "Nãos"\nmsgstr[0] "No"\nmsgstr[1] "Nos"',
        )
    )
    raw += '#~ msgctxt "m/contents/0/text"\n#~ msgid "Antigo"\n#~ msgstr "Viejo"\n'
    done = import_po(flow, raw.encode())
    assert (done.put, done.unknown, done.outdated) == (1, (), ())
    assert done.plural == ("m/contents/0/buttons/1/title",)


def test_a_message_without_words_leaves_what_is_there():
    flow = read(document("f", [OI, MENU], ["oi > m"], translations={"es": {"m": ALL}}))
    bare = read(document("f", [OI, MENU], ["oi > m"]))
    assert import_po(flow, export_po(bare, "es")).flow == flow


@given(
    st.dictionaries(
        st.sampled_from(list(ALL)),
        st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1),
    ),
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1),
)
def test_out_and_in_is_the_same(texts: Json, source: str):
    """Whatever is written: quotes, backslashes, line ends of all kinds, other alphabets."""
    node = copy.deepcopy(MENU)
    node["contents"][0]["text"] = source
    shown = {p: w for p, w in texts.items() if w.strip() and (p[-4:] != "text" or source.strip())}
    bare = read(document("f", [OI, node], ["oi > m"]))
    flow = read(document("f", [OI, node], ["oi > m"], translations={"es": {"m": shown}}))
    raw = export_po(flow, "es")
    assert raw == export_po(flow, "es")
    assert import_po(flow, raw) == import_po(flow, raw, "es")
    assert import_po(flow, raw).flow == flow
    if shown:
        assert canonical(import_po(bare, raw).flow) == canonical(flow)


@FEWER
@given(flows())
def test_every_random_flow_goes_out_and_in(doc: Any):
    flow = read(doc)
    there = {p.node: {} for p in phrases(flow)}
    for phrase in phrases(flow):
        there[phrase.node][phrase.path] = f"Traducido: {phrase.text}"
    whole = msgspec.structs.replace(flow, translations={"es": there} if there else {})
    assert import_po(flow, export_po(whole, "es")).flow == whole
    assert [gap.why for gap in gaps(whole)] == []


LINES = r"""
msgid "a"|msgstr "b"|msgctxt "c"|"d"|#, fuzzy|#: a:1|#~ msgid|x|msgid_plural "e"|msgstr[0] "f"
msgstr[z] "g"|msgid ""|"Language: es\n"|"Content-Type: text/plain; charset=x\n"|#: \u2068a
"Plural-Forms: nplurals=9;\n"|"POT-Creation-Date: ontem\n"|"Language: \xff\n"|msgstr "\|msgid|"
"""
BROKEN = st.lists(st.sampled_from(LINES.strip().replace("|", "\n").encode().split(b"\n"))).map(
    b"\n".join
)


@given(st.one_of(BROKEN, st.binary()))
def test_a_bad_file_is_one_sentence(raw: bytes):
    flow = read(document("f", [OI, MENU], ["oi > m"]))
    with contextlib.suppress(FlowError):
        assert import_po(flow, raw, "es").flow == flow


def test_a_region_lacks_only_what_its_plain_language_lacks_too():
    nodes = [text("a", "Oi"), text("b", "Tchau"), text("c", "Fim")]
    texts = {
        "es": {"a": {"/contents/0/text": "Hola"}, "b": {"/contents/0/text": "Adiós"}},
        "es-MX": {"a": {"/contents/0/text": "Qué onda"}},
    }
    flow = read(document("f", nodes, ["a > b", "b > c"], translations=texts))
    missing = [(gap.language, gap.node) for gap in gaps(flow) if gap.why == "missing"]
    assert missing == [("es", "c"), ("es-MX", "c")]
