"""The catalogues hold every sentence of the web, no other, and with the same values in it."""

import re

import pytest

from tests.web.sentences import sentences
from web.texts import TEXTS, Texts, choose_language

OTHERS = [code for code in TEXTS if code != "pt-BR"]
VALUES = re.compile(r"\{\w+\}|</?\w+>")


@pytest.mark.parametrize("code", OTHERS)
def test_every_sentence_is_there_and_no_other(code: str) -> None:
    found = sentences()
    assert len(found) > 500
    known = set(TEXTS[code].sentences)
    assert found - known == set(), "sentences without a translation"
    assert known - found == set(), "translations of what nobody says any more"


@pytest.mark.parametrize("code", OTHERS)
def test_translations_keep_the_values_tags_and_forms(code: str) -> None:
    for sentence, translated in TEXTS[code].sentences.items():
        assert translated.strip(), sentence
        assert sorted(VALUES.findall(translated)) == sorted(VALUES.findall(sentence)), sentence
        assert translated.count(" | ") == sentence.count(" | "), sentence


def test_spanish_speaks_to_everybody_as_usted() -> None:
    familiar = re.compile(r"\b(tu|tus|tú|ti|haz|eliges|puedes|quieres|tienes)\b", re.IGNORECASE)
    assert [said for said in TEXTS["es"].sentences.values() if familiar.search(said)] == []


def test_a_number_picks_the_form() -> None:
    t = TEXTS["pt-BR"]
    assert t("{n} erro | {n} erros", n=1) == "1 erro"
    assert t("{n} erro | {n} erros", n=0) == "0 erros"
    assert TEXTS["en"]("{n} erro | {n} erros", n=2) == "2 errors"


def test_values_in_html_are_escaped_and_the_sentence_is_not() -> None:
    t = Texts("pt-BR", {})
    assert t.html("Oi <b>{name}</b>", name="<i>") == "Oi <b>&lt;i&gt;</b>"


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [
        ("en", "es", "en"),
        ("xx", "es-MX,en;q=0.8", "es"),
        ("", "de,en-GB;q=0.8", "en"),
        ("", "pt", "pt-BR"),
        ("", "*", "pt-BR"),
        ("", ";;,", "pt-BR"),
    ],
)
def test_choosing_a_language(chosen: str, accepted: str, language: str) -> None:
    assert choose_language(chosen, accepted) == language
