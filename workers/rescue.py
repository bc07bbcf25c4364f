"""A conversation whose stored state cannot be read: tried again, then left to a person.

Nothing can be advanced there, so its executions end as they stand; the customer gets somebody, and
the next message begins anew. What a newer version wrote is no such case: it waits for a worker that
can read it.
"""

from msgspec.structs import replace

from flowengine.chat import Conversation, Owner
from flowengine.errors import UnreadableState
from flowengine.state import decode_state, encode
from flowengine.store.turned import JournalEntry, Turned
from flowengine.store.turns import Loaded
from workers.folding import TRIES, open_conversation


def unreadable(loaded: Loaded) -> Exception | None:
    """Why a conversation that has failed often enough cannot be opened; None if it can, or may."""
    if loaded.failures + 1 < TRIES:
        return None
    try:
        open_conversation(loaded)
        for each in loaded.executions:
            decode_state(each.state)
    except UnreadableState:
        return None
    except Exception as error:
        return error
    return None


def give_up(loaded: Loaded, error: Exception, queue: str) -> Turned:
    """The conversation without its executions, in a queue, past the row that came in vain."""
    owner, epoch = Owner("queue", queue), loaded.epoch + 1
    conversation = replace(
        _known(loaded), owner=owner, epoch=epoch, holder="", line=(), under=(), live={}, held=()
    )
    row = loaded.inbox[0] if loaded.inbox else None
    seq = row.seq if row else loaded.taken_seq + 1
    reason = f"{type(error).__name__}: {error}"[:500]
    event = row.event if row else b"null"
    entry = JournalEntry(seq, 0, None, 0, "", event, b"[]", encode(("poisoned", reason)), b"")
    return Turned(
        id=loaded.id,
        tenant=loaded.tenant,
        contact=loaded.contact_id,
        channel=loaded.channel,
        state=encode(conversation),
        owner=owner.kind,
        owner_id=owner.id,
        epoch=epoch,
        epoch_moved=True,
        taken_seq=seq,
        more=len(loaded.inbox) > 1 or loaded.more,
        journal=[entry],
        gone_wakes=[wake.effect_id for wake in loaded.wakes],
    )


def _known(loaded: Loaded) -> Conversation:
    """What can still be read of it: above all, whether the customer wants to hear of us."""
    try:
        return open_conversation(loaded)
    except Exception:
        return Conversation(str(loaded.id))
