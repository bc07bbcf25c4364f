"""The records of switches age, but for the last away from each channel: what was heard there."""

from flowengine.store.cleaning import clean
from flowengine.store.ids import new_id
from tests.workers.town import Town

OLD, YOUNG = 91, 1


async def switched(still: Town, *rows: tuple[str, str, int, bool]) -> None:
    """A conversation's switches: from, to, days ago, whether it is back since."""
    room, channels = new_id(), {name: new_id() for name in "ab"}
    for number, (source, target, days, back) in enumerate(rows):
        await still.run(
            "INSERT INTO channel_switches (tenant_id, id, conversation_id, from_channel_id,"
            " to_channel_id, why, at, back_at, heard)"
            " VALUES ($1, $2, $3, $4, $5, 'plan', now() - $6 * interval '1 day'"
            " + $7::int * interval '1 minute', CASE WHEN $8 THEN now() END, $7::int::text)",
            still.place.tenant, new_id(), room, channels[source], channels[target], days,
            number, back,
        )  # fmt: skip


async def cleaned(still: Town) -> list[str]:
    async with still.database.worker() as transaction:
        await clean(transaction)
    rows = await still.rows("SELECT heard FROM channel_switches ORDER BY at")
    return [row["heard"] for row in rows]


async def test_what_was_superseded_long_ago_goes(still: Town) -> None:
    await switched(
        still, ("a", "b", OLD, True), ("b", "a", OLD, True), ("a", "b", OLD, True),
        ("b", "a", OLD, True), ("a", "b", OLD, False),
    )  # fmt: skip
    assert await cleaned(still) == ["3", "4"]


async def test_what_is_young_or_not_back_stays(still: Town) -> None:
    await switched(
        still, ("a", "b", OLD, False), ("a", "b", YOUNG, True), ("b", "a", YOUNG, True),
        ("b", "a", YOUNG, True),
    )  # fmt: skip
    assert await cleaned(still) == ["0", "1", "2", "3"]
