"""How an effect went, as the connector that performed it says."""

from typing import Any

from msgspec import Struct


class Accepted(Struct, frozen=True, omit_defaults=True, tag="accepted"):
    """The provider took the message. `recipient`: the id that it sent to, where it told one."""

    provider_id: str
    recipient: str = ""


class Refused(Struct, frozen=True, omit_defaults=True, tag="refused"):
    """The provider (or we, on its behalf) said no.

    `reason` is one of our words (`window_closed`, `unreachable`, `rate_limited`, `opted_out`,
    `template`, `auth`, `invalid`, `policy`, `transient`, `billing` …); `code` and `detail` are the
    provider's. `permanent`: no retry would help. `retry_after` in seconds. `scope`: what the
    trouble belongs to, `message`, `contact` (this recipient's lane) or `channel` (all of it).
    """

    reason: str
    permanent: bool
    retry_after: float | None = None
    code: str = ""
    detail: str = ""
    scope: str = "message"


class Unclear(Struct, frozen=True, omit_defaults=True, tag="unclear"):
    """Nobody knows whether it was taken: a timeout, or a cut after bytes were written."""

    reason: str


class Answered(Struct, frozen=True, omit_defaults=True, tag="answered"):
    """An HTTP answer: status, and the body as JSON (else as text)."""

    status: int
    body: Any = None


class ToolCall(Struct, frozen=True, omit_defaults=True):
    """A tool that a model called, with its arguments."""

    name: str
    arguments: dict[str, Any] = {}


class Passage(Struct, frozen=True, omit_defaults=True):
    """A passage of a knowledge base: `id` is BASE/NUMBER."""

    id: str
    title: str
    text: str


class Shown(Struct, frozen=True, omit_defaults=True):
    """A passage that a model was shown: `id` is BASE/NUMBER."""

    id: str
    title: str = ""


class Said(Struct, frozen=True, omit_defaults=True, tag="said"):
    """A model's answer: its text, the tools that it called, tokens in and out, and the passages of
    knowledge bases that it was shown."""

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    tokens_in: int = 0
    tokens_out: int = 0
    shown: tuple[Shown, ...] = ()


Outcome = Accepted | Refused | Unclear | Answered | Said
