"""Fits a content to what a channel can show, and says what it cost.

Buttons become a list, a list becomes numbered text: the numbers follow the order in which the
choices were offered, so an answer by number means the same wherever it is shown.
"""

from msgspec import Struct
from msgspec.structs import replace

from flowengine.messages.capabilities import Capabilities
from flowengine.messages.contents import (
    Audio,
    Button,
    Buttons,
    Card,
    ContactRequest,
    Content,
    CtaUrl,
    Document,
    Form,
    Image,
    List,
    Location,
    LocationRequest,
    Media,
    Reaction,
    Row,
    Section,
    Sticker,
    Template,
    Text,
    Video,
)

LIST_LABEL = "Ver opções"
_NO_BODY = "👇"  # an interactive message must have a body, in whatever language
_ICONS = {"image": "🖼", "audio": "🎧", "video": "🎬", "document": "📄", "sticker": "🖼"}
_CAPTIONED = {"image": Image, "video": Video, "document": Document}
_JOINERS = "\u200d\ufe0f\u0301\u0303\u0327"


class Note(Struct, frozen=True, omit_defaults=True):
    """What was changed: shortened (of `part`), as_list, as_text, media_dropped or unsupported."""

    code: str
    part: str = ""


class Degraded(Struct, frozen=True, omit_defaults=True):
    """`content` fits the channel; None: it cannot be said there at all (a template, say)."""

    content: Content | None
    notes: tuple[Note, ...] = ()


def degrade(content: Content, capabilities: Capabilities, list_label: str = LIST_LABEL) -> Degraded:
    """The content as a channel of these `capabilities` can show it. `list_label`: what opens a list
    made of buttons. Cost: under 1 µs where it fits, ~15 µs where choices become text.
    """
    fitting = _Fitting(capabilities, list_label)
    fitted = fitting.fit(content)
    return Degraded(fitted, tuple(dict.fromkeys(fitting.notes)))


class _Fitting:
    """One content being fitted; collects notes."""

    def __init__(self, capabilities: Capabilities, list_label: str) -> None:
        self.caps = capabilities
        self.list_label = list_label
        self.notes: list[Note] = []

    def fit(self, content: Content) -> Content | None:
        match content:
            case Text():
                return self.text(content.text, preview=content.preview_url)
            case Image() | Video() | Document():
                return self.captioned(content)
            case Audio() | Sticker():
                return self.uncaptioned(content)
            case Buttons():
                return self.buttons(content)
            case List():
                return self.list(content)
            case CtaUrl():
                return self.cta_url(content)
            case Form():
                return self.form(content)
            case LocationRequest():
                if "location_request" in self.caps.kinds:
                    return LocationRequest(self.body(content.text))
                return self.as_text(content.text)
            case ContactRequest():
                if "contact_request" in self.caps.kinds:
                    return ContactRequest(self.body(content.text))
                return self.as_text(content.text)
            case Location():
                return content if "location" in self.caps.kinds else self.as_text(_place(content))
            case Card():
                return content if "contact" in self.caps.kinds else self.as_text(_card(content))
            case Reaction():
                if "reaction" in self.caps.kinds:
                    return content
                return self.as_text(content.emoji) if content.emoji else self.unsupported()
            case Template():
                return content if "template" in self.caps.kinds else self.unsupported()

    # Texts

    def note(self, code: str, part: str = "") -> None:
        self.notes.append(Note(code, part))

    def unsupported(self) -> None:
        self.note("unsupported")

    def text(self, text: str, preview: bool = False) -> Content | None:
        if "text" not in self.caps.kinds:
            return self.unsupported()
        return Text(self.cut(text, self.caps.text, "text"), preview)

    def as_text(self, text: str) -> Content | None:
        self.note("as_text")
        return self.text(text)

    def cut(self, text: str, limit: int, part: str) -> str:
        if len(text) <= limit:
            return text
        self.note("shortened", part)
        return shorten(text, limit)

    def edge(self, text: str, limit: int, part: str) -> str:
        """A part that may be missing, but not be there and blank."""
        return self.cut(text, limit, part) if text.strip() else ""

    def body(self, text: str) -> str:
        return self.cut(text if text.strip() else _NO_BODY, self.caps.body, "text")

    def ended(self, text: str, end: str) -> Content | None:
        """Text with an end that must stay whole; what is too long is taken from before it."""
        end = f"\n\n{end}" if text and end else end
        room = self.caps.text - len(end)
        return self.as_text((self.cut(text, room, "text") if room > 0 else "") + end)

    # Files

    def captioned(self, content: Image | Video | Document) -> Content | None:
        kind = content.__struct_config__.tag
        if kind in self.caps.kinds:
            if len(content.caption) <= self.caps.caption:
                return content
            return replace(content, caption=self.cut(content.caption, self.caps.caption, "caption"))
        name = content.filename if isinstance(content, Document) else ""
        return self.ended(content.caption, self.file_line(content.media, str(kind), name))

    def uncaptioned(self, content: Audio | Sticker) -> Content | None:
        kind = content.__struct_config__.tag
        if kind in self.caps.kinds:
            return content
        return self.ended("", self.file_line(content.media, str(kind), ""))

    def file_line(self, media: Media, kind: str, name: str) -> str:
        if not media.url:
            self.note("media_dropped")
        return " ".join(filter(None, (_ICONS.get(kind, "📄"), name, media.url)))

    # Choices

    def buttons(self, content: Buttons) -> Content | None:
        count = len(content.buttons)
        titles = tuple(
            Button(b.id, shorten(b.title.strip() or b.id, self.caps.button_title))
            for b in content.buttons
        )
        # Two buttons may not look alike: shortening can make them so.
        distinct = len({b.title for b in titles}) == count and all(b.title for b in titles)
        if "buttons" in self.caps.kinds and 0 < count <= self.caps.buttons and distinct:
            return self.shown_buttons(content, titles)
        rows = tuple(Row(b.id, b.title) for b in content.buttons)
        whole = List(
            content.text, self.list_label, (Section(rows),), content.header, content.footer
        )
        if "list" in self.caps.kinds and 0 < count <= self.caps.rows:
            self.note("as_list")
            if content.media is not None:
                line = self.file_line(content.media, content.media_kind, "")
                whole = replace(
                    whole, text=f"{whole.text}\n\n{line}" if content.media.url else whole.text
                )
            return self.list(whole)
        return self.numbered(whole, content.media, content.media_kind)

    def shown_buttons(self, content: Buttons, titles: tuple[Button, ...]) -> Content | None:
        if any(a.title != b.title for a, b in zip(content.buttons, titles, strict=True)):
            self.note("shortened", "title")
        text, header, media = content.text, content.header, content.media
        if media is not None and content.media_kind not in self.caps.kinds:
            line = self.file_line(media, content.media_kind, "")
            text, media = f"{text}\n\n{line}" if media.url else text, None
        if media is not None and header.strip():  # a header is a text or a file, not both
            text, header = f"*{header}*\n\n{text}", ""
        return Buttons(
            self.body(text),
            titles,
            self.edge(header, self.caps.header, "header"),
            self.edge(content.footer, self.caps.footer, "footer"),
            media,
            content.media_kind,
        )

    def list(self, content: List) -> Content | None:
        sections = tuple(s for s in content.sections if s.rows)
        rows = sum(len(s.rows) for s in sections)
        fits = 0 < rows <= self.caps.rows and len(sections) <= self.caps.sections
        if "list" not in self.caps.kinds or not fits:
            return self.numbered(replace(content, sections=sections), None, "")
        return List(
            self.body(content.text),
            self.cut(content.button.strip() or self.list_label, self.caps.list_button, "button"),
            tuple(self.section(s, at, len(sections)) for at, s in enumerate(sections, 1)),
            self.edge(content.header, self.caps.header, "header"),
            self.edge(content.footer, self.caps.footer, "footer"),
        )

    def section(self, section: Section, at: int, count: int) -> Section:
        title = section.title.strip() or (str(at) if count > 1 else "")
        rows = tuple(
            Row(
                row.id,
                self.cut(row.title.strip() or row.id, self.caps.row_title, "title"),
                self.edge(row.description, self.caps.row_description, "description"),
            )
            for row in section.rows
        )
        return Section(rows, self.cut(title, self.caps.section_title, "section"))

    def numbered(self, content: List, media: Media | None, media_kind: str) -> Content | None:
        head = "\n\n".join(filter(None, (_bold(content.header), content.text)))
        end = "\n\n".join(filter(None, (_numbers(content.sections), _italic(content.footer))))
        if media is None:
            return self.ended(head, end)
        whole = "\n\n".join(filter(None, (head, end)))
        make = _CAPTIONED.get(media_kind)
        if make and media_kind in self.caps.kinds and len(whole) <= self.caps.caption:
            self.note("as_text")
            return make(media, caption=whole)
        line = self.file_line(media, media_kind, "")
        return self.ended(f"{head}\n\n{line}" if media.url else head, end)

    # Buttons that open something

    def cta_url(self, content: CtaUrl) -> Content | None:
        if "cta_url" not in self.caps.kinds:
            head = "\n\n".join(filter(None, (_bold(content.header), content.text)))
            link = f"{content.title}: {content.url}" if content.title else content.url
            return self.ended(head, "\n\n".join(filter(None, (link, _italic(content.footer)))))
        return CtaUrl(
            self.body(content.text),
            self.cut(content.title.strip() or _NO_BODY, self.caps.button_title, "title"),
            content.url,
            self.edge(content.header, self.caps.header, "header"),
            self.edge(content.footer, self.caps.footer, "footer"),
        )

    def form(self, content: Form) -> Content | None:
        if "flow" not in self.caps.kinds:
            head = "\n\n".join(filter(None, (_bold(content.header), content.text)))
            return self.ended(head, _italic(content.footer))
        return replace(
            content,
            text=self.body(content.text),
            title=self.cut(content.title.strip() or _NO_BODY, self.caps.form_button, "title"),
            header=self.edge(content.header, self.caps.header, "header"),
            footer=self.edge(content.footer, self.caps.footer, "footer"),
        )


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, ending in "…" where something was left out."""
    if len(text) <= limit:
        return text
    if limit <= 0:
        return ""
    # Do not leave half of an emoji or an accent without its letter.
    return text[: limit - 1].rstrip(_JOINERS + " \n") + "…"


def _bold(text: str) -> str:
    return f"*{text}*" if text else ""


def _italic(text: str) -> str:
    return f"_{text}_" if text else ""


def _numbers(sections: tuple[Section, ...]) -> str:
    lines: list[str] = []
    number = 0
    for section in sections:
        if section.title:
            lines.append(f"*{section.title}*")
        for row in section.rows:
            number += 1
            about = f" – {row.description}" if row.description else ""
            lines.append(f"{number}. {row.title.strip() or row.id}{about}")
    return "\n".join(lines)


def _place(content: Location) -> str:
    link = f"https://maps.google.com/?q={content.latitude},{content.longitude}"
    return "\n".join(filter(None, (content.name, content.address, link)))


def _card(content: Card) -> str:
    phones = (phone.phone for phone in content.phones)
    return "\n".join(filter(None, (content.name, content.organization, *phones, *content.emails)))
