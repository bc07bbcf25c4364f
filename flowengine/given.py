"""What an execution is told: one `Given` for each call of `advance`.

It carries the time and all that the release may read of the world, so that the call can be
repeated for ever with the same result. `event` says what happened, in the execution's own terms;
`flowengine.happenings` has the conversation's.
"""

from datetime import datetime
from typing import Any

from msgspec import Raw, Struct

from flowengine.messages import Answered, Inbound, Refused, Said, Unclear
from flowengine.schedules import Schedule


class Event(Struct, frozen=True, omit_defaults=True, tag_field="kind", gc=False):
    """The base of all that an execution can be told."""


class Cause(Struct, frozen=True, omit_defaults=True, gc=False):
    """Why an execution began: the trigger's node and kind, and what it saw.

    `kind`: keyword, message, link, event, start, api, cron … `groups`: a pattern's named groups.
    """

    kind: str
    node: str = ""
    word: str = ""
    groups: dict[str, str] = {}
    referral: dict[str, Any] | None = None
    event: Any = None


class Pick(Struct, frozen=True, omit_defaults=True, gc=False):
    """One choice as it was offered: `value` is what `save: value` saves (null: the title).

    `dynamic`: a row made from an `item`, as opposed to one that the designer wrote.
    """

    id: str
    title: str
    synonyms: tuple[str, ...] = ()
    value: Any = None
    item: Any = None
    dynamic: bool = False
    description: str = ""
    section: str = ""


class Begin(Event, tag="begin", frozen=True):
    """Begin at `node` (empty: the flow's start). `by_message`: it takes the foreground at once."""

    cause: Cause
    node: str = ""
    args: dict[str, Any] = {}
    message: Inbound | None = None
    by_message: bool = False
    busy: str = ""
    purpose: str = ""


class Reply(Event, tag="reply", frozen=True):
    """The customer's message is for this execution. `choice`: known by tap or exact words."""

    message: Inbound
    choice: str = ""


class Jump(Event, tag="jump", frozen=True):
    """An interrupt of the flow acts: `then` is jump or return, from the trigger `node`."""

    node: str
    flow: str
    then: str
    cause: Cause
    message: Inbound


class Stale(Event, tag="stale", frozen=True):
    """A tap on an offer that is no longer open; `node` made it."""

    node: str
    flow: str
    pick: Pick
    message: Inbound


class Woken(Event, tag="woken", frozen=True):
    """A wake is due."""

    effect: str


class Taken(Event, tag="taken", frozen=True):
    """A send was taken by the provider."""

    effect: str


class SendFailed(Event, tag="send_failed", frozen=True):
    """A send was refused for good."""

    effect: str
    refused: Refused


class HttpCame(Event, tag="http_came", frozen=True):
    """An HTTP call ended."""

    effect: str
    outcome: Answered | Refused | Unclear


class ModelCame(Event, tag="model_came", frozen=True):
    """A model answered, or did not."""

    effect: str
    outcome: Said | Refused | Unclear


class Heard(Event, tag="heard", frozen=True):
    """An event from outside reached this execution."""

    name: str
    data: Any = None


class Granted(Event, tag="granted", frozen=True):
    """The foreground is yours: step on from where you queued."""


class Suspend(Event, tag="suspend", frozen=True):
    """Stand still: `reason` is person or busy."""

    reason: str


class Restore(Event, tag="restore", frozen=True):
    """Go on after a suspension, by `how`: `reprompt` (after busy) or `resume` (at give-back)."""

    how: str


class PersonDone(Event, tag="person_done", frozen=True):
    """The person is done with the conversation: `reason` is closed, returned or timeout."""

    reason: str
    agent: str = ""
    ticket: str = ""
    minutes: int = 0
    note: str = ""


class PersonTook(Event, tag="person_took", frozen=True):
    """An agent took the conversation that was queued: the transfer's timeout is over."""

    agent: str


class Stop(Event, tag="stop", frozen=True):
    """End now: `status` is interrupted, expired or failed; `exit`: the problem."""

    status: str
    reason: str = ""
    exit: str = "failed"


class Moved(Event, tag="moved", frozen=True):
    """Go on with another release from here; the call's release is that one.

    `frames`: the stack as it will be, as the canonical JSON of `flowengine.state.Frame`s.
    `version`: of the release's root. `drops`: effects awaited no more. `anew`: it enters its node
    when the foreground is free. `ask`: what the customer sees is not on offer any more: ask again.
    """

    frames: Raw
    version: int = 0
    drops: tuple[str, ...] = ()
    anew: bool = False
    ask: bool = False


Told = (
    Begin
    | Reply
    | Jump
    | Stale
    | Woken
    | Taken
    | SendFailed
    | HttpCame
    | ModelCame
    | Heard
    | Granted
    | Suspend
    | Restore
    | PersonDone
    | PersonTook
    | Moved
    | Stop
)


class Contact(Struct, frozen=True, omit_defaults=True, gc=False):
    """What is known of the customer; `phone` may be absent."""

    id: str
    name: str = ""
    phone: str | None = None
    language: str = ""
    tags: tuple[str, ...] = ()
    fields: dict[str, Any] = {}


class Line(Struct, frozen=True, omit_defaults=True, gc=False):
    """A line of the transcript. `role`: contact, bot or agent."""

    role: str
    text: str
    at: datetime


class World(Struct, frozen=True, omit_defaults=True, gc=False):
    """All that a release may read from outside; pruned to what it does read.

    `channel` is the channel's kind. `window_hours`: how long the customer's message keeps it
    open (0: no window). `window_closes_at`: null where the channel has none, a time past where it
    is closed or never opened; `take` works it out. `queues`: key to whether somebody
    could take a conversation. `contact_owner`: the agent whose contact it is.
    """

    contact: Contact
    channel: str = "simulator"
    channel_id: str = ""
    conversation: str = ""
    window_hours: int = 0
    window_closes_at: datetime | None = None
    const: dict[str, Any] = {}
    schedules: dict[str, Schedule] = {}
    queues: dict[str, bool] = {}
    history: tuple[Line, ...] = ()
    contact_owner: str = ""


class Given(Struct, frozen=True, omit_defaults=True, gc=False):
    """One call's whole input beside release and state.

    `now`: the database's clock, never going back. `claim`: whose the foreground is: mine, free
    or taken. `early`: the prompt of the wait was not yet taken by the provider. `wakes`: seconds
    left of the execution's own wakes (null: not started).
    """

    event: Told
    now: datetime
    received_at: datetime
    world: World
    claim: str = "free"
    early: bool = False
    wakes: dict[str, float | None] = {}
