"""Knowledge bases: what a workspace knows, in passages that its language models are shown.

`words` are the passage's lexemes, by the base's language. No index on them: only the passages of
the bases that a node names are looked at (2,000 a base at most), so nobody's words are searched
but the tenant's own.
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BASES = """
CREATE TABLE knowledge_bases (
    tenant_id uuid NOT NULL,
    key text NOT NULL,
    name text NOT NULL,
    language text NOT NULL DEFAULT 'pt',
    passages integer NOT NULL DEFAULT 0,
    last_number integer NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT knowledge_bases_pkey PRIMARY KEY (tenant_id, key),
    CONSTRAINT knowledge_bases_tenant_id_fkey FOREIGN KEY (tenant_id)
        REFERENCES tenants (id) ON DELETE CASCADE
)
"""
PASSAGES = """
CREATE TABLE knowledge_passages (
    tenant_id uuid NOT NULL,
    base text NOT NULL,
    number integer NOT NULL,
    title text NOT NULL DEFAULT '',
    text text NOT NULL,
    words tsvector NOT NULL,
    CONSTRAINT knowledge_passages_pkey PRIMARY KEY (tenant_id, base, number),
    CONSTRAINT knowledge_passages_tenant_id_base_fkey FOREIGN KEY (tenant_id, base)
        REFERENCES knowledge_bases (tenant_id, key) ON UPDATE CASCADE ON DELETE CASCADE
)
"""
IN_TENANT = "tenant_id = app_tenant()"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    run(BASES)
    run(PASSAGES)
    for table in ("knowledge_bases", "knowledge_passages"):
        run(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        run(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        run(
            f'CREATE POLICY "web_ALL" ON {table} TO flow_web USING ({IN_TENANT})'
            f" WITH CHECK ({IN_TENANT})"
        )
        run(f"CREATE POLICY worker ON {table} TO flow_worker USING (true) WITH CHECK (true)")
        run(f"CREATE POLICY backup ON {table} FOR SELECT TO CURRENT_USER USING (true)")
        run(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO flow_web, flow_worker")


def run(statement: str) -> None:
    op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    run("DROP TABLE knowledge_passages")
    run("DROP TABLE knowledge_bases")
