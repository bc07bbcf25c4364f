"""The tables of a conversation's life, and `words`: what text search sees of a message.

`words` folds accents itself, as `unaccent` may be absent and is not immutable, and the C locale
lowers ASCII only. It reads 8,000 characters: a longer text could exceed what a tsvector may hold,
and then the message could not be stored at all.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = """
CREATE FUNCTION words(said text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN to_tsvector('simple'::regconfig, translate(left(said, 8000),
        'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿ',
        'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyy'));

CREATE TABLE conversations (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    state bytea,
    owner text NOT NULL DEFAULT 'bot',
    owner_id text NOT NULL DEFAULT '',
    epoch integer NOT NULL DEFAULT 0,
    last_seq bigint NOT NULL DEFAULT 0,
    taken_seq bigint NOT NULL DEFAULT 0,
    work_at timestamptz,
    last_inbound_at timestamptz,
    last_message_at timestamptz,
    preview text NOT NULL DEFAULT '',
    unread integer NOT NULL DEFAULT 0,
    failures integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz,
    CONSTRAINT conversations_pkey PRIMARY KEY (id),
    CONSTRAINT conversations_channel_id_contact_id_key UNIQUE (channel_id, contact_id)
) WITH (fillfactor = 70);
CREATE INDEX conversations_of_contact ON conversations (contact_id);
CREATE INDEX conversations_owned
    ON conversations (tenant_id, owner, owner_id)
    WHERE owner <> 'bot';
CREATE INDEX conversations_recent ON conversations (tenant_id, last_message_at DESC, id DESC);
CREATE INDEX conversations_work ON conversations (work_at) WHERE work_at IS NOT NULL;

CREATE TABLE inbox (
    conversation_id uuid NOT NULL,
    seq bigint NOT NULL,
    kind text NOT NULL,
    received_at timestamptz NOT NULL,
    event bytea NOT NULL,
    CONSTRAINT inbox_pkey PRIMARY KEY (conversation_id, seq)
);
CREATE INDEX inbox_age ON inbox USING brin (received_at);

CREATE TABLE inbox_seen (
    channel_id uuid NOT NULL,
    key bytea NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT inbox_seen_pkey PRIMARY KEY (channel_id, key)
);
CREATE INDEX inbox_seen_age ON inbox_seen USING brin (seen_at);

CREATE TABLE wakes (
    effect_id text NOT NULL,
    conversation_id uuid NOT NULL,
    execution_id uuid NOT NULL,
    kind text NOT NULL,
    after_effect_id text NOT NULL DEFAULT '',
    seconds double precision,
    due_at timestamptz,
    remaining double precision,
    held boolean NOT NULL DEFAULT false,
    CONSTRAINT wakes_pkey PRIMARY KEY (effect_id)
);
CREATE INDEX wakes_after_send ON wakes (after_effect_id) WHERE after_effect_id <> '';
CREATE INDEX wakes_of_conversation ON wakes (conversation_id);

CREATE TABLE executions (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    flow text NOT NULL,
    version integer NOT NULL,
    release text NOT NULL,
    status text NOT NULL,
    node text NOT NULL,
    started_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    ended_at timestamptz,
    outcome text NOT NULL DEFAULT '',
    problem bytea,
    turns integer NOT NULL DEFAULT 0,
    expires_at timestamptz,
    CONSTRAINT executions_pkey PRIMARY KEY (id)
) WITH (fillfactor = 80);
CREATE INDEX executions_expiring ON executions (expires_at) WHERE ended_at IS NULL;
CREATE INDEX executions_live ON executions (conversation_id) WHERE ended_at IS NULL;
CREATE INDEX executions_of_conversation ON executions (conversation_id, started_at);
CREATE INDEX executions_of_flow ON executions (tenant_id, flow, started_at DESC);

CREATE TABLE execution_state (
    execution_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    state bytea NOT NULL,
    state_hash bytea NOT NULL,
    turn integer NOT NULL,
    CONSTRAINT execution_state_pkey PRIMARY KEY (execution_id)
) WITH (fillfactor = 60);
CREATE INDEX execution_state_of_conversation ON execution_state (conversation_id);

CREATE TABLE checkpoints (
    execution_id uuid NOT NULL,
    turn integer NOT NULL,
    at timestamptz NOT NULL,
    state bytea NOT NULL,
    CONSTRAINT checkpoints_pkey PRIMARY KEY (execution_id, turn)
);

CREATE TABLE journal (
    conversation_id uuid NOT NULL,
    seq bigint NOT NULL,
    step integer NOT NULL,
    at timestamptz NOT NULL,
    execution_id uuid,
    turn integer NOT NULL,
    engine_id text NOT NULL,
    release text NOT NULL,
    given bytea NOT NULL,
    effects bytea NOT NULL,
    trail bytea NOT NULL,
    state_hash bytea NOT NULL,
    CONSTRAINT journal_pkey PRIMARY KEY (conversation_id, seq, step, at)
) PARTITION BY RANGE (at);
CREATE INDEX journal_of_execution ON journal (execution_id, turn);

CREATE TABLE offers (
    id text NOT NULL,
    tenant_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    execution_id uuid NOT NULL,
    flow text NOT NULL,
    node text NOT NULL,
    visit integer NOT NULL,
    items bytea NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT offers_pkey PRIMARY KEY (id)
);
CREATE INDEX offers_of_conversation ON offers (conversation_id);

CREATE TABLE messages (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    at timestamptz NOT NULL,
    direction text NOT NULL,
    author text NOT NULL,
    author_id text NOT NULL DEFAULT '',
    kind text NOT NULL,
    content bytea NOT NULL,
    text text NOT NULL DEFAULT '',
    provider_id text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT '',
    status_at timestamptz,
    error bytea,
    effect_id text NOT NULL DEFAULT '',
    execution_id uuid,
    flow text NOT NULL DEFAULT '',
    node text NOT NULL DEFAULT '',
    CONSTRAINT messages_pkey PRIMARY KEY (id)
) PARTITION BY RANGE (id);
CREATE INDEX messages_of_conversation ON messages (conversation_id, id DESC);
CREATE INDEX messages_words ON messages USING gin (words(text));

CREATE TABLE provider_ids (
    channel_id uuid NOT NULL,
    provider_id text NOT NULL,
    message_id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT provider_ids_pkey PRIMARY KEY (channel_id, provider_id)
);
CREATE INDEX provider_ids_age ON provider_ids USING brin (at);

CREATE TABLE status_orphans (
    channel_id uuid NOT NULL,
    provider_id text NOT NULL,
    status text NOT NULL,
    event bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT status_orphans_pkey PRIMARY KEY (channel_id, provider_id, status)
);
CREATE INDEX status_orphans_age ON status_orphans (at);

CREATE TABLE outbox (
    id uuid NOT NULL,
    effect_id text NOT NULL,
    tenant_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    class smallint NOT NULL,
    seq bigint NOT NULL,
    pos integer NOT NULL,
    state text NOT NULL DEFAULT 'queued',
    attempt integer NOT NULL DEFAULT 0,
    effect bytea NOT NULL,
    author text NOT NULL,
    epoch integer NOT NULL,
    awaited boolean NOT NULL,
    execution_id uuid,
    visit integer NOT NULL,
    created_at timestamptz NOT NULL,
    next_at timestamptz,
    horizon timestamptz,
    sending_at timestamptz,
    CONSTRAINT outbox_pkey PRIMARY KEY (id),
    CONSTRAINT outbox_effect_id_key UNIQUE (effect_id)
) WITH (
    fillfactor = 80,
    autovacuum_vacuum_scale_factor = 0.0,
    autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0.0,
    autovacuum_analyze_threshold = 5000
);
CREATE INDEX outbox_line ON outbox (conversation_id, seq, pos);

CREATE TABLE lanes (
    conversation_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    class smallint NOT NULL,
    next_at timestamptz,
    owner uuid,
    epoch integer NOT NULL DEFAULT 0,
    until timestamptz,
    CONSTRAINT lanes_pkey PRIMARY KEY (conversation_id)
) WITH (
    fillfactor = 80,
    autovacuum_vacuum_scale_factor = 0.0,
    autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0.0,
    autovacuum_analyze_threshold = 5000
);
CREATE INDEX lanes_next ON lanes (class, next_at) WHERE next_at IS NOT NULL;

CREATE TABLE calls (
    id uuid NOT NULL,
    effect_id text NOT NULL,
    tenant_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    execution_id uuid,
    kind text NOT NULL,
    effect bytea NOT NULL,
    state text NOT NULL DEFAULT 'queued',
    attempt integer NOT NULL DEFAULT 0,
    next_at timestamptz,
    owner uuid,
    until timestamptz,
    epoch integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    CONSTRAINT calls_pkey PRIMARY KEY (id),
    CONSTRAINT calls_effect_id_key UNIQUE (effect_id)
) WITH (
    fillfactor = 80,
    autovacuum_vacuum_scale_factor = 0.0,
    autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0.0,
    autovacuum_analyze_threshold = 5000
);
CREATE INDEX calls_next ON calls (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX calls_of_conversation ON calls (conversation_id);

CREATE TABLE scheduled_starts (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    flow text NOT NULL,
    key text NOT NULL DEFAULT '',
    due_at timestamptz NOT NULL,
    local_time text NOT NULL DEFAULT '',
    zone text NOT NULL DEFAULT '',
    purpose text NOT NULL DEFAULT '',
    args bytea NOT NULL,
    version integer NOT NULL DEFAULT 1,
    state text NOT NULL DEFAULT 'waiting',
    effect_id text,
    created_at timestamptz NOT NULL DEFAULT now(),
    settled_at timestamptz,
    CONSTRAINT scheduled_starts_pkey PRIMARY KEY (id),
    CONSTRAINT scheduled_starts_effect_id_key UNIQUE (effect_id)
);
CREATE INDEX scheduled_starts_due ON scheduled_starts (due_at) WHERE state = 'waiting';
CREATE INDEX scheduled_starts_of_contact ON scheduled_starts (tenant_id, contact_id);
CREATE UNIQUE INDEX scheduled_starts_waiting
    ON scheduled_starts (tenant_id, contact_id, flow, key)
    WHERE state = 'waiting' AND key <> '';

CREATE TABLE webhook_dead (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    raw bytea NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT webhook_dead_pkey PRIMARY KEY (id)
);
CREATE INDEX webhook_dead_recent ON webhook_dead (tenant_id, id DESC);

CREATE TABLE dead_letters (
    message_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    effect bytea NOT NULL,
    reason text NOT NULL,
    refused bytea,
    attempts integer NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    settled_at timestamptz,
    settled_how text NOT NULL DEFAULT '',
    CONSTRAINT dead_letters_pkey PRIMARY KEY (message_id)
);
CREATE INDEX dead_letters_of_conversation ON dead_letters (conversation_id);
CREATE INDEX dead_letters_open ON dead_letters (tenant_id, at) WHERE settled_at IS NULL;

CREATE TABLE tombstones (
    tenant_id uuid NOT NULL,
    subject text NOT NULL,
    id uuid NOT NULL,
    counters jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT tombstones_pkey PRIMARY KEY (tenant_id, subject, id)
);
"""


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.get_bind().exec_driver_sql(statement)
