"""The talk document as strict types.

A step is an object with one key; `expect` may hold several, all of which must hold. Beside the
steps of FLOWS.md §6 stand `message`, `start` and `contact`, and a tap on an older message: a
recorded conversation may hold them.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType, field

from flowengine.durations import Duration
from flowengine.messages import Card, MediaRef, Place, Tap
from flowengine.strict import read
from flowengine.values import Doc

FORMAT = "flowengine-talk/1"


class TalkContact(Doc, frozen=True, kw_only=True):
    """Who writes: what is known of them before the first word.

    `id`: what splits go by (default: the phone). `known`: they wrote before.
    """

    id: str = ""
    name: str = ""
    phone: str | None = None
    language: str = ""
    tags: tuple[str, ...] = ()
    fields: dict[str, Any] = {}
    known: bool = False


class ToolUse(Doc, frozen=True, kw_only=True):
    """A tool that the model calls."""

    name: str
    arguments: dict[str, Any] = {}


class ShownPassage(Doc, frozen=True, kw_only=True):
    """A passage by its id, BASE/NUMBER, and its title."""

    id: str
    title: str = ""


class CannedHttp(Doc, frozen=True, kw_only=True):
    """The answer to the next call of `node` (of `flow`, where two flows have such a node).

    `json` or `text` is the body. `failed`: no answer at all, for this reason.
    """

    node: str
    flow: str = ""
    status: int = 200
    json: Any = None
    text: str | None = None
    failed: str = ""


class CannedModel(Doc, frozen=True, kw_only=True):
    """The answer of the model to `node`: words, calls of tools, or `failed` for a reason.

    `shown`: passages of knowledge bases that it was shown. `tokens`: what the answer took.
    """

    node: str
    flow: str = ""
    text: str = ""
    calls: tuple[ToolUse, ...] = ()
    shown: tuple[ShownPassage, ...] = ()
    tokens: int = 0
    failed: str = ""


MediaKind = Literal["image", "audio", "video", "document", "sticker"]


class SaidMedia(Doc, frozen=True, kw_only=True):
    """A file that the customer sends."""

    kind: MediaKind
    url: str = ""
    caption: str = ""
    mime: str = ""
    filename: str = ""


class SaidLocation(Doc, frozen=True, kw_only=True):
    latitude: Decimal
    longitude: Decimal
    name: str = ""
    address: str = ""


class OutsideEvent(Doc, frozen=True, kw_only=True):
    """An event from outside, with its data."""

    name: str
    data: Any = None


class Human(Doc, frozen=True, kw_only=True):
    """What a person does: says something, closes with a reason, gives back, or takes over."""

    say: str | None = None
    close: str | None = None
    return_: bool | str = field(default=False, name="return")
    take: bool = False


class Fail(Doc, frozen=True, kw_only=True):
    """Why the next send (of `node`, where named) is refused, and the provider's code for it."""

    reason: str
    code: str = ""
    node: str = ""


class SaidTap(Doc, frozen=True, kw_only=True):
    """A tap on an older message: so many that offer the choice are passed over."""

    choice: str
    back: int = 0


class SaidMessage(Doc, frozen=True, kw_only=True):
    """A message of any kind, with what the other steps cannot say: a form, a card, an ad."""

    kind: str = "text"
    text: str = ""
    choice: Tap | None = None
    media: MediaRef | None = None
    location: Place | None = None
    contact: Card | None = None
    form: dict[str, Any] | None = None
    quoted: str = ""
    referral: dict[str, Any] | None = None
    order: dict[str, Any] | None = None


class StartedFlow(Doc, frozen=True, kw_only=True):
    """A flow is begun from outside (API, time table, a person), with arguments."""

    flow: str
    node: str = ""
    with_: dict[str, Any] = field(default={}, name="with")
    purpose: str = ""
    by: str = "api"


class ContactNews(Doc, frozen=True, kw_only=True):
    """A person or program changed the contact: tags added, fields set."""

    tags: tuple[str, ...] = ()
    fields: dict[str, Any] = {}


class TextMatch(Doc, frozen=True, kw_only=True):
    """All that are given must hold; `matches` is an RE2 pattern."""

    contains: str | None = None
    matches: str | None = None


class TemplateMatch(Doc, frozen=True, kw_only=True):
    name: str
    language: str | None = None
    params: dict[str, str] | None = None


class TransferMatch(Doc, frozen=True, kw_only=True):
    queue: str | None = None
    agent: str | None = None
    owner: bool | None = None
    briefing: str | TextMatch | None = None


class EventMatch(Doc, frozen=True, kw_only=True):
    """What webhooks are told of by `notify`."""

    name: str
    data: Any = UNSET


class Expected(Doc, frozen=True, kw_only=True):
    """What is expected now.

    Any of `text`, `buttons`, `rows`, `template`, `media`, `kind` takes the next send. `media` is a
    kind, an asset or an address. `none`: nothing more was sent. `status`, `outcome` and `variables`
    mean the execution stepped last.
    """

    text: str | TextMatch | None = None
    buttons: tuple[str, ...] | None = None
    rows: tuple[str, ...] | None = None
    template: str | TemplateMatch | None = None
    media: str | None = None
    kind: str | None = None
    none: bool = False
    transfer: str | TransferMatch | None = None
    event: str | EventMatch | None = None
    outcome: str | UnsetType | None = UNSET
    status: str | None = None
    variables: dict[str, Any] | None = None

    @property
    def takes_send(self) -> bool:
        """Whether it is about a send."""
        about = (self.text, self.buttons, self.rows, self.template, self.media, self.kind)
        return any(each is not None for each in about)


class Step(Doc, frozen=True, kw_only=True):
    """One step: exactly one of these."""

    say: str | None = None
    tap: str | SaidTap | None = None
    media: MediaKind | SaidMedia | None = None
    location: SaidLocation | None = None
    event: str | OutsideEvent | None = None
    human: Literal["take", "return", "close"] | Human | None = None
    after: Duration | None = None
    fail: str | Fail | None = None
    message: SaidMessage | None = None
    start: str | StartedFlow | None = None
    contact: ContactNews | None = None
    expect: Expected | None = None

    def __post_init__(self) -> None:
        given = [name for name in self.__struct_fields__ if getattr(self, name) is not None]
        if len(given) != 1:
            named = " and ".join(given) or "none of them"
            wanted = ", ".join(self.__struct_fields__)
            raise ValueError(f"A step has exactly one of {wanted}; here: {named}")
        if isinstance(self.human, Human):
            human = self.human
            acts = (human.say is not None, human.close is not None, bool(human.return_), human.take)
            if sum(acts) != 1:
                raise ValueError("human does exactly one of say, close, return, take")

    @property
    def kind(self) -> str:
        """Which of them it is."""
        return next(name for name in self.__struct_fields__ if getattr(self, name) is not None)


class Talk(Doc, frozen=True, kw_only=True):
    """The document. `flow` is a path beside it."""

    format: Literal["flowengine-talk/1"]
    name: str = ""
    flow: str
    contact: TalkContact = TalkContact()
    now: datetime | None = None
    channel: str = "simulator"
    http: tuple[CannedHttp, ...] = ()
    model: tuple[CannedModel, ...] = ()
    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        if self.now is not None and self.now.tzinfo is None:
            raise ValueError('now needs an offset, such as "2026-03-02T09:00:00-03:00"')


_decoder = msgspec.json.Decoder(Talk, float_hook=Decimal)


def parse_talk(raw: bytes) -> Talk:
    """The talk that `raw` says; raises `FlowError` with the path and the mend. Cost: ~5 µs
    a step."""
    return read(raw, _decoder, f'{{"format": "{FORMAT}", …}}')
