"""What the engine wants done. It does nothing itself: effects are stored, performed by a worker,
and their outcomes come back as givens.

`id` is derived from the execution ("EXECUTION.N"), so the same turn gives the same ids. `node` and
`flow` say who wants it.
"""

from datetime import datetime
from typing import Any

from msgspec import Struct

from flowengine.messages.contents import Content
from flowengine.messages.outcomes import ToolCall


class Send(Struct, frozen=True, omit_defaults=True, tag_field="type", tag="send", gc=False):
    """Say something to the customer.

    `offer`: id under which the choices are offered; the connector writes payloads with it.
    `awaited`: the outcome is wanted as a given. `visit`: which visit of the node sends it (a
    permanent refusal cancels the unsent later sends of the same visit). `purpose`: set on what
    was not asked for by the customer; consent for it is looked up when it is sent.
    `late_after` (seconds) and `late_reply`: what to do when it could not leave in time.
    """

    id: str
    node: str
    flow: str
    content: Content
    offer: str = ""
    awaited: bool = False
    visit: int = 0
    purpose: str = ""
    typing: float = 0
    late_after: float = 0
    late_reply: str = "send"


class ModelMessage(Struct, frozen=True, omit_defaults=True):
    """`role`: user, assistant or tool. `calls`: what the assistant called; as many messages of
    `tool` follow, in that order, each with what came of one."""

    role: str
    text: str
    calls: tuple[ToolCall, ...] = ()


class Tool(Struct, frozen=True, omit_defaults=True):
    """Something the model may call; `parameters` is a JSON Schema of an object."""

    name: str
    description: str = ""
    parameters: dict[str, Any] = {}


class AskModel(Struct, frozen=True, omit_defaults=True, tag_field="type", tag="ask_model"):
    """Ask a language model for one answer. `timeout` in seconds; `profile` names model and key.

    `knowledge`: bases whose passages that fit the last words of the user are put before it.
    """

    id: str
    node: str
    flow: str
    instructions: str
    messages: tuple[ModelMessage, ...]
    profile: str = ""
    tools: tuple[Tool, ...] = ()
    timeout: float = 60
    max_tokens: int = 0
    knowledge: tuple[str, ...] = ()

    @property
    def question(self) -> str:
        """The customer's last words."""
        return next((each.text for each in reversed(self.messages) if each.role == "user"), "")


class CallHttp(Struct, frozen=True, omit_defaults=True, tag_field="type", tag="call_http"):
    """Call an address. Secrets stand as markers (`secret_marker`) until it is performed.

    `auth`: name of a secret sent as Bearer. `retry`: further tries the author allows, also after
    an unclear one. `body` is JSON. `timeout` in seconds.
    """

    id: str
    node: str
    flow: str
    method: str
    url: str
    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    body: Any = None
    auth: str = ""
    secrets: tuple[str, ...] = ()
    timeout: float = 15
    retry: int = 0
    idempotency_key: str = ""


def secret_marker(effect: str, name: str) -> str:
    """What stands for the secret `name` in a `CallHttp` until it is performed.

    The effect's id is part of it: it holds the execution's id, which a customer cannot know, so a
    customer's own text can never be taken for a marker. Cost: under 1 µs.
    """
    return f"\u27e6secret:{effect}:{name}\u27e7"


class WakeAt(Struct, frozen=True, omit_defaults=True, tag_field="type", tag="wake_at"):
    """Wake the execution: `at` a time, or `seconds` after the send `after` was taken (or failed).

    `kind`: timeout, delay, gather, repeat or transfer (an agent did not come in time).
    """

    id: str
    node: str
    flow: str
    kind: str
    at: datetime | None = None
    after: str = ""
    seconds: float = 0


class Target(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Who gets a conversation: one of the three.

    - `queue`: a queue of the workspace.
    - `agent`: a person, by e-mail or id.
    - `owner`: true: the contact's own agent.
    """

    queue: str = ""
    agent: str = ""
    owner: bool = False


class HandOver(Struct, frozen=True, omit_defaults=True, tag_field="type", tag="hand_over"):
    """Give the conversation away. `close`: it is over, nobody needs to take it."""

    id: str
    node: str
    flow: str
    to: Target
    priority: int = 0
    briefing: str = ""
    close: bool = False


class Tell(Struct, frozen=True, omit_defaults=True, tag_field="type", tag="tell"):
    """Tell subscribed webhooks of `name`."""

    id: str
    node: str
    flow: str
    name: str
    data: Any = None


class ChangeContact(Struct, frozen=True, omit_defaults=True, tag_field="type", tag="contact"):
    """Change what is known of the contact. A field set to null is removed.

    `consent`: purpose to given or withdrawn; `proof` says by what words.
    """

    id: str
    node: str
    flow: str
    name: str | None = None
    language: str | None = None
    fields: dict[str, Any] = {}
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    consent: dict[str, bool] = {}
    proof: str = ""


class StartFlow(Struct, frozen=True, omit_defaults=True, tag_field="type", tag="start"):
    """Start another flow by itself, now or `at` a time; `key` replaces an unstarted one."""

    id: str
    node: str
    flow: str
    start: str
    args: dict[str, Any] = {}
    at: datetime | None = None
    if_past: str = "now"
    key: str = ""
    purpose: str = ""


class CancelStart(Struct, frozen=True, omit_defaults=True, tag_field="type", tag="cancel"):
    """Drop an unstarted `start` by its key (and flow, where given)."""

    id: str
    node: str
    flow: str
    key: str
    start: str = ""


Effect = (
    Send | AskModel | CallHttp | WakeAt | HandOver | Tell | ChangeContact | StartFlow | CancelStart
)
