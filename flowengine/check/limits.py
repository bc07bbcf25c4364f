"""Proofs about contents: WhatsApp's limits (WHATSAPP.md §A.3), and contents that say nothing.

Of a template only the part that is always there can be measured, so it is "at least" so long.
"""

from collections.abc import Iterator, Sequence

from flowengine.check.finding import Finding, pointer
from flowengine.check.places import contents, rows
from flowengine.check.static_text import is_template, static_text
from flowengine.check.subject import Subject
from flowengine.contents import (
    INTERACTIVE,
    AudioContent,
    AuthoredContent,
    ButtonsContent,
    Choice,
    ContactContent,
    ContactRequestContent,
    CtaUrlContent,
    DocumentContent,
    FormContent,
    ImageContent,
    ListContent,
    LocationContent,
    LocationRequestContent,
    ReactionContent,
    RowContent,
    StickerContent,
    TemplateContent,
    TextContent,
    VideoContent,
)
from flowengine.messages import Capabilities, Media
from flowengine.nodes import Ask, Message
from flowengine.text import fold

WHATSAPP = Capabilities()

FORM_TITLE = 30
"""Characters on the button of a WhatsApp Flow."""

CHOICE_ID = 64

_ID = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-")


class _At:
    """One content under review: where it stands, and the findings about it."""

    def __init__(self, node: str, path: str) -> None:
        self.node = node
        self.path = path

    def found(self, code: str, path: str = "", **values: str) -> Finding:
        return Finding(code, self.node, path=self.path + path, values=values)

    def text(self, path: str, text: str, limit: int, required: bool = True) -> Iterator[Finding]:
        """Not empty (if `required`), and not longer than `limit`."""
        if required and not text.strip():
            yield self.found("empty_text", path)
        length = len(static_text(text))
        if length > limit:
            code = "too_long_at_least" if is_template(text) else "too_long"
            yield self.found(code, path, length=str(length), limit=str(limit))


def limits(subject: Subject) -> Iterator[Finding]:
    """Every content of every node."""
    for node_id, node in subject.nodes.items():
        if not isinstance(node, Message | Ask):
            continue
        base = subject.path(node_id)
        if not node.contents:
            yield Finding("no_contents", node_id, path=f"{base}/contents")
        yield from _order(node_id, node.contents, f"{base}/contents")
        for at, instead in enumerate(node.instead):
            yield from _order(node_id, instead.contents, base + pointer("instead", at, "contents"))
        for content, path in contents(node):
            yield from _content(_At(node_id, base + path), content)


def _order(node: str, said: Sequence[AuthoredContent], path: str) -> Iterator[Finding]:
    for at, content in enumerate(said[:-1]):
        offers = isinstance(content, TemplateContent) and content.buttons
        if isinstance(content, INTERACTIVE) or offers:
            yield Finding("interactive_not_last", node, path=f"{path}/{at}")


def _content(at: _At, content: AuthoredContent) -> Iterator[Finding]:
    match content:
        case TextContent():
            yield from at.text("/text", content.text, WHATSAPP.text)
        case ImageContent() | VideoContent() | DocumentContent():
            yield from _media(at, "/media", content.media)
            yield from at.text("/caption", content.caption, WHATSAPP.caption, required=False)
        case AudioContent() | StickerContent():
            yield from _media(at, "/media", content.media)
        case ButtonsContent():
            yield from _buttons(at, content)
        case ListContent():
            yield from _list(at, content)
        case CtaUrlContent():
            yield from _frame(at, content)
            yield from at.text("/title", content.title, WHATSAPP.button_title)
            if not content.url.strip():
                yield at.found("empty_text", "/url")
        case FormContent():
            yield from _frame(at, content)
            yield from at.text("/title", content.title, FORM_TITLE)
        case LocationRequestContent() | ContactRequestContent():
            yield from at.text("/text", content.text, WHATSAPP.body)
        case ContactContent():
            yield from at.text("/name", content.name, WHATSAPP.body)
        case TemplateContent():
            if content.header is not None:
                yield from _media(at, "/header", content.header)
            yield from _repeated(at, [reply.id for reply in content.buttons], "/buttons", "id")
        case LocationContent() | ReactionContent():
            return


def _media(at: _At, path: str, media: Media) -> Iterator[Finding]:
    if (media.asset is None) == (media.url is None):
        yield at.found("media_source", path)
    elif media.asset is not None and not media.asset.startswith("sha256:"):
        yield at.found("media_asset", f"{path}/asset", name=media.asset)
    elif media.url is not None and not media.url.strip():
        yield at.found("empty_text", f"{path}/url")


def _frame(
    at: _At, content: ButtonsContent | ListContent | CtaUrlContent | FormContent
) -> Iterator[Finding]:
    yield from at.text("/text", content.text, WHATSAPP.body)
    yield from at.text("/header", content.header, WHATSAPP.header, required=False)
    yield from at.text("/footer", content.footer, WHATSAPP.footer, required=False)


def _buttons(at: _At, content: ButtonsContent) -> Iterator[Finding]:
    yield from _frame(at, content)
    if content.media is not None:
        yield from _media(at, "/media", content.media)
        if content.header:
            yield at.found("two_headers", "/header")
    count = len(content.buttons)
    if not count:
        yield at.found("no_choices_here", "/buttons")
    if count > WHATSAPP.buttons:
        limit = str(WHATSAPP.buttons)
        yield at.found("too_many_buttons", "/buttons", count=str(count), limit=limit)
    for place, button in enumerate(content.buttons):
        yield from _choice(at, button, f"/buttons/{place}", WHATSAPP.button_title)
    yield from _alike(at, [(b, f"/buttons/{i}") for i, b in enumerate(content.buttons)])


def _list(at: _At, content: ListContent) -> Iterator[Finding]:
    yield from _frame(at, content)
    yield from at.text("/button", content.button, WHATSAPP.list_button, required=False)
    if content.rows and content.sections:
        yield at.found("rows_and_sections", "/rows")
    everything = list(rows(content))
    fixed = [(row, path) for row, path in everything if row.each is None]
    if not everything:
        yield at.found("no_choices_here", "/rows")
    if len(fixed) > WHATSAPP.rows:
        limit = str(WHATSAPP.rows)
        yield at.found("too_many_rows", "/rows", count=str(len(fixed)), limit=limit)
    if len(content.sections) > WHATSAPP.sections:
        limit, count = str(WHATSAPP.sections), str(len(content.sections))
        yield at.found("too_many_sections", "/sections", count=count, limit=limit)
    for place, section in enumerate(content.sections):
        path = f"/sections/{place}/title"
        needed = len(content.sections) > 1
        yield from at.text(path, section.title, WHATSAPP.section_title, required=needed)
    for row, path in everything:
        yield from _choice(at, row, path, WHATSAPP.row_title)
        limit = WHATSAPP.row_description
        yield from at.text(f"{path}/description", row.description, limit, required=False)
    yield from _alike(at, fixed)


def _choice(at: _At, choice: Choice, path: str, limit: int) -> Iterator[Finding]:
    yield from at.text(f"{path}/title", choice.title, limit)
    dynamic = isinstance(choice, RowContent) and choice.each is not None
    if not dynamic and (not choice.id or len(choice.id) > CHOICE_ID or set(choice.id) - _ID):
        yield at.found("bad_choice_id", f"{path}/id", name=choice.id)
    elif dynamic and not choice.id.strip():
        yield at.found("empty_text", f"{path}/id")
    for place, word in enumerate(choice.synonyms):
        if not word.strip():
            yield at.found("empty_text", f"{path}/synonyms/{place}")


def _alike(at: _At, choices: Sequence[tuple[Choice, str]]) -> Iterator[Finding]:
    """Ids and titles must tell the choices apart."""
    ids: set[str] = set()
    titles: set[str] = set()
    for choice, path in choices:
        if choice.id in ids:
            yield at.found("repeated_choice", f"{path}/id", name=choice.id)
        if choice.title in titles and not is_template(choice.title):
            yield at.found("repeated_title", f"{path}/title", name=choice.title)
        ids.add(choice.id)
        titles.add(choice.title)
    yield from _ambiguous(at, choices)


def _ambiguous(at: _At, choices: Sequence[tuple[Choice, str]]) -> Iterator[Finding]:
    """A written word must mean one choice: to the engine, what two share is nobody's."""
    titles: dict[str, Choice] = {}
    words: dict[str, Choice] = {}
    for choice, path in choices:
        for place, name in ((f"{path}/title", choice.title), (f"{path}/id", choice.id)):
            other = titles.setdefault(fold(name), choice) if not is_template(name) else choice
            if other is not choice and other.title != choice.title and other.id != choice.id:
                yield _shared(at, place, name, other)
    for choice, path in choices:
        for place, name in enumerate(choice.synonyms):
            if is_template(name) or not name.strip():
                continue
            said = fold(name)
            other = titles.get(said) or words.setdefault(said, choice)
            if other is not choice:
                yield _shared(at, f"{path}/synonyms/{place}", name, other)


def _shared(at: _At, path: str, name: str, other: Choice) -> Finding:
    return at.found("ambiguous_choice", path, name=name, other=other.title or other.id)


def _repeated(at: _At, ids: Sequence[str], path: str, field: str) -> Iterator[Finding]:
    for place, name in enumerate(ids):
        if name in ids[:place]:
            yield at.found("repeated_choice", f"{path}/{place}/{field}", name=name)
