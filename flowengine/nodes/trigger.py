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
    """Words in a message, whatever their case and accents.

    - `words`: words or phrases; with `pattern`, RE2 patterns.
    - `match`: how they are looked for (left out: `any_word`, of an interrupt `exact`).
    """

    words: tuple[str, ...]
    match: Match | None = None


class OnMessage(Doc, tag_field="kind", tag="message", frozen=True, kw_only=True):
    """Any message that nothing narrower takes."""


class OnNewContact(Doc, tag_field="kind", tag="new_contact", frozen=True, kw_only=True):
    """The first message of somebody never seen before."""


class Audience(Doc, frozen=True, kw_only=True):
    """Whose flow a time table begins; every field narrows it, none at all means everybody.

    - `tags`: contacts with one of these.
    - `without`: not those with one of these.
    - `when`: a condition over `contact.*`.
    """

    tags: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    when: When | None = None


class OnCron(Doc, tag_field="kind", tag="cron", frozen=True, kw_only=True):
    """A time table on the clock of the flow's timezone. `flowengine.crons` says what an occurrence
    is and means.

    - `expression`: five fields of cron: minute, hour, day, month, weekday.
    - `audience`: whom it is for (left out: every contact with a conversation on one of the
      trigger's channels).
    - `purpose`: what the messages are for; consent is looked up when they are sent.
    """

    expression: str
    audience: Audience | None = None
    purpose: str = ""


class OnEvent(Doc, tag_field="kind", tag="event", frozen=True, kw_only=True):
    """An event from outside, told by the API. The flow reads its data as `trigger.event`.
    `contact`, `channel` and `dedupe` are expressions over the data, which they call `event`.

    - `name`: of the event.
    - `schema`: a JSON Schema that the data must fit, else the trigger does not act.
    - `contact`: the phone or id of whom it is about, where whoever tells of it names nobody.
    - `channel`: the kind or id of the channel (left out: any).
    - `dedupe`: a key; the trigger acts once on each in a conversation.
    - `purpose`: what the messages are for.
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
    """A click on an ad or post that leads here.

    - `source_id`: only these ads or posts (left out: all).
    """

    source_id: tuple[str, ...] = ()


class OnLink(Doc, tag_field="kind", tag="link", frozen=True, kw_only=True):
    """A wa.me link or QR code.

    - `text`: the text that the link writes for the customer.
    """

    text: str


class OnButton(Doc, tag_field="kind", tag="button", frozen=True, kw_only=True):
    """A quick reply of a template that was sent outside any flow.

    - `payload`: its payload, or its title.
    """

    payload: str


class OnConversationClosed(
    Doc, tag_field="kind", tag="conversation_closed", frozen=True, kw_only=True
):
    """A person closed the conversation. The flow reads `trigger.event.reason`, `agent` and
    `minutes`.
    """


class OnTagAdded(Doc, tag_field="kind", tag="tag_added", frozen=True, kw_only=True):
    """A person or a program added a tag to the contact.

    - `tag`: the tag.
    """

    tag: str


class OnFieldChanged(Doc, tag_field="kind", tag="field_changed", frozen=True, kw_only=True):
    """A person or a program changed a field of the contact.

    - `field`: the field.
    """

    field: str


class OnFallback(Doc, tag_field="kind", tag="fallback", frozen=True, kw_only=True):
    """A message that no other trigger takes."""


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
    """Lets a trigger act while an execution already holds the conversation.

    - `scope`: while its own flow is anywhere in the stack, or whatever flow runs.
    - `then`: go on after the trigger, go there and come back, or begin anew.
    """

    scope: Literal["flow", "workspace"] = "flow"
    then: Literal["jump", "return", "restart"] = "jump"


class Trigger(Base, tag="trigger", frozen=True, kw_only=True):
    """What makes a flow begin. A flow may have several; where more than one takes a message, the
    higher priority wins, then the narrower kind, then the flow's key and the node's id.

    - `on`: what it listens to.
    - `when`: a condition that must hold as well.
    - `channels`: kinds or ids of channels (left out: all).
    - `priority`: the higher wins.
    - `cooldown`: not again in the same conversation for so long.
    - `busy`: over the flow's setting.
    - `interrupts`: act even while the conversation is busy.

    Exits: `next`.

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
