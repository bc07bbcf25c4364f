"""What connectors have in common of the contract, so that each says only what is its own.

Nobody has to use it: `base.Connector` is the contract. `Channel` serves any connector,
`LinkedPhone` those that act as the linked device of a phone (unofficial, so careful by default).
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from connectors.base import ChannelSettings, Context, Pace, Policy, Sent
from connectors.net.web_pieces import address_of
from flowengine.messages import Capabilities, Content, Identity, Refused, Send, degrade

LOG = logging.getLogger(__name__)

LINKED_KINDS = (
    "text",
    "image",
    "audio",
    "video",
    "document",
    "sticker",
    "location",
    "contact",
    "reaction",
)
"""What a linked phone shows everywhere. Buttons and lists do not render on many phones."""


class Channel:
    """`kinds`: what the provider can show; what the settings switch off is taken away.

    `window_hours` as in `Capabilities`.
    """

    def __init__(
        self, settings: ChannelSettings, kinds: Sequence[str], window_hours: int = 24
    ) -> None:
        self._common = settings
        shown = tuple(kind for kind in kinds if kind not in settings.off)
        self._capabilities = Capabilities(kinds=shown, window_hours=window_hours)

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    @property
    def policy(self) -> Policy:
        return self._common.unclear

    @property
    def messages_per_second(self) -> float:
        return self._common.messages_per_second

    @property
    def pace(self) -> Pace | None:
        return None

    def fitted(self, send: Send) -> Content | Refused:
        """What is said, as this channel can show it; what was cut or changed is in the log."""
        fitted = degrade(send.content, self._capabilities)
        if fitted.notes:
            LOG.info("send %s: %s", send.id, [f"{n.code} {n.part}".strip() for n in fitted.notes])
        if fitted.content is None:
            return Refused("unsupported", True, detail="this channel cannot show it")
        return fitted.content


class LinkedSettings(ChannelSettings):
    """Careful by default: it answers and never begins, thirty messages a minute."""

    messages_per_second: float = Field(
        default=0.5,
        gt=0,
        le=1000,
        title="Mensagens por segundo",
        description="0,5 são 30 por minuto. Mais rápido que isso põe o número em risco.",
    )
    replies_only: bool = Field(
        default=True,
        title="Só responder",
        description="Só a quem escreveu antes. Começar conversas é o que mais bane números.",
    )


class LinkedPhone(Channel, ABC):
    """A phone's linked device. A subclass says how one message is posted (`_post`)."""

    unofficial: ClassVar[bool] = True
    paired: ClassVar[bool] = True

    def __init__(self, settings: LinkedSettings, kinds: Sequence[str] = LINKED_KINDS) -> None:
        super().__init__(settings, kinds, window_hours=0)
        self._replies_only = settings.replies_only

    @property
    def replies_only(self) -> bool:
        """Whether it only writes to who wrote before."""
        return self._replies_only

    async def perform(self, send: Send, to: Sequence[Identity], context: Context) -> Sent:
        """Post one message, as far as it may be said here."""
        content = self.fitted(send)
        if isinstance(content, Refused):
            return content
        number = address_of(self._reachable(to))
        if not number:
            return Refused("unreachable", True, detail="neither a phone nor a LID is known")
        if self._replies_only and (send.purpose or not context.last_inbound):
            return Refused("policy", True, detail="this channel only answers who wrote first")
        return await self._post(send, content, number, context)

    @abstractmethod
    async def _post(self, send: Send, content: Content, number: str, context: Context) -> Sent:
        """Post a content that fits to a number, or a LID with its `@lid`."""

    def _reachable(self, to: Sequence[Identity]) -> Sequence[Identity]:
        """Those whom this number can write to."""
        return to

    async def mark_read(self, message: str) -> bool:
        """Not by the message alone: WhatsApp asks for whose it is. `typing` does it."""
        return False
