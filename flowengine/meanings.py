"""What a type's docstring says: its purpose, what each field means, its examples."""

import inspect
import re  # noqa: TID251 - our own pattern, on our own docstrings
import textwrap
from typing import Any, get_args, get_type_hints

from msgspec import Struct

_FIELD = re.compile(r"^- `(\w+)`: (.*?)(?=^- `|^\S|\Z)", re.MULTILINE | re.DOTALL)
_SECTIONS = re.compile(r"^(Exits:|Example::|No exits)", re.MULTILINE)


def purpose(kind: type) -> str:
    """The prose at the beginning, without fields, exits and example."""
    told = inspect.getdoc(kind) or ""
    prose = _SECTIONS.split(told)[0]
    return _FIELD.sub("", prose).strip()


def meanings(kind: type) -> dict[str, str]:
    """What each field means, those of the types that it is made from too. Cost: ~0.1 ms, it reads
    docstrings.
    """
    found: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        told = inspect.cleandoc(each.__dict__.get("__doc__") or "")
        found |= {name: " ".join(text.split()) for name, text in _FIELD.findall(told)}
    return found


def examples(kind: type) -> list[str]:
    """The blocks after "Example::". Cost: ~0.1 ms, it reads a docstring."""
    found: list[str] = []
    for piece in (inspect.getdoc(kind) or "").split("Example::\n")[1:]:
        lines: list[str] = []
        for line in piece.splitlines():
            if line and not line.startswith(" "):
                break
            lines.append(line)
        found.append(textwrap.dedent("\n".join(lines)).strip())
    return found


def first_sentence(thing: Any) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())


def named(annotation: Any) -> list[type]:
    """The authored types that an annotation names, in their order."""
    if isinstance(annotation, type) and issubclass(annotation, Struct):
        return [annotation]
    return [each for part in get_args(annotation) for each in named(part)]


def struct_types(kind: type) -> set[type]:
    """A type, and every authored type that it is made of. Cost: some ms."""
    found = {kind}
    waiting = [kind]
    while waiting:
        for annotation in get_type_hints(waiting.pop()).values():
            new = [piece for piece in named(annotation) if piece not in found]
            found.update(new)
            waiting.extend(new)
    return found
