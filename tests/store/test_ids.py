"""Ids sort by the time at which they were made, and tell it."""

import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from flowengine.store.ids import id_at, new_id, time_of


def test_ids_are_version_7_and_only_grow() -> None:
    made = [new_id() for _ in range(5000)]

    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {identifier.version for identifier in made} == {7}
    assert {identifier.variant for identifier in made} == {UUID(int=1 << 63).variant}


def test_an_id_tells_when_it_was_made() -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    moment = time_of(new_id())

    assert before <= moment <= datetime.now(UTC) + timedelta(milliseconds=1)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_smallest_id_of_a_moment(moment: datetime) -> None:
    first = id_at(moment)

    assert first.version == 7
    assert moment - time_of(first) < timedelta(milliseconds=1)
    assert id_at(moment - timedelta(milliseconds=1)) < first


def test_threads_never_make_the_same_id() -> None:
    made: list[UUID] = []
    threads = [
        threading.Thread(target=lambda: made.extend(new_id() for _ in range(2000)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(made)) == 8000
