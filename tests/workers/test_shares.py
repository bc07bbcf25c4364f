"""Shares: everybody gets one before anybody gets two, and nobody can take all the hands."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from flowengine.store.ids import new_id
from workers.shares import LATER, Claimant, Deal, Hands, Roster, Turns

A, B, C = (UUID(int=n) for n in (1, 2, 3))


def claimant(tenant: UUID, most: int, channel: UUID | None = None) -> Claimant:
    return Claimant(channel or tenant, tenant, most)


def test_a_single_message_is_never_behind_a_crowd() -> None:
    turns, hands = Turns(), Hands(1000)
    first, _ = Deal(hands, turns).out([claimant(A, 50), claimant(B, 1)], 10)
    assert first == {A: 9, B: 1}


def test_who_was_served_longest_ago_comes_first() -> None:
    turns, hands = Turns(), Hands(100)
    crowd = [claimant(UUID(int=n), 9) for n in range(1, 11)]
    served: list[UUID] = []
    for _ in range(5):
        served.extend(Deal(hands, turns).out(crowd, 4)[0])
    assert {served.count(each.key) for each in crowd} == {2}


def test_a_tenant_with_many_channels_has_one_share() -> None:
    many = [claimant(A, 9, new_id()) for _ in range(9)]
    first, _ = Deal(Hands(100), Turns()).out([*many, claimant(B, 9)], 10)
    assert first[B] == 5
    assert sum(first.values()) == 10
    assert max(count for key, count in first.items() if key != B) == 1


def test_a_dead_channel_keeps_half_of_the_hands_at_most() -> None:
    turns, hands = Turns(), Hands(64)
    for n in range(20):
        for tenant, count in Deal(hands, turns).out([claimant(A, 50)], 50)[0].items():
            for m in range(count):
                hands.use(UUID(int=1000 * n + m + 10), tenant, tenant)
    assert hands.free == 32
    first, _ = Deal(hands, turns).out([claimant(A, 50), claimant(B, 50)], 50)
    assert A not in first
    assert first[B] == 16


def test_a_tenants_other_channel_goes_on_while_one_is_dead() -> None:
    hands = Hands(60)
    for n in range(30):
        hands.use(UUID(int=100 + n), A, B)  # channel B of tenant A does not answer
    first, _ = Deal(hands, Turns()).out([claimant(A, 9, B), claimant(A, 9, C)], 9)
    assert set(first) == {C}
    hands.let_go([UUID(int=100 + n) for n in range(30)])
    assert hands.free == 60
    assert hands.used(A) == hands.used(B) == 0


def test_campaigns_wait_for_replies_but_do_not_starve() -> None:
    turns, hands = Turns(), Hands(10_000)
    replies = campaigns = 0
    for _ in range(40):
        first, later = Deal(hands, turns).out([claimant(A, 50)], 10, [claimant(B, 50)])
        replies += first.get(A, 0)
        campaigns += later.get(B, 0)
    assert campaigns == (replies + campaigns) / LATER


@given(
    crowds=st.lists(st.integers(1, 60), min_size=1, max_size=12),
    limit=st.integers(1, 50),
    hands=st.integers(2, 200),
)
def test_nobody_waits_longer_than_a_round(crowds: list[int], limit: int, hands: int) -> None:
    """With so many tenants as wait, each is served within tenants / limit claims, rounded up."""
    turns, mine = Turns(), Hands(hands)
    limit = min(limit, hands - 1)
    crowd = [claimant(UUID(int=n + 1), most) for n, most in enumerate(crowds)]
    met: set[UUID] = set()
    for _ in range(-(-len(crowd) // min(limit, (hands + 1) // 2))):
        first, _ = Deal(mine, turns).out(crowd, limit)
        met |= set(first)
        assert sum(first.values()) <= limit
        assert all(first[each.key] <= each.most for each in crowd if each.key in first)
    assert met == {each.key for each in crowd}


async def test_a_roster_is_read_as_often_as_it_may_cost() -> None:
    now, reads = 0.0, 0

    async def fetch() -> list[int]:
        nonlocal now, reads
        now, reads = now + 0.05, reads + 1
        return list(range(5))

    roster = Roster[int](clock=lambda: now)
    assert await roster.some(3, fetch) == [0, 1, 2]
    assert await roster.some(3, fetch) == [3, 4, 0]
    now += 0.9
    assert (await roster.some(9, fetch), reads) == ([1, 2, 3, 4, 0], 1)
    now += 0.11
    assert (await roster.some(1, fetch), reads) == ([0], 2)
    roster.forget()
    await roster.some(1, fetch)
    assert reads == 3
