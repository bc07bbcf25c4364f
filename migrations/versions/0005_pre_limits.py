"""Fair shares: indexes that find who has work, tenant by tenant and channel by channel.

They are made beside the running product (CONCURRENTLY locks nothing), each dropped first in case an
earlier attempt was interrupted and left it invalid. `lanes.pace_at` is nullable, which rewrites no
row.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INDEXES = {
    "conversations_of_tenant_work": "conversations (tenant_id, work_at) WHERE work_at IS NOT NULL",
    "lanes_of_channel": "lanes (class, channel_id, next_at) WHERE next_at IS NOT NULL",
    "calls_of_tenant": "calls (tenant_id, next_at) WHERE next_at IS NOT NULL",
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE lanes ADD COLUMN pace_at timestamptz")
    with op.get_context().autocommit_block():
        for name, what in INDEXES.items():
            op.execute(f"DROP INDEX IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {what}")


def downgrade() -> None:
    for name in INDEXES:
        op.execute(f"DROP INDEX IF EXISTS {name}")
    op.execute("ALTER TABLE lanes DROP COLUMN IF EXISTS pace_at")
