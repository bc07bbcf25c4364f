"""The tables of knowledge bases: what a workspace's language models are shown.

Keys are composite, (tenant_id, …), as in `tables_config`.
"""

from sqlalchemy import Integer, PrimaryKeyConstraint, Table, Text
from sqlalchemy.dialects.postgresql import TSVECTOR

from flowengine.store.columns import ID, At, metadata, must, of, of_tenant

# language: whose words are brought to their stems. passages: how many there are. last_number: the
# highest that was ever given, so that a number never means another passage.
knowledge_bases = Table(
    "knowledge_bases",
    metadata,
    must("tenant_id", ID),
    must("key", Text()),
    must("name", Text()),
    must("language", Text(), "'pt'"),
    must("passages", Integer(), "0"),
    must("last_number", Integer(), "0"),
    must("updated_at", At, "now()"),
    PrimaryKeyConstraint("tenant_id", "key"),
    of_tenant(),
)

# words: the lexemes of title and text. No index on them: the passages of named bases are read.
knowledge_passages = Table(
    "knowledge_passages",
    metadata,
    must("tenant_id", ID),
    must("base", Text()),
    must("number", Integer()),
    must("title", Text(), "''"),
    must("text", Text()),
    must("words", TSVECTOR()),
    PrimaryKeyConstraint("tenant_id", "base", "number"),
    of("knowledge_bases", "base"),
)
