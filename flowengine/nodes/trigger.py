"""Trigger: where a flow begins, and what may jump into it."""

from typing import Any, Literal

from flowengine.conditions import When
from flowengine.durations import Duration
from flowengine.nodes.base import Base
from flowengine.run import Run, Step
from flowengine.shapes import schema_trouble
from flowengine.values import Doc

Match = Literal["exact", "any_word", "all_words", "phrase", "pattern"]


class OnKeyword(Doc, tag_field="kind", tag="keyword", frozen=True, kw_only=True):
    """One of `words` in the message; `match` defaults to any_word (exact for an interrupt)."""

    words: tuple[str, ...]
    match: Match | None = None


class OnMessage(Doc, tag_field="kind", tag="message", frozen=True, kw_only=True):
    """Any message."""


class OnNewContact(Doc, tag_field="kind", tag="new_contact", frozen=True, kw_only=True):
    """The first message of somebody never seen before."""


class Audience(Doc, frozen=True, kw_only=True):
    """Whose flow a time table begins; every field narrows it, none at all means everybody.

    `tags`: contacts with one of these. `without`: not those with one of these. `when`: a condition
    over `contact.*`, such as `contact.fields.plano` equals "ouro".
    """

    tags: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    when: When | None = None


class OnCron(Doc, tag_field="kind", tag="cron", frozen=True, kw_only=True):
    """A time table: five cron fields on the clock of the flow's timezone, for its audience.

    `flowengine.crons` says what an occurrence is and means. `audience`: left out, every contact
    that has a conversation on one of the trigger's channels. `purpose`: what the messages are
    for; consent for it is looked up when they are sent.
    """

    expression: str
    audience: Audience | None = None
    purpose: str = ""


class OnEvent(Doc, tag_field="kind", tag="event", frozen=True, kw_only=True):
    """An event from outside, told by the API. The flow reads its data as `trigger.event`.

    `schema`: a JSON Schema that the data must fit, else the trigger does not act. `contact`,
    `channel` and `dedupe` are expressions over the data, which they read as `event`. `contact`: the
    phone or id of whom it is about, where whoever tells of it names nobody. `channel`: the kind or
    id of the channel (left out: the contact's last). `dedupe`: a key; the trigger acts once on
    each in a conversation. `purpose`: what the messages are for.
    """

    name: str
    schema: dict[str, Any] = {}
    contact: str = ""
    channel: str = ""
    dedupe: str = ""
    purpose: str = ""

    def __post_init__(self) -> None:
        trouble = schema_trouble(self.schema)
        if trouble:
            raise ValueError(f"the schema cannot be used: {trouble}")


class OnReferral(Doc, tag_field="kind", tag="referral", frozen=True, kw_only=True):
    """A click on an ad or post; `source_id` narrows it to some."""

    source_id: tuple[str, ...] = ()


class OnLink(Doc, tag_field="kind", tag="link", frozen=True, kw_only=True):
    """A wa.me link or QR code: the text that the link writes for the customer."""

    text: str


class OnButton(Doc, tag_field="kind", tag="button", frozen=True, kw_only=True):
    """A quick reply of a template that was sent outside any flow, by its payload or title."""

    payload: str


class OnConversationClosed(
    Doc, tag_field="kind", tag="conversation_closed", frozen=True, kw_only=True
):
    """A person closed the conversation."""


class OnTagAdded(Doc, tag_field="kind", tag="tag_added", frozen=True, kw_only=True):
    tag: str


class OnFieldChanged(Doc, tag_field="kind", tag="field_changed", frozen=True, kw_only=True):
    field: str


class OnFallback(Doc, tag_field="kind", tag="fallback", frozen=True, kw_only=True):
    """A message that nothing else takes."""


On = (
    OnKeyword
    | OnMessage
    | OnNewContact
    | OnCron
    | OnEvent
    | OnReferral
    | OnLink
    | OnButton
    | OnConversationClosed
    | OnTagAdded
    | OnFieldChanged
    | OnFallback
)


class Interrupts(Doc, frozen=True, kw_only=True):
    """Let this trigger act while something already holds the conversation."""

    scope: Literal["flow", "workspace"] = "flow"
    then: Literal["jump", "return", "restart"] = "jump"


class Trigger(Base, tag="trigger", frozen=True, kw_only=True):
    """What makes a flow begin.

    `priority`: the higher wins. `cooldown`: not again for the same contact for so long.
    `channels`: kinds or ids that it listens on (empty: all). Exits: `next`.

    Example::

        {"id": "oi", "type": "trigger",
         "on": {"kind": "keyword", "words": ["oi", "olá"], "match": "any_word"}}
    """

    on: On
    when: When | None = None
    channels: tuple[str, ...] = ()
    priority: int = 0
    cooldown: Duration | None = None
    busy: Literal["queue", "interrupt", "skip", "speak"] | None = None
    interrupts: Interrupts | None = None


class TriggerStep(Step):
    """Reached by an edge it does nothing: routing has used it before."""

    def __init__(self, _node: Trigger, _wired: frozenset[str]) -> None:
        pass

    def enter(self, run: Run) -> str | None:
        return "next"
