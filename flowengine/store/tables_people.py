"""The tables of workspaces and of who may enter them: people, sessions, programs.

Keys are composite, (tenant_id, …), as in `tables_config`.
"""

from sqlalchemy import (
    BigInteger,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from flowengine.store.columns import ID, At, Bytes, Words, index, may, metadata, must, of, of_tenant

# rev counts the changes that turns must know of (flows, schedules, constants …): triggers do it.
tenants = Table(
    "tenants",
    metadata,
    must("id", ID),
    must("slug", Text()),
    must("name", Text()),
    must("language", Text(), "'pt-BR'"),
    must("timezone", Text(), "'America/Sao_Paulo'"),
    must("opt_out_words", Words),
    must("opt_out_text", Text()),
    must("purposes", Words, "'{}'"),
    may("default_queue", Text()),
    must("allowed_origins", Words, "'{}'"),
    must("rev", BigInteger(), "0"),
    must("created_at", At, "now()"),
    must("updated_at", At, "now()"),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("slug"),
    index("tenants_origins", "allowed_origins", using="gin"),
)

# Of the workspace that made them: an address proves nobody, so workspaces never share a user by it.
users = Table(
    "users",
    metadata,
    must("id", ID),
    must("tenant_id", ID),
    must("email", Text()),
    must("name", Text()),
    must("language", Text(), "'pt-BR'"),
    may("password_hash", Text()),
    must("created_at", At, "now()"),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("tenant_id", "email"),
    of_tenant(),
    index("users_email", "email"),
)

memberships = Table(
    "memberships",
    metadata,
    must("tenant_id", ID),
    must("user_id", ID),
    must("role", Text()),
    must("created_at", At, "now()"),
    PrimaryKeyConstraint("tenant_id", "user_id"),
    of_tenant(),
    ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
    index("memberships_of_user", "user_id"),
)

# Tokens are kept as their SHA-256: who reads the table cannot sign in. linked_at: a one-time link
# opened it then.
sessions = Table(
    "sessions",
    metadata,
    must("token_hash", Bytes),
    must("tenant_id", ID),
    must("user_id", ID),
    must("csrf", Text()),
    must("created_at", At, "now()"),
    must("seen_at", At, "now()"),
    must("expires_at", At),
    may("linked_at", At),
    PrimaryKeyConstraint("token_hash"),
    of("memberships", "user_id", "user_id"),
    index("sessions_of_user", "user_id"),
)

sign_in_links = Table(
    "sign_in_links",
    metadata,
    must("token_hash", Bytes),
    must("tenant_id", ID),
    must("user_id", ID),
    must("expires_at", At),
    may("used_at", At),
    PrimaryKeyConstraint("token_hash"),
    of("memberships", "user_id", "user_id"),
)

# What a program holds that signed a user in. spent_hash: of the token before, which nobody honest
# shows again.
token_grants = Table(
    "token_grants",
    metadata,
    must("id", ID),
    must("tenant_id", ID),
    must("user_id", ID),
    must("token_hash", Bytes),
    may("spent_hash", Bytes),
    must("created_at", At, "now()"),
    must("refreshed_at", At, "now()"),
    must("expires_at", At),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("token_hash"),
    of("memberships", "user_id", "user_id"),
    index("token_grants_of_user", "user_id"),
    index("token_grants_spent", "spent_hash", where="spent_hash IS NOT NULL"),
)

sign_in_attempts = Table(
    "sign_in_attempts",
    metadata,
    must("who", Bytes),
    must("at", At),
    PrimaryKeyConstraint("who", "at"),
)

api_keys = Table(
    "api_keys",
    metadata,
    must("tenant_id", ID),
    must("id", ID),
    must("name", Text()),
    must("prefix", Text()),
    must("key_hash", Bytes),
    must("role", Text()),
    must("created_at", At, "now()"),
    may("created_by", ID),
    may("last_used_at", At),
    may("revoked_at", At),
    must("areas", Words, "'{}'"),
    PrimaryKeyConstraint("tenant_id", "id"),
    UniqueConstraint("key_hash"),
    of_tenant(),
)

# Who changed what of the workspace: written by the tables' own triggers, never changed. actor:
# `user:ID`, `key:ID` or `command`. was, became: the columns that differ; what is sealed is null.
audit = Table(
    "audit",
    metadata,
    must("tenant_id", ID),
    must("id", ID, "gen_random_uuid()"),
    must("at", At, "clock_timestamp()"),
    must("actor", Text()),
    must("kind", Text()),
    must("key", Text()),
    must("action", Text()),
    must("was", JSONB(), "'{}'"),
    must("became", JSONB(), "'{}'"),
    PrimaryKeyConstraint("tenant_id", "id"),
    of_tenant(),
    index("audit_at", "tenant_id", "at", "id"),
    index("audit_of_kind", "tenant_id", "kind", "at", "id"),
    index("audit_of_actor", "tenant_id", "actor", "at", "id"),
)
