"""What is imported into knowledge bases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.errors import FlowError
from flowengine.knowledge import (
    LONG,
    LONGEST_TEXT,
    LONGEST_TITLE,
    Paragraph,
    read_paragraphs,
    typed,
)

TEXT = """# Prazos

Entregamos em
dois dias úteis.

O frete é grátis.
## Trocas
Em até 7 dias.
"""


def test_a_text_has_a_passage_a_paragraph_under_its_heading() -> None:
    assert read_paragraphs(TEXT.encode(), table=False) == (
        Paragraph("Prazos", "Entregamos em dois dias úteis."),
        Paragraph("Prazos", "O frete é grátis."),
        Paragraph("Trocas", "Em até 7 dias."),
    )


def test_a_long_paragraph_is_divided_between_its_sentences() -> None:
    sentence = "Uma frase de algumas palavras. "
    found = read_paragraphs((sentence * 120).encode(), table=False)
    assert all(each.text.endswith("palavras.") and len(each.text) <= LONG for each in found)
    assert " ".join(each.text for each in found) == (sentence * 120).strip()
    whole = "x" * (2 * LONG + 5)
    assert "".join(each.text for each in read_paragraphs(whole.encode(), table=False)) == whole


@pytest.mark.parametrize(
    "raw",
    [
        b'titulo,texto\nPrazo,"Dois dias, no m\xc3\xa1ximo"\n,Sem t\xc3\xadtulo\n',
        "\ufeffPergunta;Resposta\nPrazo;Dois dias, no máximo\n;Sem título\n\n".encode(),
        "Título;Texto\r\nPrazo;Dois dias, no máximo\r\n;Sem título\r\n".encode("cp1252"),
        "texto\tx\ttítulo\nDois dias, no máximo\t1\tPrazo\nSem título\n".encode(),
    ],
)
def test_tables_as_spreadsheets_save_them(raw: bytes) -> None:
    assert read_paragraphs(raw, table=True) == (
        Paragraph("Prazo", "Dois dias, no máximo"),
        Paragraph("", "Sem título"),
    )


@pytest.mark.parametrize(
    ("raw", "table", "says"),
    [
        (b"", False, "no text in it"),
        (b"# So\n\n## titulos\n", False, "no text in it"),
        (b"", True, "it is empty"),
        (b"a,b\n1,2\n", True, "no column of texts: a, b"),
        (b"titulo,texto\nPrazo,\n", True, "row 2 has no text"),
        (b"texto\n" + b"x" * 4_001, True, "row 2 has a text of 4,001"),
        (b"texto\n", True, "no text in it"),
        (b"PK\x03\x04\x00\x00", False, "no text file"),
        (b'texto\n"' + b"a" * 140_000, True, "no CSV"),
    ],
)
def test_what_cannot_be_read_says_where(raw: bytes, table: bool, says: str) -> None:
    with pytest.raises(FlowError, match=says) as caught:
        read_paragraphs(raw, table)
    assert caught.value.fix


def test_words_as_people_type_them() -> None:
    assert typed("Devoluções, NÃO!") == typed("devolucao nao") == "devolucao nao"
    assert typed("las devoluciones") == "las devolucion"
    assert typed("oes") == "oes"


@given(
    st.one_of(st.binary(max_size=400), st.text("a#;,\t\n\"' título,texto", max_size=200)),
    st.booleans(),
)
def test_whatever_is_imported_is_read_or_refused_plainly(raw: bytes | str, table: bool) -> None:
    try:
        found = read_paragraphs(raw if isinstance(raw, bytes) else raw.encode(), table)
    except FlowError:
        return
    assert found
    assert all(0 < len(each.text) <= LONGEST_TEXT for each in found)
    assert all(len(each.title) <= LONGEST_TITLE for each in found)
