"""Files: bytes in an object store, customers' files among them, and what is to be removed there.

`assets.place` is the object's key; rows of before keep their bytes in `data` until the move
(`workers/tidying.py`) has carried them over. A row of `message_files` says which file a message
brought or said. What is in `dropped_files` is an object that nothing shows any more, or that is
being written: it is deleted when it is due.

And what a provider says of its templates: whose they are, their quality, why one was refused.
"""

import time

from alembic import op
from sqlalchemy.exc import DBAPIError

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# Constant defaults: nothing is rewritten.
ASSETS = """
ALTER TABLE assets
    ADD COLUMN place text NOT NULL DEFAULT '',
    ADD COLUMN origin text NOT NULL DEFAULT 'made',
    ALTER COLUMN data DROP NOT NULL
"""
TEMPLATES = """
ALTER TABLE templates
    ADD COLUMN account text NOT NULL DEFAULT '',
    ADD COLUMN quality text NOT NULL DEFAULT '',
    ADD COLUMN reason text NOT NULL DEFAULT ''
"""
MESSAGES = """
CREATE TABLE message_files (
    tenant_id uuid NOT NULL,
    message_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    reference bytea NOT NULL,
    state text NOT NULL DEFAULT 'waiting',
    tries integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT now(),
    hash text NOT NULL DEFAULT '',
    name text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT message_files_pkey PRIMARY KEY (tenant_id, message_id),
    CONSTRAINT message_files_tenant_id_fkey FOREIGN KEY (tenant_id)
        REFERENCES tenants (id) ON DELETE CASCADE
)
"""
DROPPED = """
CREATE TABLE dropped_files (
    tenant_id uuid NOT NULL,
    place text NOT NULL,
    due_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT dropped_files_pkey PRIMARY KEY (place)
)
"""
INDEXES = (
    "CREATE INDEX message_files_due ON message_files (due_at) WHERE state = 'waiting'",
    "CREATE INDEX message_files_of_room ON message_files (conversation_id)",
    "CREATE INDEX message_files_of_file ON message_files (tenant_id, hash) WHERE hash <> ''",
    "CREATE INDEX message_files_by_age ON message_files (tenant_id, at)",
    "CREATE INDEX dropped_files_due ON dropped_files (due_at)",
    "CREATE INDEX assets_to_move ON assets (tenant_id, hash) WHERE data IS NOT NULL",
)
# Whoever deletes a file's row, its bytes go too.
DROP = """
CREATE FUNCTION drop_file() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO dropped_files (tenant_id, place) VALUES (OLD.tenant_id, OLD.place)
    ON CONFLICT (place) DO UPDATE SET due_at = least(dropped_files.due_at, now());
    RETURN NULL;
END $$
"""
TRIGGER = """
CREATE TRIGGER drop_file AFTER DELETE ON assets FOR EACH ROW
WHEN (OLD.place <> '') EXECUTE FUNCTION drop_file()
"""
IN_TENANT = "tenant_id = app_tenant()"
TRIES = 30


def upgrade() -> None:
    run(MESSAGES)
    run(DROPPED)
    run(DROP)
    for table in ("message_files", "dropped_files"):
        run(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        run(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        run(
            f'CREATE POLICY "web_ALL" ON {table} TO flow_web USING ({IN_TENANT})'
            f" WITH CHECK ({IN_TENANT})"
        )
        run(f"CREATE POLICY worker ON {table} TO flow_worker USING (true) WITH CHECK (true)")
        run(f"CREATE POLICY backup ON {table} FOR SELECT TO CURRENT_USER USING (true)")
        run(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO flow_web, flow_worker")
    # Last, so that the lock on what is used by others is held for a moment only.
    for statement in (*INDEXES, ASSETS, TRIGGER, TEMPLATES):
        patiently(statement)


def patiently(statement: str) -> None:
    """What waits for a lock waits shortly, so that nobody queues behind it, and tries again."""
    for attempt in range(TRIES):
        try:
            with op.get_bind().begin_nested():
                run("SET LOCAL lock_timeout = '1s'")
                run(statement)
            return
        except DBAPIError as error:
            if "lock timeout" not in str(error) or attempt == TRIES - 1:
                raise
            time.sleep(0.5)


def run(statement: str) -> None:
    op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    # Their place is known here only: without it nobody would find the bytes again.
    away = op.get_bind().exec_driver_sql("SELECT count(*) FROM assets WHERE data IS NULL").scalar()
    if away:
        raise RuntimeError(f"{away} files are in the object store: back up and restore instead")
    run("DROP TRIGGER drop_file ON assets")
    run("DROP FUNCTION drop_file()")
    run("DROP INDEX assets_to_move")
    run("ALTER TABLE assets DROP COLUMN place, DROP COLUMN origin, ALTER COLUMN data SET NOT NULL")
    run("DROP TABLE dropped_files")
    run("DROP TABLE message_files")
    run("ALTER TABLE templates DROP COLUMN account, DROP COLUMN quality, DROP COLUMN reason")
