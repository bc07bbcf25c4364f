"""What is kept for a while only, deleted in small batches so that nothing waits for it."""

from flowengine.store.database import Transaction

BATCH = 5000

_OLD = {
    "inbox_seen": "seen_at < now() - interval '30 days'",
    "status_orphans": "at < now() - interval '8 days'",
    "webhook_dead": "at < now() - interval '8 days'",
    "linked_devices": "used_at < now() - interval '30 days'",
    "device_keys": (
        "at < now() - interval '14 days' AND key LIKE 'sent:%'"
        " OR at < now() - interval '30 days' AND key LIKE 'media:%'"
    ),
    "dead_letters": (
        "conversation_id = '00000000-0000-0000-0000-000000000000'"
        " AND settled_at < now() - interval '90 days'"
    ),
    "channel_switches": (
        "at < now() - interval '90 days' AND back_at IS NOT NULL AND EXISTS (SELECT "
        "FROM channel_switches n WHERE n.conversation_id = channel_switches.conversation_id "
        "AND n.from_channel_id = channel_switches.from_channel_id "
        "AND (n.at, n.id) > (channel_switches.at, channel_switches.id))"
    ),
    "draft_edits": "at < now() - interval '30 days'",
    "earlier_drafts": "replaced_at < now() - interval '90 days'",
    "provider_ids": "at < now() - interval '40 days'",
    "inbox": (
        "received_at < now() - interval '8 days' AND EXISTS (SELECT FROM conversations c "
        "WHERE c.id = conversation_id AND c.taken_seq >= seq)"
    ),
}
"""Doubled deliveries come for 7 days, statuses for 30; an inbox row that was not taken stays.

Of the switches of a conversation the last away from each channel stays: what was heard there.
A settled letter about a channel is nobody's: no policy of a conversation would ever reach it.
A device keeps what it sent for who could not read it, and what opens a file that it received.
WhatsApp itself unlinks a device after 30 days: what we keep of it would be of no use.
An edit of a draft comes again where its answer was lost, at times after a page slept for weeks."""

_LOCK = 0x666C6F78


async def clean(transaction: Transaction) -> int:
    """Delete one batch of each; how many rows went. 0 also while another process cleans."""
    if not await transaction.value("SELECT pg_try_advisory_xact_lock($1)", _LOCK):
        return 0
    gone = 0
    for table, old in _OLD.items():
        gone += await transaction.run(
            f"DELETE FROM {table} WHERE ctid = ANY(ARRAY("
            f"SELECT ctid FROM {table} WHERE {old} LIMIT {BATCH}))"
        )
    return gone
