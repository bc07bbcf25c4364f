"""What happens to a conversation: the rows of its inbox, in order of arrival.

`flowengine.conversation.take` turns one into calls of `advance`.
"""

from datetime import datetime
from typing import Any, get_args

from msgspec import Struct

from flowengine.messages import Answered, Inbound, Refused, Said, Unclear


class Happening(Struct, frozen=True, omit_defaults=True, tag_field="kind", gc=False):
    """The base of all inbox rows."""


class MessageCame(Happening, tag="message", frozen=True):
    """The customer wrote. `first`: the contact was never seen before."""

    message: Inbound
    first: bool = False


class WakeDue(Happening, tag="wake", frozen=True):
    """A wake fell due at `due`."""

    effect: str
    due: datetime
    wake: str = ""


class SendTaken(Happening, tag="send_taken", frozen=True):
    """The provider took a send whose outcome is awaited."""

    effect: str


class SendRefused(Happening, tag="send_refused", frozen=True):
    """A send was refused for good, or failed after it was taken (`late`)."""

    effect: str
    refused: Refused
    late: bool = False


class HttpDone(Happening, tag="http_done", frozen=True):
    effect: str
    outcome: Answered | Refused | Unclear


class ModelDone(Happening, tag="model_done", frozen=True):
    effect: str
    outcome: Said | Refused | Unclear


class FlowStarted(Happening, tag="start", frozen=True):
    """Somebody or something starts a flow; its published release is pinned now.

    `by`: api, start, cron, agent. `node`: where it begins (empty: the flow's start). With `cron` it
    is the trigger, whose `channels`, `when`, `cooldown` and `busy` are obeyed. `home`: kinds and
    ids of the channels that the conversation came from, where it goes on through another one: a
    time table that is kept to one of them follows.
    """

    flow: str
    by: str
    args: dict[str, Any] = {}
    node: str = ""
    purpose: str = ""
    user: str = ""
    home: tuple[str, ...] = ()


class EventCame(Happening, tag="event", frozen=True):
    """An event from outside about this contact."""

    name: str
    data: Any = None


class TookOver(Happening, tag="took_over", frozen=True):
    """An agent took the conversation (from the bot, or out of a queue)."""

    agent: str


class GaveBack(Happening, tag="gave_back", frozen=True):
    """The agent gave it back to the bot."""

    agent: str


class Closed(Happening, tag="closed", frozen=True):
    """The agent closed the conversation."""

    agent: str
    reason: str = ""
    minutes: int = 0


class AgentSaid(Happening, tag="agent_said", frozen=True):
    """An agent wrote; the message itself went to the outbox."""

    agent: str
    text: str = ""


class ContactChanged(Happening, tag="contact_changed", frozen=True):
    """A person or program added tags or changed fields (what a flow changes comes by itself)."""

    added_tags: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


class PreferenceCame(Happening, tag="preference", frozen=True):
    """The customer stopped or resumed messages in the provider's own settings."""

    purpose: str
    give: bool


class ExpiryDue(Happening, tag="expiry", frozen=True):
    """An execution may have expired."""

    execution: str


class Poisoned(Happening, tag="poisoned", frozen=True):
    """A row failed three times: the execution it meant fails and a person gets the conversation."""

    reason: str
    execution: str = ""


class ContactMerged(Happening, tag="merged", frozen=True):
    """A person joined another contact (`other`, its id) to the one of this conversation.

    `added_tags`, `fields`: what the other had and this one had not. `agent`, `queue`: who had the
    other's conversation on this channel, and so gets this one. `into`: the reverse: this is the
    other's conversation, and what is said from now on goes on in that one.
    """

    other: str
    added_tags: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    agent: str = ""
    queue: str = ""
    into: str = ""


class ChannelSwitched(Happening, tag="switched", frozen=True):
    """The conversation goes on through another channel of the workspace.

    `channel`: its name. `why`: fallback, plan, hand, or back (to where it was before).
    `last_inbound`: when the customer last wrote there, from which that channel's window counts.
    """

    channel: str
    why: str
    last_inbound: datetime | None = None


class RepliesLate(Happening, tag="replies_late", frozen=True):
    """What the bot wanted to say could not leave within `late_after`, and the flow says `transfer`.

    `effect`: the send. Its execution fails (exit `late`), the conversation goes to the flow's
    `on_problem`, else to the workspace's rescue queue, and the bot's unsent sends are dropped.
    """

    effect: str


class MoveDue(Happening, tag="move", frozen=True):
    """A designer wants an execution to go on with another release.

    `mapping`: old node to new one ("flow/node"). `elsewhere`: what else becomes of those who stand
    at a place ("flow/node"): `stay`, `end`, or `queue:KEY`. `version`: of the release's root. Where
    it stands is looked at when this is taken, so it may have stepped on since.
    """

    execution: str
    release: str
    version: int = 0
    mapping: dict[str, str] = {}
    elsewhere: dict[str, str] = {}


class DraftBegun(Happening, tag="test_begun", frozen=True):
    """Somebody made a contact a tester of the draft of `flow`: what runs of that flow ends, and
    whatever has the word, without a word; the contact's own code does the same."""

    flow: str


class DraftOver(Happening, tag="test_over", frozen=True):
    """A contact tests the drafts of `flows` (none: of any) no more: what runs of them ends, without
    a word."""

    flows: tuple[str, ...] = ()


AnyHappening = (
    MessageCame
    | WakeDue
    | SendTaken
    | SendRefused
    | HttpDone
    | ModelDone
    | FlowStarted
    | EventCame
    | TookOver
    | GaveBack
    | Closed
    | AgentSaid
    | ChannelSwitched
    | ContactChanged
    | PreferenceCame
    | ExpiryDue
    | Poisoned
    | RepliesLate
    | ContactMerged
    | MoveDue
    | DraftBegun
    | DraftOver
)

KINDS = {each: str(each.__struct_config__.tag) for each in get_args(AnyHappening)}
"""What each is called where it is kept."""
