"""Every table of a conversation's life on one page; `tables_config` has what people configure.

The rules are those of the runtime: no foreign keys here (a hot insert checks nothing), `tenant_id`
is taken from `conversations` by the statement that inserts, promised bytes are `bytea`. Two
tables are partitioned by month: `messages` by its id (a UUIDv7, so that a look-up by id prunes)
and `journal` by `at`. Queries are plain SQL in the modules beside this one; this page is the
schema that a test compares with what the migrations made.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Double,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from flowengine.store.columns import BUSY, ID, At, Bytes, index, may, metadata, must

# --- Conversations and what waits for them ---------------------------------------------------

# work_at = least(something in the inbox, the next wake). last_seq is drawn by ingest under the
# row's lock, taken_seq is moved by the turn: the inbox itself is insert-only.
conversations = Table(
    "conversations",
    metadata,
    must("id", ID),
    must("tenant_id", ID),
    must("contact_id", ID),
    must("channel_id", ID),
    may("state", Bytes),
    must("owner", Text(), "'bot'"),
    must("owner_id", Text(), "''"),
    must("epoch", Integer(), "0"),
    must("last_seq", BigInteger(), "0"),
    must("taken_seq", BigInteger(), "0"),
    may("work_at", At),
    may("last_inbound_at", At),
    may("last_message_at", At),
    must("preview", Text(), "''"),
    must("unread", Integer(), "0"),
    must("priority", SmallInteger(), "0"),
    must("failures", Integer(), "0"),
    must("created_at", At, "now()"),
    may("closed_at", At),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("channel_id", "contact_id"),
    index("conversations_work", "work_at", where="work_at IS NOT NULL"),
    index("conversations_of_tenant_work", "tenant_id", "work_at", where="work_at IS NOT NULL"),
    index("conversations_recent", "tenant_id", "last_message_at DESC", "id DESC"),
    index("conversations_of_contact", "contact_id"),
    index("conversations_owned", "tenant_id", "owner", "owner_id", where="owner <> 'bot'"),
    postgresql_with={"fillfactor": "70"},
)

inbox = Table(
    "inbox",
    metadata,
    must("conversation_id", ID),
    must("seq", BigInteger()),
    must("kind", Text()),
    must("received_at", At),
    must("event", Bytes),
    PrimaryKeyConstraint("conversation_id", "seq"),
    index("inbox_age", "received_at", using="brin"),
)

# Not partitioned: with the month in the key, a doubled delivery would pass at midnight.
inbox_seen = Table(
    "inbox_seen",
    metadata,
    must("channel_id", ID),
    must("key", Bytes),
    must("seen_at", At, "now()"),
    PrimaryKeyConstraint("channel_id", "key"),
    index("inbox_seen_age", "seen_at", using="brin"),
)

wakes = Table(
    "wakes",
    metadata,
    must("effect_id", Text()),
    must("conversation_id", ID),
    must("execution_id", ID),
    must("kind", Text()),
    must("after_effect_id", Text(), "''"),
    may("seconds", Double()),
    may("due_at", At),
    may("remaining", Double()),
    must("held", Boolean(), "false"),
    PrimaryKeyConstraint("effect_id"),
    index("wakes_of_conversation", "conversation_id"),
    index("wakes_after_send", "after_effect_id", where="after_effect_id <> ''"),
)

# --- Executions ------------------------------------------------------------------------------

executions = Table(
    "executions",
    metadata,
    must("id", ID),
    must("tenant_id", ID),
    must("conversation_id", ID),
    must("contact_id", ID),
    must("flow", Text()),
    must("version", Integer()),
    must("release", Text()),
    must("status", Text()),
    must("node", Text()),
    must("started_at", At),
    must("updated_at", At),
    may("ended_at", At),
    must("outcome", Text(), "''"),
    may("problem", Bytes),
    must("turns", Integer(), "0"),
    may("expires_at", At),
    PrimaryKeyConstraint("id"),
    index("executions_of_conversation", "conversation_id", "started_at"),
    index("executions_live", "conversation_id", where="ended_at IS NULL"),
    index("executions_expiring", "expires_at", where="ended_at IS NULL"),
    index("executions_of_flow", "tenant_id", "flow", "started_at DESC"),
    postgresql_with={"fillfactor": "80"},
)

execution_state = Table(
    "execution_state",  # narrow, because it is written in every turn
    metadata,
    must("execution_id", ID),
    must("conversation_id", ID),
    must("state", Bytes),
    must("state_hash", Bytes),
    must("turn", Integer()),
    PrimaryKeyConstraint("execution_id"),
    index("execution_state_of_conversation", "conversation_id"),
    postgresql_with={"fillfactor": "60"},
)

checkpoints = Table(
    "checkpoints",
    metadata,
    must("execution_id", ID),
    must("turn", Integer()),
    must("at", At),
    must("state", Bytes),
    PrimaryKeyConstraint("execution_id", "turn"),
)

# `at` is the real time of the turn, never an effective one: it chooses the partition.
journal = Table(
    "journal",
    metadata,
    must("conversation_id", ID),
    must("seq", BigInteger()),
    must("step", Integer()),
    must("at", At),
    may("execution_id", ID),
    must("turn", Integer()),
    must("engine_id", Text()),
    must("release", Text()),
    must("given", Bytes),
    must("effects", Bytes),
    must("trail", Bytes),
    must("state_hash", Bytes),
    PrimaryKeyConstraint("conversation_id", "seq", "step", "at"),
    index("journal_of_execution", "execution_id", "turn"),
    index("journal_at", "at", using="brin", options={"pages_per_range": 32}),
    postgresql_partition_by="RANGE (at)",
)

offers = Table(
    "offers",
    metadata,
    must("id", Text()),
    must("tenant_id", ID),
    must("conversation_id", ID),
    must("execution_id", ID),
    must("flow", Text()),
    must("node", Text()),
    must("visit", Integer()),
    must("items", Bytes),
    must("at", At),
    PrimaryKeyConstraint("id"),
    index("offers_of_conversation", "conversation_id"),
)

# --- What was said ---------------------------------------------------------------------------

# status is in no index, so that moving it forward is a heap-only update.
messages = Table(
    "messages",
    metadata,
    must("id", ID),
    must("tenant_id", ID),
    must("conversation_id", ID),
    must("at", At),
    must("direction", Text()),
    must("author", Text()),
    must("author_id", Text(), "''"),
    must("kind", Text()),
    must("content", Bytes),
    must("text", Text(), "''"),
    must("provider_id", Text(), "''"),
    must("status", Text(), "''"),
    may("status_at", At),
    may("error", Bytes),
    must("effect_id", Text(), "''"),
    may("execution_id", ID),
    must("flow", Text(), "''"),
    must("node", Text(), "''"),
    may("delivered_at", At),
    PrimaryKeyConstraint("id"),
    index("messages_of_conversation", "conversation_id", "id DESC"),
    index("messages_words", "words(text)", using="gin"),
    postgresql_partition_by="RANGE (id)",
)

provider_ids = Table(
    "provider_ids",
    metadata,
    must("channel_id", ID),
    must("provider_id", Text()),
    must("message_id", ID),
    must("at", At, "now()"),
    PrimaryKeyConstraint("channel_id", "provider_id"),
    index("provider_ids_age", "at", using="brin"),
)

status_orphans = Table(
    "status_orphans",
    metadata,
    must("channel_id", ID),
    must("provider_id", Text()),
    must("status", Text()),
    must("event", Bytes),
    must("at", At, "now()"),
    PrimaryKeyConstraint("channel_id", "provider_id", "status"),
    index("status_orphans_age", "at"),
)

# --- What is still to be done ----------------------------------------------------------------

outbox = Table(
    "outbox",
    metadata,
    must("id", ID),
    must("effect_id", Text()),
    must("tenant_id", ID),
    must("conversation_id", ID),
    must("channel_id", ID),
    must("class", SmallInteger()),
    must("seq", BigInteger()),
    must("pos", Integer()),
    must("state", Text(), "'queued'"),
    must("attempt", Integer(), "0"),
    must("effect", Bytes),
    must("author", Text()),
    must("epoch", Integer()),
    must("awaited", Boolean()),
    may("execution_id", ID),
    must("visit", Integer()),
    must("created_at", At),
    may("next_at", At),
    may("horizon", At),
    may("sending_at", At),
    must("late", Text(), "''"),
    may("after_id", ID),
    must("hangs", SmallInteger(), "2"),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("effect_id"),
    index("outbox_line", "conversation_id", "seq", "pos"),
    postgresql_with=BUSY,
)

lanes = Table(
    "lanes",
    metadata,
    must("conversation_id", ID),
    must("tenant_id", ID),
    must("channel_id", ID),
    must("class", SmallInteger()),
    may("next_at", At),
    may("owner", ID),
    must("epoch", Integer(), "0"),
    may("until", At),
    may("pace_at", At),
    must("added", Integer(), "0"),
    PrimaryKeyConstraint("conversation_id"),
    index("lanes_next", "class", "next_at", where="next_at IS NOT NULL"),
    index("lanes_of_channel", "class", "channel_id", "next_at", where="next_at IS NOT NULL"),
    postgresql_with=BUSY,
)

calls = Table(
    "calls",
    metadata,
    must("id", ID),
    must("effect_id", Text()),
    must("tenant_id", ID),
    must("conversation_id", ID),
    may("execution_id", ID),
    must("kind", Text()),
    must("effect", Bytes),
    must("state", Text(), "'queued'"),
    must("attempt", Integer(), "0"),
    may("next_at", At),
    may("owner", ID),
    may("until", At),
    must("epoch", Integer(), "0"),
    must("created_at", At),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("effect_id"),
    index("calls_next", "next_at", where="next_at IS NOT NULL"),
    index("calls_of_tenant", "tenant_id", "next_at", where="next_at IS NOT NULL"),
    index("calls_of_conversation", "conversation_id"),
    postgresql_with=BUSY,
)

# Local time and zone are kept beside due_at: they are what was asked for.
scheduled_starts = Table(
    "scheduled_starts",
    metadata,
    must("id", ID),
    must("tenant_id", ID),
    must("contact_id", ID),
    must("channel_id", ID),
    must("flow", Text()),
    must("key", Text(), "''"),
    must("due_at", At),
    must("local_time", Text(), "''"),
    must("zone", Text(), "''"),
    must("purpose", Text(), "''"),
    must("args", Bytes),
    must("version", Integer(), "1"),
    must("state", Text(), "'waiting'"),
    may("effect_id", Text()),
    must("created_at", At, "now()"),
    may("settled_at", At),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("effect_id"),
    index("scheduled_starts_due", "due_at", where="state = 'waiting'"),
    index(
        "scheduled_starts_waiting",
        "tenant_id",
        "contact_id",
        "flow",
        "key",
        unique=True,
        where="state = 'waiting' AND key <> ''",
    ),
    index("scheduled_starts_of_contact", "tenant_id", "contact_id"),
)

# --- What could not be done, and what is no more ---------------------------------------------

webhook_dead = Table(
    "webhook_dead",
    metadata,
    must("id", ID),
    must("tenant_id", ID),
    must("channel_id", ID),
    must("raw", Bytes),
    must("reason", Text()),
    must("at", At, "now()"),
    PrimaryKeyConstraint("id"),
    index("webhook_dead_recent", "tenant_id", "id DESC"),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    must("message_id", ID),
    must("tenant_id", ID),
    must("conversation_id", ID),
    must("channel_id", ID),
    must("kind", Text(), "'send'"),
    must("effect", Bytes),
    must("reason", Text()),
    may("refused", Bytes),
    must("attempts", Integer()),
    must("at", At, "now()"),
    may("settled_at", At),
    must("settled_how", Text(), "''"),
    PrimaryKeyConstraint("message_id"),
    index("dead_letters_open", "tenant_id", "at", where="settled_at IS NULL"),
    index("dead_letters_of_conversation", "conversation_id"),
)

tombstones = Table(
    "tombstones",
    metadata,
    must("tenant_id", ID),
    must("subject", Text()),
    must("id", ID),
    must("counters", JSONB()),
    must("at", At, "now()"),
    PrimaryKeyConstraint("tenant_id", "subject", "id"),
)
