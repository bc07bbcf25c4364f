"""The elements of the canvas that an edit changed, and what each looks like now."""

from collections.abc import Iterator
from typing import TypeAlias

from markupsafe import escape
from msgspec import Struct

from web.editor.board import Board, Line, Mark, Step
from web.editor.known import Drawn
from web.render import render_part
from web.request import AnyRequest

NAME = "flow-name"

Element: TypeAlias = Step | Line | Mark | str
"""What an element shows; the flow's name above the canvas is a string."""


class Part(Struct, frozen=True):
    """An element of the canvas by its id, as it is now; without `html` it is gone."""

    id: str
    html: str = ""


def part(request: AnyRequest, id: str, element: Element | None) -> Part:
    match element:
        case None:
            return Part(id)
        case Step():
            return Part(id, render_part(request, "editor/_card.html", step=element))
        case Line():
            return Part(id, render_part(request, "editor/_line.html", line=element))
        case Mark():
            return Part(id, render_part(request, "editor/_mark.html", mark=element))
        case str():
            return Part(id, f'<h1 id="{NAME}">{escape(element)}</h1>')


def elements(board: Board) -> Iterator[tuple[str, Element]]:
    """All that stands on a canvas, in the page's order."""
    yield from ((f"mark-{id}", mark) for id, mark in board.marks.items())
    yield from ((f"n-{id}", step) for id, step in board.steps.items())
    yield from board.lines.items()


def element(drawn: Drawn, id: str) -> Element | None:
    """The element of this id; None where there is none."""
    if id == NAME:
        return drawn.flow.name
    kind, _, rest = id.partition("-")
    board = drawn.board
    found = {"n": board.steps, "mark": board.marks}.get(kind)
    return board.lines.get(id) if found is None else found.get(rest)


def differing(before: Drawn, after: Drawn) -> Iterator[tuple[str, Element | None]]:
    """The elements that are new, gone (None) or look different."""
    was, now = before.board, after.board
    yield from ((f"n-{id}", None) for id in was.steps if id not in now.steps)
    yield from ((id, None) for id in was.lines if id not in now.lines)
    yield from ((f"n-{id}", it) for id, it in now.steps.items() if was.steps.get(id) != it)
    yield from ((id, it) for id, it in now.lines.items() if was.lines.get(id) != it)
    yield from ((f"mark-{id}", None) for id in was.marks if id not in now.marks)
    yield from ((f"mark-{id}", it) for id, it in now.marks.items() if was.marks.get(id) != it)
    if before.flow.name != after.flow.name:
        yield NAME, after.flow.name
