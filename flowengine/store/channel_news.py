"""What a provider told of a channel's health: quality, restrictions, templates, sessions.

Notices with a level are kept among the raw webhooks (8 days), by a reason of their own.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from flowengine.messages import Notice
from flowengine.store.transaction import Transaction

NEWS = "news:"
LEVELS = ("good", "info", "warning", "stop")

_decode = msgspec.json.Decoder(Notice).decode


class News(Struct, frozen=True):
    """`level`: good, info, warning or stop. `subject` is the provider's name for it."""

    at: datetime
    level: str
    subject: str
    body: dict[str, Any]


async def channel_news(
    transaction: Transaction, channel_id: UUID, limit: int = 20
) -> tuple[News, ...]:
    """What was told of a channel's health, the newest first."""
    rows = await transaction.rows(
        """
        SELECT at, raw FROM webhook_dead
        WHERE tenant_id = $1 AND channel_id = $2 AND reason = ANY($3::text[])
        ORDER BY id DESC LIMIT $4
        """,
        transaction.tenant,
        channel_id,
        [NEWS + level for level in LEVELS],
        limit,
    )
    found = [(row["at"], _decode(row["raw"])) for row in rows]
    return tuple(News(at, told.level, told.subject, told.body) for at, told in found)


def worst(news: tuple[News, ...]) -> News | None:
    """What is wrong by these (the newest first); None where nothing is.

    Of each subject only its newest says how things are: good news of it end its bad ones.
    """
    last: dict[str, News] = {}
    for each in news:
        if each.level != "info":
            last.setdefault(each.subject, each)
    bad = [each for each in last.values() if each.level in ("stop", "warning")]
    return max(bad, key=lambda each: LEVELS.index(each.level), default=None)
