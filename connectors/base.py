"""What a connector is: it performs sends, and a provider's connector reads its webhooks too.

A connector is made from its channel's settings and an HTTP client that all share. It keeps no
state that matters: it may be made anew at any time, in any process. It never raises for a
provider's trouble: that comes back as `Refused` or `Unclear`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, Protocol, cast

import httpx
from msgspec import Struct
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from flowengine.messages import (
    Accepted,
    Capabilities,
    Identity,
    MediaRef,
    Parsed,
    Refused,
    Send,
    Unclear,
)

Sent = Accepted | Refused | Unclear
Policy = Literal["flag", "resend"]
Write = Callable[[bytes], object]

REASONS = {
    "account": "the provider locked or restricted our account",
    "auth": "the token is wrong, expired or lacks a permission",
    "billing": "the account has a payment problem",
    "invalid": "the request is wrong: our fault or the author's",
    "malformed": "the answer made no sense",
    "media": "the file could not be fetched or is of a wrong kind",
    "opted_out": "the customer does not want this kind of message",
    "policy": "the provider chose not to deliver it",
    "private_address": "the address is on a private network and not allowed in the settings",
    "rate_limited": "too fast; `scope` says for whom",
    "spam_limit": "too many people blocked or reported the number lately",
    "template": "the template is missing, paused, or its parameters do not fit",
    "too_large": "the answer or file is larger than we take",
    "transient": "a passing trouble of the provider or of the network",
    "unreachable": "this person cannot be reached there",
    "unsupported": "the channel cannot show this kind of content",
    "window_closed": "the customer wrote too long ago for free text: only a template goes through",
}
"""Our words for `Refused.reason`; whatever the provider, these are what flows and pages see."""


class File(Struct, frozen=True):
    """A stored asset. `mime` as in HTTP's Content-Type; `name` may be empty.

    `data` is all of it where it is small. A large one has its beginning there, all its bytes come
    from `parts` (which may be called again), and `size` says how many.
    """

    mime: str
    data: bytes
    name: str = ""
    size: int = 0
    parts: Callable[[], AsyncIterator[bytes]] | None = None

    @property
    def length(self) -> int:
        """Its bytes, counted."""
        return len(self.data) if self.parts is None else self.size

    async def whole(self) -> bytes:
        """All its bytes at once: for what has a small limit, or can be sent in no other way."""
        if self.parts is None:
            return self.data
        return b"".join([part async for part in self.parts()])


OpenAsset = Callable[[str], Awaitable[File | None]]
"""Gives the file of an asset ("sha256:…"); None where there is none."""

OpenLink = Callable[[str, int], Awaitable[File | None]]
"""Gives what an address leads to, at most so many bytes; None where it cannot be had."""


class Context(Struct, frozen=True, omit_defaults=True):
    """What a send needs to know beyond itself.

    `callback`: "outbox_id:attempt", comes back in statuses. `attempt` counts from 1.
    `last_inbound`: provider id of the customer's last message (reactions and typing refer to it).
    `quote`: provider id of the message to be quoted. `open_asset` opens our stored files,
    `open_link` fetches what an address leads to, where the provider could not.
    """

    callback: str = ""
    attempt: int = 1
    last_inbound: str = ""
    quote: str = ""
    open_asset: OpenAsset | None = None
    open_link: OpenLink | None = None


class Fetched(Struct, frozen=True):
    """A customer's file was read to its end. `sha256` in hex, `size` in bytes."""

    mime: str
    sha256: str
    size: int


class Reached(Struct, frozen=True, omit_defaults=True):
    """The provider knows our credentials; `number` and `name` as it shows them."""

    number: str = ""
    name: str = ""
    detail: dict[str, Any] = {}


class Link(Struct, frozen=True, omit_defaults=True):
    """How a connection that is paired by a phone stands: open, connecting, closed, stopped (it
    does not begin again by itself) or missing.

    `qr`: a picture to be scanned, as `data:image/png;base64,…`; `code`: what is typed on the phone
    instead. Whoever sees one of them can take the account: neither is stored nor logged.
    """

    state: str
    qr: str = ""
    code: str = ""
    why: str = ""


def _pasted(secret: SecretStr) -> SecretStr:
    """Without the spaces and line ends that come along when it is pasted."""
    return SecretStr(secret.get_secret_value().strip())


def _for_a_header(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("só letras, números e sinais, sem espaços nem acentos")
    return secret


Secret = Annotated[SecretStr, AfterValidator(_pasted)]
"""A secret text; never shown by repr or dump."""

Token = Annotated[Secret, AfterValidator(_for_a_header)]
"""A secret that goes into an HTTP header."""


class Pace(Struct, frozen=True):
    """How often one contact may be written to: `burst` at once, then one in `seconds`.

    What a burst took is borrowed: it comes back at one in `seconds`.
    """

    seconds: float
    burst: int = 1


class ChannelSettings(BaseModel):
    """Settings that every channel has; its JSON Schema draws the form. Secrets are `SecretStr`.

    An unofficial connector overrides `messages_per_second` with a default of 0.5 (30 a minute).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    off: tuple[str, ...] = Field(
        default=(),
        title="Recursos desligados",
        description="Tipos de conteúdo que este canal não deve usar (por exemplo: list, buttons).",
    )
    messages_per_second: float = Field(
        default=60, gt=0, le=1000, title="Mensagens por segundo", description="Limite de envio."
    )
    unclear: Policy = Field(
        default="flag",
        title="Envio sem resposta",
        description="Quando não se sabe se o provedor recebeu: avisar uma pessoa ou reenviar.",
    )


class Connector(Protocol):
    """Performs sends on one channel.

    `kind` is its name in the registry and in `/webhooks/{kind}/…`; `title` what people read.
    """

    kind: ClassVar[str]
    title: ClassVar[str]
    Settings: ClassVar[type[ChannelSettings]]

    def __init__(self, settings: Any, http: httpx.AsyncClient) -> None: ...

    @property
    def capabilities(self) -> Capabilities:
        """What the channel can show, its switched-off kinds taken away."""
        ...

    @property
    def policy(self) -> Policy:
        """What to do with an unclear send once its time limit has passed."""
        ...

    @property
    def messages_per_second(self) -> float:
        """How fast the channel may send."""
        ...

    @property
    def pace(self) -> Pace | None:
        """How often one contact may be written to; None: as often as the channel may send."""
        ...

    async def perform(self, send: Send, to: Sequence[Identity], context: Context) -> Sent:
        """Say it to the first of `to` (best first) that this channel can write to."""
        ...


class Provider(Connector, Protocol):
    """A connector whose provider also calls us."""

    def verify(self, headers: Mapping[str, str], raw_body: bytes) -> bool:
        """Whether the provider signed these very bytes. Header names are lower case."""
        ...

    def challenge(self, query: Mapping[str, str]) -> str | None:
        """The bare body that answers the provider's GET; None: refuse it (403)."""
        ...

    def parse(self, raw_body: bytes) -> Parsed:
        """Every event of a verified body, in its order. Pure; never raises."""
        ...

    async def typing(self, to: Sequence[Identity], context: Context) -> bool:
        """Show "typing…" for a while; True if the provider took it."""
        ...

    async def mark_read(self, message: str) -> bool:
        """Mark a customer's message (provider id) as read; True if the provider took it."""
        ...

    async def fetch(self, media: MediaRef, write: Write, limit: int) -> Fetched | Refused | Unclear:
        """Read a customer's file piece by piece into `write`, at most `limit` bytes."""
        ...

    async def probe(self) -> Reached | Refused | Unclear:
        """Ask the provider who we are: proves the credentials without sending anything."""
        ...


class Pairing(Protocol):
    """The life of a connection that a phone pairs.

    A connector that has one says `paired` of its class, and calls it `session`.
    """

    async def state(self) -> Link | Refused | Unclear:
        """How it stands now."""
        ...

    async def pair(self, webhook: str, phone: str = "") -> Link | Refused | Unclear:
        """Begin to connect; `webhook` is our address, `phone` (E.164) asks for a code to type."""
        ...

    async def restart(self) -> Link | Refused | Unclear:
        """Begin the connection anew, without pairing."""
        ...

    async def logout(self) -> Link | Refused | Unclear:
        """End it; it has to be paired again."""
        ...

    async def remove(self) -> Link | Refused | Unclear:
        """End it, and have the provider forget it."""
        ...


class FoundButton(Struct, frozen=True):
    """A button of a template: `kind` is quick_reply, url, copy_code, phone_number, otp, flow …"""

    kind: str
    title: str = ""


class FoundTemplate(Struct, frozen=True):
    """A template as the provider has it. Fields as in `flowengine.workspace.Template`, where
    `params` are explained; `status` in lower case, `quality` and `reason` in the provider's words.
    """

    name: str
    language: str
    category: Literal["utility", "marketing", "authentication"] = "utility"
    status: str = "approved"
    body: str = ""
    header: Literal["none", "text", "image", "video", "document", "location"] = "none"
    params: tuple[str, ...] = ()
    buttons: tuple[FoundButton, ...] = ()
    quality: str = ""
    reason: str = ""


class Templated(Protocol):
    """A connector whose account has templates. `account`: which; empty: the settings do not say."""

    @property
    def account(self) -> str: ...

    async def templates(self) -> tuple[FoundTemplate, ...] | Refused | Unclear:
        """All of them, as they are now."""
        ...


def templated(provider: object) -> Templated | None:
    """A connector as one whose account has templates; None where it has none."""
    return cast("Templated", provider) if hasattr(provider, "templates") else None


class Look(Struct, frozen=True, omit_defaults=True):
    """One thing of a channel's set-up that was looked at.

    `what`: token, scopes, number, quality, subscribed, fields, session, hook, webhook, signature or
    message. `how`: ok, warning, failed or skipped. `why` names the case within it, where there are
    several (its mend hangs on it); `detail` is the provider's.
    """

    what: str
    how: Literal["ok", "warning", "failed", "skipped"]
    why: str = ""
    detail: str = ""


class Examined(Protocol):
    """A connector whose set-up can be looked at, thing by thing, without sending anything."""

    async def examine(self, webhook: str) -> tuple[Look, ...]:
        """What the provider says of the set-up; `webhook` is the address that it should know."""
        ...

    def sample(self) -> tuple[dict[str, str], bytes]:
        """Headers and body of a webhook that is signed rightly and tells nothing."""
        ...


def examined(provider: object) -> Examined | None:
    """A connector as one whose set-up can be looked at; None where it cannot."""
    return cast("Examined", provider) if hasattr(provider, "examine") else None


def is_live(session: object) -> bool:
    """Whether a session's state shows the code that is to be typed or scanned at this moment."""
    return getattr(session, "live", False) is True


def is_unofficial(connector: object) -> bool:
    """Whether WhatsApp forbids what the connector does: numbers may be banned for it."""
    return getattr(connector, "unofficial", False) is True


def is_repeatable(connector: object) -> bool:
    """Whether a send may be repeated blindly: its message has an id of ours, and comes once."""
    return getattr(connector, "repeatable", False) is True


def only_replies(provider: object) -> bool:
    """Whether its settings keep it to who wrote before, and from campaigns."""
    return getattr(provider, "replies_only", False) is True


def is_paired(connector: object) -> bool:
    """Whether a phone pairs its connection."""
    return getattr(connector, "paired", False) is True


def pairing_of(provider: object) -> Pairing | None:
    """A connector's session; None where its credentials are all there is."""
    return getattr(provider, "session", None)
