"""Few talks instead of many: from one thing that is still to be reached to the nearest next.

The search knows from which kind of state which move leads where. A tour follows that map with the
real engine, and what it really reached is what counts. An end comes last: a chat has only one.
"""

from collections import deque
from collections.abc import Callable

from msgspec import Struct

from flowengine.explore.search import Edge, Search, bits
from flowengine.explore.walk import Move, Walk
from flowengine.talks.rows import simulated

LONGEST = 25
"""Moves of one talk: longer ones are no fun to read."""


DETOUR = 2
"""Moves more than from the beginning that are worth one talk less."""


class Tour(Struct, frozen=True):
    """A chat that was played, and the goals that it reached."""

    walk: Walk
    moves: tuple[Move, ...]
    mask: int


def tours(search: Search, proven: Callable[[Walk], int]) -> list[Tour]:
    """Tours that together reach all that the search found; none that the others make needless.

    `proven`: the goals that the talk of a chat reaches when it is played. Where a tour's talk does
    not reach what is still missing, the shortest chats stand for it.
    """
    missing = 0
    for goal in search.first:
        missing |= 1 << goal
    found: list[Tour] = []
    while missing and not search.enough():
        tour = _proven(_tour(search, missing), proven)
        if not tour.mask & missing:
            break
        found.append(tour)
        missing &= ~tour.mask
    for goal in bits(missing):
        if missing >> goal & 1 and not search.enough():
            tour = _proven(_shortest(search, goal), proven)
            if tour.mask & missing:
                found.append(tour)
                missing &= ~tour.mask
    return _needed(found)


def _proven(tour: Tour, proven: Callable[[Walk], int]) -> Tour:
    return Tour(tour.walk, tour.moves, proven(tour.walk))


def _needed(found: list[Tour]) -> list[Tour]:
    """Without those whose goals the others reach, the shortest first."""
    kept = list(found)
    for tour in sorted(found, key=lambda each: len(each.moves)):
        others = [each for each in kept if each is not tour]
        union = 0
        for each in others:
            union |= each.mask
        if not tour.mask & ~union:
            kept = others
    return kept


def _shortest(search: Search, goal: int) -> Tour:
    reach = search.first[goal]
    walk = Walk(search.ground, reach.opening.contact, reach.opening.now)
    walk.do(reach.opening.before)
    return _follow(search, Tour(walk, (), 0), reach.path)


def _follow(search: Search, tour: Tour, path: tuple[Move, ...]) -> Tour:
    walk, mask = tour.walk, tour.mask
    for move in path:
        known, states = len(walk.happened), walk.chat.executions
        if not walk.do(move):
            break
        mask |= search.wanted.seen(simulated(walk.happened[known:], states), walk)
    return Tour(walk, (*tour.moves, *path), mask)


def _tour(search: Search, missing: int) -> Tour:
    """From the nearest beginning on, as long as that is no longer than to begin anew."""
    start, path = _nearest(search, search.starts, missing)
    opening = search.spots[start].opening
    walk = Walk(search.ground, opening.contact, opening.now)
    walk.do(opening.before)
    best = Tour(walk, (), 0)
    while path:
        tour = _follow(search, Tour(best.walk.fork(), best.moves, best.mask), path)
        if not tour.mask & missing & ~best.mask:
            break
        best = tour
        here = search.number(tour.walk)
        if here is None or len(tour.moves) >= LONGEST:
            break
        left = missing & ~tour.mask
        _, path = _nearest(search, [here], left)
        _, anew = _nearest(search, search.starts, left)
        if len(path) > len(anew) + DETOUR:
            break
    return best


def _nearest(search: Search, starts: list[int], missing: int) -> tuple[int, tuple[Move, ...]]:
    """The shortest way to something missing, and where it starts; sooner to what goes on."""
    behind: dict[int, tuple[int, Edge] | None] = dict.fromkeys(starts)
    ahead = deque(starts)
    last: tuple[int, Edge] | None = None
    while ahead:
        at = ahead.popleft()
        for edge in search.spots[at].edges:
            if edge.mask & missing:
                if search.spots[edge.to].edges:
                    return _way(behind, (at, edge))
                last = last or (at, edge)
            if edge.to not in behind:
                behind[edge.to] = (at, edge)
                ahead.append(edge.to)
    return _way(behind, last) if last is not None else (starts[0], ())


def _way(
    behind: dict[int, tuple[int, Edge] | None], last: tuple[int, Edge]
) -> tuple[int, tuple[Move, ...]]:
    """From its beginning to the end of the last edge."""
    moves: list[Move] = []
    step = last
    while True:
        at, edge = step
        moves.append(edge.move)
        before = behind[at]
        if before is None:
            return at, tuple(reversed(moves))
        step = before
