"""Moves to another version take turns: a large one keeps no other workspace's waiting."""

from uuid import UUID

from flowengine.store.database import Database
from flowengine.store.flow_moves import Choices, NewMember, begin_move, cancel_move, feed_moves
from flowengine.store.ids import new_id
from tests.store.conftest import Place


async def begin(store: Database, place: Place, flow: str, count: int) -> UUID:
    members = [NewMember(new_id(), new_id(), "a" * 64, 2) for _ in range(count)]
    async with store.web(place.tenant) as transaction:
        return await begin_move(transaction, flow, 2, Choices(), members, place.owner)


async def fed(store: Database, limit: int) -> dict[UUID, int]:
    """How many were told of each move, one more time of the clock."""
    async with store.worker() as transaction:
        await feed_moves(transaction, limit)
        rows = await transaction.rows(
            "SELECT move_id, count(seq) AS told FROM flow_move_members GROUP BY move_id"
        )
    return {row["move_id"]: row["told"] for row in rows}


async def test_a_small_move_goes_beside_a_large_one(
    store: Database, bia: Place, davi: Place
) -> None:
    large = await begin(store, bia, "ola", 120)
    small = await begin(store, davi, "ola", 10)
    assert await fed(store, 50) == {large: 40, small: 10}
    assert await fed(store, 50) == {large: 90, small: 10}
    assert await fed(store, 50) == {large: 120, small: 10}


async def test_workspaces_share_evenly_and_so_do_the_moves_of_one(
    store: Database, bia: Place, davi: Place
) -> None:
    first, second = await begin(store, bia, "ola", 100), await begin(store, bia, "outro", 100)
    other = await begin(store, davi, "ola", 100)
    assert await fed(store, 40) == {first: 10, second: 10, other: 20}
    async with store.web(bia.tenant) as transaction:
        await cancel_move(transaction, "ola", first)
    assert await fed(store, 40) == {first: 10, second: 30, other: 40}
