"""The audit log: who changed what of a workspace, written by the tables themselves.

A trigger sees what no handler can forget to tell. It is silent where a transaction names no actor,
so what turns and workers write costs a look at a setting and nothing else.

And `sessions.linked_at`: when a one-time link opened the session, which may choose a new password
without the old one for a while.
"""

import time

from alembic import op
from sqlalchemy.exc import DBAPIError

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE audit (
    tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    kind text NOT NULL,
    key text NOT NULL,
    action text NOT NULL,
    was jsonb NOT NULL DEFAULT '{}',
    became jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT audit_pkey PRIMARY KEY (tenant_id, id)
);
CREATE INDEX audit_at ON audit (tenant_id, at, id);
CREATE INDEX audit_of_kind ON audit (tenant_id, kind, at, id);
CREATE INDEX audit_of_actor ON audit (tenant_id, actor, at, id);
"""

# Arguments: the columns of its key; those whose values are never told; those that are no change of
# anybody's; bytes that are JSON. Nothing is told of a change that leaves no column.
TELL = """
CREATE FUNCTION tell_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    acting text := current_setting('app.actor', true);
    old_row jsonb := '{}';
    new_row jsonb := '{}';
    one jsonb;
    ids text[] := string_to_array(TG_ARGV[0], ' ');
    hidden text[] := string_to_array(TG_ARGV[1], ' ');
    documents text[] := string_to_array(TG_ARGV[3], ' ');
    before jsonb := '{}';
    after jsonb := '{}';
    name text;
BEGIN
    IF coalesce(acting, '') = '' THEN
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        old_row := to_jsonb(OLD);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        new_row := to_jsonb(NEW);
    END IF;
    one := old_row || new_row;
    IF NOT EXISTS (SELECT FROM tenants t WHERE t.id = coalesce(one->>'tenant_id', one->>'id')::uuid)
    THEN
        RETURN NULL;
    END IF;
    FOREACH name IN ARRAY ARRAY(SELECT jsonb_object_keys(one)) LOOP
        CONTINUE WHEN name = 'tenant_id' OR name = ANY (ids)
            OR name = ANY (string_to_array(TG_ARGV[2], ' '))
            OR old_row->name IS NOT DISTINCT FROM new_row->name;
        IF name = ANY (hidden) THEN
            before := before || jsonb_build_object(name, NULL);
            after := after || jsonb_build_object(name, NULL);
        ELSE
            IF old_row ? name THEN
                before := before || jsonb_build_object(name, old_row->name);
            END IF;
            IF new_row ? name THEN
                after := after || jsonb_build_object(name, new_row->name);
            END IF;
        END IF;
    END LOOP;
    FOREACH name IN ARRAY documents LOOP
        IF left(before->>name, 2) = '\\x' THEN
            before := jsonb_set(before, ARRAY[name], as_json(before->>name));
        END IF;
        IF left(after->>name, 2) = '\\x' THEN
            after := jsonb_set(after, ARRAY[name], as_json(after->>name));
        END IF;
    END LOOP;
    IF TG_OP = 'UPDATE' AND before = '{}' AND after = '{}' THEN
        RETURN NULL;
    END IF;
    INSERT INTO audit (tenant_id, actor, kind, key, action, was, became) VALUES (
        coalesce(one->>'tenant_id', one->>'id')::uuid, acting, TG_TABLE_NAME,
        (SELECT string_agg(one->>id, ' ' ORDER BY place)
            FROM unnest(ids) WITH ORDINALITY AS of_key (id, place)),
        CASE TG_OP WHEN 'INSERT' THEN 'added' WHEN 'UPDATE' THEN 'changed' ELSE 'removed' END,
        before, after);
    RETURN NULL;
END $$
"""

AS_JSON = """
CREATE FUNCTION as_json(hex text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT convert_from(decode(substr(hex, 3), 'hex'), 'UTF8')::jsonb
$$
"""

OURS = "created_at updated_at updated_by rev"
# table: key, never told, no change, documents; and, for a table that workers write often, the
# columns that are a person's.
TOLD = {
    "tenants": ("id", "", OURS, "", "slug name language timezone opt_out_words opt_out_text"
                " purposes default_queue allowed_origins"),
    "memberships": ("user_id", "", OURS, "", ""),
    "api_keys": ("id", "key_hash", OURS + " last_used_at created_by prefix", "",
                 "name role revoked_at"),
    "channels": ("id", "settings", OURS + " trouble strikes next_send_at", "",
                 "name address settings state rate"),
    "policies": ("tenant_id", "", OURS + " kept_from keeping kept_after media_kept_at", "",
                 "keep_months keep_media_days quiet_from quiet_until"),
    "contact_fields": ("key", "", OURS, "", ""),
    "tags": ("key", "", OURS, "", ""),
    "constants": ("key", "", OURS, "value", ""),
    "secrets": ("key", "value", OURS, "", ""),
    "model_profiles": ("key", "settings", OURS, "", ""),
    "knowledge_bases": ("key", "", OURS + " last_number", "", ""),
    "schedules": ("key", "", OURS, "document", ""),
    "queues": ("key", "", OURS, "", ""),
    "queue_members": ("queue user_id", "", OURS, "", ""),
    "templates": ("name language", "", OURS, "document", ""),
    "flows": ("key", "", OURS + " draft draft_hash release", "",
              "key name published"),
    "channel_flows": ("channel_id flow", "", OURS, "", ""),
    "subscriptions": ("id", "secret", OURS, "", ""),
}  # fmt: skip
IN_TENANT = "tenant_id = app_tenant()"
TRIES = 30


def upgrade() -> None:
    for statement in TABLE.split(";\n"):
        if statement.strip():
            run(statement)
    run("ALTER TABLE audit ENABLE ROW LEVEL SECURITY")
    run("ALTER TABLE audit FORCE ROW LEVEL SECURITY")
    run(
        f"CREATE POLICY web_ALL ON audit FOR ALL TO flow_web"
        f" USING ({IN_TENANT}) WITH CHECK ({IN_TENANT})"
    )
    run("CREATE POLICY worker ON audit TO flow_worker USING (true) WITH CHECK (true)")
    run("CREATE POLICY backup ON audit FOR SELECT TO CURRENT_USER USING (true)")
    # Nobody changes what was told, and the web cannot even take it back.
    run("GRANT SELECT, INSERT ON audit TO flow_web")
    run("GRANT SELECT, INSERT, DELETE ON audit TO flow_worker")
    run("ALTER TABLE sessions ADD COLUMN linked_at timestamptz")
    run(AS_JSON)
    run(TELL)
    with op.get_context().autocommit_block():
        run("SET lock_timeout = '2s'")
        for table, (key, hidden, ignored, documents, columns) in TOLD.items():
            of = f" OF {', '.join(columns.split())}" if columns else ""
            patiently(
                f"CREATE OR REPLACE TRIGGER tells AFTER INSERT OR UPDATE{of} OR DELETE ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION"
                f" tell_change('{key}', '{hidden}', '{ignored}', '{documents}')"
            )
        run("RESET lock_timeout")


def downgrade() -> None:
    for table in TOLD:
        run(f"DROP TRIGGER tells ON {table}")
    run("DROP FUNCTION tell_change()")
    run("DROP FUNCTION as_json(text)")
    run("ALTER TABLE sessions DROP COLUMN linked_at")
    run("DROP TABLE audit")


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
