"""A step's texts in another language: the flow's own words above, a place to write below."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from flowengine.editing import Op, Translate
from flowengine.flow import Flow
from flowengine.nodes import Node
from flowengine.translations import phrases_of, said
from web.editor.forms.pieces import Field, Group, Note, Pieces
from web.forms import Form
from web.texts import Texts, _

OFFERED = ("pt-BR", "en", "es")
NAMES = {"pt-BR": "Português", "en": "English", "es": "Español", "fr": "Français", "it": "Italiano"}
PREFIX = "@"


class Tongue(Struct, frozen=True):
    """A language of the flow. `missing`: texts of this step that it lacks; -1: not begun at all."""

    code: str
    name: str
    missing: int


def tongues(flow: Flow, node: Node) -> tuple[Tongue, ...]:
    """The languages that a step may be told in, but for the flow's own."""
    codes = [*flow.translations, *(c for c in OFFERED if c not in flow.translations)]
    own = flow.language.partition("-")[0]
    return tuple(
        Tongue(code, NAMES.get(code, code), missing(flow, node, code))
        for code in codes
        if code.partition("-")[0] != own
    )


def missing(flow: Flow, node: Node, language: str) -> int:
    if language not in flow.translations:
        return -1
    texts = flow.translations[language].get(node.id, {})
    return sum(1 for phrase in phrases_of(node) if phrase.needed and not said(texts, phrase))


def tongue_lines(flow: Flow, node: Node, language: str, t: Texts) -> Pieces:
    """A field for each text, its own words as what it stands under."""
    texts = flow.translations.get(language, {}).get(node.id, {})
    return tuple(
        Group(
            "",
            (
                Note(phrase.text, "own"),
                Field(
                    f"{PREFIX}{phrase.path}",
                    t(_("Em {language}"), language=NAMES.get(language, language)),
                    "rich" if phrase.part in ("text", "caption", "reprompt") else "line",
                    {"": [said(texts, phrase) or ""]},
                    longest=phrase.longest,
                ),
            ),
            "tongue",
        )
        for phrase in phrases_of(node)
    )


def line_values(flow: Flow, node: Node, language: str, form: Form) -> tuple[Op, ...]:
    """What was written in a language; an empty place falls back to the flow's own words."""
    before: Mapping[str, Any] = flow.translations.get(language, {}).get(node.id, {})
    after = dict(before)
    for phrase in phrases_of(node):
        name = f"{PREFIX}{phrase.path}"
        if name not in form.values:
            continue
        words = form.raw(name).replace("\r\n", "\n").strip()
        if words == (said(before, phrase) or ""):
            continue
        if words:
            after[phrase.path] = words
        else:
            after.pop(phrase.path, None)
    if after == before:
        return ()
    return (Translate(language=language, node=node.id, texts=after or None),)
