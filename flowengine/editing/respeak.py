"""What a clip says, in the language of the flow that takes it in.

A flow's own words stand in its nodes, and other languages beside them. Between flows of different
languages the two change places: else customers would hear a language that the flow does not speak,
and its own would lie among the translations, where nothing reads it.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from flowengine.nodes import Node
from flowengine.pointers import read_pointer, write_pointer
from flowengine.translations import phrases_of, said
from flowengine.translations.overlay import fits, merged

Texts = dict[str, Any]
Translations = Mapping[str, Mapping[str, Texts]]


class Respoken(Struct, frozen=True):
    """Nodes as another flow says them. `foreign`: how many texts nothing translates, so that they
    are still said in their old language; `swapped`: how many nodes have other words now."""

    nodes: tuple[Node, ...]
    translations: dict[str, dict[str, Texts]]
    foreign: int = 0
    swapped: int = 0


def respeak(
    nodes: Sequence[Node], texts: Translations, spoken: str, wanted: str, others: Collection[str]
) -> Respoken:
    """`nodes` that speak `spoken` ("": nobody knows) and are translated as `texts` say, for a flow
    that speaks `wanted` and has the languages `others`. Cost: ~20 µs a node where they differ.
    """
    tongue = _spoken_there(texts, spoken, wanted)
    kept = {name: dict(said) for name, said in texts.items() if _tag(name) != _tag(wanted)}
    if tongue is None:
        return Respoken(tuple(nodes), kept)
    kept.pop(tongue, None)
    heard = merged(texts, tongue) if tongue else {}
    found = [_swapped(node, heard.get(node.id, {})) for node in nodes]
    before = {node.id: old for node, old, _ in found if old}
    swapped = sum(now is not node for node, (now, _, _) in zip(nodes, found, strict=True))
    name = _among(others, spoken, kept)
    if before and spoken and (swapped or name in others):
        kept[name] = before
    return Respoken(tuple(node for node, _, _ in found), kept, sum(n for *_, n in found), swapped)


def _spoken_there(texts: Translations, spoken: str, wanted: str) -> str | None:
    """Which of a clip's languages becomes the flow's own: "" where it has none for it, null where
    it speaks so already."""
    if _tag(spoken) == _tag(wanted):
        return None
    same = [name for name in texts if _tag(name) == _tag(wanted)]
    near = [name for name in texts if _plain(name) == _plain(wanted)]
    if same:
        return same[0]
    if not spoken or _plain(spoken) == _plain(wanted):
        return None
    return near[0] if near else ""


def _among(others: Collection[str], spoken: str, kept: Mapping[str, object]) -> str:
    """Under which name a flow with the languages `others` keeps what was said in `spoken`."""
    listed = [name for name in others if name not in kept]
    same = (name for name in listed if _tag(name) == _tag(spoken))
    near = (name for name in listed if _plain(name) == _plain(spoken))
    return next(same, next(near, spoken))


def _swapped(node: Node, texts: Mapping[str, Any]) -> tuple[Node, Texts, int]:
    """The node with these texts as its own, what it said in their places and in those that they
    leave as they are, and how many these are."""
    left = [p for p in phrases_of(node) if p.needed and not (said(texts, p) or "").strip()]
    left = [p for p in left if not (p.part == "synonym" and said(texts, p) == "")]
    good = {path: text for path, text in texts.items() if fits(node, {path: text})}
    old: Texts = {phrase.path: phrase.text for phrase in left}
    if not good:
        return node, old, len(left)
    document = msgspec.json.decode(msgspec.json.encode(node))
    old |= {path: read_pointer(document, path) for path in good}
    for path, text in good.items():
        write_pointer(document, path, text)
    # A union of structs is no type to pyright.
    return msgspec.convert(document, Node), old, len(left)  # pyright: ignore


def _tag(language: str) -> str:
    return language.replace("_", "-").lower()


def _plain(language: str) -> str:
    return _tag(language).partition("-")[0]
