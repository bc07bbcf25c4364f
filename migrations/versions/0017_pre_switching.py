"""How channels do, what they fall back to, and the trial of one provider beside another.

New tables only, but for `messages.delivered_at`: a nullable column, which changes no row.
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

HEALTH = """
CREATE TABLE channel_health (
    tenant_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    state text NOT NULL DEFAULT 'unknown',
    why text NOT NULL DEFAULT '',
    detail text NOT NULL DEFAULT '',
    notes jsonb NOT NULL DEFAULT '[]',
    since timestamptz NOT NULL DEFAULT now(),
    looked_at timestamptz,
    deep_at timestamptz,
    heard_at timestamptz,
    misses integer NOT NULL DEFAULT 0,
    tries integer NOT NULL DEFAULT 0,
    try_at timestamptz,
    alerted text NOT NULL DEFAULT '',
    CONSTRAINT channel_health_pkey PRIMARY KEY (tenant_id, channel_id),
    CONSTRAINT channel_health_channel_id_key UNIQUE (channel_id),
    CONSTRAINT channel_health_tenant_id_channel_id_fkey FOREIGN KEY (tenant_id, channel_id)
        REFERENCES channels (tenant_id, id) ON UPDATE CASCADE ON DELETE CASCADE
)
"""
ROUNDS = """
CREATE TABLE health_rounds (
    tenant_id uuid NOT NULL,
    next_at timestamptz NOT NULL DEFAULT now(),
    deep_at timestamptz NOT NULL DEFAULT now(),
    owner uuid,
    until timestamptz,
    cheap jsonb NOT NULL DEFAULT '{}',
    deep jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT health_rounds_pkey PRIMARY KEY (tenant_id),
    CONSTRAINT health_rounds_tenant_id_fkey FOREIGN KEY (tenant_id)
        REFERENCES tenants (id) ON DELETE CASCADE
)
"""
FALLBACKS = """
CREATE TABLE channel_fallbacks (
    tenant_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    to_channel_id uuid NOT NULL,
    after_seconds integer NOT NULL DEFAULT 300,
    go_back boolean NOT NULL DEFAULT true,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT channel_fallbacks_pkey PRIMARY KEY (tenant_id, channel_id),
    CONSTRAINT channel_fallbacks_tenant_id_channel_id_fkey FOREIGN KEY (tenant_id, channel_id)
        REFERENCES channels (tenant_id, id) ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT channel_fallbacks_tenant_id_to_channel_id_fkey
        FOREIGN KEY (tenant_id, to_channel_id)
        REFERENCES channels (tenant_id, id) ON UPDATE CASCADE ON DELETE CASCADE
)
"""
PLANS = """
CREATE TABLE channel_plans (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    from_channel_id uuid NOT NULL,
    to_channel_id uuid NOT NULL,
    percent smallint NOT NULL DEFAULT 0,
    at_once boolean NOT NULL DEFAULT false,
    state text NOT NULL DEFAULT 'active',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT channel_plans_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT channel_plans_tenant_id_from_channel_id_fkey
        FOREIGN KEY (tenant_id, from_channel_id)
        REFERENCES channels (tenant_id, id) ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT channel_plans_tenant_id_to_channel_id_fkey
        FOREIGN KEY (tenant_id, to_channel_id)
        REFERENCES channels (tenant_id, id) ON UPDATE CASCADE ON DELETE CASCADE
)
"""
SWITCHES = """
CREATE TABLE channel_switches (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    from_channel_id uuid NOT NULL,
    to_channel_id uuid NOT NULL,
    why text NOT NULL,
    sends integer NOT NULL DEFAULT 0,
    inbound_at timestamptz,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    back_at timestamptz,
    CONSTRAINT channel_switches_pkey PRIMARY KEY (id)
)
"""
INDEXES = (
    "CREATE INDEX health_rounds_next ON health_rounds (next_at)",
    "CREATE UNIQUE INDEX channel_plans_active ON channel_plans (tenant_id, from_channel_id)"
    " WHERE state <> 'ended'",
    "CREATE INDEX channel_switches_of_conversation ON channel_switches (conversation_id, at)",
    "CREATE INDEX channel_switches_away ON channel_switches (from_channel_id, why, id)"
    " WHERE back_at IS NULL",
)
TABLES = {
    "channel_health": "SELECT",
    "health_rounds": "SELECT",
    "channel_fallbacks": "SELECT, INSERT, UPDATE, DELETE",
    "channel_plans": "SELECT, INSERT, UPDATE, DELETE",
    "channel_switches": "SELECT",
}
TOLD = {"channel_fallbacks": "channel_id", "channel_plans": "id"}
SILENT = {"channel_fallbacks": "updated_at", "channel_plans": "created_at updated_at"}
IN_TENANT = "tenant_id = app_tenant()"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in (HEALTH, ROUNDS, FALLBACKS, PLANS, SWITCHES, *INDEXES):
        run(statement)
    for table, allowed in TABLES.items():
        run(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        run(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        run(
            f'CREATE POLICY "web_ALL" ON {table} TO flow_web USING ({IN_TENANT})'
            f" WITH CHECK ({IN_TENANT})"
        )
        run(f"CREATE POLICY worker ON {table} TO flow_worker USING (true) WITH CHECK (true)")
        run(f"CREATE POLICY backup ON {table} FOR SELECT TO CURRENT_USER USING (true)")
        run(f"GRANT {allowed} ON {table} TO flow_web")
        run(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO flow_worker")
    for table, key in TOLD.items():
        run(
            f"CREATE TRIGGER tells AFTER INSERT OR UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION tell_change('{key}', '', '{SILENT[table]}', '')"
        )
    run("ALTER TABLE messages ADD COLUMN delivered_at timestamptz")


def run(statement: str) -> None:
    op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    run("ALTER TABLE messages DROP COLUMN delivered_at")
    for table in reversed(TABLES):
        run(f"DROP TABLE {table}")
