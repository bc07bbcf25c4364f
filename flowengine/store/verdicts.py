"""How one attempt of a send ended."""

from uuid import UUID

from msgspec import Struct

from flowengine.messages import Refused


class Delivered(Struct, frozen=True, tag=True):
    """The provider took it; `provider_id` is how its statuses will call it.

    `recipient`: the id that it really wrote to, where that is news.
    """

    provider_id: str
    recipient: str = ""


class Failed(Struct, frozen=True, tag=True):
    """It will not be sent any more. `flagged`: nobody knows whether it was; a person decides."""

    refused: Refused
    flagged: bool = False


class Again(Struct, frozen=True, tag=True):
    """To be tried again after `seconds`. `channel_seconds`: so long the whole channel rests.

    `outage`: the provider was not to be reached; `probe`: this was to find out whether it is back.
    """

    seconds: float
    refused: Refused | None = None
    channel_seconds: float = 0
    outage: bool = False
    probe: bool = False


class Doubt(Struct, frozen=True, tag=True):
    """Nobody knows: for `seconds` a status may settle it, then the channel's policy does.

    `outage` and `probe` as of `Again`.
    """

    seconds: float
    outage: bool = False
    probe: bool = False


class Dropped(Struct, frozen=True, tag=True):
    """A person took over before it left."""


class TooLate(Struct, frozen=True, tag=True):
    """It could not leave in time, and by its flow's policy a person answers instead."""


Verdict = Delivered | Failed | Again | Doubt | Dropped | TooLate


class Result(Struct, frozen=True):
    """The verdict on one attempt of a send. `id`: of the outbox row and its message.

    `seen`: the state in which it was found by whoever decided without having sent it; the verdict
    is void when its sender has told more meanwhile. Empty: from the sender, or from a status.
    """

    id: UUID
    conversation: UUID
    attempt: int
    verdict: Verdict
    seen: str = ""
