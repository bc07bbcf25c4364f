"""The tables that people configure: workspaces, people, channels, contacts, flows."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE tenants (
    id uuid NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    language text NOT NULL DEFAULT 'pt-BR',
    timezone text NOT NULL DEFAULT 'America/Sao_Paulo',
    opt_out_words text[] NOT NULL,
    opt_out_text text NOT NULL,
    purposes text[] NOT NULL DEFAULT '{}',
    default_queue text,
    rev bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT tenants_pkey PRIMARY KEY (id),
    CONSTRAINT tenants_slug_key UNIQUE (slug)
);

CREATE TABLE users (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    language text NOT NULL DEFAULT 'pt-BR',
    password_hash text,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_tenant_id_email_key UNIQUE (tenant_id, email),
    CONSTRAINT users_tenant_id_fkey
        FOREIGN KEY (tenant_id)
        REFERENCES tenants (id) ON DELETE CASCADE
);
CREATE INDEX users_email ON users (email);

CREATE TABLE memberships (
    tenant_id uuid NOT NULL,
    user_id uuid NOT NULL,
    role text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT memberships_pkey PRIMARY KEY (tenant_id, user_id),
    CONSTRAINT memberships_tenant_id_fkey
        FOREIGN KEY (tenant_id)
        REFERENCES tenants (id) ON DELETE CASCADE,
    CONSTRAINT memberships_user_id_fkey
        FOREIGN KEY (user_id)
        REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX memberships_of_user ON memberships (user_id);

CREATE TABLE sessions (
    token_hash bytea NOT NULL,
    tenant_id uuid NOT NULL,
    user_id uuid NOT NULL,
    csrf text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT sessions_pkey PRIMARY KEY (token_hash),
    CONSTRAINT sessions_tenant_id_user_id_fkey
        FOREIGN KEY (tenant_id, user_id)
        REFERENCES memberships (tenant_id, user_id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX sessions_of_user ON sessions (user_id);

CREATE TABLE sign_in_links (
    token_hash bytea NOT NULL,
    tenant_id uuid NOT NULL,
    user_id uuid NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT sign_in_links_pkey PRIMARY KEY (token_hash),
    CONSTRAINT sign_in_links_tenant_id_user_id_fkey
        FOREIGN KEY (tenant_id, user_id)
        REFERENCES memberships (tenant_id, user_id) ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE sign_in_attempts (
    who bytea NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT sign_in_attempts_pkey PRIMARY KEY (who, at)
);

CREATE TABLE api_keys (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    prefix text NOT NULL,
    key_hash bytea NOT NULL,
    role text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    last_used_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT api_keys_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT api_keys_key_hash_key UNIQUE (key_hash),
    CONSTRAINT api_keys_tenant_id_fkey
        FOREIGN KEY (tenant_id)
        REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE TABLE channels (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    address text NOT NULL,
    settings bytea NOT NULL,
    state text NOT NULL DEFAULT 'active',
    trouble text NOT NULL DEFAULT '',
    next_send_at timestamptz,
    rate double precision,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT channels_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT channels_id_key UNIQUE (id),
    CONSTRAINT channels_tenant_id_fkey
        FOREIGN KEY (tenant_id)
        REFERENCES tenants (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX channels_address
    ON channels (tenant_id, kind, address)
    WHERE state <> 'removed' AND address <> '';
CREATE INDEX channels_changed ON channels (updated_at);

CREATE TABLE contacts (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL DEFAULT '',
    phone text,
    language text,
    fields jsonb NOT NULL DEFAULT '{}',
    tags text[] NOT NULL DEFAULT '{}',
    owner_id uuid,
    conflict boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT contacts_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT contacts_id_key UNIQUE (id),
    CONSTRAINT contacts_tenant_id_fkey
        FOREIGN KEY (tenant_id)
        REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE TABLE identities (
    tenant_id uuid NOT NULL,
    kind text NOT NULL,
    scope text NOT NULL DEFAULT '',
    value text NOT NULL,
    contact_id uuid NOT NULL,
    first_seen_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT identities_pkey PRIMARY KEY (tenant_id, kind, scope, value),
    CONSTRAINT identities_tenant_id_contact_id_fkey
        FOREIGN KEY (tenant_id, contact_id)
        REFERENCES contacts (tenant_id, id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX identities_of_contact ON identities (tenant_id, contact_id);

CREATE TABLE consents (
    tenant_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    purpose text NOT NULL,
    given boolean NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT consents_pkey PRIMARY KEY (tenant_id, contact_id, purpose),
    CONSTRAINT consents_tenant_id_contact_id_fkey
        FOREIGN KEY (tenant_id, contact_id)
        REFERENCES contacts (tenant_id, id) ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE consent_log (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    contact_id uuid NOT NULL,
    purpose text NOT NULL,
    given boolean NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    proof text NOT NULL DEFAULT '',
    source text NOT NULL,
    CONSTRAINT consent_log_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT consent_log_tenant_id_contact_id_fkey
        FOREIGN KEY (tenant_id, contact_id)
        REFERENCES contacts (tenant_id, id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX consent_log_of_contact ON consent_log (tenant_id, contact_id);

CREATE TABLE contact_fields (
    tenant_id uuid NOT NULL,
    key text NOT NULL,
    name text NOT NULL,
    type text NOT NULL,
    CONSTRAINT contact_fields_pkey PRIMARY KEY (tenant_id, key),
    CONSTRAINT contact_fields_tenant_id_fkey
        FOREIGN KEY (tenant_id)
        REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE TABLE tags (
    tenant_id uuid NOT NULL,
    key text NOT NULL,
    name text NOT NULL,
    color text NOT NULL DEFAULT '',
    CONSTRAINT tags_pkey PRIMARY KEY (tenant_id, key),
    CONSTRAINT tags_tenant_id_fkey
        FOREIGN KEY (tenant_id)
        REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE TABLE constants (
    tenant_id uuid NOT NULL,
    key text NOT NULL,
    value bytea NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT constants_pkey PRIMARY KEY (tenant_id, key),
    CONSTRAINT constants_tenant_id_fkey
        FOREIGN KEY (tenant_id)
        REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE TABLE secrets (
    tenant_id uuid NOT NULL,
    key text NOT NULL,
    value bytea NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT secrets_pkey PRIMARY KEY (tenant_id, key),
    CONSTRAINT secrets_tenant_id_fkey
        FOREIGN KEY (tenant_id)
        REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE TABLE model_profiles (
    tenant_id uuid NOT NULL,
    key text NOT NULL,
    settings bytea NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT model_profiles_pkey PRIMARY KEY (tenant_id, key),
    CONSTRAINT model_profiles_tenant_id_fkey
        FOREIGN KEY (tenant_id)
        REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE TABLE schedules (
    tenant_id uuid NOT NULL,
    key text NOT NULL,
    name text NOT NULL,
    document bytea NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT schedules_pkey PRIMARY KEY (tenant_id, key),
    CONSTRAINT schedules_tenant_id_fkey
        FOREIGN KEY (tenant_id)
        REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE TABLE queues (
    tenant_id uuid NOT NULL,
    key text NOT NULL,
    name text NOT NULL,
    schedule text,
    CONSTRAINT queues_pkey PRIMARY KEY (tenant_id, key),
    CONSTRAINT queues_tenant_id_fkey
        FOREIGN KEY (tenant_id)
        REFERENCES tenants (id) ON DELETE CASCADE,
    CONSTRAINT queues_tenant_id_schedule_fkey
        FOREIGN KEY (tenant_id, schedule)
        REFERENCES schedules (tenant_id, key) ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE TABLE queue_members (
    tenant_id uuid NOT NULL,
    queue text NOT NULL,
    user_id uuid NOT NULL,
    CONSTRAINT queue_members_pkey PRIMARY KEY (tenant_id, queue, user_id),
    CONSTRAINT queue_members_tenant_id_queue_fkey
        FOREIGN KEY (tenant_id, queue)
        REFERENCES queues (tenant_id, key) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT queue_members_tenant_id_user_id_fkey
        FOREIGN KEY (tenant_id, user_id)
        REFERENCES memberships (tenant_id, user_id) ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE templates (
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    language text NOT NULL,
    category text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT '',
    document bytea NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT templates_pkey PRIMARY KEY (tenant_id, name, language),
    CONSTRAINT templates_tenant_id_fkey
        FOREIGN KEY (tenant_id)
        REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE TABLE flows (
    tenant_id uuid NOT NULL,
    key text NOT NULL,
    name text NOT NULL,
    draft bytea NOT NULL,
    draft_hash text NOT NULL,
    rev integer NOT NULL DEFAULT 1,
    published integer,
    release text,
    updated_at timestamptz NOT NULL DEFAULT now(),
    updated_by uuid,
    CONSTRAINT flows_pkey PRIMARY KEY (tenant_id, key),
    CONSTRAINT flows_tenant_id_fkey
        FOREIGN KEY (tenant_id)
        REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE TABLE flow_versions (
    tenant_id uuid NOT NULL,
    flow text NOT NULL,
    version integer NOT NULL,
    hash text NOT NULL,
    logic_hash text NOT NULL,
    calls text[] NOT NULL,
    document bytea NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now(),
    published_by uuid,
    CONSTRAINT flow_versions_pkey PRIMARY KEY (tenant_id, flow, version),
    CONSTRAINT flow_versions_tenant_id_flow_hash_key UNIQUE (tenant_id, flow, hash),
    CONSTRAINT flow_versions_tenant_id_fkey
        FOREIGN KEY (tenant_id)
        REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE TABLE releases (
    tenant_id uuid NOT NULL,
    hash text NOT NULL,
    root text NOT NULL,
    members jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT releases_pkey PRIMARY KEY (tenant_id, hash),
    CONSTRAINT releases_tenant_id_fkey
        FOREIGN KEY (tenant_id)
        REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE TABLE channel_flows (
    tenant_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    flow text NOT NULL,
    CONSTRAINT channel_flows_pkey PRIMARY KEY (tenant_id, channel_id, flow),
    CONSTRAINT channel_flows_tenant_id_channel_id_fkey
        FOREIGN KEY (tenant_id, channel_id)
        REFERENCES channels (tenant_id, id) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT channel_flows_tenant_id_flow_fkey
        FOREIGN KEY (tenant_id, flow)
        REFERENCES flows (tenant_id, key) ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE assets (
    tenant_id uuid NOT NULL,
    hash text NOT NULL,
    mime text NOT NULL,
    size integer NOT NULL,
    name text NOT NULL DEFAULT '',
    data bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT assets_pkey PRIMARY KEY (tenant_id, hash),
    CONSTRAINT assets_tenant_id_fkey
        FOREIGN KEY (tenant_id)
        REFERENCES tenants (id) ON DELETE CASCADE
);
"""


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.get_bind().exec_driver_sql(statement)
