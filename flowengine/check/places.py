"""Every place of a node that holds a template, an expression, a pattern or a condition.

One list for all proofs about texts; issue by issue they ask only for the kinds they know.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, cast

from msgspec import Struct

from flowengine.check.finding import pointer
from flowengine.conditions import When
from flowengine.contents import (
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
from flowengine.messages import Media
from flowengine.nodes import (
    AiReply,
    Ask,
    Cancel,
    Condition,
    Consent,
    Delay,
    End,
    FlowCall,
    Http,
    Loop,
    Message,
    Node,
    Notify,
    Set,
    Start,
    Tag,
    Transfer,
    Trigger,
    Wait,
)
from flowengine.nodes.trigger import OnEvent, OnKeyword
from flowengine.values import Expr


class Place(Struct, frozen=True):
    """`path` below the node; `source`, or `when` for a condition, or `raw` for a value.

    `locals`: names known here only. `secrets`: they may be read here. `data`: names of an event's
    data may be, and those nobody knows.
    """

    path: str
    source: str
    kind: Literal["template", "expression", "value", "pattern", "when"] = "template"
    locals: frozenset[str] = frozenset()
    secrets: bool = False
    data: bool = False
    when: When | None = None
    raw: Any = None


def places(node: Node) -> Iterator[Place]:
    """All of a node's, in the document's order. Cost: ~4 µs a node."""
    match node:
        case Message():
            if node.each is not None:
                yield Place("/each/expr", node.each.expr, "expression")
            item = frozenset({node.as_}) if node.each is not None else frozenset[str]()
            yield from _spoken(node, item)
        case Ask():
            yield from _spoken(node, frozenset())
            yield from _wait(node)
        case Wait():
            yield from _wait(node)
        case Trigger():
            yield from _trigger(node)
        case Condition():
            for at, case in enumerate(node.cases):
                yield Place(pointer("cases", at, "when"), "", "when", when=case.when)
        case Set():
            for at, assign in enumerate(node.assign):
                yield from values(assign.value, pointer("assign", at, "value"))
            if node.result is not None:
                yield Place("/result/name", node.result.name)
                yield Place("/result/category", node.result.category)
        case Tag():
            yield from _texts(node.add, "/add")
            yield from _texts(node.remove, "/remove")
        case Delay():
            if isinstance(node.for_, Expr):
                yield Place("/for/expr", node.for_.expr, "expression")
            if node.until is not None and node.until.expr is not None:
                yield Place("/until/expr", node.until.expr, "expression")
        case Loop():
            yield Place("/each/expr", node.each.expr, "expression")
        case Http():
            yield from _http(node)
        case AiReply():
            yield Place("/instructions", node.instructions)
            for at, name in enumerate(node.reads):
                yield Place(pointer("reads", at), name, "expression")
        case Transfer():
            yield Place("/briefing", node.briefing)
        case FlowCall():
            yield from values(node.with_, "/with")
        case Start():
            yield from values(node.with_, "/with")
            if isinstance(node.at, Expr):
                yield Place("/at/expr", node.at.expr, "expression")
            elif node.at is not None:
                yield Place("/at", node.at)
            yield Place("/key", node.key)
        case Cancel():
            yield Place("/key", node.key)
        case Notify():
            yield Place("/name", node.name)
            yield from values(node.data, "/data")
        case End():
            yield from values(node.outputs, "/outputs")
        case Consent():
            return
        case _:
            return


def values(
    value: Any, path: str, names: frozenset[str] = frozenset(), secrets: bool = False
) -> Iterator[Place]:
    """The templates and expressions inside any JSON `value`, and the value as a whole.

    `path`: where it stands, before what is inside. `names`: those known only there. `secrets`:
    they may be read there. Cost: linear in the value.
    """
    yield from _leaves(value, path, names, secrets)
    if not isinstance(value, str):
        yield Place(path, "", "value", names, secrets, raw=value)


def _leaves(value: Any, path: str, names: frozenset[str], secrets: bool) -> Iterator[Place]:
    if isinstance(value, str):
        yield Place(path, value, "template", names, secrets)
    elif isinstance(value, Mapping):
        members = cast("Mapping[str, Any]", value)
        if set(members) == {"expr"} and isinstance(members["expr"], str):
            yield Place(f"{path}/expr", members["expr"], "expression", names, secrets)
            return
        for name, member in members.items():
            yield from _leaves(member, path + pointer(name), names, secrets)
    elif isinstance(value, list | tuple):
        items = cast("list[Any] | tuple[Any, ...]", value)
        for at, item in enumerate(items):
            yield from _leaves(item, f"{path}/{at}", names, secrets)


def _texts(texts: tuple[str, ...], path: str) -> Iterator[Place]:
    for at, text in enumerate(texts):
        yield Place(f"{path}/{at}", text)


def _wait(node: Wait | Ask) -> Iterator[Place]:
    if node.reprompt:
        yield Place("/reprompt", node.reprompt)
    for at, event in enumerate(node.events):
        if event.match:
            yield Place(pointer("events", at, "match"), event.match, "expression", data=True)


def _trigger(node: Trigger) -> Iterator[Place]:
    match node.on:
        case OnKeyword(words=words, match="pattern"):
            for at, word in enumerate(words):
                yield Place(pointer("on", "words", at), word, "pattern")
        case OnEvent():
            for name in ("contact", "channel", "dedupe"):
                if source := getattr(node.on, name):
                    yield Place(f"/on/{name}", source, "expression", data=True)
        case _:
            pass
    if node.when is not None:
        yield Place("/when", "", "when", when=node.when)


def _http(node: Http) -> Iterator[Place]:
    yield Place("/url", node.url, secrets=True)
    yield from values(node.headers, "/headers", secrets=True)
    yield from values(node.query, "/query", secrets=True)
    yield from values(node.body, "/body", secrets=True)
    yield Place("/idempotency_key", node.idempotency_key, secrets=True)


def _spoken(node: Message | Ask, names: frozenset[str]) -> Iterator[Place]:
    for content, path in contents(node):
        yield from _content(content, path, names)


def contents(node: Node) -> Iterator[tuple[AuthoredContent, str]]:
    """Everything that a node may say, with where it stands below the node. Cost: linear in it."""
    if not isinstance(node, Message | Ask):
        return
    for at, content in enumerate(node.contents):
        yield content, f"/contents/{at}"
    for at, instead in enumerate(node.instead):
        for place, content in enumerate(instead.contents):
            yield content, pointer("instead", at, "contents", place)
    if node.template is not None:
        yield node.template, "/template"


TEXT_FIELDS = ("text", "caption", "header", "footer", "title", "button", "url", "emoji")
"""Fields of contents that hold one text each, whatever the kind."""


def _content(content: AuthoredContent, path: str, names: frozenset[str]) -> Iterator[Place]:
    for field in (*TEXT_FIELDS, "filename", "name", "address", "organization"):
        text = getattr(content, field, None)
        if isinstance(text, str) and text and not isinstance(content, TemplateContent):
            yield Place(f"{path}/{field}", text, "template", names)
    for field in ("media", "header"):
        media = getattr(content, field, None)
        if isinstance(media, Media) and media.url is not None:
            yield Place(f"{path}/{field}/url", media.url, "template", names)
    match content:
        case ButtonsContent():
            for at, button in enumerate(content.buttons):
                yield from _choice(button, f"{path}/buttons/{at}", names)
        case ListContent():
            for row, place in rows(content):
                yield from _choice(row, path + place, names)
            for at, section in enumerate(content.sections):
                yield Place(path + pointer("sections", at, "title"), section.title, locals=names)
        case LocationContent():
            for field in ("latitude", "longitude"):
                degrees = getattr(content, field)
                if isinstance(degrees, Expr):
                    yield Place(f"{path}/{field}/expr", degrees.expr, "expression", names)
        case ContactContent():
            for at, phone in enumerate(content.phones):
                yield Place(path + pointer("phones", at, "phone"), phone.phone, locals=names)
            for at, email in enumerate(content.emails):
                yield Place(path + pointer("emails", at), email, locals=names)
        case FormContent():
            yield from values(content.data, f"{path}/data", names)
        case TemplateContent():
            yield from values(content.params, f"{path}/params", names)
        case (
            TextContent()
            | ImageContent()
            | AudioContent()
            | VideoContent()
            | DocumentContent()
            | StickerContent()
            | CtaUrlContent()
            | LocationRequestContent()
            | ContactRequestContent()
            | ReactionContent()
        ):
            return


def rows(content: ListContent) -> Iterator[tuple[RowContent, str]]:
    """The rows of a list with where they stand, whether it has sections or not."""
    for at, row in enumerate(content.rows):
        yield row, f"/rows/{at}"
    for at, section in enumerate(content.sections):
        for place, row in enumerate(section.rows):
            yield row, pointer("sections", at, "rows", place)


def _choice(choice: Choice, path: str, names: frozenset[str]) -> Iterator[Place]:
    if isinstance(choice, RowContent) and choice.each is not None:
        yield Place(f"{path}/each/expr", choice.each.expr, "expression", names)
        names = names | {choice.as_}
    for field in ("id", "title", "description"):
        yield Place(f"{path}/{field}", getattr(choice, field), "template", names)
    for at, word in enumerate(choice.synonyms):
        yield Place(path + pointer("synonyms", at), word, "template", names)
    yield from values(choice.value, f"{path}/value", names)
