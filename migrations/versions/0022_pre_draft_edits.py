"""The last edit of each open editor: one that comes again, because its answer was lost, is known.

Only adds: the version before keeps no rows and asks for none. A person sees rows of their own only.
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

EDITS = """
CREATE TABLE IF NOT EXISTS draft_edits (
    tenant_id uuid NOT NULL,
    flow text NOT NULL,
    user_id uuid NOT NULL,
    tab uuid NOT NULL,
    number bigint NOT NULL,
    rev integer NOT NULL,
    outcome bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT draft_edits_pkey PRIMARY KEY (tenant_id, flow, user_id, tab),
    CONSTRAINT draft_edits_tenant_id_flow_fkey FOREIGN KEY (tenant_id, flow)
        REFERENCES flows (tenant_id, key) ON UPDATE CASCADE ON DELETE CASCADE
) WITH (fillfactor = 70)
"""
OWN = "tenant_id = app_tenant() AND user_id = app_user()"


def upgrade() -> None:
    # Each statement bears to be done again.
    run("SET LOCAL lock_timeout = '5s'")
    run(EDITS)
    run("CREATE INDEX IF NOT EXISTS draft_edits_age ON draft_edits USING brin (at)")
    run("ALTER TABLE draft_edits ENABLE ROW LEVEL SECURITY")
    run("ALTER TABLE draft_edits FORCE ROW LEVEL SECURITY")
    for policy in ('"web_ALL"', "worker", "backup"):
        run(f"DROP POLICY IF EXISTS {policy} ON draft_edits")
    run(f'CREATE POLICY "web_ALL" ON draft_edits TO flow_web USING ({OWN}) WITH CHECK ({OWN})')
    run("CREATE POLICY worker ON draft_edits TO flow_worker USING (true) WITH CHECK (true)")
    run("CREATE POLICY backup ON draft_edits FOR SELECT TO CURRENT_USER USING (true)")
    run("GRANT SELECT, INSERT, UPDATE ON draft_edits TO flow_web")
    run("GRANT SELECT, DELETE ON draft_edits TO flow_worker")


def downgrade() -> None:
    run("DROP TABLE IF EXISTS draft_edits")


def run(statement: str) -> None:
    op.get_bind().exec_driver_sql(statement)
