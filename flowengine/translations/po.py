"""Texts of a flow as a PO file for translators, and back.

Every phrase is a message of its own: its context is node and JSON Pointer
("menu/contents/0/buttons/1/title"), so that the same word may be translated in two ways.
"""

from collections.abc import Iterator
from io import BytesIO
from typing import Any, cast

import msgspec
import re2 as re
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po, write_po
from msgspec import Struct

from flowengine.errors import FlowError
from flowengine.flow import Flow
from flowengine.nodes import Node
from flowengine.translations.overlay import fits, said
from flowengine.translations.phrases import Phrase, phrases

MAX_BYTES = 8_000_000
"""A PO file larger than this is refused before it is read."""

_LANGUAGE = re.compile(r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}$")

_HEADER = """\
msgid ""
msgstr ""
"Project-Id-Version: {key}\\n"
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"X-Source-Language: {own}\\n"

"""
"""Ours and not babel's, which writes the time of day into it."""


class Brought(Struct, frozen=True):
    """What an import did: the flow with its texts, and the contexts of what was left out.

    `put`: texts that are new or other. `outdated`: the flow's own text has changed since the
    export. `unknown`: no text of this flow has that place. `fuzzy`: a translator marked it so.
    `plural`: it has several forms, and a text of a flow has one: a number in it is said with the
    filter `plural`.
    """

    flow: Flow
    language: str
    put: int = 0
    outdated: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    fuzzy: tuple[str, ...] = ()
    plural: tuple[str, ...] = ()


def export_po(flow: Flow, language: str) -> bytes:
    """Every phrase of the flow with what `language` says in its place; UTF-8, same flow same bytes.

    Raises `FlowError` where `language` is no language tag ("es", "es-MX"). Cost: ~50 µs a phrase.
    """
    tag = _tag(language)
    catalog = Catalog(fuzzy=False)
    titles = {node.id: node.title or node.id for node in flow.nodes}
    translated = flow.translations.get(tag, {})
    for phrase in phrases(flow):
        words = said(translated.get(phrase.node, {}), phrase) or ""
        comment = titles[phrase.node] + (f" · ≤ {phrase.longest}" if phrase.longest else "")
        message = catalog.add(phrase.text, words, auto_comments=[comment], context=_context(phrase))
        # Babel takes {{ nome }} for a placeholder of Python's.
        message.flags.clear()
    written = BytesIO()
    write_po(written, catalog, width=0, omit_header=True)
    header = _HEADER.format(key=flow.key, language=tag, own=_safe(flow.language))
    return header.encode() + written.getvalue()


def import_po(flow: Flow, raw: bytes, language: str = "") -> Brought:
    """The flow with the texts of a PO file; `language` is over the file's own.

    A message without a translation leaves what the flow has, and an obsolete one ("#~") is passed
    over. Raises `FlowError` where `raw` is no PO file, has over 8 MB or names no language. Cost:
    ~50 µs a message.
    """
    catalog = _read(raw)
    tag = _tag(language or (catalog.locale_identifier or ""))
    known = {_context(phrase): phrase for phrase in phrases(flow)}
    nodes: dict[str, Node] = {}
    for node in flow.nodes:
        nodes.setdefault(node.id, node)
    texts = {name: dict(each) for name, each in flow.translations.get(tag, {}).items()}
    left: dict[str, list[str]] = {
        "outdated": [],
        "unknown": [],
        "fuzzy": [],
        "plural": [],
    }
    put = 0
    for message, words in _messages(catalog):
        context = message.context or ""
        phrase = known.get(context)
        mine = texts.get(phrase.node, {}) if phrase else {}
        why = _refused(message, phrase)
        if why or phrase is None:
            left[why or "unknown"].append(context)
        elif words != said(mine, phrase):
            new = {**mine, phrase.path: words}
            if fits(nodes[phrase.node], new):
                texts[phrase.node] = new
                put += 1
            else:
                left["unknown"].append(context)
    translations = {**flow.translations, tag: texts} if put else flow.translations
    changed = msgspec.structs.replace(flow, translations=translations)
    return Brought(changed, tag, put, **{name: tuple(listed) for name, listed in left.items()})


def _refused(message: Message, phrase: Phrase | None) -> str:
    if message.pluralizable:
        return "plural"
    if phrase is None:
        return "unknown"
    if message.fuzzy:
        return "fuzzy"
    return "" if message.id == phrase.text else "outdated"


def _messages(catalog: Catalog) -> Iterator[tuple[Message, str]]:
    """Those that have a translation, with it; of several forms the first."""
    for message in catalog:
        forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
        words = next((str(form) for form in forms if form and form.strip()), "")
        if message.id and words:
            yield message, words


def _context(phrase: Phrase) -> str:
    return phrase.node + phrase.path


def _read(raw: bytes) -> Catalog:
    if len(raw) > MAX_BYTES:
        raise FlowError(f"The file has {len(raw):,} bytes; at most {MAX_BYTES:,} are read")
    if b"\0" in raw:
        raise FlowError("The file holds a NUL character", fix="Export it again.")
    try:
        return read_po(BytesIO(raw), ignore_obsolete=True, abort_invalid=True)
    except PoFileError as error:
        line = cast(Any, error).lineno + 1
        raise FlowError(
            f"This is not a PO file: {error.args[0]}", fix=f"Look at line {line}."
        ) from None
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        # Babel lets these out where a line stands in the wrong place, or the header is odd.
        raise FlowError(
            f"This is not a PO file: {error}", fix="Export it again and translate that file."
        ) from None


def _tag(language: str) -> str:
    if not _LANGUAGE.match(language):
        raise FlowError(
            f"{language!r} is no language" if language else "The language is not said",
            fix='Name one such as "es" or "es-MX".',
        )
    return language.replace("_", "-")


def _safe(text: str) -> str:
    """A language tag as a header may hold it."""
    return text if _LANGUAGE.match(text) else ""
