"""The tables of flows beside their documents: moves to other versions, testers, numbers,
the last edit of each open editor, drafts that were replaced."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from flowengine.store.columns import ID, At, Bytes, index, may, metadata, must, of, of_tenant

# --- Moves to another version ----------------------------------------------------------------

# state: running, done, cancelled. choices: `flowengine.store.flow_moves.Choices`.
flow_moves = Table(
    "flow_moves",
    metadata,
    must("tenant_id", ID),
    must("id", ID),
    must("flow", Text()),
    must("version", Integer()),
    must("choices", Bytes),
    must("state", Text(), "'running'"),
    must("total", Integer(), "0"),
    must("begun_at", At, "now()"),
    may("begun_by", ID),
    may("ended_at", At),
    PrimaryKeyConstraint("id"),
    of_tenant(),
    index("flow_moves_of_flow", "tenant_id", "flow", "begun_at DESC"),
    index("flow_moves_running", "id", where="state = 'running'"),
)

# release, version: where it is to go. seq: of the inbox row that says so. outcome: how it went.
flow_move_members = Table(
    "flow_move_members",
    metadata,
    must("tenant_id", ID),
    must("move_id", ID),
    must("execution_id", ID),
    must("conversation_id", ID),
    must("release", Text()),
    must("version", Integer()),
    may("seq", BigInteger()),
    may("outcome", Text()),
    PrimaryKeyConstraint("move_id", "execution_id"),
    of_tenant(),
    index("flow_move_members_open", "move_id", "execution_id", where="outcome IS NULL"),
)

# --- Drafts on one's own phone ---------------------------------------------------------------

# code: what a tester writes to join.
test_codes = Table(
    "test_codes",
    metadata,
    must("tenant_id", ID),
    must("flow", Text()),
    must("code", Text()),
    must("ends_at", At),
    may("made_by", ID),
    PrimaryKeyConstraint("tenant_id", "flow"),
    UniqueConstraint("tenant_id", "code"),
    of("flows", "flow"),
)

testers = Table(
    "testers",
    metadata,
    must("tenant_id", ID),
    must("flow", Text()),
    must("contact_id", ID),
    must("begun_at", At, "now()"),
    must("ends_at", At),
    PrimaryKeyConstraint("tenant_id", "flow", "contact_id"),
    of("flows", "flow"),
    of("contacts", "contact_id", "id"),
    index("testers_ending", "ends_at"),
)

# --- Numbers ---------------------------------------------------------------------------------

# An execution's way so far, as it was counted: up to `turn`. Gone a day after it ended.
flow_walks = Table(
    "flow_walks",
    metadata,
    must("tenant_id", ID),
    must("execution_id", ID),
    must("flow", Text()),
    must("version", Integer()),
    must("day", Date()),
    must("turn", Integer()),
    must("at", At),
    must("ended", Boolean(), "false"),
    must("way", Bytes),
    PrimaryKeyConstraint("execution_id"),
    index("flow_walks_ended", "at", where="ended"),
    postgresql_with={"fillfactor": "70"},
)

# kind, node, name: see `workers.tallying`. day: on which the execution began, where its workspace
# is.
flow_counts = Table(
    "flow_counts",
    metadata,
    must("tenant_id", ID),
    must("flow", Text()),
    must("version", Integer()),
    must("day", Date()),
    must("kind", Text()),
    must("node", Text()),
    must("name", Text()),
    must("n", BigInteger()),
    must("at", At),
    PrimaryKeyConstraint("tenant_id", "flow", "version", "day", "kind", "node", "name"),
    of_tenant(),
    index("flow_counts_at", "at"),
    postgresql_with={"fillfactor": "70"},
)

# --- Who has which flow open -----------------------------------------------------------------

# Unlogged: nothing is lost with it. token: of an open editor.
flow_openings = Table(
    "flow_openings",
    metadata,
    must("tenant_id", ID),
    must("flow", Text()),
    must("token", ID),
    must("user_id", ID),
    must("seen_at", At),
    PrimaryKeyConstraint("token"),
    of_tenant(),
    index("flow_openings_of_flow", "tenant_id", "flow"),
    prefixes=["UNLOGGED"],
)

# --- Edits that come again -------------------------------------------------------------------

# The last edit of each open editor (tab). rev: of the draft as it left it. outcome: what its answer
# needs once more.
draft_edits = Table(
    "draft_edits",
    metadata,
    must("tenant_id", ID),
    must("flow", Text()),
    must("user_id", ID),
    must("tab", ID),
    must("number", BigInteger()),
    must("rev", Integer()),
    must("outcome", Bytes),
    must("at", At, "now()"),
    PrimaryKeyConstraint("tenant_id", "flow", "user_id", "tab"),
    of("flows", "flow"),
    index("draft_edits_age", "at", using="brin"),
    postgresql_with={"fillfactor": "70"},
)

# Drafts that another document took the place of. rev: of the draft then.
earlier_drafts = Table(
    "earlier_drafts",
    metadata,
    must("tenant_id", ID),
    must("flow", Text()),
    must("rev", Integer()),
    must("name", Text()),
    must("hash", Text()),
    must("document", Bytes),
    must("replaced_at", At, "now()"),
    may("replaced_by", ID),
    PrimaryKeyConstraint("tenant_id", "flow", "rev"),
    of("flows", "flow"),
    index("earlier_drafts_age", "replaced_at", using="brin"),
)
