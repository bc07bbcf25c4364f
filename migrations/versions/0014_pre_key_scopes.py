"""What a program's key may touch: areas of the API, empty for all that its role allows.

A column with a constant default: no row is rewritten. Web processes of before know nothing of it,
and give a key with areas all of its role: keys with areas are made once every process is new.
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE api_keys ADD COLUMN areas text[] NOT NULL DEFAULT '{}'")


def downgrade() -> None:
    op.execute("ALTER TABLE api_keys DROP COLUMN areas")
