"""Rows of a table as somebody pastes them: from a file of a spreadsheet, or cells that were copied.

titulo;descrição          Banho,"Cães, gatos"          Banho⇥Cães e gatos
"""

import csv
import io

HEADS = {"titulo", "title", "nome", "name", "opcao", "opcion", "option", "item"}
"""What the first cell of a head line says, without accents."""


def rows_of(text: str) -> list[list[str]]:
    """The rows, two cells or more each; none where the text is no table."""
    for delimiter in "\t;,":
        rows = [[one_line(cell) for cell in row] for row in parsed(text, delimiter)]
        rows = [row for row in rows if any(row)]
        if len(rows) > 1 and all(len(row) > 1 for row in rows) and fits(text, rows, delimiter):
            return rows
    return []


def parsed(text: str, delimiter: str) -> list[list[str]]:
    """Rows as spreadsheets write them. Where the quotes do not pair, they are words like others:
    no row swallows the next."""
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        lines = text.splitlines()
        rows = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
        return [[cell.replace('"', "") for cell in row] for row in rows]


def fits(text: str, rows: list[list[str]], delimiter: str) -> bool:
    """Commas stand in sentences too: there a blank follows them, and their number differs."""
    if delimiter != ",":
        return True
    same = len({len(row) for row in rows}) == 1
    return same and (", " not in text or '"' in text)


def one_line(cell: str) -> str:
    return " ".join(cell.split())
