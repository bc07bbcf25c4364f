"""Channels that are linked to a phone as a device: who holds each, and the keys that it lives by.

`device_keys.value` is sealed: whoever has it has the account. The web may forget a device and look
whether there is one; it neither reads nor writes keys. New tables only, so nothing waits.
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

DEVICES = """
CREATE TABLE linked_devices (
    tenant_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    owner text NOT NULL DEFAULT '',
    halted text NOT NULL DEFAULT '',
    used_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT linked_devices_pkey PRIMARY KEY (tenant_id, channel_id),
    CONSTRAINT linked_devices_channel_id_key UNIQUE (channel_id),
    CONSTRAINT linked_devices_tenant_id_channel_id_fkey FOREIGN KEY (tenant_id, channel_id)
        REFERENCES channels (tenant_id, id) ON UPDATE CASCADE ON DELETE CASCADE
)
"""
KEYS = """
CREATE TABLE device_keys (
    tenant_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    key text NOT NULL,
    value bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT device_keys_pkey PRIMARY KEY (tenant_id, channel_id, key),
    CONSTRAINT device_keys_tenant_id_channel_id_fkey FOREIGN KEY (tenant_id, channel_id)
        REFERENCES linked_devices (tenant_id, channel_id) ON UPDATE CASCADE ON DELETE CASCADE
)
"""
IN_TENANT = "tenant_id = app_tenant()"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    run(DEVICES)
    run(KEYS)
    for table in ("linked_devices", "device_keys"):
        run(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        run(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        run(
            f'CREATE POLICY "web_ALL" ON {table} TO flow_web USING ({IN_TENANT})'
            f" WITH CHECK ({IN_TENANT})"
        )
        run(f"CREATE POLICY worker ON {table} TO flow_worker USING (true) WITH CHECK (true)")
        run(f"CREATE POLICY backup ON {table} FOR SELECT TO CURRENT_USER USING (true)")
        run(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO flow_worker")
    run("GRANT SELECT, DELETE ON linked_devices TO flow_web")
    run("GRANT SELECT (tenant_id, channel_id, key, at), DELETE ON device_keys TO flow_web")


def run(statement: str) -> None:
    op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    run("DROP TABLE device_keys")
    run("DROP TABLE linked_devices")
