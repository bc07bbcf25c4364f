"""What a language says in the place of a flow's own texts, and whether it may."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from flowengine.contents import AuthoredContent, ButtonsContent, ListContent, TemplateContent
from flowengine.flow import Flow
from flowengine.graph import spoken
from flowengine.nodes import Ask, Message, Node, Wait
from flowengine.pointers import read_pointer, write_pointer
from flowengine.state import encode
from flowengine.translations.phrases import Phrase

Texts = Mapping[str, Any]
"""Of one node in one language: JSON Pointer to text, or to a whole piece of contents."""


def texts_in(flow: Flow, language: str) -> dict[str, dict[str, Any]]:
    """What a language says of each node: its own texts, and the plain language's where it has
    none ("es-MX" falls back to "es"). What neither says stays as the flow says it. Cost: ~1 µs a
    node that is translated."""
    return merged(flow.translations, language)


def merged(
    translations: Mapping[str, Mapping[str, Mapping[str, Any]]], language: str
) -> dict[str, dict[str, Any]]:
    """`texts_in` of `language` for who has the translations alone. Cost: linear in the texts of the
    language and of the one that it is a kind of."""
    own = translations.get(language, {})
    plain = language.replace("_", "-").partition("-")[0]
    empty: Mapping[str, Mapping[str, Any]] = {}
    base = translations.get(plain, empty) if plain != language else empty
    return {node: {**base.get(node, {}), **own.get(node, {})} for node in [*base, *own]}


def said(texts: Texts, phrase: Phrase) -> str | None:
    """What `texts` say in a phrase's place; null where nothing, "" where they take it away.

    A list of synonyms that is translated as a whole may be longer or shorter than the flow's.
    Cost: ~1 µs.
    """
    found = texts.get(phrase.path)
    if found is None:
        for path, value in texts.items():
            if phrase.path.startswith(f"{path}/"):
                inside = read_pointer(value, phrase.path.removeprefix(path))
                found = "" if inside is None else inside
    return found if isinstance(found, str) else None


def is_there(node: Node, path: str) -> bool:
    """Whether `path` leads to something in the node's document."""
    return _written(node, {path: None}) is not None


def fits(node: Node, texts: Texts) -> bool:
    """Whether the node with `texts` stays what it is, but for what customers read: the same
    choices, rules and expressions, and every value of its type. Paths that lead nowhere do not fit.

    Cost: ~70 µs, the node being written and read.
    """
    document = _written(node, texts)
    if document is None:
        return False
    try:
        # A union of structs is no type to pyright.
        other: Node = msgspec.convert(document, Node)  # pyright: ignore
    except msgspec.ValidationError:
        return False
    return _logic(other) == _logic(node)


def _written(node: Node, texts: Texts) -> Any:
    document = msgspec.json.decode(msgspec.json.encode(node))
    for path, text in texts.items():
        try:
            write_pointer(document, path, text)
        except (KeyError, IndexError, ValueError, TypeError):
            return None
    return document


def _logic(node: Node) -> bytes:
    """What a node does, whatever it says."""
    offered = [list(_offered(content)) for content in spoken(node)]
    if isinstance(node, Message | Ask):
        node = msgspec.structs.replace(node, contents=(), instead=(), template=None)
    if isinstance(node, Wait | Ask):
        node = msgspec.structs.replace(node, reprompt="")
    return encode((node, [each for each in offered if each]))


def _offered(content: AuthoredContent) -> Iterator[tuple[Any, ...]]:
    match content:
        case ButtonsContent():
            for button in content.buttons:
                yield button.id, button.value
        case ListContent():
            rows = [*content.rows, *(row for each in content.sections for row in each.rows)]
            for row in rows:
                yield row.id, row.value, row.each, row.as_
        case TemplateContent():
            for button in content.buttons:
                yield (button.id,)
        case _:
            return
