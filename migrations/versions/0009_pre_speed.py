"""Room on the pages of messages for what is still to be written about them; none in the journal.

A message that leaves is written again when the provider took it, and when it was delivered and
read. Where its page is full, that is a row in another page and an entry in every index, the one of
its words too: half of all such writes were (measured). The journal is never written again.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# As in 0003, but for the fillfactors.
PARTITIONS = """
CREATE OR REPLACE FUNCTION ensure_partitions(months_ahead integer) RETURNS SETOF text
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
                EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL) WITH (fillfactor = %s)',
                    part, parent, {fill});
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
# Takes a lock that nothing waits for which reads or writes rows.
REFILL = """
DO $$
DECLARE part record;
BEGIN
    FOR part IN SELECT inhrelid::regclass AS name, inhparent::regclass::text AS parent
        FROM pg_inherits WHERE inhparent IN ('messages'::regclass, 'journal'::regclass)
    LOOP
        EXECUTE format('ALTER TABLE %s SET (fillfactor = %s)', part.name, {fill});
    END LOOP;
END $$
"""
ROOM = "CASE {parent} WHEN 'messages' THEN 65 ELSE 100 END"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(PARTITIONS.format(fill=ROOM.format(parent="parent")))
    op.execute(REFILL.format(fill=ROOM.format(parent="part.parent")))


def downgrade() -> None:
    op.execute(PARTITIONS.format(fill="85"))
    op.execute(REFILL.format(fill="85"))
