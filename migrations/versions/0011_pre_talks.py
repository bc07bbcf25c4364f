"""Talks kept with a flow, and why a version was published.

A talk is a document of some kilobytes that the store does not read. `flow_versions.message` has a
constant default, so the column is added without touching a row.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE talks (
    tenant_id uuid NOT NULL,
    flow text NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    document bytea NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    updated_by uuid,
    CONSTRAINT talks_pkey PRIMARY KEY (id),
    CONSTRAINT talks_tenant_id_flow_name_key UNIQUE (tenant_id, flow, name),
    CONSTRAINT talks_tenant_id_fkey FOREIGN KEY (tenant_id)
        REFERENCES tenants (id) ON DELETE CASCADE
)
"""
IN_TENANT = "tenant_id = app_tenant()"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    run(TABLE)
    run("ALTER TABLE talks ENABLE ROW LEVEL SECURITY")
    run("ALTER TABLE talks FORCE ROW LEVEL SECURITY")
    run(
        f'CREATE POLICY "web_ALL" ON talks TO flow_web USING ({IN_TENANT}) WITH CHECK ({IN_TENANT})'
    )
    run("CREATE POLICY worker ON talks TO flow_worker USING (true) WITH CHECK (true)")
    run("CREATE POLICY backup ON talks FOR SELECT TO CURRENT_USER USING (true)")
    run("GRANT SELECT, INSERT, UPDATE, DELETE ON talks TO flow_web, flow_worker")
    run("ALTER TABLE flow_versions ADD COLUMN message text NOT NULL DEFAULT ''")


def run(statement: str) -> None:
    op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE flow_versions DROP COLUMN message")
    op.execute("DROP TABLE talks")
