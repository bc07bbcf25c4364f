"""What the editor keeps beside the drafts: moves to other versions, testers, numbers, folders, and
of which conversation a talk was recorded, so that erasing a person reaches it.
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

MOVES = """
CREATE TABLE flow_moves (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    flow text NOT NULL,
    version integer NOT NULL,
    choices bytea NOT NULL,
    state text NOT NULL DEFAULT 'running',
    total integer NOT NULL DEFAULT 0,
    begun_at timestamptz NOT NULL DEFAULT now(),
    begun_by uuid,
    ended_at timestamptz,
    CONSTRAINT flow_moves_pkey PRIMARY KEY (id),
    CONSTRAINT flow_moves_tenant_id_fkey FOREIGN KEY (tenant_id)
        REFERENCES tenants (id) ON DELETE CASCADE
)
"""
MEMBERS = """
CREATE TABLE flow_move_members (
    tenant_id uuid NOT NULL,
    move_id uuid NOT NULL,
    execution_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    release text NOT NULL,
    version integer NOT NULL,
    seq bigint,
    outcome text,
    CONSTRAINT flow_move_members_pkey PRIMARY KEY (move_id, execution_id),
    CONSTRAINT flow_move_members_tenant_id_fkey FOREIGN KEY (tenant_id)
        REFERENCES tenants (id) ON DELETE CASCADE
)
"""
CODES = """
CREATE TABLE test_codes (
    tenant_id uuid NOT NULL,
    flow text NOT NULL,
    code text NOT NULL,
    ends_at timestamptz NOT NULL,
    made_by uuid,
    CONSTRAINT test_codes_pkey PRIMARY KEY (tenant_id, flow),
    CONSTRAINT test_codes_tenant_id_code_key UNIQUE (tenant_id, code),
    CONSTRAINT test_codes_tenant_id_flow_fkey FOREIGN KEY (tenant_id, flow)
        REFERENCES flows (tenant_id, key) ON UPDATE CASCADE ON DELETE CASCADE
)
"""
TESTERS = """
CREATE TABLE testers (
    tenant_id uuid NOT NULL,
    flow text NOT NULL,
    contact_id uuid NOT NULL,
    begun_at timestamptz NOT NULL DEFAULT now(),
    ends_at timestamptz NOT NULL,
    CONSTRAINT testers_pkey PRIMARY KEY (tenant_id, flow, contact_id),
    CONSTRAINT testers_tenant_id_flow_fkey FOREIGN KEY (tenant_id, flow)
        REFERENCES flows (tenant_id, key) ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT testers_tenant_id_contact_id_fkey FOREIGN KEY (tenant_id, contact_id)
        REFERENCES contacts (tenant_id, id) ON UPDATE CASCADE ON DELETE CASCADE
)
"""
WALKS = """
CREATE TABLE flow_walks (
    tenant_id uuid NOT NULL,
    execution_id uuid NOT NULL,
    flow text NOT NULL,
    version integer NOT NULL,
    day date NOT NULL,
    turn integer NOT NULL,
    at timestamptz NOT NULL,
    ended boolean NOT NULL DEFAULT false,
    way bytea NOT NULL,
    CONSTRAINT flow_walks_pkey PRIMARY KEY (execution_id)
) WITH (fillfactor = 70)
"""
COUNTS = """
CREATE TABLE flow_counts (
    tenant_id uuid NOT NULL,
    flow text NOT NULL,
    version integer NOT NULL,
    day date NOT NULL,
    kind text NOT NULL,
    node text NOT NULL,
    name text NOT NULL,
    n bigint NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT flow_counts_pkey PRIMARY KEY (tenant_id, flow, version, day, kind, node, name),
    CONSTRAINT flow_counts_tenant_id_fkey FOREIGN KEY (tenant_id)
        REFERENCES tenants (id) ON DELETE CASCADE
) WITH (fillfactor = 70)
"""
OPENINGS = """
CREATE UNLOGGED TABLE flow_openings (
    tenant_id uuid NOT NULL,
    flow text NOT NULL,
    token uuid NOT NULL,
    user_id uuid NOT NULL,
    seen_at timestamptz NOT NULL,
    CONSTRAINT flow_openings_pkey PRIMARY KEY (token),
    CONSTRAINT flow_openings_tenant_id_fkey FOREIGN KEY (tenant_id)
        REFERENCES tenants (id) ON DELETE CASCADE
)
"""
INDEXES = (
    "CREATE INDEX flow_openings_of_flow ON flow_openings (tenant_id, flow)",
    "CREATE INDEX flow_moves_of_flow ON flow_moves (tenant_id, flow, begun_at DESC)",
    "CREATE INDEX flow_moves_running ON flow_moves (id) WHERE state = 'running'",
    "CREATE INDEX flow_move_members_open ON flow_move_members (move_id, execution_id)"
    " WHERE outcome IS NULL",
    "CREATE INDEX testers_ending ON testers (ends_at)",
    "CREATE INDEX flow_walks_ended ON flow_walks (at) WHERE ended",
    "CREATE INDEX flow_counts_at ON flow_counts (at)",
)
ALL = "SELECT, INSERT, UPDATE, DELETE"
TABLES = {
    "flow_moves": ALL,
    "flow_move_members": ALL,
    "test_codes": ALL,
    "testers": ALL,
    "flow_walks": "SELECT",
    "flow_counts": "SELECT",
    "flow_openings": ALL,
}
# What turns keep of a workspace is read anew when one of these changes.
COUNTED = ("test_codes", "testers")
IN_TENANT = "tenant_id = app_tenant()"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in (MOVES, MEMBERS, CODES, TESTERS, WALKS, COUNTS, OPENINGS, *INDEXES):
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
        run(f"GRANT {ALL} ON {table} TO flow_worker")
    for table in COUNTED:
        run(
            f"CREATE TRIGGER counts_insert AFTER INSERT OR UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION count_up()"
        )
    run("ALTER TABLE flows ADD COLUMN folder text NOT NULL DEFAULT ''")
    run("ALTER TABLE talks ADD COLUMN conversation_id uuid")
    run(
        "CREATE INDEX talks_of_conversation ON talks (conversation_id)"
        " WHERE conversation_id IS NOT NULL"
    )


def downgrade() -> None:
    run("ALTER TABLE talks DROP COLUMN conversation_id")
    run("ALTER TABLE flows DROP COLUMN folder")
    for table in reversed(TABLES):
        run(f"DROP TABLE {table}")


def run(statement: str) -> None:
    op.get_bind().exec_driver_sql(statement)
