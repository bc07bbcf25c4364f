"""The tables of files: which message has which, and which objects are to be removed.

The files themselves are `assets` (`tables_config`), their bytes in an object store.
"""

from sqlalchemy import Integer, PrimaryKeyConstraint, Table, Text

from flowengine.store.columns import ID, At, Bytes, index, metadata, must, of_tenant

# reference: what the provider gave to fetch it by, JSON; state: waiting, kept, refused, gone; name:
# what the sender called it.
message_files = Table(
    "message_files",
    metadata,
    must("tenant_id", ID),
    must("message_id", ID),
    must("conversation_id", ID),
    must("channel_id", ID),
    must("reference", Bytes),
    must("state", Text(), "'waiting'"),
    must("tries", Integer(), "0"),
    must("due_at", At, "now()"),
    must("hash", Text(), "''"),
    must("name", Text(), "''"),
    must("reason", Text(), "''"),
    must("at", At, "now()"),
    PrimaryKeyConstraint("tenant_id", "message_id"),
    of_tenant(),
    index("message_files_due", "due_at", where="state = 'waiting'"),
    index("message_files_of_room", "conversation_id"),
    index("message_files_of_file", "tenant_id", "hash", where="hash <> ''"),
    index("message_files_by_age", "tenant_id", "at"),
)

# No foreign key: a workspace that goes leaves its objects to be removed.
dropped_files = Table(
    "dropped_files",
    metadata,
    must("tenant_id", ID),
    must("place", Text()),
    must("due_at", At, "now()"),
    PrimaryKeyConstraint("place"),
    index("dropped_files_due", "due_at"),
)
