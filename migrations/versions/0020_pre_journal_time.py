"""The journal's time, indexed: what the numbers on the canvas are counted by, off the turn's path.

A BRIN: some hundred bytes a megabyte, and nothing to keep sorted. Each month's is made beside the
running product (CONCURRENTLY locks nothing) and then attached; a migration that was killed in the
middle begins anew.
"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

PARTS = """
SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'journal'::regclass ORDER BY 1
"""
BRIN = "USING brin (at) WITH (pages_per_range = 32)"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        run("SET lock_timeout = '5s'")
        run("DROP INDEX IF EXISTS journal_at")
        # Of the parent alone it is made at once; months that come from now on have theirs.
        run(f"CREATE INDEX journal_at ON ONLY journal {BRIN}")
        for (part,) in op.get_bind().exec_driver_sql(PARTS).fetchall():
            run(f"DROP INDEX IF EXISTS {part}_at_idx")
            run(f"CREATE INDEX CONCURRENTLY {part}_at_idx ON {part} {BRIN}")
            run(f"ALTER INDEX journal_at ATTACH PARTITION {part}_at_idx")
        run("RESET lock_timeout")


def downgrade() -> None:
    run("DROP INDEX journal_at")


def run(statement: str) -> None:
    op.get_bind().exec_driver_sql(statement)
