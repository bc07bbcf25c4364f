"""Two accounts may have a template of one name and language; what was heard on a former channel.

`templates` keeps its rows: only its key grows, so the index is made anew under a short lock (a
workspace has hundreds of them). What names the old key is refused from then on: the version before
cannot save templates or take them over until it is rolled, and does nothing else with it.

`heard`: the provider's id of the customer's last message on the channel that was left, which a
reaction there refers to, as `inbound_at` is its time.
"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What stands before the index is kept though the index may fail: it bears to be done again.
    run("SET LOCAL lock_timeout = '5s'")
    run("ALTER TABLE templates DROP CONSTRAINT IF EXISTS templates_pkey")
    run(
        "ALTER TABLE templates ADD CONSTRAINT templates_pkey"
        " PRIMARY KEY (tenant_id, name, language, account)"
    )
    run("ALTER TABLE channel_health ADD COLUMN IF NOT EXISTS templates_at timestamptz")
    run("ALTER TABLE channel_switches ADD COLUMN IF NOT EXISTS heard text NOT NULL DEFAULT ''")
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX IF EXISTS channel_switches_age")
        op.execute(
            "CREATE INDEX CONCURRENTLY channel_switches_age ON channel_switches USING brin (at)"
        )


def downgrade() -> None:
    run("DROP INDEX IF EXISTS channel_switches_age")
    run("ALTER TABLE channel_switches DROP COLUMN heard")
    run("ALTER TABLE channel_health DROP COLUMN templates_at")
    # One account's of each name is all that the old key can keep: the one known last.
    run(
        "DELETE FROM templates t USING templates n WHERE n.tenant_id = t.tenant_id"
        " AND n.name = t.name AND n.language = t.language"
        " AND (n.updated_at, n.account) > (t.updated_at, t.account)"
    )
    run("ALTER TABLE templates DROP CONSTRAINT templates_pkey")
    run(
        "ALTER TABLE templates ADD CONSTRAINT templates_pkey"
        " PRIMARY KEY (tenant_id, name, language)"
    )


def run(statement: str) -> None:
    op.get_bind().exec_driver_sql(statement)
