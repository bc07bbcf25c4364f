"""How often one contact is written to: kept in the lane's own row, so that nothing can lose it."""

from tests.flowengine.playing import OI, text
from tests.workers.town import Town

FOUR = (
    (OI, *(text(f"m{n}", f"M{n}") for n in range(4))),
    ("oi > m0", "m0 > m1", "m1 > m2", "m2 > m3"),
)


async def paced(still: Town, seconds: float, ahead: float) -> None:
    """The channel's pace, and a contact who was sent so much that it is `ahead` seconds of it."""
    await still.settle_again(seconds_per_contact=seconds)
    await still.publish("oi", *FOUR)
    await still.work()
    still.say("oi")
    await still.hears("M0", "M1", "M2", "M3")
    await still.quiet()
    await still.run(
        "UPDATE lanes SET pace_at = clock_timestamp() + $1 * interval '1 second'", float(ahead)
    )


async def test_a_burst_leaves_at_once_and_is_remembered(still: Town) -> None:
    await paced(still, 6, 0)
    still.say("oi")
    await still.hears(*["M0", "M1", "M2", "M3"] * 2)
    owed = await still.value("SELECT extract(epoch FROM pace_at - clock_timestamp()) FROM lanes")
    assert 6 < owed <= 24


async def test_who_was_written_to_too_often_waits_and_others_do_not(still: Town) -> None:
    await paced(still, 6, 6 * 44 + 3600)
    still.say("oi")
    still.say("oi", who="5511988887777")
    await still.hears("M0", "M1", "M2", "M3", who="5511988887777")
    await still.sees("SELECT count(*) = 4 FROM outbox")
    assert still.heard() == ["M0", "M1", "M2", "M3"]
    await still.sees("SELECT owner IS NULL FROM lanes WHERE next_at > now() + interval '1 minute'")
    # When its time has come it goes on by itself.
    await still.run("UPDATE lanes SET pace_at = now(), next_at = now() WHERE next_at IS NOT NULL")
    await still.hears(*["M0", "M1", "M2", "M3"] * 2)
