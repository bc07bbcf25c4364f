"""The tables of how channels do, what they fall back to, and of moving between providers.

`tables_config` has the channels themselves.
"""

from sqlalchemy import Boolean, Integer, PrimaryKeyConstraint, SmallInteger, Table, Text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.dialects.postgresql import JSONB

from flowengine.store.columns import ID, At, index, may, metadata, must, of, of_tenant

# What the last look at a channel found. misses: bad looks in a row; tries: of starting it again,
# the next not before try_at. alerted: what people were told last. heard_at: its last webhook.
# templates_at: when its account's templates were last taken over by the clock.
channel_health = Table(
    "channel_health",
    metadata,
    must("tenant_id", ID),
    must("channel_id", ID),
    must("state", Text(), "'unknown'"),
    must("why", Text(), "''"),
    must("detail", Text(), "''"),
    must("notes", JSONB(), "'[]'"),
    must("since", At, "now()"),
    may("looked_at", At),
    may("deep_at", At),
    may("heard_at", At),
    must("misses", Integer(), "0"),
    must("tries", Integer(), "0"),
    may("try_at", At),
    must("alerted", Text(), "''"),
    may("templates_at", At),
    PrimaryKeyConstraint("tenant_id", "channel_id"),
    Unique("channel_id"),
    of("channels", "channel_id", "id"),
)

# A workspace's channels are looked at by one process at a time, which holds this row until then.
# cheap, deep: what the last round of each kind came to.
health_rounds = Table(
    "health_rounds",
    metadata,
    must("tenant_id", ID),
    must("next_at", At, "now()"),
    must("deep_at", At, "now()"),
    may("owner", ID),
    may("until", At),
    must("cheap", JSONB(), "'{}'"),
    must("deep", JSONB(), "'{}'"),
    PrimaryKeyConstraint("tenant_id"),
    of_tenant(),
    index("health_rounds_next", "next_at"),
)

# No row: what waits for a channel waits, however long it is off.
channel_fallbacks = Table(
    "channel_fallbacks",
    metadata,
    must("tenant_id", ID),
    must("channel_id", ID),
    must("to_channel_id", ID),
    must("after_seconds", Integer(), "300"),
    must("go_back", Boolean(), "true"),
    must("updated_at", At, "now()"),
    PrimaryKeyConstraint("tenant_id", "channel_id"),
    of("channels", "channel_id", "id"),
    of("channels", "to_channel_id", "id"),
)

# percent of the contacts, by a hash of theirs that does not change, belong to the other channel.
# state: active, undoing or ended.
channel_plans = Table(
    "channel_plans",
    metadata,
    must("tenant_id", ID),
    must("id", ID),
    must("from_channel_id", ID),
    must("to_channel_id", ID),
    must("percent", SmallInteger(), "0"),
    must("at_once", Boolean(), "false"),
    must("state", Text(), "'active'"),
    must("created_at", At, "now()"),
    must("updated_at", At, "now()"),
    PrimaryKeyConstraint("tenant_id", "id"),
    of("channels", "from_channel_id", "id"),
    of("channels", "to_channel_id", "id"),
    index(
        "channel_plans_active",
        "tenant_id",
        "from_channel_id",
        unique=True,
        where="state <> 'ended'",
    ),
)

# A conversation went on through another channel. why: fallback, plan, hand, back, or swap (the one
# that made room). sends: so many went along. inbound_at, heard: when the customer had last written
# on the channel that was left, from which its window counts, and the provider's id of that message.
# back_at: since when it is where it was before.
channel_switches = Table(
    "channel_switches",
    metadata,
    must("tenant_id", ID),
    must("id", ID),
    must("conversation_id", ID),
    must("from_channel_id", ID),
    must("to_channel_id", ID),
    must("why", Text()),
    must("sends", Integer(), "0"),
    may("inbound_at", At),
    must("at", At, "clock_timestamp()"),
    may("back_at", At),
    must("heard", Text(), "''"),
    PrimaryKeyConstraint("id"),
    index("channel_switches_of_conversation", "conversation_id", "at"),
    index("channel_switches_away", "from_channel_id", "why", "id", where="back_at IS NULL"),
    index("channel_switches_age", "at", using="brin"),
)
