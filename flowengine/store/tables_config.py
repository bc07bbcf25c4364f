"""Every table that people configure on one page; `tables` has the hot ones.

Keys are composite, (tenant_id, …), and so are the foreign keys: a row cannot point into another
tenant. What flows call by name (queues, schedules, fields …) has that name as its key.
"""

from sqlalchemy import (
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

from flowengine.store.columns import ID, At, Bytes, Words, index, may, metadata, must, of, of_tenant

# --- Channels and contacts -------------------------------------------------------------------

# settings are sealed (vault.py). strikes: outages in a row; nothing leaves before next_send_at.
channels = Table(
    "channels",
    metadata,
    must("tenant_id", ID),
    must("id", ID),
    must("kind", Text()),
    must("name", Text()),
    must("address", Text()),
    must("settings", Bytes),
    must("state", Text(), "'active'"),
    must("trouble", Text(), "''"),
    must("strikes", Integer(), "0"),
    may("next_send_at", At),
    may("rate", Double()),
    must("created_at", At, "now()"),
    must("updated_at", At, "now()"),
    PrimaryKeyConstraint("tenant_id", "id"),
    UniqueConstraint("id"),
    of_tenant(),
    index(
        "channels_address",
        "tenant_id",
        "kind",
        "address",
        unique=True,
        where="state <> 'removed' AND address <> ''",
    ),
    index("channels_changed", "updated_at"),
)

# merged_into: whom a person joined this contact to: its ids went there, what was said stays.
contacts = Table(
    "contacts",
    metadata,
    must("tenant_id", ID),
    must("id", ID),
    must("name", Text(), "''"),
    may("phone", Text()),
    may("language", Text()),
    must("fields", JSONB(), "'{}'"),
    must("tags", Words, "'{}'"),
    may("owner_id", ID),
    must("conflict", Boolean(), "false"),
    must("created_at", At, "now()"),
    must("updated_at", At, "now()"),
    may("merged_into", ID),
    PrimaryKeyConstraint("tenant_id", "id"),
    UniqueConstraint("id"),
    of_tenant(),
    index("contacts_merged", "merged_into", where="merged_into IS NOT NULL"),
)

identities = Table(
    "identities",
    metadata,
    must("tenant_id", ID),
    must("kind", Text()),
    must("scope", Text(), "''"),
    must("value", Text()),
    must("contact_id", ID),
    must("first_seen_at", At, "now()"),
    PrimaryKeyConstraint("tenant_id", "kind", "scope", "value"),
    of("contacts", "contact_id", "id"),
    index("identities_of_contact", "tenant_id", "contact_id"),
)

consents = Table(
    "consents",
    metadata,
    must("tenant_id", ID),
    must("contact_id", ID),
    must("purpose", Text()),
    must("given", Boolean()),
    must("at", At, "now()"),
    PrimaryKeyConstraint("tenant_id", "contact_id", "purpose"),
    of("contacts", "contact_id", "id"),
)

consent_log = Table(
    "consent_log",
    metadata,
    must("tenant_id", ID),
    must("id", ID),
    must("contact_id", ID),
    must("purpose", Text()),
    must("given", Boolean()),
    must("at", At, "now()"),
    must("proof", Text(), "''"),
    must("source", Text()),
    PrimaryKeyConstraint("tenant_id", "id"),
    of("contacts", "contact_id", "id"),
    index("consent_log_of_contact", "tenant_id", "contact_id"),
)

# How long a workspace keeps what was said (null: for ever), and when it writes to nobody unasked.
# kept_from: everything older is gone; keeping: what is being carried out now, up to the contact
# kept_after. Local times "HH:MM" in the workspace's zone; empty: never quiet.
policies = Table(
    "policies",
    metadata,
    must("tenant_id", ID),
    may("keep_months", SmallInteger()),
    may("keep_media_days", Integer()),
    may("kept_from", At),
    may("keeping", At),
    may("kept_after", ID),
    may("media_kept_at", At),
    must("quiet_from", Text(), "''"),
    must("quiet_until", Text(), "''"),
    must("updated_at", At, "now()"),
    PrimaryKeyConstraint("tenant_id"),
    of_tenant(),
)

# --- Words that flows use --------------------------------------------------------------------

contact_fields = Table(
    "contact_fields",
    metadata,
    must("tenant_id", ID),
    must("key", Text()),
    must("name", Text()),
    must("type", Text()),
    PrimaryKeyConstraint("tenant_id", "key"),
    of_tenant(),
)

tags = Table(
    "tags",
    metadata,
    must("tenant_id", ID),
    must("key", Text()),
    must("name", Text()),
    must("color", Text(), "''"),
    PrimaryKeyConstraint("tenant_id", "key"),
    of_tenant(),
)

constants = Table(
    "constants",
    metadata,
    must("tenant_id", ID),
    must("key", Text()),
    must("value", Bytes),
    must("updated_at", At, "now()"),
    PrimaryKeyConstraint("tenant_id", "key"),
    of_tenant(),
)

secrets = Table(
    "secrets",
    metadata,
    must("tenant_id", ID),
    must("key", Text()),
    must("value", Bytes),
    must("updated_at", At, "now()"),
    PrimaryKeyConstraint("tenant_id", "key"),
    of_tenant(),
)

model_profiles = Table(
    "model_profiles",
    metadata,
    must("tenant_id", ID),
    must("key", Text()),
    must("settings", Bytes),
    must("updated_at", At, "now()"),
    PrimaryKeyConstraint("tenant_id", "key"),
    of_tenant(),
)

schedules = Table(
    "schedules",
    metadata,
    must("tenant_id", ID),
    must("key", Text()),
    must("name", Text()),
    must("document", Bytes),
    must("updated_at", At, "now()"),
    PrimaryKeyConstraint("tenant_id", "key"),
    of_tenant(),
)

queues = Table(
    "queues",
    metadata,
    must("tenant_id", ID),
    must("key", Text()),
    must("name", Text()),
    may("schedule", Text()),
    PrimaryKeyConstraint("tenant_id", "key"),
    of_tenant(),
    of("schedules", "schedule", ondelete="RESTRICT"),
)

queue_members = Table(
    "queue_members",
    metadata,
    must("tenant_id", ID),
    must("queue", Text()),
    must("user_id", ID),
    PrimaryKeyConstraint("tenant_id", "queue", "user_id"),
    of("queues", "queue"),
    of("memberships", "user_id", "user_id"),
)

# account: the provider's, that it was read from; quality and reason (of a refusal): its words.
templates = Table(
    "templates",
    metadata,
    must("tenant_id", ID),
    must("name", Text()),
    must("language", Text()),
    must("category", Text(), "''"),
    must("status", Text(), "''"),
    must("document", Bytes),
    must("updated_at", At, "now()"),
    must("account", Text(), "''"),
    must("quality", Text(), "''"),
    must("reason", Text(), "''"),
    PrimaryKeyConstraint("tenant_id", "name", "language", "account"),
    of_tenant(),
)

# --- Flows -----------------------------------------------------------------------------------

flows = Table(
    "flows",
    metadata,
    must("tenant_id", ID),
    must("key", Text()),
    must("name", Text()),
    must("draft", Bytes),
    must("draft_hash", Text()),
    must("rev", Integer(), "1"),
    may("published", Integer()),
    may("release", Text()),
    must("updated_at", At, "now()"),
    may("updated_by", ID),
    must("folder", Text(), "''"),
    PrimaryKeyConstraint("tenant_id", "key"),
    of_tenant(),
)

# Never changed, and kept when the flow goes (for replay). calls: keys of the flows that it calls.
flow_versions = Table(
    "flow_versions",
    metadata,
    must("tenant_id", ID),
    must("flow", Text()),
    must("version", Integer()),
    must("hash", Text()),
    must("logic_hash", Text()),
    must("calls", Words),
    must("document", Bytes),
    must("published_at", At, "now()"),
    may("published_by", ID),
    must("message", Text(), "''"),
    PrimaryKeyConstraint("tenant_id", "flow", "version"),
    UniqueConstraint("tenant_id", "flow", "hash"),
    of_tenant(),
)

talks = Table(
    "talks",
    metadata,
    must("tenant_id", ID),
    must("flow", Text()),
    must("id", ID),
    must("name", Text()),
    must("document", Bytes),
    must("updated_at", At, "now()"),
    may("updated_by", ID),
    may("conversation_id", ID),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("tenant_id", "flow", "name"),
    of_tenant(),
    index("talks_of_conversation", "conversation_id", where="conversation_id IS NOT NULL"),
)

# members: flow key -> version, the root's included.
releases = Table(
    "releases",
    metadata,
    must("tenant_id", ID),
    must("hash", Text()),
    must("root", Text()),
    must("members", JSONB()),
    must("created_at", At, "now()"),
    PrimaryKeyConstraint("tenant_id", "hash"),
    of_tenant(),
)

channel_flows = Table(
    "channel_flows",
    metadata,
    must("tenant_id", ID),
    must("channel_id", ID),
    must("flow", Text()),
    PrimaryKeyConstraint("tenant_id", "channel_id", "flow"),
    of("channels", "channel_id", "id"),
    of("flows", "flow"),
)

# place: the object's key in the object store; data: the bytes of a file that is not there yet.
# origin: made (by authors), sent (to one person) or received (from one).
assets = Table(
    "assets",
    metadata,
    must("tenant_id", ID),
    must("hash", Text()),
    must("mime", Text()),
    must("size", Integer()),
    must("name", Text(), "''"),
    may("data", Bytes),
    must("at", At, "now()"),
    must("place", Text(), "''"),
    must("origin", Text(), "'made'"),
    PrimaryKeyConstraint("tenant_id", "hash"),
    of_tenant(),
    index("assets_to_move", "tenant_id", "hash", where="data IS NOT NULL"),
)
