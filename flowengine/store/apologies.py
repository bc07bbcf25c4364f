"""An apology before replies that come late: one for all that waits in a conversation."""

from uuid import UUID

from flowengine.late import apology
from flowengine.messages import Send, Text
from flowengine.state import encode
from flowengine.store.database import Transaction
from flowengine.store.ids import new_id
from flowengine.store.sends import HORIZON


async def apologise(transaction: Transaction, head: UUID, late: Send) -> None:
    """Put an apology before the head of a leased lane; what waits there now is forgiven.

    `late`: the head's send. Under the lane's lock, which is let go of as due at once.
    """
    language = await transaction.value(
        """
        SELECT coalesce(t.language, w.language) FROM outbox o
        JOIN conversations c ON c.id = o.conversation_id
        JOIN contacts t ON t.id = c.contact_id JOIN tenants w ON w.id = c.tenant_id
        WHERE o.id = $1
        """,
        head,
    )
    content = Text(apology(language or ""))
    sorry = Send(f"{late.id}.late", late.node, late.flow, content)
    await transaction.run(
        """
        WITH head AS (SELECT * FROM outbox WHERE id = $2), forgiven AS (
            UPDATE outbox o SET late = 'apologised' FROM head
            WHERE o.conversation_id = head.conversation_id AND o.state = 'queued'
        ), said AS (
            INSERT INTO messages (id, tenant_id, conversation_id, at, direction, author, kind,
                content, text, status, status_at, effect_id, execution_id, flow, node)
            SELECT $1, tenant_id, conversation_id, clock_timestamp(), 'out', 'bot', 'text', $3, $4,
                'queued', clock_timestamp(), $5, execution_id, $6, $7 FROM head
        )
        INSERT INTO outbox (id, effect_id, tenant_id, conversation_id, channel_id, class, seq, pos,
            effect, author, epoch, awaited, visit, created_at, horizon, late)
        SELECT $1, $5, tenant_id, conversation_id, channel_id, class, seq, pos - 1, $8, author,
            epoch, false, 0, clock_timestamp(), clock_timestamp() + $9::interval, 'apology'
        FROM head
        """,
        new_id(),
        head,
        encode(content),
        content.text,
        sorry.id,
        late.flow,
        late.node,
        encode(sorry),
        HORIZON,
    )
