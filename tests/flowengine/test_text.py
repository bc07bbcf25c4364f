"""Folding, words, typos; durations."""

from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.durations import Duration, DurationError, iso_duration, seconds, to_timedelta
from flowengine.text import find_phrase, fold, has_phrase, one_typo, plain_digits, words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Não", "nao"),
        ("  Olá,  Mundo!  ", "ola, mundo"),
        ("(SIM!!!)", "sim"),
        ("ｓｉｍ", "sim"),
        ("２.", "2"),
        ("٤٢", "42"),
        ("1️⃣", "1"),
        ("2ª via", "2a via"),
        ("Straße ŁÓDŹ Ørsted", "strasse lodz orsted"),
        ("d’água", "d'agua"),
        ("👍🏽", "👍"),
        ("❤️", "❤"),
        ("?!", "?!"),
        ("", ""),
        ("   ", ""),
        ("zero\u200blargura", "zerolargura"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Oi, Ana 👍!", ["oi", "ana", "👍"]),
        ("guarda-chuva d'água", ["guarda", "chuva", "d'agua"]),
        ("👍👍🏽", ["👍", "👍"]),
        ("🇧🇷 Brasil", ["🇧🇷", "brasil"]),
        ("1.234,56 reais", ["1", "234", "56", "reais"]),
        ("a_b", ["a", "b"]),
        ("...", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_phrases() -> None:
    assert has_phrase(["no", "no", "thanks"], ["no", "thanks"])
    assert find_phrase(["no", "no", "thanks"], ["no", "thanks"]) == 1
    assert not has_phrase(["a", "b"], ["b", "a"])
    assert not has_phrase(["a"], [])


@given(st.text(max_size=100))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=100))
def test_words_are_found_again_in_the_folded_text(text: str) -> None:
    assert words(fold(text)) == words(text)
    assert plain_digits(plain_digits(text)) == plain_digits(text)


@pytest.mark.parametrize(
    ("a", "b", "near"),
    [
        ("vendas", "vendas", True),
        ("vendas", "vemdas", True),
        ("vendas", "venda", True),
        ("vendas", "vvendas", True),
        ("vendas", "vendsa", True),
        ("vendas", "evndas", True),
        ("vendas", "vedsa", False),
        ("vendas", "mondas", False),
        ("ab", "ba", True),
        ("a", "", True),
        ("ab", "", False),
        ("abc", "cba", False),
    ],
)
def test_one_typo(a: str, b: str, near: bool) -> None:
    assert one_typo(a, b) is near
    assert one_typo(b, a) is near


@given(st.text("abc", min_size=1, max_size=8), st.data())
def test_every_single_slip_is_near(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from("abc"))
    slips = [
        word[:at] + word[at + 1 :],
        word[:at] + letter + word[at:],
        word[:at] + letter + word[at + 1 :],
    ]
    slips.append(word[:at] + word[at : at + 2][::-1] + word[at + 2 :])
    assert all(one_typo(word, slip) for slip in slips)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("P7D", timedelta(days=7)),
        ("PT2H", timedelta(hours=2)),
        ("P1W2DT3H4M5S", timedelta(days=9, hours=3, minutes=4, seconds=5)),
        ("PT0.5S", timedelta(milliseconds=500)),
        ("PT90S", timedelta(seconds=90)),
        ("P0D", timedelta(0)),
    ],
)
def test_durations(text: str, length: timedelta) -> None:
    assert to_timedelta(text) == length
    assert seconds(text) == Decimal(str(length.total_seconds()))
    assert msgspec.convert(text, Duration) == text


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1Y", "P2M", "P1YT1H", "1h", "PT1H30", "P-1D", "PT1.H", "p1d", "P1DT"]
)
def test_what_is_no_duration_is_refused_in_both_places(text: str) -> None:
    with pytest.raises(DurationError) as refused:
        to_timedelta(text)
    assert refused.value.fix
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(text, Duration)


def test_months_and_years_have_a_mend() -> None:
    with pytest.raises(DurationError, match="months or years"):
        to_timedelta("P1M")
    with pytest.raises(DurationError, match="too long"):
        to_timedelta("P99999D")


@given(st.timedeltas(timedelta(0), timedelta(days=36_500)))
def test_a_duration_survives_being_written(length: timedelta) -> None:
    assert to_timedelta(iso_duration(length)) == length
