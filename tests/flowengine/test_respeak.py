"""A paste between flows of different languages: each word goes where it is read."""

from typing import Any

import msgspec

from flowengine.document import parse
from flowengine.editing import apply, clip, paste, respoken
from flowengine.flow import Flow
from tests.flowengine.playing import document, menu, text

SAID = "/contents/0/text"


def flow(nodes: list[dict[str, Any]], language: str, **translations: dict[str, Any]) -> Flow:
    said = {name.replace("_", "-"): texts for name, texts in translations.items()}
    more = {"language": language, "translations": said}
    return parse(msgspec.json.encode(document("f", nodes, [], **more)))


def taken(into: Flow, source: Flow) -> Flow:
    """`into` with all of `source` pasted."""
    piece = clip(source, {node.id for node in source.nodes})
    return apply(into, paste(into, piece, (0, 0))).flow


def words(found: Flow, id: str) -> dict[str, Any]:
    return next(msgspec.to_builtins(node) for node in found.nodes if node.id == id)["contents"][0]


def test_words_of_the_other_flow_s_language_change_places() -> None:
    english = flow([text("a", "Hello")], "en", pt_BR={"a": {SAID: "Olá"}}, es={"a": {SAID: "Hola"}})
    found = taken(flow([text("z", "Já")], "pt-BR"), english)
    assert words(found, "a")["text"] == "Olá"
    assert found.translations == {"en": {"a": {SAID: "Hello"}}, "es": {"a": {SAID: "Hola"}}}


def test_and_back_again() -> None:
    english = flow([text("a", "Hello")], "en", pt_BR={"a": {SAID: "Olá"}})
    there = taken(flow([], "pt-BR"), english)
    back = taken(flow([], "en"), there)
    assert words(back, "a")["text"] == "Hello"
    assert back.translations == {"pt-BR": {"a": {SAID: "Olá"}}}


def test_a_plain_language_serves_where_its_region_does_not() -> None:
    english = flow([text("a", "Hello")], "en-US", pt={"a": {SAID: "Olá"}})
    found = taken(flow([text("z", "Já")], "pt-BR", en={"z": {SAID: "Yes"}}), english)
    assert words(found, "a")["text"] == "Olá"
    assert found.translations == {"en": {"z": {SAID: "Yes"}, "a": {SAID: "Hello"}}}


def test_what_nothing_translates_is_counted_and_stays_under_its_own_language_too() -> None:
    nodes = [menu("m", "Which?", "x", "y"), text("a", "Hello")]
    english = flow(nodes, "en", pt_BR={"m": {SAID: "Qual?", "/contents/0/buttons/0/title": "Xis"}})
    into = flow([], "pt-BR")
    heard = respoken(into, clip(english, {"m", "a"}))
    assert (heard.foreign, heard.swapped) == (2, 1)
    found = taken(into, english)
    assert words(found, "m")["text"] == "Qual?"
    assert [each["title"] for each in words(found, "m")["buttons"]] == ["Xis", "Y"]
    assert words(found, "a")["text"] == "Hello"
    assert found.translations["en"]["a"] == {SAID: "Hello"}
    assert found.translations["en"]["m"]["/contents/0/buttons/1/title"] == "Y"
    assert "pt-BR" not in found.translations


def test_without_any_translation_no_language_comes_into_being() -> None:
    into = flow([], "pt-BR")
    found = taken(into, flow([text("a", "Hello")], "en"))
    assert words(found, "a")["text"] == "Hello"
    assert found.translations == {}


def test_a_language_that_a_flow_speaks_itself_is_no_translation() -> None:
    own = flow([text("a", "Oi")], "pt-BR", pt_BR={"a": {SAID: "nobody reads this"}})
    heard = respoken(flow([], "pt-BR"), clip(own, {"a"}))
    assert (heard.foreign, heard.translations) == (0, {})


def test_another_region_of_the_same_language_is_understood() -> None:
    portugal = flow([text("a", "Olá")], "pt-PT", en={"a": {SAID: "Hi"}})
    heard = respoken(flow([], "pt-BR"), clip(portugal, {"a"}))
    assert (heard.foreign, heard.translations) == (0, {"en": {"a": {SAID: "Hi"}}})


def test_a_translation_that_changes_more_than_words_is_left_behind() -> None:
    odd = {SAID: "Olá", "/contents/0/kind": "image"}
    heard = respoken(
        flow([], "pt-BR"), clip(flow([text("a", "Hi")], "en", pt_BR={"a": odd}), {"a"})
    )
    assert heard.translations == {"en": {"a": {SAID: "Hi"}}}
