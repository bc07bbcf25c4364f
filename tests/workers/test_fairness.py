"""Several workspaces: what one has waiting, or a peer of theirs that hangs, delays nobody else."""

from uuid import UUID

import httpx
import msgspec

from connectors.fake_graph.server import Reply
from flowengine.store import channels, tenants
from flowengine.store.ids import new_id
from tests.flowengine.playing import OI, text
from tests.peers.plain import Peer
from tests.workers.test_calls import flow
from tests.workers.test_inbox import body, message
from tests.workers.test_lanes import claimer
from tests.workers.town import Place, Town
from workers.crowd import Crowd

HELLO = ((OI, text("m", "Olá!")), ("oi > m",))


async def neighbour(town: Town, slug: str, base_url: str = "http://127.0.0.1:1") -> Place:
    """Another workspace with a channel of its own; its provider is at `base_url`."""
    async with town.database.worker() as transaction:
        made = await tenants.create_tenant(
            transaction, slug, slug, opt_out_words=("parar",), opt_out_text="Pronto."
        )
        mine = transaction.of(made.id)
        raw = await channels.channel_settings(mine, town.vault, town.place.channel)
        settings = msgspec.json.decode(raw) | {"base_url": base_url}
        channel = await channels.add_channel(
            mine, town.vault, "cloud", slug, slug, msgspec.json.encode(settings)
        )
    return Place(made.id, town.place.owner, channel.id)


async def publish(town: Town, place: Place, nodes: tuple, lines: tuple, **more: object) -> None:
    own, town.place = town.place, place
    try:
        await town.publish("oi", nodes, lines, **more)
    finally:
        town.place = own


async def many_say(town: Town, place: Place, count: int) -> None:
    """So many people write "oi" to a workspace, in one webhook."""
    messages = [message(f"55119{n:08d}", 1, "oi") for n in range(count)]
    assert town.workers is not None
    parsed = town.connector.parse(body(town, messages))
    await town.workers.receive(str(place.channel), parsed)


async def rooms(town: Town, place: Place, count: int, *, lanes: bool = False) -> set[UUID]:
    """So many conversations that have work since an hour (or lanes that are due since then)."""
    ids = [new_id() for _ in range(count)]
    await town.run(
        """
        INSERT INTO conversations (id, tenant_id, channel_id, contact_id, work_at)
        SELECT id, $2, $3, gen_random_uuid(),
            CASE WHEN $4 THEN NULL ELSE now() - interval '1 hour' END
        FROM unnest($1::uuid[]) AS i (id)
        """,
        ids, place.tenant, place.channel, lanes,
    )  # fmt: skip
    if lanes:
        await town.run(
            """
            INSERT INTO lanes (conversation_id, tenant_id, channel_id, class, next_at)
            SELECT id, $2, $3, 0, now() - interval '1 hour' FROM unnest($1::uuid[]) AS i (id)
            """,
            ids, place.tenant, place.channel,
        )  # fmt: skip
    return set(ids)


async def take(town: Town, crowd: Crowd, limit: int = 50) -> set[UUID]:
    """One batch: claimed, and done with."""
    async with town.database.worker() as transaction:
        claimed = {each.id for each in await crowd.claim(transaction, limit)}
        await transaction.run(
            "UPDATE conversations SET work_at = NULL WHERE id = ANY($1::uuid[])", list(claimed)
        )
    return claimed


async def test_one_reply_is_not_behind_a_crowd_of_turns(still: Town) -> None:
    crowded = await neighbour(still, "caio")
    await rooms(still, crowded, 2000)
    (single,) = await rooms(still, still.place, 1)
    await still.run("UPDATE conversations SET work_at = now() WHERE id = $1", single)
    crowd = Crowd()
    first, second = await take(still, crowd), await take(still, crowd)
    assert single in first | second
    assert len(first) == len(second) == 50


async def test_a_crowd_of_tenants_goes_round_and_all_is_done(still: Town) -> None:
    places = [await neighbour(still, f"t{n}") for n in range(60)]
    waiting = set[UUID]()
    for number, place in enumerate(places):
        waiting |= await rooms(still, place, 400 if number == 0 else 4)
    crowd, met, batches = Crowd(), set[UUID](), 0
    owners = {
        row["id"]: row["tenant_id"]
        for row in await still.rows("SELECT id, tenant_id FROM conversations")
    }
    while waiting:
        taken = await take(still, crowd)
        assert taken, "some work was never claimed"
        waiting -= taken
        batches += 1
        met |= {owners[id] for id in taken}
        # The first batch is as ever; then all are met within two rounds of fifty.
        assert batches < 4 or len(met) == 60
    assert batches <= 30


async def test_what_others_hold_does_not_hide_the_rest(still: Town) -> None:
    """All that the claim looks at is in other processes' hands: it looks further."""
    crowded = await neighbour(still, "caio")
    await rooms(still, crowded, 300)
    (single,) = await rooms(still, still.place, 1)
    await still.run("UPDATE conversations SET work_at = now() WHERE id = $1", single)
    async with still.database.worker() as holder:
        await holder.run(
            "SELECT FROM conversations WHERE tenant_id = $1 FOR NO KEY UPDATE", crowded.tenant
        )
        crowd = Crowd()
        crowd.here = True  # as the turn taker says of an empty claim while something is due
        assert await take(still, crowd) == {single}


async def test_one_send_is_not_behind_a_crowd_of_sends(still: Town) -> None:
    crowded = await neighbour(still, "caio")
    await rooms(still, crowded, 2000, lanes=True)
    (single,) = await rooms(still, still.place, 1, lanes=True)
    await still.run("UPDATE lanes SET next_at = now() WHERE conversation_id = $1", single)
    await claimer(still, 64).claim()
    assert await still.value("SELECT epoch FROM lanes WHERE conversation_id = $1", single) == 1
    taken = await still.value("SELECT count(*) FROM lanes WHERE epoch = 1")
    assert 2 <= taken <= 33  # a channel may have half of the hands


async def test_a_rest_or_an_empty_bucket_of_one_channel_is_nobody_elses(still: Town) -> None:
    resting, slow = await neighbour(still, "caio"), await neighbour(still, "davi")
    for place in (resting, slow):
        await rooms(still, place, 500, lanes=True)
    await rooms(still, still.place, 5, lanes=True)
    await still.run(
        "UPDATE channels SET next_send_at = now() + interval '1 hour' WHERE id = $1",
        resting.channel,
    )
    await still.run("UPDATE channels SET rate = 0.01 WHERE id = $1", slow.channel)
    mine = claimer(still, 64)
    for _ in range(4):
        await mine.claim()
    rows = await still.rows(
        "SELECT channel_id, count(*) FROM lanes WHERE epoch > 0 GROUP BY channel_id"
    )
    counts = {row["channel_id"]: row["count"] for row in rows}
    assert counts == {resting.channel: 10, slow.channel: 1, still.place.channel: 5}


async def test_a_provider_that_never_answers_delays_its_own_workspace_only(still: Town) -> None:
    async with Peer(lambda _request: Reply(after=3600)) as silent:
        # Nor does anybody give it up meanwhile, which would free a hand for the next.
        still.client.timeout = httpx.Timeout(300)
        crowded = await neighbour(still, "caio", silent.url)
        await publish(still, crowded, *HELLO)
        await still.publish("oi", *HELLO)
        still.settings = still.settings.model_copy(
            update={"worker_concurrency": 16, "drain_seconds": 0}
        )
        await still.work()
        await many_say(still, crowded, 120)
        await still.until(lambda: len(silent.asked) >= 8)
        still.say("oi")
        await still.hears("Olá!")
        assert len(silent.asked) == 8  # half of the hands


async def test_a_peer_that_never_answers_delays_its_own_workspaces_calls_only(still: Town) -> None:
    async with (
        Peer(lambda _request: Reply(after=3600)) as silent,
        Peer(lambda _request: Reply(200, b'{"estado": "feito"}')) as quick,
    ):
        crowded = await neighbour(still, "caio", still.graph.url)
        slow = flow(silent.url, timeout="PT1M")  # nobody gives it up meanwhile
        await publish(still, crowded, *slow, variables=[{"name": "pedido"}])
        await still.publish("oi", *flow(quick.url), variables=[{"name": "pedido"}])
        hosts = (f"127.0.0.1:{silent.port}", f"127.0.0.1:{quick.port}")
        still.settings = still.settings.model_copy(
            update={"allowed_http_hosts": hosts, "worker_concurrency": 16, "drain_seconds": 0}
        )
        await still.work()
        await many_say(still, crowded, 120)
        await still.until(lambda: len(silent.asked) >= 8)
        still.say("oi")
        await still.hears("Estado: feito")
        assert len(silent.asked) == 8
