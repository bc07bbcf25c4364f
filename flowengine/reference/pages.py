"""The pages of the reference, by their file names."""

import inspect
import json
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from flowengine.answers import Expect
from flowengine.check.finding import Finding, severity
from flowengine.check.words import en
from flowengine.conditions import When
from flowengine.contents import AuthoredContent
from flowengine.declarations import Settings, Type, Variable
from flowengine.expressions import FILTERS, FUNCTIONS
from flowengine.flow import Edge, Flow, View
from flowengine.limits import MAX_DEPTH, MAX_SENDS, MAX_STEPS, MAX_TURNS
from flowengine.meanings import examples, first_sentence, named, purpose
from flowengine.messages import Media, Target
from flowengine.nodes import Node, Trigger
from flowengine.nodes.trigger import On
from flowengine.reference.exits import told
from flowengine.reference.findings import EVERYWHERE, OF_KINDS
from flowengine.reference.operators import OPERATORS
from flowengine.reference.shapes import rows
from flowengine.reference.texts import CONDITIONS, EXPRESSIONS, INDEX, VALUES
from flowengine.values import Expr, Save

KINDS: tuple[type, ...] = get_args(Node)
_DOCUMENT: tuple[type, ...] = (Flow, Edge, Settings, Variable, View, Target, Expr, Save)


def pages() -> dict[str, str]:
    """File name to Markdown: an index, a page a node kind, and what they share. Some 50 ms."""
    anchors = _anchors()
    found = {f"{tag(kind)}.md": _node(kind, anchors) for kind in KINDS}
    found["index.md"] = _index()
    found["document.md"] = _document(anchors)
    found["contents.md"] = _pieces("Contents", get_args(AuthoredContent), anchors, "kind")
    found["answers.md"] = _pieces("Expected answers", get_args(Expect), anchors, "kind")
    found["conditions.md"] = _conditions(anchors)
    found["expressions.md"] = _expressions()
    return {name: text.rstrip() + "\n" for name, text in sorted(found.items())}


def tag(kind: Any) -> str:
    """How a type is named in documents: "ask", "keyword"; of one without a tag its own name."""
    return str(kind.__struct_config__.tag or kind.__name__)


# -- where things are ----------------------------------------------------------------------------


def _anchors() -> dict[type, str]:
    found: dict[type, str] = {}
    for page, listed in (
        ("document.md", _DOCUMENT),
        ("contents.md", [*get_args(AuthoredContent), Media]),
        ("answers.md", get_args(Expect)),
        ("conditions.md", [When]),
    ):
        for kind in listed:
            found[kind] = f"{page}#{tag(kind).lower()}"
    for kind in (*get_args(AuthoredContent), *KINDS):
        page = "contents.md" if kind in get_args(AuthoredContent) else f"{tag(kind)}.md"
        for piece in _inner(kind):
            found.setdefault(piece, f"{page}#{tag(piece).lower()}")
    return found


def _inner(kind: type) -> list[type]:
    """The types that a type is made of, in the order of its fields."""
    found: list[type] = []
    waiting = [kind]
    while waiting:
        at = waiting.pop(0)
        for annotation in inspect.get_annotations(at).values():
            for piece in named(annotation):
                if piece not in found and piece is not kind:
                    found.append(piece)
                    waiting.append(piece)
        waiting = [base for base in at.__mro__[1:2] if base.__module__ == at.__module__] + waiting
    return found


# -- pieces --------------------------------------------------------------------------------------


def _table(head: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    cells = [list(head), ["---"] * len(list(head)), *(list(line) for line in lines)]
    return "\n".join(f"| {' | '.join(_cell(each) for each in line)} |" for line in cells)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _fields(kind: type, anchors: Mapping[type, str]) -> str:
    own = inspect.get_annotations(kind)
    listed = sorted(rows(kind, anchors), key=lambda row: row.attribute not in own)
    if not listed:
        return "No fields."
    lines = [(f"`{row.name}`", row.type, row.default, row.meaning) for row in listed]
    return _table(("Field", "Type", "Left out", "Meaning"), lines)


def _piece(kind: type, anchors: Mapping[type, str]) -> str:
    return f"### {tag(kind)}\n\n{purpose(kind)}\n\n{_fields(kind, anchors)}\n"


def _json(example: str) -> str:
    """An example as people write it: spread out where it is long."""
    value = json.loads(example)
    line = json.dumps(value, ensure_ascii=False)
    text = line if len(line) <= 90 else json.dumps(value, ensure_ascii=False, indent=2)
    return f"```json\n{text}\n```"


# -- pages ---------------------------------------------------------------------------------------


def _node(kind: type, anchors: Mapping[type, str]) -> str:
    name = tag(kind)
    parts = [f"# {name}", purpose(kind), *(_json(each) for each in examples(kind))]
    parts += ["## Fields", _fields(kind, anchors), _exits(kind)]
    own = [piece for piece in _inner(kind) if anchors[piece].startswith(f"{name}.md")]
    if kind is Trigger:
        listed = get_args(On)
        own = [piece for piece in own if piece not in listed]
        parts.append("## On\n\nWhat a trigger listens to, told apart by `kind`.\n")
        parts += [_piece(piece, anchors) for piece in listed]
    if own:
        parts += ["## Pieces", *(_piece(piece, anchors) for piece in own)]
    parts += ["## What check says", _findings(OF_KINDS[name])]
    parts.append("[All nodes](index.md#nodes)")
    return "\n\n".join(part.strip() for part in parts)


def exits_of(kind: type) -> list[str]:
    """The exits that a kind's docstring names, in their order."""
    text = inspect.getdoc(kind) or ""
    _, mark, rest = text.partition("Exits: ")
    if not mark:
        return []
    listed = rest.split("\n\n")[0]
    return [piece for at, piece in enumerate(listed.split("`")) if at % 2]


def _exits(kind: type) -> str:
    listed = exits_of(kind)
    if not listed:
        return "## Exits\n\nNone: nothing comes after it."
    lines = [(f"`{exit}`", *told(tag(kind), exit)) for exit in listed]
    return "## Exits\n\n" + _table(("Exit", "Taken when", "Without an edge"), lines)


class _Blank(dict[str, str]):
    """Whatever a sentence of check names is "…" here, a likely name is left out."""

    def __missing__(self, key: str) -> str:
        return "" if key == "near" else "…"


def _findings(codes: Iterable[str]) -> str:
    lines: list[tuple[str, str, str, str]] = []
    for code in codes:
        said, mend = (text.format_map(_Blank()) for text in en.SENTENCES[code])
        lines.append((f"`{code}`", severity(Finding(code)), said, " ".join(mend.split())))
    return _table(("Code", "", "It says", "The mend"), lines)


def _index() -> str:
    nodes = [(f"[{tag(kind)}]({tag(kind)}.md)", _first(kind)) for kind in KINDS]
    limits = {"steps": MAX_STEPS, "turns": MAX_TURNS, "depth": MAX_DEPTH, "sends": MAX_SENDS}
    head = INDEX.format(**{name: f"{most:,}" for name, most in limits.items()})
    everywhere = "## What check says of all\n\n" + _findings(EVERYWHERE)
    return "\n\n".join([head.strip(), "## Nodes", _table(("Node", ""), nodes), everywhere])


def _first(kind: type) -> str:
    sentence, mark, _ = " ".join(purpose(kind).split()).partition(". ")
    return sentence + "." if mark else sentence


def _document(anchors: Mapping[type, str]) -> str:
    types = ", ".join(f"`{name}`" for name in get_args(Type))
    pieces = [_piece(kind, anchors) for kind in _DOCUMENT]
    parts = ["# The document", *pieces, VALUES.format(types=types)]
    return "\n\n".join(part.strip() for part in parts)


def _pieces(title: str, kinds: Iterable[type], anchors: Mapping[type, str], by: str) -> str:
    listed = list(kinds)
    more: list[type] = []
    for kind in listed:
        page = anchors[kind].partition("#")[0]
        more += [p for p in _inner(kind) if anchors[p].startswith(page) and p not in more]
    more = [piece for piece in more if piece not in listed]
    links = ", ".join(f"[{tag(kind)}](#{tag(kind).lower()})" for kind in listed)
    parts = [f"# {title}", f"Told apart by `{by}`: {links}."]
    parts += [_piece(kind, anchors) for kind in (*listed, *more)]
    return "\n\n".join(part.strip() for part in parts)


def _conditions(anchors: Mapping[type, str]) -> str:
    lines = [(f"`{name}`", meaning) for name, meaning in OPERATORS.items()]
    parts = [CONDITIONS, *(_json(each) for each in examples(When)), _piece(When, anchors)]
    parts += ["## Operators", _table(("Operator", "Holds where"), lines)]
    return "\n\n".join(part.strip() for part in parts)


def _expressions() -> str:
    filters = [(f"`{name}`", first_sentence(spec.run)) for name, spec in sorted(FILTERS.items())]
    functions = [
        (f"`{name}`", first_sentence(spec.run)) for name, spec in sorted(FUNCTIONS.items())
    ]
    parts = [EXPRESSIONS, "## Filters", _table(("Filter", "As in"), filters)]
    parts += ["## Functions", _table(("Function", "As in"), functions)]
    return "\n\n".join(part.strip() for part in parts)
