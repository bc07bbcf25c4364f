"""Tables of what will be said at a time, and of who is told that something happened.

`tables` has the hot ones, `tables_config` what people configure.
"""

from sqlalchemy import BigInteger, Integer, PrimaryKeyConstraint, Table, Text, UniqueConstraint

from flowengine.store.columns import ID, At, Bytes, Words, index, may, metadata, must, of_tenant

# Local time and zone are kept beside due_at: they are what was asked for. key: of the request that
# made it, so that a doubled one makes nothing.
scheduled_messages = Table(
    "scheduled_messages",
    metadata,
    must("id", ID),
    must("tenant_id", ID),
    must("conversation_id", ID),
    must("author_id", Text()),
    must("kind", Text()),
    must("content", Bytes),
    must("text", Text(), "''"),
    must("due_at", At),
    must("local_time", Text()),
    must("zone", Text()),
    must("version", Integer(), "1"),
    must("state", Text(), "'waiting'"),
    must("reason", Text(), "''"),
    must("key", Bytes, "''"),
    must("created_at", At, "now()"),
    may("settled_at", At),
    PrimaryKeyConstraint("id"),
    index("scheduled_messages_due", "due_at", where="state = 'waiting'"),
    index("scheduled_messages_of_conversation", "conversation_id", "due_at"),
    index("scheduled_messages_of_tenant", "tenant_id", "state", "due_at"),
    index("scheduled_messages_key", "tenant_id", "key", unique=True, where="key <> ''"),
)

# The cron triggers of what is published; cron_seen says at which rev of the workspace they were
# read. since: nothing before it was ever due.
cron_triggers = Table(
    "cron_triggers",
    metadata,
    must("tenant_id", ID),
    must("flow", Text()),
    must("node", Text()),
    must("expression", Text()),
    must("zone", Text()),
    must("audience", Bytes),
    must("purpose", Text(), "''"),
    must("channels", Words, "'{}'"),
    must("since", At),
    may("next_at", At),
    PrimaryKeyConstraint("tenant_id", "flow", "node"),
    index("cron_triggers_due", "next_at", where="next_at IS NOT NULL"),
)

cron_seen = Table(
    "cron_seen",
    metadata,
    must("tenant_id", ID),
    must("rev", BigInteger()),
    PrimaryKeyConstraint("tenant_id"),
)

# One occurrence of a trigger, which begins its flow with contact after contact: after_contact is
# how far it has come, moved in the transaction that begins them.
cron_runs = Table(
    "cron_runs",
    metadata,
    must("id", ID),
    must("tenant_id", ID),
    must("flow", Text()),
    must("node", Text()),
    must("due_at", At),
    must("audience", Bytes),
    must("purpose", Text(), "''"),
    must("channels", Words, "'{}'"),
    must("state", Text(), "'running'"),
    may("after_contact", ID),
    must("begun", Integer(), "0"),
    must("missed", Integer(), "0"),
    may("next_at", At),
    must("at", At, "now()"),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("tenant_id", "flow", "node", "due_at"),
    index("cron_runs_running", "next_at", where="state = 'running'"),
)

# names: of the events that are told; "*" is all. The secret that signs is sealed (vault.py).
subscriptions = Table(
    "subscriptions",
    metadata,
    must("tenant_id", ID),
    must("id", ID),
    must("url", Text()),
    must("names", Words),
    must("secret", Bytes),
    must("state", Text(), "'active'"),
    must("created_at", At, "now()"),
    PrimaryKeyConstraint("tenant_id", "id"),
    UniqueConstraint("id"),
    of_tenant(),
)
