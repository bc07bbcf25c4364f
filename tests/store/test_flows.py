"""Drafts, versions and releases: what is published never changes, and callers are kept up."""

import asyncio
import hashlib
from collections.abc import Collection

import pytest

from flowengine.release import release_hash
from flowengine.store import channels, flows, releases, tenants, trials
from flowengine.store.database import Database
from flowengine.store.errors import NotFound, NotPublished, Stale, Tried
from flowengine.store.flows import NewVersion, Published
from flowengine.store.vault import Vault
from tests.store.conftest import Place


def new(key: str, text: str = "1", calls: Collection[str] = ()) -> NewVersion:
    document = f'{{"key": "{key}", "text": "{text}"}}'.encode()
    digest = hashlib.sha256(document).hexdigest()
    return NewVersion(key, key.title(), document, digest, digest, calls)


async def publish(store: Database, place: Place, *versions: NewVersion) -> tuple[Published, ...]:
    async with store.web(place.tenant) as transaction:
        return await flows.publish_all(transaction, versions, place.owner)


async def test_a_draft_is_saved_over_the_revision_that_was_read(
    store: Database, bia: Place
) -> None:
    async with store.web(bia.tenant) as transaction:
        made = await flows.save_draft(transaction, "menu", "Menu", b"{}", "h1", rev=0)
        same = await flows.save_draft(transaction, "menu", "Menu", b"{}", "h1", rev=1)
        saved = await flows.save_draft(
            transaction, "menu", "Menu", b"[]", "h2", rev=1, by=bia.owner
        )
        assert (made.rev, same.rev, saved.rev) == (1, 1, 2)
        with pytest.raises(Stale) as stale:
            await flows.save_draft(transaction, "menu", "Menu", b"x", "h3", rev=1)
        assert stale.value.current == 2
        with pytest.raises(Stale):
            await flows.save_draft(transaction, "menu", "Menu", b"x", "h3", rev=0)
        assert (await flows.save_draft(transaction, "menu", "Menu", b"x", "h3")).rev == 3
        assert (await flows.draft(transaction, "menu")).document == b"x"
        with pytest.raises(NotFound):
            await flows.draft(transaction, "other")


async def test_one_of_two_who_save_at_once_is_told(store: Database, bia: Place) -> None:
    async with store.web(bia.tenant) as transaction:
        await flows.save_draft(transaction, "menu", "Menu", b"{}", "h")

    async def save(hash: str) -> int:
        async with store.web(bia.tenant) as transaction:
            return (await flows.save_draft(transaction, "menu", "M", b"", hash, rev=1)).rev

    done = await asyncio.gather(*(save(f"h{n}") for n in range(4)), return_exceptions=True)

    assert sum(isinstance(one, Stale) for one in done) == 3


async def test_equal_bytes_make_no_new_version(store: Database, bia: Place) -> None:
    (first,) = await publish(store, bia, new("menu", "a"))
    (same,) = await publish(store, bia, new("menu", "a"))
    (second,) = await publish(store, bia, new("menu", "b"))
    (back,) = await publish(store, bia, new("menu", "a"))

    assert (first.version, first.new) == (1, True)
    assert (same.version, same.new) == (1, False)
    assert (second.version, second.new) == (2, True)
    assert (back.version, back.new, back.release) == (1, False, first.release)
    async with store.web(bia.tenant) as transaction:
        assert [each.version for each in await flows.versions(transaction, "menu")] == [2, 1]
        assert (await flows.version(transaction, "menu", second.hash)).version == 2
        assert (await flows.version(transaction, "menu", 1)).document == new("menu", "a").document
        with pytest.raises(NotFound):
            await flows.version(transaction, "menu", 3)


async def test_publishing_at_once_numbers_versions_without_gaps(
    store: Database, bia: Place
) -> None:
    await publish(store, bia, new("menu", "0"))
    done = await asyncio.gather(*(publish(store, bia, new("menu", f"x{n}")) for n in range(4)))

    assert sorted(each[0].version for each in done) == [2, 3, 4, 5]


async def test_a_release_is_named_as_the_engine_names_it(store: Database, bia: Place) -> None:
    sub, root = new("sub"), new("menu", calls=["sub"])
    await publish(store, bia, sub)
    (published,) = await publish(store, bia, root)

    assert published.release == release_hash("menu", {"menu": root.hash, "sub": sub.hash})
    async with store.web(bia.tenant) as transaction:
        release = await releases.release(transaction, published.release)
        assert release is not None
        assert (release.root, release.version) == ("menu", 1)
        assert release.members == {"menu": 1, "sub": 1}
        assert release.documents == {"menu": root.document, "sub": sub.document}
        assert await releases.published_release(transaction, "menu") == published.release
        assert await releases.release(transaction, "none") is None


async def test_a_new_version_of_a_called_flow_makes_new_releases_of_its_callers(
    store: Database, bia: Place
) -> None:
    await publish(store, bia, new("leaf", "1"))
    await publish(store, bia, new("sub", calls=["leaf"]))
    (before,) = await publish(store, bia, new("menu", calls=["sub"]))
    await publish(store, bia, new("leaf", "2"))

    async with store.web(bia.tenant) as transaction:
        after = await releases.published_release(transaction, "menu")
        assert after not in (before.release, None)
        now = await releases.release(transaction, after or "")
        pinned = await releases.release(transaction, before.release)
        assert now is not None
        assert pinned is not None
        assert now.members == {"menu": 1, "sub": 1, "leaf": 2}
        assert pinned.documents["leaf"] == new("leaf", "1").document  # what runs, runs on


async def test_flows_that_call_each_other_are_published_together(
    store: Database, bia: Place
) -> None:
    one, two = new("one", calls=["two"]), new("two", calls=["one"])

    with pytest.raises(NotPublished, match="two"):
        await publish(store, bia, one)
    done = await publish(store, bia, one, two)

    assert [each.version for each in done] == [1, 1]
    assert done[0].release != done[1].release


async def test_a_called_flow_cannot_go_away(store: Database, bia: Place) -> None:
    await publish(store, bia, new("sub"))
    await publish(store, bia, new("menu", calls=["sub"]))
    for remove in (flows.remove_flow, flows.unpublish):
        with pytest.raises(NotPublished, match="menu calls sub"):
            async with store.web(bia.tenant) as transaction:
                await remove(transaction, "sub")
    async with store.web(bia.tenant) as transaction:
        await flows.remove_flow(transaction, "menu")
        await flows.unpublish(transaction, "sub")
        (row,) = await flows.flows(transaction)
        assert (row.key, row.version, row.release, row.changed) == ("sub", None, None, True)
        with pytest.raises(NotFound):
            await flows.remove_flow(transaction, "menu")
    (again,) = await publish(store, bia, new("menu", "other"))
    assert again.version == 2  # versions outlive their flow


async def test_the_list_says_what_changed(store: Database, bia: Place) -> None:
    version = new("menu")
    await publish(store, bia, version)
    async with store.web(bia.tenant) as transaction:
        (row,) = await flows.flows(transaction)
        assert (row.changed, row.version, row.published_hash) == (False, 1, version.hash)
        await flows.save_draft(transaction, "menu", "Menu novo", b"{}", "other")
        (row,) = await flows.flows(transaction)
        assert (row.changed, row.name, row.rev) == (True, "Menu novo", 2)


async def test_a_channel_answers_with_all_flows_unless_bound_to_some(
    store: Database, bia: Place, vault: Vault
) -> None:
    await publish(store, bia, new("a"), new("b"))
    async with store.web(bia.tenant) as transaction:
        await flows.save_draft(transaction, "draft", "D", b"{}", "h")
        channel = await channels.add_channel(transaction, vault, "cloud", "L", "1", b"{}")

        async def answering() -> list[str]:
            return [each.root for each in await releases.catalog(transaction, channel.id)]

        assert await answering() == ["a", "b"]
        await channels.bind_flows(transaction, channel.id, ["b", "unknown"])
        assert await channels.bound_flows(transaction, channel.id) == ("b",)
        assert await answering() == ["b"]
        await channels.bind_flows(transaction, channel.id, [])
        assert await answering() == ["a", "b"]


async def test_workspaces_publish_apart(store: Database, bia: Place, davi: Place) -> None:
    (here,) = await publish(store, bia, new("menu"))
    (there,) = await publish(store, davi, new("menu"))

    assert here.release == there.release
    async with store.worker() as transaction:
        found = await releases.releases_of(
            transaction, [(bia.tenant, here.release), (davi.tenant, "none")]
        )
        assert list(found) == [(bia.tenant, here.release)]
    async with store.web(davi.tenant) as transaction:
        assert await releases.releases_of(transaction, [(bia.tenant, here.release)]) == {}


async def test_caches_learn_of_a_publication_but_not_of_a_draft(
    store: Database, bia: Place, davi: Place
) -> None:
    async def revision() -> int:
        async with store.worker() as transaction:
            return (await tenants.revisions(transaction, [bia.tenant, davi.tenant]))[bia.tenant]

    start = await revision()
    await publish(store, bia, new("menu"))
    published = await revision()
    async with store.web(bia.tenant) as transaction:
        await flows.save_draft(transaction, "menu", "Menu", b"{}", "other")
    drafted = await revision()
    await publish(store, bia, new("menu"))
    again = await revision()
    async with store.web(bia.tenant) as transaction:
        await tenants.change_tenant(transaction, opt_out_words=["chega"])

    assert start < published == drafted == again < await revision()


async def test_what_was_tried_on_a_phone_is_no_version(store: Database, bia: Place) -> None:
    await publish(store, bia, new("menu"))
    draft = new("menu", "tried")
    async with store.web(bia.tenant) as transaction:
        await trials.keep_draft(transaction, draft, 19)
        for which in (-19, draft.hash, 0, 10**12):
            with pytest.raises(NotFound):
                await flows.version(transaction, "menu", which)
        with pytest.raises(Tried):
            await flows.publish(transaction, draft, bia.owner)
        (row,) = await flows.flows(transaction)
        assert row.version == 1


async def test_a_version_is_never_run_as_a_draft(store: Database, bia: Place) -> None:
    await publish(store, bia, new("menu"))
    async with store.web(bia.tenant) as transaction:
        with pytest.raises(Tried):
            await trials.keep_draft(transaction, new("menu"), 19)
