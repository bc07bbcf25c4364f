"""Delivery and time: circuits, late replies, scheduled messages, time tables, subscriptions.

Columns come with constant defaults, which rewrites no table; new indexes are on new tables only.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COLUMNS = """
ALTER TABLE channels ADD COLUMN strikes integer NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN priority smallint NOT NULL DEFAULT 0;
ALTER TABLE dead_letters ADD COLUMN kind text NOT NULL DEFAULT 'send';
ALTER TABLE outbox ADD COLUMN late text NOT NULL DEFAULT '', ADD COLUMN after_id uuid;
"""

TABLES = """
CREATE TABLE scheduled_messages (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    author_id text NOT NULL,
    kind text NOT NULL,
    content bytea NOT NULL,
    text text NOT NULL DEFAULT '',
    due_at timestamptz NOT NULL,
    local_time text NOT NULL,
    zone text NOT NULL,
    version integer NOT NULL DEFAULT 1,
    state text NOT NULL DEFAULT 'waiting',
    reason text NOT NULL DEFAULT '',
    key bytea NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    settled_at timestamptz,
    PRIMARY KEY (id)
);
CREATE INDEX scheduled_messages_due ON scheduled_messages (due_at) WHERE state = 'waiting';
CREATE INDEX scheduled_messages_of_conversation ON scheduled_messages (conversation_id, due_at);
CREATE INDEX scheduled_messages_of_tenant ON scheduled_messages (tenant_id, state, due_at);
CREATE UNIQUE INDEX scheduled_messages_key ON scheduled_messages (tenant_id, key)
    WHERE key <> '';

CREATE TABLE cron_triggers (
    tenant_id uuid NOT NULL,
    flow text NOT NULL,
    node text NOT NULL,
    expression text NOT NULL,
    zone text NOT NULL,
    audience bytea NOT NULL,
    purpose text NOT NULL DEFAULT '',
    channels text[] NOT NULL DEFAULT '{}',
    since timestamptz NOT NULL,
    next_at timestamptz,
    PRIMARY KEY (tenant_id, flow, node)
);
CREATE INDEX cron_triggers_due ON cron_triggers (next_at) WHERE next_at IS NOT NULL;

CREATE TABLE cron_seen (
    tenant_id uuid NOT NULL,
    rev bigint NOT NULL,
    PRIMARY KEY (tenant_id)
);

CREATE TABLE cron_runs (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    flow text NOT NULL,
    node text NOT NULL,
    due_at timestamptz NOT NULL,
    audience bytea NOT NULL,
    purpose text NOT NULL DEFAULT '',
    channels text[] NOT NULL DEFAULT '{}',
    state text NOT NULL DEFAULT 'running',
    after_contact uuid,
    begun integer NOT NULL DEFAULT 0,
    missed integer NOT NULL DEFAULT 0,
    next_at timestamptz,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (id),
    UNIQUE (tenant_id, flow, node, due_at)
);
CREATE INDEX cron_runs_running ON cron_runs (next_at) WHERE state = 'running';

CREATE TABLE subscriptions (
    tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    url text NOT NULL,
    names text[] NOT NULL,
    secret bytea NOT NULL,
    state text NOT NULL DEFAULT 'active',
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (id)
);
"""

NEW = ("scheduled_messages", "cron_triggers", "cron_seen", "cron_runs", "subscriptions")
IN_TENANT = "tenant_id = app_tenant()"

GRANTS = (
    "GRANT SELECT (strikes) ON channels TO flow_web",
    "GRANT SELECT, INSERT, UPDATE ON scheduled_messages TO flow_web",
    "GRANT SELECT ON cron_triggers, cron_seen, cron_runs TO flow_web",
    "GRANT SELECT (tenant_id, id, url, names, state, created_at), INSERT, DELETE,"
    " UPDATE (url, names, state) ON subscriptions TO flow_web",
)


def upgrade() -> None:
    for statement in (COLUMNS + TABLES).split(";\n"):
        if statement.strip():
            run(statement)
    for table in NEW:
        run(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        run(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        run(
            f"CREATE POLICY web_ALL ON {table} FOR ALL TO flow_web"
            f" USING ({IN_TENANT}) WITH CHECK ({IN_TENANT})"
        )
        run(f"CREATE POLICY worker ON {table} TO flow_worker USING (true) WITH CHECK (true)")
        run(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO flow_worker")
    for grant in GRANTS:
        run(grant)


def downgrade() -> None:
    for table in reversed(NEW):
        run(f"DROP TABLE {table}")
    run("ALTER TABLE outbox DROP COLUMN after_id, DROP COLUMN late")
    run("ALTER TABLE dead_letters DROP COLUMN kind")
    run("ALTER TABLE conversations DROP COLUMN priority")
    run("ALTER TABLE channels DROP COLUMN strikes")


def run(statement: str) -> None:
    op.get_bind().exec_driver_sql(statement)
