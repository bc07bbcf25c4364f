"""Who may see and do what: the two roles, row-level security on every table, and its functions.

`flow_web` speaks for one tenant (`app.tenant`, set in each transaction); where a table has no
`tenant_id`, it is fenced through its conversation, execution or channel. Who is not signed in yet
sees exactly the row whose key it knows (`app.key`, `app.email`). `flow_worker` crosses tenants by a
policy of its own. Partitions have the fence without any policy or grant: they are reached through
their parent only.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Roles belong to the server, not to the database: another database may have made them, even at
# this moment.
ROLES = """
DO $$
DECLARE wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['flow_web', 'flow_worker'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS', wanted);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
            END;
        END IF;
    END LOOP;
END $$
"""

SETTINGS = (
    """CREATE FUNCTION app_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(current_setting('app.tenant', true), '')::uuid""",
    """CREATE FUNCTION app_user() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(current_setting('app.user', true), '')::uuid""",
    """CREATE FUNCTION app_key() RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
    RETURN decode(NULLIF(current_setting('app.key', true), ''), 'hex')""",
    """CREATE FUNCTION app_email() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(current_setting('app.email', true), '')""",
)

# Whether a user belongs to this workspace. It steps over the fence of users, which looks at
# memberships, whose fence asks this: two fences that ask each other would be refused.
LIVES_HERE = """
CREATE FUNCTION lives_here(wanted uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    BEGIN ATOMIC
        SELECT EXISTS (SELECT FROM users u WHERE u.id = wanted AND u.tenant_id = app_tenant());
    END
"""

OF_TENANT = (
    "conversations executions offers messages outbox lanes calls scheduled_starts webhook_dead "
    "dead_letters tombstones channels contacts identities consents consent_log contact_fields tags "
    "constants secrets model_profiles schedules queues queue_members templates flows "
    "flow_versions releases channel_flows assets"
)
OF_CONVERSATION = "inbox wakes execution_state journal"
OF_EXECUTION = "checkpoints"
OF_CHANNEL = "inbox_seen provider_ids status_orphans"

IN_TENANT = "tenant_id = app_tenant()"
THROUGH = "EXISTS (SELECT FROM {parent} p WHERE p.id = {table}.{column} AND p.{tenant})"
MATE = (
    "EXISTS (SELECT FROM memberships m WHERE m.user_id = users.id AND m.tenant_id = app_tenant())"
)
PLACE = (
    "EXISTS (SELECT FROM memberships m WHERE m.tenant_id = tenants.id AND m.user_id = app_user())"
)

# table, verb, which rows, and what they may become (empty: the same)
BEFORE_SIGN_IN = (
    ("tenants", "ALL", f"id = app_tenant() OR {PLACE}", "id = app_tenant()"),
    ("memberships", "SELECT", f"{IN_TENANT} OR user_id = app_user()", ""),
    ("memberships", "INSERT", f"{IN_TENANT} AND lives_here(user_id)", ""),
    ("memberships", "UPDATE", IN_TENANT, ""),
    ("memberships", "DELETE", IN_TENANT, ""),
    ("users", "SELECT", f"id = app_user() OR email = app_email() OR {IN_TENANT} OR {MATE}", ""),
    ("users", "INSERT", IN_TENANT, ""),
    ("users", "UPDATE", "id = app_user()", ""),
    ("sessions", "ALL", "token_hash = app_key() OR user_id = app_user()", ""),
    ("sign_in_links", "SELECT", "token_hash = app_key()", ""),
    ("sign_in_links", "INSERT", f"{IN_TENANT} AND lives_here(user_id)", ""),
    ("sign_in_links", "UPDATE", "token_hash = app_key()", ""),
    ("sign_in_attempts", "ALL", "who = app_key()", ""),
    ("api_keys", "ALL", f"{IN_TENANT} OR key_hash = app_key()", ""),
)

# What flow_web may do. Secrets and the settings of channels and models can be written by it, never
# read. Into a conversation it may put what a person or a program does (inbox, and an agent's send),
# and take back the bot's unsent words; who owns it and what state it is in, only a turn changes.
WEB = {
    "SELECT": (
        "conversations inbox inbox_seen wakes executions execution_state checkpoints journal "
        "offers messages provider_ids status_orphans outbox lanes calls scheduled_starts "
        "webhook_dead dead_letters tombstones tenants users memberships sessions sign_in_links "
        "sign_in_attempts api_keys contacts identities consents consent_log contact_fields tags "
        "constants schedules queues queue_members templates flows flow_versions releases "
        "channel_flows assets"
    ),
    "INSERT": (
        "conversations inbox inbox_seen messages outbox lanes scheduled_starts users memberships "
        "sessions sign_in_links sign_in_attempts api_keys channels contacts identities consents "
        "consent_log contact_fields tags constants secrets model_profiles schedules queues "
        "queue_members templates flows flow_versions releases channel_flows assets"
    ),
    "UPDATE": (
        "scheduled_starts sessions sign_in_links api_keys channels contacts consents "
        "contact_fields tags constants secrets model_profiles schedules queues templates flows"
    ),
    "DELETE": (
        "outbox memberships sessions sign_in_attempts api_keys contact_fields tags "
        "constants secrets model_profiles schedules queues queue_members templates flows "
        "channel_flows"
    ),
    "SELECT (tenant_id, key, updated_at)": "secrets model_profiles",
    "SELECT (tenant_id, id, kind, name, address, state, trouble, next_send_at, rate, created_at,"
    " updated_at)": "channels",
    "UPDATE (last_seq, work_at, last_inbound_at, last_message_at, preview, unread, closed_at)": (
        "conversations"
    ),
    "UPDATE (status, status_at)": "messages",
    "UPDATE (class, next_at)": "lanes",
    "UPDATE (due_at)": "wakes",
    "UPDATE (settled_at, settled_how)": "dead_letters",
    "UPDATE (slug, name, language, timezone, opt_out_words, opt_out_text, purposes,"
    " default_queue, updated_at, rev)": "tenants",
    "UPDATE (name, language, password_hash)": "users",
    "UPDATE (role)": "memberships",
}
NOT_FOR_WORKERS = "sessions sign_in_attempts api_keys"
NEVER_CHANGED = "inbox journal flow_versions releases consent_log"

# What turns keep in memory of a workspace they keep by its rev: nobody can forget to count it up.
COUNTED = (
    "channel_flows schedules queues queue_members constants secrets model_profiles contact_fields "
    "tags templates"
)
COUNT = """
CREATE FUNCTION count_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE tenants SET rev = rev + 1 WHERE id = coalesce(NEW.tenant_id, OLD.tenant_id);
    RETURN NULL;
END $$
"""
COUNT_OWN = """
CREATE FUNCTION count_own() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.rev := OLD.rev + 1;
    RETURN NEW;
END $$
"""

# Partitions are made beside the parent and attached: that takes no lock which a turn would wait
# for. It fills gaps too, as after months of standing still.
PARTITIONS = """
CREATE FUNCTION ensure_partitions(months_ahead integer) RETURNS SETOF text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    parent text;
    month timestamptz;
    last constant timestamptz := date_trunc('month', now()) + make_interval(months => months_ahead);
    part text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('flowengine partitions'));
    FOREACH parent IN ARRAY ARRAY['messages', 'journal'] LOOP
        SELECT coalesce(min(to_date(right(inhrelid::regclass::text, 7), 'YYYY_MM')), now())
            INTO month FROM pg_inherits WHERE inhparent = parent::regclass;
        month := date_trunc('month', month);
        WHILE month <= last LOOP
            part := parent || to_char(month, '_YYYY_MM');
            IF to_regclass(part) IS NULL THEN
                EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL) WITH (fillfactor = 85)',
                    part, parent);
                EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', part);
                EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', part);
                EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                    parent, part, partition_bound(parent, month),
                    partition_bound(parent, month + interval '1 month'));
                RETURN NEXT part;
            END IF;
            month := month + interval '1 month';
        END LOOP;
    END LOOP;
END $$
"""
# A message's id is a UUIDv7: its first 48 bits are milliseconds since 1970.
PARTITION_BOUND = """
CREATE FUNCTION partition_bound(parent text, month timestamptz) RETURNS text
    LANGUAGE sql STABLE RETURN CASE parent
        WHEN 'messages' THEN
            rpad(lpad(to_hex((extract(epoch FROM month) * 1000)::bigint), 12, '0'), 32, '0')
        ELSE month::text
    END
"""

# @@ is not leakproof: behind the fence it could not use its index. So this one function steps over
# the fence, filters the tenant itself, and gives ids only.
SEARCH = """
CREATE FUNCTION found_messages(sought text, most integer) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    BEGIN ATOMIC
        SELECT m.id FROM messages m
        WHERE m.tenant_id = app_tenant() AND words(m.text) @@ (
            SELECT to_tsquery('simple'::regconfig, string_agg(
                '''' || replace(replace(word, '\\', '\\\\'), '''', '''''') || ''':*', ' & '))
            FROM unnest(tsvector_to_array(words(sought))) word
        )
        ORDER BY m.id DESC LIMIT most;
    END
"""
# An owner that is no superuser must belong to the role for a moment, to give the functions to it.
GIVE = """
DO $$
DECLARE plain constant boolean := NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user);
BEGIN
    IF plain THEN
        EXECUTE format('GRANT flow_worker TO %I', current_user);
        GRANT CREATE ON SCHEMA public TO flow_worker;
    END IF;
    ALTER FUNCTION found_messages(text, integer) OWNER TO flow_worker;
    ALTER FUNCTION lives_here(uuid) OWNER TO flow_worker;
    REVOKE EXECUTE ON FUNCTION found_messages(text, integer), lives_here(uuid) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION found_messages(text, integer), lives_here(uuid) TO flow_web;
    IF plain THEN
        REVOKE CREATE ON SCHEMA public FROM flow_worker;
        EXECUTE format('REVOKE flow_worker FROM %I', current_user);
    END IF;
END $$
"""


def upgrade() -> None:
    run(ROLES)
    for function in SETTINGS:
        run(function)
    run(LIVES_HERE)
    for table in OF_TENANT.split():
        fence(table, "ALL", IN_TENANT)
    for table in OF_CONVERSATION.split():
        fence(table, "ALL", through("conversations", table, "conversation_id"))
    for table in OF_EXECUTION.split():
        fence(table, "ALL", through("executions", table, "execution_id"))
    for table in OF_CHANNEL.split():
        fence(table, "ALL", through("channels", table, "channel_id"))
    for table, verb, seen, written in BEFORE_SIGN_IN:
        fence(table, verb, seen, written)
    grant()
    run(COUNT)
    run(COUNT_OWN)
    for table in COUNTED.split():
        count_up(table, "INSERT OR UPDATE OR DELETE")
    count_up("flows", "INSERT OR DELETE")
    count_up("flows", "UPDATE OF release", "WHEN (OLD.release IS DISTINCT FROM NEW.release)")
    own = "name, language, timezone, opt_out_words, opt_out_text, purposes, default_queue"
    run(
        f"CREATE TRIGGER counts BEFORE UPDATE OF {own} ON tenants"
        " FOR EACH ROW EXECUTE FUNCTION count_own()"
    )
    run(PARTITION_BOUND)
    run(PARTITIONS)
    run("REVOKE EXECUTE ON FUNCTION ensure_partitions(integer) FROM PUBLIC")
    run("GRANT EXECUTE ON FUNCTION ensure_partitions(integer) TO flow_worker")
    run("SELECT ensure_partitions(3)")
    run(SEARCH)
    run(GIVE)


def fence(table: str, verb: str, seen: str, written: str = "") -> None:
    """Row-level security for the owner too, one policy for each role."""
    run(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    run(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    using = "" if verb == "INSERT" else f"USING ({seen})"
    check = "" if verb in ("SELECT", "DELETE") else f"WITH CHECK ({written or seen})"
    run(f"CREATE POLICY web_{verb} ON {table} FOR {verb} TO flow_web {using} {check}")
    run(f"DROP POLICY IF EXISTS worker ON {table}")
    run(f"CREATE POLICY worker ON {table} TO flow_worker USING (true) WITH CHECK (true)")


def count_up(table: str, event: str, when: str = "") -> None:
    name = "counts_" + event.split()[0].lower()
    run(
        f"CREATE TRIGGER {name} AFTER {event} ON {table}"
        f" FOR EACH ROW {when} EXECUTE FUNCTION count_up()"
    )


def through(parent: str, table: str, column: str) -> str:
    return THROUGH.format(parent=parent, table=table, column=column, tenant=IN_TENANT)


def grant() -> None:
    run("GRANT USAGE ON SCHEMA public TO flow_web, flow_worker")
    run("GRANT SELECT ON alembic_version TO flow_web, flow_worker")
    for verb, tables in WEB.items():
        run(f"GRANT {verb} ON {', '.join(tables.split())} TO flow_web")
    run("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO flow_worker")
    run("REVOKE ALL ON alembic_version FROM flow_worker")
    run("GRANT SELECT ON alembic_version TO flow_worker")
    for table in NOT_FOR_WORKERS.split():
        run(f"REVOKE ALL ON {table} FROM flow_worker")
    for table in NEVER_CHANGED.split():
        run(f"REVOKE UPDATE ON {table} FROM flow_worker")


def run(statement: str) -> None:
    op.get_bind().exec_driver_sql(statement)
