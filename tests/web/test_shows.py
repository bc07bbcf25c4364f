"""How values look: WhatsApp's own formatting above all, which strangers write."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.shows import bubble, formatted, initials, phone, safe_id, size, tone


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*oi*", "<b>oi</b>"),
        ("_oi_ e ~não~", "<i>oi</i> e <s>não</s>"),
        ("`código`", "<code>código</code>"),
        ("```a *b* c```", "<code>a <b>b</b> c</code>"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("snake_case_name", "snake_case_name"),
        ("*só começo", "*só começo"),
        ("linha\noutra", "linha<br>outra"),
        ("<b>não</b>", "&lt;b&gt;não&lt;/b&gt;"),
        (
            "veja https://loja.example/a?b=1&c=2.",
            'veja <a href="https://loja.example/a?b=1&amp;c=2" rel="noopener noreferrer" '
            'target="_blank">https://loja.example/a?b=1&amp;c=2</a>.',
        ),
        ("javascript:alert(1)", "javascript:alert(1)"),
    ],
)
def test_formatting(text: str, shown: str) -> None:
    assert formatted(text) == shown


CHIP = '<i class="chip">{}</i>'


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("Oi, *\u2068nome do contato\u2069*!", f"Oi, <b>{CHIP.format('nome do contato')}</b>!"),
        ("_\u2068a_b\u2069 e_", f"<i>{CHIP.format('a_b')} e</i>"),
        ("\u2068só <um> lado", "só &lt;um&gt; lado"),
        ("\u2069*sim* \u2068<b>\u2069", f"<b>sim</b> {CHIP.format('&lt;b&gt;')}"),
    ],
)
def test_a_card_s_bubble_has_chips_and_whatsapp_s_marks(words: str, shown: str) -> None:
    assert bubble(words) == shown


OURS = re.compile(
    r"</?(?:b|i|s|code)>|<br>|</a>"
    r'|<a href="https?://[^"<>\s]+" rel="noopener noreferrer" target="_blank">'
)


@given(st.text(alphabet="*_~`<>\"'&ab /:.\nhtps", max_size=80))
def test_no_text_becomes_a_tag_of_its_own(text: str) -> None:
    rest = OURS.sub("", str(formatted(text)))
    assert "<" not in rest
    assert ">" not in rest
    assert '"' not in rest
    for mark in "*_~`":
        text = text.replace(mark, "")
    shown = html.unescape(re.sub(r"[*_~`]", "", rest))
    assert shown == text.replace("\n", "")


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ana", "A"),
        ("Ana Maria Lima", "AL"),
        ("", "?"),
        ("+55 11 98888-1234", "34"),
        ("x.y", "XY"),
        ("Caio (admin)", "CA"),
        ("🐶 Rex 🐾", "R"),
        ("(…)", "?"),
    ],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_numbers_and_sizes() -> None:
    assert phone("+5511987654321") == "+55 11 98765-4321"
    assert phone("simulador") == "simulador"
    assert (size(10), size(2048), size(3 * 1024**2)) == ("10 B", "2 KB", "3.0 MB")
    assert tone("Ana") == tone("Ana")


@given(st.text(max_size=40))
def test_ids_are_safe_in_selectors(text: str) -> None:
    assert re.fullmatch(r"[\w-]*", safe_id(text))
