"""The audit log: every table that people set tells who changed it, and no secret."""

from decimal import Decimal
from typing import Any

import pytest

from flowengine.store import accounts, api_keys, auditing, channels, constants, flows, secrets, tags
from flowengine.store.auditing import COMMAND, Change, Sought, key_actor, user_actor
from flowengine.store.columns import metadata
from flowengine.store.database import Database
from flowengine.store.ids import new_id
from flowengine.store.vault import Vault
from tests.services.postgres import on_both
from tests.store.conftest import Place
from tests.store.test_flows import new
from tests.store.test_workspace import furnish

pytestmark = on_both

SET_BY_PEOPLE = {
    "api_keys", "channel_fallbacks", "channel_flows", "channel_plans", "channels",
    "constants", "contact_fields", "flows",
    "knowledge_bases", "memberships",
    "model_profiles", "policies", "queue_members", "queues", "schedules", "secrets",
    "subscriptions", "tags", "templates", "tenants",
}  # fmt: skip
# Written by turns, workers and sign-ins, or told by a conversation's own timeline.
OTHERS_TELL = {
    "assets", "audit", "calls", "channel_health", "channel_switches", "checkpoints", "consent_log",
    "consents", "contacts", "conversations", "cron_runs", "cron_seen", "cron_triggers",
    "dead_letters", "device_keys", "draft_edits", "earlier_drafts",
    "dropped_files", "execution_state", "executions", "flow_counts", "flow_move_members",
    "flow_moves", "flow_openings", "flow_versions", "flow_walks", "health_rounds", "identities",
    "inbox", "inbox_seen", "journal", "knowledge_passages", "lanes", "linked_devices",
    "message_files",
    "messages", "offers",
    "outbox", "provider_ids",
    "releases", "scheduled_messages", "scheduled_starts", "sessions", "sign_in_attempts",
    "sign_in_links", "status_orphans", "talks", "test_codes", "testers", "token_grants",
    "tombstones", "users", "wakes",
    "webhook_dead",
}  # fmt: skip


async def told(store: Database, place: Place, **sought: str) -> list[Change]:
    async with store.web(place.tenant) as transaction:
        return list((await auditing.changes(transaction, Sought(**sought))).items)


async def test_whatever_a_workspace_sets_is_told(store: Database, bia: Place, vault: Vault) -> None:
    async with store.web(bia.tenant, bia.owner) as transaction:
        await furnish(transaction, vault)
    found = await told(store, bia)
    assert {each.actor for each in found} == {user_actor(bia.owner)}
    assert {each.kind for each in found} == {
        "schedules", "queues", "contact_fields", "tags", "constants", "secrets", "model_profiles",
        "templates", "flows", "knowledge_bases",
    }  # fmt: skip
    rate = next(each for each in found if each.kind == "constants")
    assert (rate.key, rate.action, rate.was, rate.became) == (
        "taxa", "added", {}, {"value": Decimal("1.10")},
    )  # fmt: skip


async def test_a_change_shows_from_what_to_what(store: Database, bia: Place) -> None:
    async with store.web(bia.tenant, bia.owner) as transaction:
        await tags.put_tag(transaction, "vip", "VIP", "#c00")
        await tags.put_tag(transaction, "vip", "Ouro", "#c00")
        await tags.put_tag(transaction, "vip", "Ouro", "#c00")
        await tags.remove_tag(transaction, "vip")
    removed, changed, added = await told(store, bia)
    assert (added.action, changed.action, removed.action) == ("added", "changed", "removed")
    assert (changed.was, changed.became) == ({"name": "VIP"}, {"name": "Ouro"})
    assert removed.was["name"] == "Ouro"


async def test_sealed_values_never_reach_the_log(store: Database, bia: Place, vault: Vault) -> None:
    async with store.web(bia.tenant, bia.owner) as transaction:
        await secrets.put_secret(transaction, vault, "erp", "s3nha")
        await secrets.put_secret(transaction, vault, "erp", "outra")
        await api_keys.make_api_key(transaction, "loja", "agent", bia.owner)
        await channels.add_channel(transaction, vault, "cloud", "Loja", "1", b'{"token": "t0ken"}')
    found = await told(store, bia)
    changed = next(each for each in found if (each.kind, each.action) == ("secrets", "changed"))
    assert (changed.was, changed.became) == ({"value": None}, {"value": None})
    for each in found:
        row: dict[str, Any] = each.was | each.became
        assert all(row.get(name) is None for name in ("value", "settings", "key_hash"))


async def test_autosave_is_no_line_and_publishing_is_one(store: Database, bia: Place) -> None:
    async with store.web(bia.tenant, bia.owner) as transaction:
        await flows.save_draft(transaction, "menu", "Menu", b"{}", "h")
    for rev in range(1, 4):
        async with store.web(bia.tenant, bia.owner) as transaction:
            await flows.save_draft(
                transaction, "menu", "Menu", b'{"n": %d}' % rev, f"h{rev}", rev=rev
            )
    assert [each.action for each in await told(store, bia, kind="flows")] == ["added"]
    async with store.web(bia.tenant, bia.owner) as transaction:
        await flows.publish(transaction, new("menu"))
    assert (await told(store, bia, kind="flows"))[0].became["published"] == 1


async def test_who_acts_is_a_person_a_key_or_the_terminal(store: Database, bia: Place) -> None:
    key = new_id()
    async with store.web(bia.tenant, key=key) as transaction:
        await constants.put_constant(transaction, "a", 1)
    async with store.worker(bia.tenant) as transaction:
        await constants.put_constant(transaction, "b", 1)
    store.actor = COMMAND
    async with store.worker(bia.tenant) as transaction:
        await constants.put_constant(transaction, "c", 1)
    store.actor = ""
    async with store.worker(bia.tenant) as transaction:
        await auditing.act_as(transaction, user_actor(bia.owner))
        await accounts.change_user(transaction, bia.owner, name="Bia")
        await constants.put_constant(transaction, "d", 1)
    assert [(each.key, each.actor) for each in await told(store, bia)] == [
        ("d", user_actor(bia.owner)), ("c", COMMAND), ("a", key_actor(key)),
    ]  # fmt: skip


async def test_a_note_needs_an_actor(store: Database, bia: Place) -> None:
    async with store.worker(bia.tenant) as transaction:
        await auditing.note(transaction, "contacts", "x", "erased")
    async with store.web(bia.tenant, bia.owner) as transaction:
        await auditing.note(transaction, "contacts", "y", "erased", {"messages": 3})
    (only,) = await told(store, bia)
    assert (only.key, only.action, only.became) == ("y", "erased", {"messages": 3})


async def test_pages_follow_each_other(store: Database, bia: Place) -> None:
    async with store.web(bia.tenant, bia.owner) as transaction:
        for n in range(7):
            await constants.put_constant(transaction, f"k{n}", n)
    seen: list[str] = []
    cursor: str | None = None
    async with store.web(bia.tenant) as transaction:
        while True:
            page = await auditing.changes(transaction, Sought(), cursor=cursor, limit=3)
            seen += [each.key for each in page.items]
            cursor = page.next
            if cursor is None:
                break
    assert seen == [f"k{n}" for n in reversed(range(7))]


async def test_what_was_told_stays(store: Database, bia: Place, davi: Place) -> None:
    """The web can neither change nor remove a line, and Davi sees none of Bia's."""
    async with store.web(bia.tenant, bia.owner) as transaction:
        await constants.put_constant(transaction, "a", 1)
    for statement in ("UPDATE audit SET key = 'x'", "DELETE FROM audit"):
        with pytest.raises(Exception, match="permission denied"):
            async with store.web(bia.tenant, bia.owner) as transaction:
                await transaction.run(statement)
    assert await told(store, davi) == []
    assert len(await told(store, bia)) == 1


async def test_every_table_tells_or_is_told_of_elsewhere(store: Database) -> None:
    """A new table has to be put on one of the two lists, by somebody who thought of it."""
    assert not SET_BY_PEOPLE & OTHERS_TELL
    assert sorted(metadata.tables) == sorted(SET_BY_PEOPLE | OTHERS_TELL)


async def test_the_triggers_are_where_people_set(store: Database) -> None:
    async with store.worker() as transaction:
        rows = await transaction.rows(
            "SELECT tgrelid::regclass::text AS name FROM pg_trigger WHERE tgname = 'tells'"
        )
    assert {row["name"] for row in rows} == SET_BY_PEOPLE
