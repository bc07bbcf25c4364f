"""Contents as a designer wrote them, compiled: what they become for one contact, now.

Contents without any template are made once. Dynamic rows and pages of lists are made here too:
what is offered is frozen in `Pick`s.
"""

from collections import ChainMap
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, assert_never, cast

import msgspec

from flowengine import contents as authored
from flowengine import messages
from flowengine.choices import Option
from flowengine.expressions import (
    Env,
    EvaluationError,
    Scope,
    compile_expression,
    compile_template,
    compile_value,
    normalize,
)
from flowengine.given import Pick
from flowengine.limits import MAX_ROWS
from flowengine.messages import Content, Media
from flowengine.zones import zone

Text = Callable[[Scope, Env], str]
Make = Callable[[Scope, Env], Content]

NO_ENV = Env(now=datetime(1970, 1, 1, tzinfo=UTC), timezone=zone("UTC"))
"""For what depends on nothing: it is made once, when the flow is compiled."""

PAGE = 10
"""Rows that a list shows at once (WHATSAPP.md §A.3)."""

MORE = "ver-mais"
"""The id of the row that shows the next page."""

_WORDS = {
    "pt": ("Ver mais", "Ver opções"),
    "es": ("Ver más", "Ver opciones"),
    "en": ("See more", "See options"),
}


def words(env: Env) -> tuple[str, str]:
    """`(the row "see more", the button that opens a list)` in the language of `env`."""
    return _WORDS.get(env.language.partition("-")[0], _WORDS["pt"])


class Speech:
    """The contents of one node, compiled.

    `reads`: names that they read. `choices`: how the last content offers, where it does.
    `constant`: what is said, where that is the same for everybody. Cost: nothing where it is
    constant, else that of its templates.
    """

    def __init__(self, contents: tuple[authored.AuthoredContent, ...]) -> None:
        self.reads: set[str] = set()
        self.makes: list[Make] = []
        self.choices: Choices | None = None
        for content in contents:
            offering = offers(content)
            if offering is not None:
                self.choices = Choices(offering, self.reads)
            self.makes.append(self._compile(content, offering is not None))
        self.constant: tuple[Content, ...] | None = None
        if self.choices is None and not any(_has_templates(content) for content in contents):
            self.constant = tuple(spoken(self.render({}, NO_ENV)))

    def render(self, scope: Scope, env: Env) -> list[Content]:
        """The contents for `scope`; those that offer come without their choices (see `fill`)."""
        makes = self.makes
        return [makes[0](scope, env)] if len(makes) == 1 else [make(scope, env) for make in makes]

    def _text(self, source: str) -> Text:
        template = compile_template(source)
        self.reads |= template.reads
        if template.is_constant:
            fixed = template.render({}, NO_ENV) if source else ""
            return lambda _scope, _env: fixed
        return template.render

    def _compile(self, content: authored.AuthoredContent, offering: bool) -> Make:
        make = self._maker(content)
        if offering or _has_templates(content):
            return make
        fixed = make({}, NO_ENV)
        return lambda _scope, _env: fixed

    def _maker(self, content: authored.AuthoredContent) -> Make:
        text = self._text
        match content:
            case authored.TextContent():
                body, preview = text(content.text), content.preview_url
                return lambda s, e: messages.Text(body(s, e), preview)
            case authored.ImageContent():
                media, caption = self._media(content.media), text(content.caption)
                return lambda s, e: messages.Image(media(s, e), caption(s, e))
            case authored.AudioContent():
                media, voice = self._media(content.media), content.voice
                return lambda s, e: messages.Audio(media(s, e), voice)
            case authored.VideoContent():
                media, caption = self._media(content.media), text(content.caption)
                return lambda s, e: messages.Video(media(s, e), caption(s, e))
            case authored.DocumentContent():
                media, caption = self._media(content.media), text(content.caption)
                name = text(content.filename)
                return lambda s, e: messages.Document(media(s, e), name(s, e), caption(s, e))
            case authored.StickerContent():
                media = self._media(content.media)
                return lambda s, e: messages.Sticker(media(s, e))
            case authored.LocationContent():
                return self._location(content)
            case authored.ContactContent():
                return self._card(content)
            case authored.ButtonsContent():
                return self._buttons(content)
            case authored.ListContent():
                return self._list(content)
            case authored.CtaUrlContent():
                body, title, url = text(content.text), text(content.title), text(content.url)
                head, foot = text(content.header), text(content.footer)
                return lambda s, e: messages.CtaUrl(
                    body(s, e), title(s, e), url(s, e), head(s, e), foot(s, e)
                )
            case authored.LocationRequestContent():
                body = text(content.text)
                return lambda s, e: messages.LocationRequest(body(s, e))
            case authored.ContactRequestContent():
                body = text(content.text)
                return lambda s, e: messages.ContactRequest(body(s, e))
            case authored.FormContent():
                return self._form(content)
            case authored.TemplateContent():
                return self._template(content)
            case authored.ReactionContent():
                emoji = text(content.emoji)
                return lambda s, e: messages.Reaction(emoji(s, e))
            case _:
                assert_never(content)

    def _media(self, media: Media) -> Callable[[Scope, Env], Media]:
        if media.url is None:
            return lambda _scope, _env: media
        url = self._text(media.url)
        return lambda s, e: Media(media.asset, url(s, e))

    def _location(self, content: authored.LocationContent) -> Make:
        place = self._degrees(content.latitude), self._degrees(content.longitude)
        name, address = self._text(content.name), self._text(content.address)
        return lambda s, e: messages.Location(
            place[0](s, e), place[1](s, e), name(s, e), address(s, e)
        )

    def _degrees(self, value: Decimal | authored.Expr) -> Callable[[Scope, Env], Decimal]:
        if isinstance(value, Decimal):
            return lambda _scope, _env: value
        expression = compile_expression(value.expr)
        self.reads |= expression.reads

        def degrees(scope: Scope, env: Env) -> Decimal:
            found = expression.evaluate(scope, env)
            if isinstance(found, bool) or not isinstance(found, int | Decimal):
                raise EvaluationError(f"{value.expr!r} is not a number of degrees", 1)
            return Decimal(found)

        return degrees

    def _card(self, content: authored.ContactContent) -> Make:
        name, organization = self._text(content.name), self._text(content.organization)
        phones = [(self._text(phone.phone), phone.type) for phone in content.phones]
        emails = [self._text(email) for email in content.emails]
        return lambda s, e: messages.Card(
            name(s, e),
            tuple(messages.Phone(phone(s, e), kind) for phone, kind in phones),
            tuple(email(s, e) for email in emails),
            organization(s, e),
        )

    def _buttons(self, content: authored.ButtonsContent) -> Make:
        body, head = self._text(content.text), self._text(content.header)
        foot, kind = self._text(content.footer), content.media_kind
        media = None if content.media is None else self._media(content.media)
        return lambda s, e: messages.Buttons(
            body(s, e),
            (),
            head(s, e),
            foot(s, e),
            None if media is None else media(s, e),
            kind,
        )

    def _list(self, content: authored.ListContent) -> Make:
        body, button = self._text(content.text), self._text(content.button)
        head, foot = self._text(content.header), self._text(content.footer)
        return lambda s, e: messages.List(
            body(s, e), button(s, e) or words(e)[1], (), head(s, e), foot(s, e)
        )

    def _form(self, content: authored.FormContent) -> Make:
        body, title = self._text(content.text), self._text(content.title)
        head, foot = self._text(content.header), self._text(content.footer)
        data = compile_value(content.data)
        self.reads |= data.reads

        def make(scope: Scope, env: Env) -> Content:
            plain = normalize(data.evaluate(scope, env))
            return messages.Form(
                body(scope, env),
                title(scope, env),
                content.form,
                content.screen,
                plain if isinstance(plain, dict) else {},
                head(scope, env),
                foot(scope, env),
            )

        return make

    def _template(self, content: authored.TemplateContent) -> Make:
        params = [(name, self._text(value)) for name, value in content.params.items()]
        header = None if content.header is None else self._media(content.header)
        buttons = tuple(messages.TemplateButton(b.id, b.title) for b in content.buttons)
        return lambda s, e: messages.Template(
            content.name,
            content.language,
            {name: value(s, e) for name, value in params},
            None if header is None else header(s, e),
            content.header_kind,
            buttons,
        )


def spoken(contents: list[Content]) -> list[Content]:
    """Without texts that rendered to nothing."""
    return [c for c in contents if not isinstance(c, messages.Text) or c.text.strip()]


class Choices:
    """What a content offers, compiled; `constant` where it is the same for everybody. Cost: nothing
    where it is, else ~3 µs a row.
    """

    def __init__(self, content: "Offering", reads: set[str]) -> None:
        self.dynamic = False
        self.rows: list[_Row] = []
        sections = _sections(content)
        for title, rows in sections:
            heading = compile_template(title)
            reads |= heading.reads
            for row in rows:
                compiled = _Row(row, heading.render, reads)
                self.dynamic = self.dynamic or compiled.each is not None
                self.rows.append(compiled)
        self.constant: tuple[Pick, ...] | None = None
        if not self.dynamic and all(row.is_constant for row in self.rows):
            self.constant = self._picks({}, NO_ENV)

    def picks(self, scope: Scope, env: Env) -> tuple[Pick, ...]:
        """Every choice as it is offered now, all pages."""
        return self._picks(scope, env) if self.constant is None else self.constant

    def _picks(self, scope: Scope, env: Env) -> tuple[Pick, ...]:
        picks: list[Pick] = []
        for row in self.rows:
            picks.extend(row.picks(scope, env))
        return tuple(picks[:MAX_ROWS])


class _Row:
    """A choice or row: one pick, or one for every item."""

    def __init__(self, row: authored.RowContent, heading: Text, reads: set[str]) -> None:
        self.heading = heading
        self.each = None if row.each is None else compile_expression(row.each.expr)
        self.name = row.as_
        templates = [compile_template(t) for t in (row.id, row.title, row.description)]
        self.id, self.title, self.description = (template.render for template in templates)
        self.synonyms = [compile_template(word) for word in row.synonyms]
        self.value = None if row.value is None else compile_value(row.value)
        everything = [*templates, *self.synonyms, *([self.value] if self.value else [])]
        self.is_constant = self.each is None and all(t.is_constant for t in everything)
        for each in everything:
            reads |= each.reads - {self.name} if self.each else each.reads
        if self.each:
            reads |= self.each.reads

    def picks(self, scope: Scope, env: Env) -> list[Pick]:
        if self.each is None:
            return [self._one(scope, env, None, dynamic=False)]
        items = self.each.evaluate(scope, env)
        names = cast("dict[str, Any]", scope)
        if items is None:
            return []
        if not isinstance(items, list):
            raise EvaluationError(f"{self.each.source!r} is not a list", 1)
        return [
            self._one(ChainMap({self.name: item}, names), env, normalize(item), dynamic=True)
            for item in items[:MAX_ROWS]
        ]

    def _one(self, scope: Scope, env: Env, item: Any, dynamic: bool) -> Pick:
        value = None if self.value is None else normalize(self.value.evaluate(scope, env))
        return Pick(
            self.id(scope, env),
            self.title(scope, env),
            tuple(word.render(scope, env) for word in self.synonyms),
            value,
            item,
            dynamic,
            self.description(scope, env),
            self.heading(scope, env),
        )


Offering = authored.ButtonsContent | authored.ListContent | authored.TemplateContent


def offers(content: authored.AuthoredContent) -> Offering | None:
    """The content, where it offers choices."""
    if isinstance(content, authored.ButtonsContent | authored.ListContent):
        return content
    if isinstance(content, authored.TemplateContent) and content.buttons:
        return content
    return None


def _sections(content: Offering) -> list[tuple[str, list[authored.RowContent]]]:
    if isinstance(content, authored.ListContent):
        listed = [("", list(content.rows))] if content.rows else []
        return listed + [(section.title, list(section.rows)) for section in content.sections]
    if isinstance(content, authored.TemplateContent):
        return [("", [authored.RowContent(id=b.id, title=b.title) for b in content.buttons])]
    return [("", [_as_row(choice) for choice in content.buttons])]


def _as_row(choice: authored.Choice) -> authored.RowContent:
    return authored.RowContent(
        id=choice.id,
        title=choice.title,
        description=choice.description,
        synonyms=choice.synonyms,
        value=choice.value,
    )


def fill(content: Content, picks: tuple[Pick, ...], page: int, env: Env) -> Content:
    """The content with the choices of one page of `picks`, in the language of `env`. Cost: ~1 µs a
    choice.
    """
    if isinstance(content, messages.Buttons):
        buttons = tuple(messages.Button(pick.id, pick.title) for pick in picks)
        return msgspec.structs.replace(content, buttons=buttons)
    if isinstance(content, messages.List):
        return msgspec.structs.replace(content, sections=_page(picks, page, env))
    return content


def visible(picks: tuple[Pick, ...], page: int, env: Env) -> list[Option]:
    """The choices among `picks` that stand on a page, as words match them in the language of `env`.
    Cost: ~1 µs a choice.
    """
    first, end, more = page_of(len(picks), page)
    options = [Option(pick.id, pick.title, pick.synonyms) for pick in picks[first:end]]
    return [*options, Option(MORE, words(env)[0])] if more else options


def page_of(count: int, page: int) -> tuple[int, int, bool]:
    """`(first, end, more)` of a page of `count` rows: nine and "see more", or the last ten."""
    first = page * (PAGE - 1)
    if count - first <= PAGE:
        return first, count, False
    return first, first + PAGE - 1, True


def _page(picks: tuple[Pick, ...], page: int, env: Env) -> tuple[messages.Section, ...]:
    first, end, more = page_of(len(picks), page)
    sections: list[tuple[str, list[messages.Row]]] = []
    for each in picks[first:end]:
        if not sections or sections[-1][0] != each.section:
            sections.append((each.section, []))
        row = messages.Row(each.id, each.title, each.description)
        sections[-1][1].append(row)
    if more:
        sections[-1][1].append(messages.Row(MORE, words(env)[0]))
    return tuple(messages.Section(tuple(rows), title) for title, rows in sections)


def _has_templates(content: authored.AuthoredContent) -> bool:
    """Whether anything in it depends on the conversation; it may say so where nothing does."""
    written = msgspec.json.encode(content)
    return any(mark in written for mark in (b"{{", b"{%", b"{#", b'"expr"'))
