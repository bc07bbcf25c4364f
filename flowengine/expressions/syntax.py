"""From source to jinja2's syntax tree: exactly its syntax, by its own lexer and parser.

Two things are ours. Tokens know their column (jinja2 keeps only lines): the line number that the
parser copies into every node is a `Place`. And numbers are exact, nesting is bounded, before the
parser recurses.
"""

import re  # noqa: TID251 - our own pattern, not an author's
from bisect import bisect_right
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TypeVar

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.lexer import Lexer, Token, TokenStream, operators
from jinja2.parser import Parser

from flowengine.expressions.errors import ExpressionError
from flowengine.text import word_set

T = TypeVar("T")

LONGEST = 16_384
"""Characters of one source."""

_MOST_TOKENS = 4_000
_MOST_BRACKETS = 24
_MOST_PREFIXES = 8
_MOST_BLOCKS = 16
_MOST_ELSES = 24
_MOST_DIGITS = 28

_IGNORED = word_set(
    "comment_begin comment comment_end whitespace linecomment_begin linecomment_end linecomment "
    "raw_begin raw_end"
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "\n": ""}
_AT = re.compile(r" at ([0-9]+)$")
_NEWLINE = re.compile(r"\r\n|\r")


class Place(int):
    """A line number that knows its column."""

    column: int = 1


def place_of(node: nodes.Node) -> tuple[int, int]:
    """Line and column of a node, from 1."""
    return int(node.lineno), getattr(node.lineno, "column", 1)


def parse_template(source: str) -> nodes.Template:
    """The tree of a template; raises `ExpressionError`. A trailing newline is kept."""
    return _parse(source, None, lambda parser: parser.parse())


def parse_expression(source: str) -> nodes.Expr:
    """The tree of one expression; raises `ExpressionError`, also for what Jinja2 refuses by a
    `TemplateSyntaxError`. Cost: ~50 µs, linear in it.
    """

    def whole(parser: Parser) -> nodes.Expr:
        tree = parser.parse_expression()
        if not parser.stream.eos:
            raise TemplateSyntaxError(
                "something follows the expression", parser.stream.current.lineno
            )
        return tree

    return _parse(source, "variable", whole)


def _parse(source: str, state: str | None, parse: Callable[[Parser], T]) -> T:
    if len(source) > LONGEST:
        raise ExpressionError(
            f"longer than {LONGEST} characters", fix="split it over several nodes", code="too_long"
        )
    text = _NEWLINE.sub("\n", source)
    try:
        text.encode()
        return parse(Parser(_LANGUAGE, text, state=state))
    except TemplateSyntaxError as wrong:
        raise _refusal(wrong, text) from None
    except UnicodeEncodeError as half:
        line, column = _position(text, half.start)
        raise ExpressionError(
            "half a character", line, column, "remove it", code="syntax"
        ) from None
    except RecursionError:
        raise _too_deep(1, 1) from None


class _Language(Environment):
    """jinja2's syntax without extensions; its own code generator is never used."""

    def _tokenize(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> TokenStream:
        return TokenStream(_tokens(self.lexer, source, state), name, filename)


_LANGUAGE = _Language(keep_trailing_newline=True)


def _tokens(lexer: Lexer, source: str, state: str | None) -> Iterator[Token]:
    lines = [at for at, char in enumerate(source) if char == "\n"]
    nesting = _Nesting()
    offset = 0
    for count, (_, kind, written) in enumerate(lexer.tokeniter(source, None, None, state)):
        found = source.find(written, offset)
        offset = (found if found >= 0 else offset) + len(written)
        if kind in _IGNORED:
            continue
        start = offset - len(written)
        line = bisect_right(lines, start - 1)
        place = Place(line + 1)
        place.column = start - (lines[line - 1] if line else -1)
        token = _token(place, kind, written)
        nesting.see(token)
        if count > _MOST_TOKENS:
            raise _too_many(place)
        yield token


def _token(place: Place, kind: str, written: str) -> Token:
    value: object = written
    if kind == "string":
        value = _ESCAPE.sub(_unescaped, written[1:-1])
        if _is_half(value):
            raise TemplateSyntaxError("half a character in a text", place)
    elif kind in ("integer", "float"):
        value = _number(place, kind, written.replace("_", ""))
    elif kind == "operator":
        kind = operators[written]
    elif kind == "name" and not written.isidentifier():
        raise TemplateSyntaxError("invalid character in a name", place)
    return Token(place, kind, value)  # pyright: ignore[reportArgumentType] - as jinja2's own wrap


def _number(place: Place, kind: str, written: str) -> int | Decimal:
    if kind == "float":
        value = Decimal(written)
        if abs(value.adjusted()) < _MOST_DIGITS and len(value.as_tuple().digits) <= _MOST_DIGITS:
            return value
    elif len(written) <= _MOST_DIGITS:
        return int(written, 0)
    raise TemplateSyntaxError(f"a number has more than {_MOST_DIGITS} digits", place)


def _unescaped(found: re.Match[str]) -> str:
    code = found[1]
    if len(code) > 1:
        number = int(code[1:], 16)
        return chr(number) if number <= 0x10FFFF else found[0]
    return _ESCAPED.get(code, code if code in "\\'\"" else found[0])


def _is_half(text: object) -> bool:
    return isinstance(text, str) and any("\ud800" <= char <= "\udfff" for char in text)


class _Nesting:
    """Refuses what would make the parser recurse deeply, before it does."""

    def __init__(self) -> None:
        self.brackets = 0
        self.prefixes = 0
        self.blocks = 0
        self.elses = 0
        self.last = ""

    def see(self, token: Token) -> None:
        kind = token.type
        if kind in ("lparen", "lbracket", "lbrace"):
            self.brackets += 1
        elif kind in ("rparen", "rbracket", "rbrace"):
            self.brackets -= 1
        elif kind in ("variable_begin", "block_begin"):
            self.elses = 0
        is_prefix = kind in ("sub", "add") or (kind == "name" and token.value == "not")
        self.prefixes = self.prefixes + 1 if is_prefix else 0
        if kind == "name":
            self._see_name(token.value)
        self.last = kind
        if (
            self.brackets > _MOST_BRACKETS
            or self.prefixes > _MOST_PREFIXES
            or self.blocks > _MOST_BLOCKS
            or self.elses > _MOST_ELSES
        ):
            raise _too_deep(int(token.lineno), getattr(token.lineno, "column", 1))

    def _see_name(self, name: str) -> None:
        if self.last == "block_begin":
            if name in ("if", "for"):
                self.blocks += 1
            elif name in ("endif", "endfor"):
                self.blocks -= 1
        elif name == "else":
            self.elses += 1


def _too_many(place: Place) -> ExpressionError:
    return ExpressionError(
        f"more than {_MOST_TOKENS} names, numbers and signs",
        int(place),
        place.column,
        "split it over several nodes",
        code="too_long",
    )


def _too_deep(line: int, column: int) -> ExpressionError:
    return ExpressionError(
        "nested too deeply", line, column, "put a part into a variable first", code="too_deep"
    )


def _refusal(wrong: TemplateSyntaxError, source: str) -> ExpressionError:
    message = (wrong.message or "not understood").rstrip(".")
    line, column = wrong.lineno, getattr(wrong.lineno, "column", 1)
    offset = _AT.search(message)
    if offset is not None:
        line, column = _position(source, int(offset[1]))
        message = message[: offset.start()]
    return ExpressionError(message, int(line), column, _mend(message), code="syntax")


def _mend(message: str) -> str:
    lowered = message.lower()
    if "end of" in lowered or "eof" in lowered or "missing end" in lowered:
        return "close what was opened: {{ … }}, {% if … %} … {% endif %}, brackets and quotes"
    if "unknown tag" in lowered:
        return "the tags are if, for and set; write two braces {{ }} for a value"
    if "follows" in lowered:
        return "one expression is one value; join texts with ~"
    return "look for a missing quote, bracket or operator; texts are written in quotes"


def _position(source: str, offset: int) -> tuple[int, int]:
    before = source[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
