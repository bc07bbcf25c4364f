"""A channel that fails time after time rests; one send finds out when it is back; none is lost."""

from uuid import UUID

from connectors.fake_graph.words import Trouble
from flowengine.store.circuits import OPEN_AFTER, Strike, alive, strike, try_probe
from tests.flowengine.playing import OI, text
from tests.workers.test_inbox import body, message
from tests.workers.town import Town

HELLO = ((OI, text("ola", "Olá")), ("oi > ola",))
PEOPLE = [f"55119{n:08d}" for n in range(12)]


async def channel(town: Town) -> tuple[int, str, bool]:
    row = (await town.rows(
        "SELECT strikes, trouble, next_send_at > now() AS rests FROM channels"
    ))[0]  # fmt: skip
    return row["strikes"], row["trouble"], bool(row["rests"])


async def strikes(town: Town, each: Strike) -> tuple[int, str, bool]:
    async with town.database.worker() as transaction:
        await strike(transaction, {town.place.channel: each})
    return await channel(town)


async def test_outages_in_a_row_open_it_and_every_message_leaves_once_it_is_back(
    town: Town,
) -> None:
    await town.publish("oi", *HELLO)
    town.graph.trouble(Trouble("error", code=2, status=500, count=len(PEOPLE)))
    await town.deliver(body(town, [message(who, 1, "oi") for who in PEOPLE]))
    # In one look, as it is tried again a few seconds later.
    rests = "SELECT trouble FROM channels WHERE strikes >= 5 AND next_send_at > now()"
    assert await town.sees(rests) == "transient"
    assert await town.value("SELECT count(*) FROM dead_letters") == 0
    await town.until(lambda: len(town.graph.sent) == len(PEOPLE), 60)
    await town.quiet()
    assert sorted(sent.to.strip("+") for sent in town.graph.sent) == sorted(PEOPLE)
    assert await channel(town) == (0, "", False)


async def test_an_answer_between_two_outages_starts_the_count_anew(still: Town) -> None:
    place: UUID = still.place.channel
    assert await strikes(still, Strike(OPEN_AFTER - 1, 0, "transient")) == (4, "", False)
    async with still.database.worker() as transaction:
        await alive(transaction, [place])
    assert await channel(still) == (0, "", False)


async def test_only_one_send_tries_an_open_circuit(still: Town) -> None:
    place = still.place.channel
    await strikes(still, Strike(OPEN_AFTER, 0, "transient"))
    async with still.database.worker() as transaction:
        assert await try_probe(transaction, [place]) == set()  # it rests
    await still.run("UPDATE channels SET next_send_at = now() - interval '1 second'")
    won = []
    for _ in range(3):
        async with still.database.worker() as transaction:
            won.append(await try_probe(transaction, [place]))
    assert won == [{place}, set(), set()]


async def test_what_was_under_way_makes_no_rest_longer_only_a_failed_probe_does(
    still: Town,
) -> None:
    rest = "SELECT extract(epoch FROM next_send_at - now())::float8 FROM channels"
    await strikes(still, Strike(OPEN_AFTER + 40, 0, "transient"))
    first = await still.value(rest)
    assert await strikes(still, Strike(20, 0, "transient")) == (OPEN_AFTER, "transient", True)
    assert await still.value(rest) <= first
    await strikes(still, Strike(1, 0, "transient", probe=True))
    await strikes(still, Strike(1, 0, "transient", probe=True))
    assert await still.value(rest) > first * 2
    assert (await channel(still))[0] == OPEN_AFTER + 2


async def test_a_rest_that_the_provider_asked_for_is_kept(still: Town) -> None:
    assert await strikes(still, Strike(0, 60, "rate_limited")) == (0, "rate_limited", True)
    async with still.database.worker() as transaction:
        await alive(transaction, [still.place.channel])
    assert await channel(still) == (0, "rate_limited", True)


async def test_a_trouble_of_the_whole_channel_opens_it_at_once(still: Town) -> None:
    assert await strikes(still, Strike(1, 60, "auth")) == (OPEN_AFTER, "auth", True)
