"""What the kit needs to know of a connector: how its fake provider is told of things."""

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from connectors.base import Provider
from flowengine.messages import Identity

Trouble = Literal["refused", "auth", "busy", "cut"]
"""What the next send meets: a refusal for good, one of our credentials, one that passes, or a
connection that drops without an answer."""


class Unfit(Exception):
    """The connector breaks a rule of the contract; the message says which and how."""


class Subject(Protocol):
    """A connector and its fake provider, told apart from all others of its kind.

    `to` names a person of the fake's who may be written to. `secrets` are the texts of the
    settings that must be shown nowhere.
    """

    provider: Provider
    to: tuple[Identity, ...]
    secrets: tuple[str, ...]

    def posted(self) -> list[Any]:
        """The messages that the provider took, as JSON, the oldest first."""
        ...

    def headers(self, body: bytes) -> Mapping[str, str]:
        """What the provider would send with a webhook body; names in lower case."""
        ...

    def said(self, *messages: tuple[str, str]) -> bytes:
        """A webhook's body in which the person of `to` writes; each `(id, text)`."""
        ...

    def said_beside(self, message: tuple[str, str], broken: Any) -> bytes:
        """The same with something beside it that stands where a message would."""
        ...

    def trouble(self, what: Trouble) -> None:
        """Have the next send meet it."""
        ...
