"""The tables of channels that a phone has linked as its device (WhatsApp Web's protocol).

Keys are composite, (tenant_id, …), as in `tables_config`.
"""

from sqlalchemy import PrimaryKeyConstraint, Table, Text, UniqueConstraint

from flowengine.store.columns import ID, At, Bytes, metadata, must, of

# owner: which process writes the keys, by a name of its own. halted: why it must not connect by
# itself ("" it may). used_at: it is forgotten 30 days after.
linked_devices = Table(
    "linked_devices",
    metadata,
    must("tenant_id", ID),
    must("channel_id", ID),
    must("owner", Text(), "''"),
    must("halted", Text(), "''"),
    must("used_at", At, "now()"),
    must("created_at", At, "now()"),
    PrimaryKeyConstraint("tenant_id", "channel_id"),
    UniqueConstraint("channel_id"),
    of("channels", "channel_id", "id"),
)

# key: TYPE:ID, the protocol's own name, which may hold a phone number. value: sealed (vault.py).
device_keys = Table(
    "device_keys",
    metadata,
    must("tenant_id", ID),
    must("channel_id", ID),
    must("key", Text()),
    must("value", Bytes),
    must("at", At, "now()"),
    PrimaryKeyConstraint("tenant_id", "channel_id", "key"),
    of("linked_devices", "channel_id", "channel_id"),
)
