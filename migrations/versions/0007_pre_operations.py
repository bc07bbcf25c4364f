"""What operating it needs: grants of programs, allowed origins, and an owner who can back it up.

An owner that is no superuser stands behind its own fence (FORCE), so a dump of its would be empty
without a word. The policy `backup` lets it read. Each is made by itself and waits two seconds for
its table at most, so that no turn waits longer, then tries again.
"""

import time

from alembic import op
from sqlalchemy.exc import DBAPIError

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TRIES = 30

GRANTS = """
CREATE TABLE token_grants (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    user_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    spent_hash bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    refreshed_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT token_grants_pkey PRIMARY KEY (id),
    CONSTRAINT token_grants_token_hash_key UNIQUE (token_hash),
    CONSTRAINT token_grants_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id)
        REFERENCES memberships (tenant_id, user_id) ON UPDATE CASCADE ON DELETE CASCADE
)
"""
MINE = "token_hash = app_key() OR spent_hash = app_key() OR user_id = app_user()"

# Tables with the fence that the owner cannot read yet; partitions are read through their parents.
UNREADABLE = """
SELECT c.oid::regclass::text FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    AND c.relrowsecurity AND NOT c.relispartition AND NOT EXISTS (
        SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'backup')
ORDER BY 1
"""


def upgrade() -> None:
    run(GRANTS)
    run("CREATE INDEX token_grants_of_user ON token_grants (user_id)")
    run("CREATE INDEX token_grants_spent ON token_grants (spent_hash) WHERE spent_hash IS NOT NULL")
    run("ALTER TABLE token_grants ENABLE ROW LEVEL SECURITY")
    run("ALTER TABLE token_grants FORCE ROW LEVEL SECURITY")
    run(f'CREATE POLICY "web_ALL" ON token_grants TO flow_web USING ({MINE}) WITH CHECK ({MINE})')
    run("CREATE POLICY worker ON token_grants TO flow_worker USING (true) WITH CHECK (true)")
    run("GRANT SELECT, INSERT, UPDATE, DELETE ON token_grants TO flow_web")
    run("ALTER TABLE tenants ADD COLUMN allowed_origins text[] NOT NULL DEFAULT '{}'")
    run("CREATE INDEX tenants_origins ON tenants USING gin (allowed_origins)")
    run("GRANT UPDATE (allowed_origins) ON tenants TO flow_web")
    with op.get_context().autocommit_block():
        run("SET lock_timeout = '2s'")
        for table in [row[0] for row in op.get_bind().exec_driver_sql(UNREADABLE)]:
            patiently(f"CREATE POLICY backup ON {table} FOR SELECT TO CURRENT_USER USING (true)")
        run("RESET lock_timeout")


def patiently(statement: str) -> None:
    """A statement that waits for a lock, again and again, and lets others by in between."""
    for left in reversed(range(TRIES)):
        try:
            run(statement)
            return
        except DBAPIError as error:
            if "LockNotAvailable" not in str(error.orig) or not left:
                raise
            time.sleep(0.5)


def run(statement: str) -> None:
    op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    for row in op.get_bind().exec_driver_sql(
        "SELECT tablename FROM pg_policies WHERE policyname = 'backup'"
    ):
        run(f"DROP POLICY backup ON {row[0]}")
    run("DROP TABLE token_grants")
    run("ALTER TABLE tenants DROP COLUMN allowed_origins")
