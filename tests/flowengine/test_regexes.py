"""Patterns taken apart: which match nothing, and texts that match the others."""

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from flowengine.errors import FlowError
from flowengine.expressions import ExpressionError
from flowengine.patterns import compile_pattern
from flowengine.regexes import matches_nothing, read, samples

NOTHING = [
    "a^b", "$x", "(a$|b$)c", "^ oi", "oi $", "[^\\s\\S]", "foo\\bbar", "a\\B ", "٣", "Ａ", "x\\z.",
    "[^\\x00-\\x{10FFFF}]", "(?:^|a)b\\Ac", "^a^b", "(?i)a(?:$)b",
]  # fmt: skip
SOMETHING = [
    "\\bfoo\\b", "^[0-9]{5}-?[0-9]{3}$", "(?P<n>\\d+)", "a*", "^$", "(a$|b)c", "(?m)a$\nb", "é",
    "\\p{L}", "\\b$", "(?m)^ $", "a{0}b", "(^a|b)+", "\\Qa.b\\E", "[[:alpha:]]+@[a-z.]+", "(?s)a.b",
    "x{2,3}", "\\x41\\n?", "[^a]$", "^(sim|não)$", "\\B\\+", "[a-]", "[]a]", "(?:$)?a",
    "^\\s*a", "(\\b|x)$",
]  # fmt: skip


@pytest.mark.parametrize("pattern", NOTHING)
def test_it_matches_nothing(pattern: str) -> None:
    assert matches_nothing(pattern)


@pytest.mark.parametrize("pattern", SOMETHING)
def test_something_matches_it(pattern: str) -> None:
    assert not matches_nothing(pattern)


@pytest.mark.parametrize(
    "pattern", [each for each in SOMETHING if each not in ("\\p{L}", "^$", "(?m)^ $")]
)
def test_its_samples_match(pattern: str) -> None:
    found = samples(pattern)
    assert found
    for text in found:
        assert compile_pattern(pattern).matches(text), text


def test_samples_are_plain_and_differ() -> None:
    assert samples("^(sim|não)$") == ["sim", "não"]
    assert samples("pedido [0-9]{6}")[0] == "pedido 111111"


def test_what_is_not_read_is_not_judged() -> None:
    assert read("\\p{Greek}") is None
    assert not matches_nothing("\\p{Greek}$a")
    assert samples("\\p{Greek}") == []


PIECES = st.sampled_from(
    ["a", "b", " ", "\n", "^", "$", "\\b", "\\B", ".", "\\w", "\\s", "[ab]", "[^a]", "1", "(?:a|^)",
     "(?:$|b)", "a*", "b?", "(?:\\ba)+", "(a|b$)"]
)  # fmt: skip
TEXTS = st.text(alphabet="ab1 \n-", max_size=6)


@given(st.lists(PIECES, min_size=1, max_size=5).map("".join), TEXTS)
@settings(max_examples=100)
def test_no_text_matches_what_is_said_to_match_nothing(source: str, text: str) -> None:
    try:
        pattern = compile_pattern(source)
    except (ExpressionError, FlowError, re2.error):
        return
    if pattern.matches(text):
        assert not matches_nothing(source)
