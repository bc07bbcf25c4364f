"""Drafts that another document took the place of: what was in them and published nowhere is kept.

Only adds: the version before keeps no rows and asks for none.
"""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

DRAFTS = """
CREATE TABLE IF NOT EXISTS earlier_drafts (
    tenant_id uuid NOT NULL,
    flow text NOT NULL,
    rev integer NOT NULL,
    name text NOT NULL,
    hash text NOT NULL,
    document bytea NOT NULL,
    replaced_at timestamptz NOT NULL DEFAULT now(),
    replaced_by uuid,
    CONSTRAINT earlier_drafts_pkey PRIMARY KEY (tenant_id, flow, rev),
    CONSTRAINT earlier_drafts_tenant_id_flow_fkey FOREIGN KEY (tenant_id, flow)
        REFERENCES flows (tenant_id, key) ON UPDATE CASCADE ON DELETE CASCADE
)
"""
OWN = "tenant_id = app_tenant()"


def upgrade() -> None:
    # Each statement bears to be done again.
    run("SET LOCAL lock_timeout = '5s'")
    run(DRAFTS)
    run("CREATE INDEX IF NOT EXISTS earlier_drafts_age ON earlier_drafts USING brin (replaced_at)")
    run("ALTER TABLE earlier_drafts ENABLE ROW LEVEL SECURITY")
    run("ALTER TABLE earlier_drafts FORCE ROW LEVEL SECURITY")
    for policy in ('"web_ALL"', "worker", "backup"):
        run(f"DROP POLICY IF EXISTS {policy} ON earlier_drafts")
    run(f'CREATE POLICY "web_ALL" ON earlier_drafts TO flow_web USING ({OWN}) WITH CHECK ({OWN})')
    run("CREATE POLICY worker ON earlier_drafts TO flow_worker USING (true) WITH CHECK (true)")
    run("CREATE POLICY backup ON earlier_drafts FOR SELECT TO CURRENT_USER USING (true)")
    run("GRANT SELECT, INSERT, DELETE ON earlier_drafts TO flow_web")
    run("GRANT SELECT, INSERT, DELETE ON earlier_drafts TO flow_worker")


def downgrade() -> None:
    run("DROP TABLE IF EXISTS earlier_drafts")


def run(statement: str) -> None:
    op.get_bind().exec_driver_sql(statement)
