"""How long a text is at the least, whatever its template puts in."""

from jinja2 import Environment, TemplateSyntaxError

_lexer = Environment(autoescape=False)  # noqa: S701 - it only cuts a text into tokens
_CLOSES = frozenset({"endif", "endfor"})
_OPENS = frozenset({"if", "for"})


def is_template(source: str) -> bool:
    """Whether anything in it is put in when it is sent."""
    return "{{" in source or "{%" in source or "{#" in source


def static_text(source: str) -> str:
    """The words that are always there: outside of every expression, condition and loop."""
    if not is_template(source):
        return source
    kept: list[str] = []
    depth, begins = 0, False
    try:
        for _, kind, value in _lexer.lex(source):
            if kind == "data" and not depth:
                kept.append(value)
            elif begins and kind == "name":
                depth += (value in _OPENS) - (value in _CLOSES)
            begins = kind == "block_begin" or (begins and kind == "whitespace")
    except TemplateSyntaxError:
        return ""
    return "".join(kept)
