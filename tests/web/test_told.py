"""Check's findings in the editor: for every code a designer's sentence, in all three languages."""

import re
from functools import cache

import msgspec
import pytest

from flowengine.check import findings, issue_of
from flowengine.check.words import pt as machine
from flowengine.document import parse
from flowengine.issue import Issue
from flowengine.workspace import parse_workspace
from tests.flowengine.planted import PLANTED, WORKSPACE, Planted
from tests.flowengine.playing import OI, ask, document, menu, text
from web.editor.told import SENTENCES, told
from web.publishing import Review, Surroundings
from web.texts import TEXTS

LANGUAGES = tuple(TEXTS)

DOCUMENT = {
    "a JSON path": r"(?<![\w:/])/(?:nodes|edges|settings|contents|cases|start|on)\b|\w/\d+/",
    "a brace": r"[{}]|%\}",
    "an ISO duration": r"\bP(?:\d+[WD])?T?\d*[HMSD]\b",
    "backticks": r"`",
    "an exit": r"\b(?:choice|case|variant|outcome|status):|«(?:next|reply|timeout|else|item)»",
    "a field": r"\b(?:timeout|resume|reprompt|settings\.\w+|sha256|workspace\.json|datetime)\b|"
    r"\b(?:contact|secret|const)\.\w+",
}
WORDS = re.compile(
    r"\b(?:inputs|outputs|expect|asset|purpose|properties|required|parameters|dialogue|return)\b"
)
"""Fields that are words in English: in no other language."""

ENGLISH = re.compile(r"\b(the|is|are|there|this|that|with|needs|cannot|must|an)\b", re.IGNORECASE)
SAYS_NODE = re.compile(r"\bnodes?\b")


@cache
def issues(planted: int, language: str) -> tuple[Issue, ...]:
    """What the editor shows of a planted fault."""
    return shown(PLANTED[planted], language)


def shown(fault: Planted, language: str) -> tuple[Issue, ...]:
    flow = parse(msgspec.json.encode(fault.flow))
    others = {other["key"]: parse(msgspec.json.encode(other)) for other in fault.others}
    names = parse_workspace(msgspec.json.encode(WORKSPACE))
    found = findings(flow, names if fault.workspace else None, others)
    said = tuple(issue_of(flow, finding, language) for finding in found)
    return told(Review(flow, said, tuple(found)), Surroundings(names, others), language)


def bare(words: str) -> str:
    """Without what people wrote themselves: names, titles, labels and texts stand in guillemets."""
    return re.sub(r"«[^»]*»", "…", words)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("at", range(len(PLANTED)), ids=lambda at: PLANTED[at].code)
def test_nothing_of_the_document_is_in_a_sentence(at: int, language: str) -> None:
    found = [issue for issue in issues(at, language) if issue.code == PLANTED[at].code]
    assert found
    for issue in found:
        for words in (issue.message, issue.fix):
            assert words[0] == words[0].upper(), words
            for what, pattern in DOCUMENT.items():
                assert not re.search(pattern, words), f"{what} in: {words}"
            if language != "en":
                assert not ENGLISH.search(bare(words)), words
                assert not WORDS.search(words), words
            else:
                assert not SAYS_NODE.search(words), words


def test_every_code_is_planted_and_has_its_sentence() -> None:
    codes = {fault.code for fault in PLANTED}
    assert codes == set(machine.SENTENCES)
    assert {key.partition("/")[0] for key in SENTENCES} - codes == {"invalid"}


def one(code: str, flow: dict[str, object], language: str = "pt-BR", node: str = "") -> Issue:
    found = shown(Planted(code, flow), language)
    return next(each for each in found if each.code == code and node in ("", each.node))


def test_an_exit_is_called_as_its_card_shows_it() -> None:
    flow = document(
        "f", [OI, menu("m", "?", "sim", "nao", timeout="PT2H")], ["oi > m", "m:choice:sim > oi"]
    )
    flow["edges"] = [edge for edge in flow["edges"] if edge["to"] != "oi"]
    by_exit = {issue.exit: issue.message for issue in shown(Planted("", flow), "pt-BR")}
    assert "«Nao»" in by_exit["choice:nao"]
    assert "«Sem resposta em 2 horas»" in by_exit["timeout"]
    # What an author wrote is never translated, also where it is a word of ours.
    english = {issue.exit: issue.message for issue in shown(Planted("", flow), "en")}
    assert "«Sim»" in english["choice:sim"]


def test_a_field_is_called_as_its_form_calls_it() -> None:
    buttons = {
        "kind": "buttons",
        "text": "Qual?",
        "buttons": [{"id": "a", "title": "Sim"}, {"id": "b", "title": "x" * 30}],
    }
    flow = document("f", [OI, {"id": "m", "type": "message", "contents": [buttons]}], ["oi > m"])
    assert one("too_long", flow).message == (
        "O texto em «Mensagem com botões › Botão 2» tem 30 caracteres; o WhatsApp aceita 20."
    )
    said = {"kind": "text", "text": " "}
    twice = document("f", [OI, {"id": "m", "type": "message", "contents": [said, said]}], [])
    places = {i.message for i in shown(Planted("", twice), "pt-BR") if i.code == "empty_text"}
    assert places == {f"Falta texto em «Mensagem {n} › Mensagem»." for n in (1, 2)}


def test_steps_without_a_title_are_told_apart_by_what_they_say() -> None:
    nodes = [OI, text("a", "Olá, {{ contact.name }}!"), {**text("b", "2"), "title": "Volta"}]
    flow = document("f", nodes, ["oi > a", "a > b", "b > a"])
    assert "«Mensagem: Olá, nome do contato!» → «Volta»" in one("endless_cycle", flow).message


def test_what_a_text_reads_that_is_no_filter_is_named() -> None:
    flow = document("f", [OI, text("a", "{{ message.text|maiuscula }}")], ["oi > a"])
    assert "«maiuscula»" in one("template_invalid", flow).message
    deep = document("f", [OI, text("a", "{{ " + "(" * 300 + "1" + ")" * 300 + " }}")], ["oi > a"])
    assert "complicado demais" in one("template_invalid", deep).message


def test_places_of_the_flow_itself_and_of_translations() -> None:
    flow = document("f", [OI, ask("a", "?")], ["oi > a"], timezone="Marte/Olimpo")
    assert "«Fuso horário»" in one("bad_timezone", flow).fix
    told_in_es = {"es": {"a": {"/contents/0/text": "{{ nada }}"}}}
    other = document("f", [OI, ask("a", "?")], ["oi > a"], translations=told_in_es)
    assert "usado em «Mensagem»" in one("unknown_name", other).message
    lost = document("f", [OI], [], translations={"es": {"z": {"/contents/0/text": "Hola"}}})
    assert "traduções" in one("unknown_node", lost).message
    from_nowhere = document("f", [OI], ["z > oi"])
    assert one("unknown_node", from_nowhere).message.startswith("Há uma ligação que sai")
