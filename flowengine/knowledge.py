"""What is imported into a knowledge base: a text, or a table, read as passages.

A passage is what a model is shown of a base: a title and some sentences that answer by themselves.
"""

import csv
import io
from collections.abc import Iterator

from msgspec import Struct

from flowengine.errors import FlowError
from flowengine.text import fold, words

LONGEST_TEXT = 4_000
"""Characters of one passage."""

LONGEST_TITLE = 200

LONG = 1_500
"""Characters from which a paragraph is divided between its sentences."""

_TITLES = frozenset({"titulo", "title", "pergunta", "question", "assunto", "tema"})
_TEXTS = frozenset({"texto", "text", "resposta", "answer", "respuesta", "conteudo", "content"})


class Paragraph(Struct, frozen=True):
    """A passage before it lies in a base."""

    title: str
    text: str


def read_paragraphs(raw: bytes, table: bool) -> tuple[Paragraph, ...]:
    """The passages of a file (`raw`); `table`: it is a CSV (of commas, semicolons or tabs).

    A text has one a paragraph (blank lines between), under the heading above it (`# Prazos`); a
    table one a row, by its columns "título" and "texto" (or "pergunta" and "resposta"). UTF-8, else
    Windows-1252, as spreadsheets save it. Raises `FlowError` that names the line. Cost: linear.
    """
    text = _decoded(raw)
    found = tuple(_rows(text) if table else _paragraphs(text))
    if not found:
        raise FlowError(
            "there is no text in it", "", "Write a paragraph, or a row with a text", "no_passage"
        )
    return found


def _decoded(raw: bytes) -> str:
    if b"\x00" in raw:
        raise FlowError("this is no text file", "", "Save it as text or as CSV", "no_text_file")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def typed(text: str) -> str:
    """A text as people type it in a chat: folded, "devoluções" and "devolucao" the same word.

    Dictionaries know plurals by their accents; without them these endings are two words. Linear.
    """
    return " ".join(map(_singular, words(text)))


def _singular(word: str) -> str:
    for plural, one in _PLURALS:
        if word.endswith(plural) and len(word) > len(plural) + 1:
            return word[: -len(plural)] + one
    return word


_PLURALS = (("ciones", "cion"), ("siones", "sion"), ("oes", "ao"), ("aes", "ao"))

# -- texts ---------------------------------------------------------------------------------------


def _paragraphs(text: str) -> Iterator[Paragraph]:
    title, lines = "", list[str]()
    for line in [*text.splitlines(), ""]:
        said = line.strip()
        if said and not said.startswith("#"):
            lines.append(said)
            continue
        yield from (Paragraph(title, part) for part in _divided(" ".join(lines)))
        lines = []
        if said:
            title = said.lstrip("#").strip()[:LONGEST_TITLE]


def _divided(text: str) -> Iterator[str]:
    """A long paragraph in parts, each of whole sentences where they are no longer than a part."""
    while len(text) > LONG:
        ends = [text.rfind(mark, 0, LONG) + 1 for mark in (". ", "! ", "? ", "; ")]
        end = max(ends) or text.rfind(" ", 0, LONG) + 1 or LONG
        yield text[:end].strip()
        text = text[end:].strip()
    if text:
        yield text


# -- tables --------------------------------------------------------------------------------------


def _rows(text: str) -> Iterator[Paragraph]:
    mark = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text), delimiter=mark)
    try:
        rows = list(reader)
    except csv.Error as error:
        raise FlowError(
            f"line {reader.line_num} is no CSV: {error}",
            "",
            "Export it anew",
            "no_csv",
            {"line": str(reader.line_num)},
        ) from None
    head = [fold(name) for name in rows[0]] if rows else []
    texts = [at for at, name in enumerate(head) if name in _TEXTS]
    titles = [at for at, name in enumerate(head) if name in _TITLES]
    if not texts:
        raise FlowError(
            f"the first line names no column of texts: {', '.join(head) or 'it is empty'}",
            "",
            'Name the columns "título" and "texto", or "pergunta" and "resposta"',
            "no_text_column",
            {"columns": ", ".join(name for name in head if name)},
        )
    for at, row in enumerate(rows[1:], 2):
        cells = [" ".join(cell.split()) for cell in row]
        said = cells[texts[0]] if texts[0] < len(cells) else ""
        title = cells[titles[0]] if titles and titles[0] < len(cells) else ""
        if said:
            if len(said) > LONGEST_TEXT:
                raise FlowError(
                    f"row {at} has a text of {len(said):,} characters",
                    "",
                    f"Divide it: a passage has at most {LONGEST_TEXT:,}",
                    "long_row",
                    {"row": str(at), "count": str(len(said)), "most": str(LONGEST_TEXT)},
                )
            yield Paragraph(title[:LONGEST_TITLE], said)
        elif any(cells):
            raise FlowError(
                f"row {at} has no text",
                "",
                "Fill it in, or delete the row",
                "empty_row",
                {"row": str(at)},
            )
