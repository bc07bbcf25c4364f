"""Retention, erasure and merging of contacts, and quiet hours.

`policies` says how long a workspace keeps what was said and when it keeps silent; a table of its
own, as how far a policy is carried out is written often. `contacts.merged_into` is nullable, its
index is made beside the running product. `drop_month` takes a month away as a whole, and looks for
itself whether anybody keeps it: who may call it cannot drop what a policy keeps.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE policies (
    tenant_id uuid NOT NULL,
    keep_months smallint,
    keep_media_days integer,
    kept_from timestamptz,
    keeping timestamptz,
    kept_after uuid,
    media_kept_at timestamptz,
    quiet_from text NOT NULL DEFAULT '',
    quiet_until text NOT NULL DEFAULT '',
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT policies_pkey PRIMARY KEY (tenant_id),
    CONSTRAINT policies_tenant_id_fkey FOREIGN KEY (tenant_id)
        REFERENCES tenants (id) ON DELETE CASCADE
)
"""
IN_TENANT = "tenant_id = app_tenant()"

# The parent is locked for the change of a catalog row only: the file goes after the locks. Who
# would have to wait longer than this for the lock gives up, so that no turn waits longer either.
# What is still to be sent keeps its month. By the owner, who sees all rows (policy `backup`).
DROP_MONTH = """
CREATE FUNCTION drop_month(parent text, month date) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC'
    SET lock_timeout = '200ms' AS $$
DECLARE
    part constant text := parent || to_char(month, '_YYYY_MM');
    first constant timestamptz := date_trunc('month', month::timestamptz);
    after constant timestamptz := first + interval '1 month';
    this_month constant timestamptz := date_trunc('month', now());
    kept boolean;
BEGIN
    IF parent NOT IN ('messages', 'journal') OR after > this_month - interval '1 month'
        OR NOT EXISTS (SELECT FROM pg_inherits WHERE inhparent = parent::regclass
            AND inhrelid = to_regclass(part)) THEN
        RETURN false;
    END IF;
    SELECT EXISTS (SELECT FROM tenants t LEFT JOIN policies p ON p.tenant_id = t.id
        WHERE p.keep_months IS NULL
            OR this_month - make_interval(months => p.keep_months) < after) INTO kept;
    IF kept THEN
        EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE %I >= %L AND %I < %L)', parent,
            CASE parent WHEN 'messages' THEN 'id' ELSE 'at' END, partition_bound(parent, first),
            CASE parent WHEN 'messages' THEN 'id' ELSE 'at' END, partition_bound(parent, after))
            INTO kept;
    END IF;
    IF parent = 'messages' AND NOT kept THEN
        SELECT EXISTS (SELECT FROM outbox WHERE id >= partition_bound(parent, first)::uuid
            AND id < partition_bound(parent, after)::uuid) INTO kept;
    END IF;
    IF kept THEN
        RETURN false;
    END IF;
    EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', parent, part);
    EXECUTE format('DROP TABLE %I', part);
    RETURN true;
END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    run(TABLE)
    run("ALTER TABLE policies ENABLE ROW LEVEL SECURITY")
    run("ALTER TABLE policies FORCE ROW LEVEL SECURITY")
    run(
        f'CREATE POLICY "web_ALL" ON policies TO flow_web USING ({IN_TENANT})'
        f" WITH CHECK ({IN_TENANT})"
    )
    run("CREATE POLICY worker ON policies TO flow_worker USING (true) WITH CHECK (true)")
    run("CREATE POLICY backup ON policies FOR SELECT TO CURRENT_USER USING (true)")
    run("GRANT SELECT, INSERT ON policies TO flow_web")
    run(
        "GRANT UPDATE (keep_months, keep_media_days, quiet_from, quiet_until, kept_after, keeping,"
        " updated_at) ON policies TO flow_web"
    )
    run("GRANT SELECT, INSERT, UPDATE, DELETE ON policies TO flow_worker")
    run("ALTER TABLE contacts ADD COLUMN merged_into uuid")
    run(DROP_MONTH)
    run("REVOKE EXECUTE ON FUNCTION drop_month(text, date) FROM PUBLIC")
    run("GRANT EXECUTE ON FUNCTION drop_month(text, date) TO flow_worker")
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX IF EXISTS contacts_merged")
        op.execute(
            "CREATE INDEX CONCURRENTLY contacts_merged ON contacts (merged_into)"
            " WHERE merged_into IS NOT NULL"
        )


def run(statement: str) -> None:
    op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    op.execute("DROP INDEX IF EXISTS contacts_merged")
    op.execute("DROP FUNCTION drop_month(text, date)")
    op.execute("ALTER TABLE contacts DROP COLUMN IF EXISTS merged_into")
    op.execute("DROP TABLE policies")
