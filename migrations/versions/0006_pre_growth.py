"""Sends that nothing hangs on are recorded without their conversation's lock.

`outbox.hangs` says whether something waits for a send's fate, `lanes.added` counts what was put
behind a lane's head. Columns with constant defaults: no table is rewritten.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE outbox ADD COLUMN hangs smallint NOT NULL DEFAULT 2")
    op.execute("ALTER TABLE lanes ADD COLUMN added integer NOT NULL DEFAULT 0")
    op.execute("GRANT UPDATE (added) ON lanes TO flow_web")  # a person's reply goes behind others


def downgrade() -> None:
    op.execute("ALTER TABLE lanes DROP COLUMN IF EXISTS added")
    op.execute("ALTER TABLE outbox DROP COLUMN IF EXISTS hangs")
