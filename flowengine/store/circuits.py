"""Circuits: a channel that fails time after time rests, and one send at a time tries it again.

`channels.strikes` counts outages in a row, over all processes. From `OPEN_AFTER` on the circuit is
open: nothing leaves before `next_send_at`. Then it is half-open: whoever wins `try_probe` sends one
message, all others wait. A send that the provider takes (or refuses for a reason of its own) closes
it. What waits, waits in its lane: nothing is dropped.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from msgspec import Struct

from flowengine.store.database import Transaction

OPEN_AFTER = 5
"""Outages in a row that open a circuit."""

PROBE = timedelta(seconds=15)
"""How long the others wait for one probe's fate; then the next may try."""

FIRST_REST, LONGEST_REST = 5.0, 300.0
"""Seconds between two probes: doubles from the first to the longest."""


class Strike(Struct, frozen=True):
    """What a batch of verdicts says against a channel.

    `outages`: how many of its sends ended in nothing; `probe`: one of them was the probe of an open
    circuit. `seconds`: so long it rests in any case, for a trouble that is about all of it (0: only
    if the circuit opens). `reason`: one of our words.
    """

    outages: int
    seconds: float = 0
    reason: str = ""
    probe: bool = False


async def strike(transaction: Transaction, strikes: Mapping[UUID, Strike]) -> None:
    """Count outages against channels; those that reach `OPEN_AFTER` rest from now on.

    What was under way when a circuit opened says nothing new: only its probe makes the rest longer.
    """
    for channel, each in sorted(strikes.items()):
        await transaction.run(
            _STRIKE,
            channel,
            each.outages,
            float(each.seconds),
            each.reason,
            each.probe,
            OPEN_AFTER,
            FIRST_REST,
            LONGEST_REST,
        )


_STRIKE = """
WITH before AS (
    SELECT id, strikes FROM channels WHERE id = $1 FOR NO KEY UPDATE
), counted AS (
    SELECT id, strikes < $6 AS closed, CASE
        WHEN $2 > 0 AND $3 > 0 THEN greatest(strikes, $6) + $5::bool::int
        WHEN strikes < $6 THEN least(strikes + $2, $6)
        ELSE strikes + $5::bool::int END AS strikes
    FROM before
), judged AS (
    SELECT id, strikes, CASE
        WHEN $3 > 0 THEN $3
        WHEN strikes >= $6 AND (closed OR $5)
            THEN (0.75 + random() / 4) * least($8, $7 * 2 ^ least(strikes - $6, 16))
        ELSE 0 END AS rest
    FROM counted
)
UPDATE channels c SET strikes = j.strikes,
    trouble = CASE WHEN j.rest > 0 THEN $4 ELSE c.trouble END,
    next_send_at = CASE WHEN j.rest > 0
        THEN greatest(c.next_send_at, clock_timestamp() + j.rest * interval '1 second')
        ELSE c.next_send_at END
FROM judged j WHERE c.id = j.id
"""


async def alive(transaction: Transaction, channels: Collection[UUID]) -> None:
    """These answered: their circuits close. A rest that the provider asked for is kept."""
    if not channels:
        return
    closed = await transaction.rows(
        """
        UPDATE channels SET strikes = 0, trouble = '', next_send_at = NULL
        WHERE id = ANY($1::uuid[])
            AND (strikes > 0 OR trouble <> '' AND next_send_at <= clock_timestamp())
        RETURNING id
        """,
        sorted(channels),
    )
    if closed:
        await _wake(transaction, [row["id"] for row in closed])


async def _wake(transaction: Transaction, channels: Sequence[UUID]) -> None:
    """What waited for the probe's fate goes now. Lanes that somebody holds look by themselves.

    By the index of waiting lanes; none is waited for, as this comes behind the channel's lock.
    """
    await transaction.run(
        """
        WITH waiting AS (
            SELECT conversation_id FROM lanes
            WHERE class IN (0, 1) AND next_at > clock_timestamp()
                AND channel_id = ANY($1::uuid[]) AND owner IS NULL
            ORDER BY conversation_id FOR NO KEY UPDATE SKIP LOCKED
        )
        UPDATE lanes SET next_at = clock_timestamp()
        WHERE conversation_id = ANY(ARRAY(SELECT conversation_id FROM waiting))
        """,
        list(channels),
    )


async def try_probe(transaction: Transaction, channels: Sequence[UUID]) -> set[UUID]:
    """The half-open channels of which this transaction may send one message."""
    won: set[UUID] = set()
    for channel in sorted(set(channels)):
        mine = await transaction.run(
            """
            UPDATE channels SET next_send_at = clock_timestamp() + $2::interval
            WHERE id = $1 AND (next_send_at IS NULL OR next_send_at <= clock_timestamp())
            """,
            channel,
            PROBE,
        )
        if mine:
            won.add(channel)
    return won
