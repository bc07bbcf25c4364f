"""What a worker wants written for one conversation; `saving` writes many at once."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from flowengine.messages import ChangeContact, Send, StartFlow, Tell
from flowengine.store.inbox import Entry
from flowengine.store.sends import NewSend


class JournalEntry(Struct, frozen=True):
    """One call of `advance`, or a routing (no execution)."""

    seq: int
    step: int
    execution: UUID | None
    turn: int
    release: str
    given: bytes
    effects: bytes
    trail: bytes
    state_hash: bytes


class ExecutionWrite(Struct, frozen=True):
    """An execution as it stands now. `checkpoint`: keep this state for replay too."""

    id: UUID
    flow: str
    version: int
    release: str
    status: str
    node: str
    ended: bool
    outcome: str
    problem: bytes | None
    turns: int
    expires_at: datetime | None
    state: bytes
    state_hash: bytes
    checkpoint: bool


class SendWrite(Struct, frozen=True):
    """A new send and its message.

    `said` is the effect itself. `hand`: it may leave at once, if its lane is empty and free. `pace`
    and `slack`: seconds between two messages to this contact, and how far ahead of that they may
    run (0: no pace).
    """

    send: NewSend
    said: Send
    seq: int
    kind: str
    content: bytes
    text: str
    flow: str
    node: str
    hand: bool = False
    pace: float = 0.0
    slack: float = 0.0


class CallWrite(Struct, frozen=True):
    """A call to be performed. `kind`: http or model."""

    id: UUID
    effect_id: str
    execution: UUID | None
    kind: str
    effect: bytes


class WakeWrite(Struct, frozen=True):
    """A wake. `due_at` null: `seconds` after the send `after` is taken."""

    effect_id: str
    execution: UUID
    kind: str
    after: str
    seconds: float
    due_at: datetime | None


class OfferWrite(Struct, frozen=True):
    id: str
    execution: UUID
    flow: str
    node: str
    visit: int
    items: bytes


class StartWrite(Struct, frozen=True):
    """Another flow is to begin at `due_at`."""

    effect: StartFlow
    due_at: datetime


class CancelWrite(Struct, frozen=True):
    """An unstarted start is dropped, by its key."""

    key: str
    flow: str


class Turned(Struct):
    """Everything that a batch did to one conversation; built up row by row.

    `work_at`: when the next wake is due. `more`: there are inbox rows left. `failures`: 0 unless
    a row broke. `cancel_sends`: a person took over, so the bot's unsent sends are dropped.
    `unsaid`: effects of sends of this very batch that it dropped before they were written.
    `priority`: of the hand-over that put it into a queue, if one did.
    `entries`: new inbox rows, for flows that are to begin at once or hear of a dropped send.
    """

    id: UUID
    tenant: UUID
    contact: UUID
    channel: UUID
    state: bytes = b""
    owner: str = "bot"
    owner_id: str = ""
    epoch: int = 0
    taken_seq: int = 0
    work_at: datetime | None = None
    more: bool = False
    failures: int = 0
    closed: bool = False
    cancel_sends: bool = False
    epoch_moved: bool = False
    journal: list[JournalEntry] = []
    executions: dict[UUID, ExecutionWrite] = {}
    sends: list[SendWrite] = []
    unsaid: list[str] = []
    calls: list[CallWrite] = []
    wakes: dict[str, WakeWrite] = {}
    gone_wakes: list[str] = []
    offers: list[OfferWrite] = []
    contact_changes: list[ChangeContact] = []
    starts: list[StartWrite | CancelWrite] = []
    tells: list[Tell] = []
    entries: list[Entry] = []
    preview: str = ""
    priority: int | None = None
