"""The search: breadth first over engine states, each kind of state gone on from once.

The real engine makes every move. Where a conversation can lead to nothing that is still looked for,
it is left alone. Same flows, same result: what ends the search is a number of moves.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from flowengine.explore.begins import Opening
from flowengine.explore.ground import HUB, Ground
from flowengine.explore.moves import Moves
from flowengine.explore.walk import Move, Walk
from flowengine.messages import Send
from flowengine.simulation import Simulation
from flowengine.talks.acting import REASON
from flowengine.talks.coverage import Place
from flowengine.talks.format import Fail, Step
from flowengine.talks.rows import Row, simulated

Seen = Callable[[list[Row], Simulation], int]
"""Which goals (bits) were reached by these rows, the last of this simulation."""

DEEPEST = 300
"""Moves of one chat."""


class Wanted(Struct, frozen=True):
    """What is looked for: goals are bits. `places`: from where each may be reached, at the last."""

    places: Mapping[Place, int]
    seen: Seen

    @property
    def everything(self) -> int:
        found = 0
        for mask in self.places.values():
            found |= mask
        return found


class Edge(Struct, frozen=True):
    """A move that was made: from one kind of state to another, and the goals it reached."""

    move: Move
    to: int
    mask: int


class Spot(Struct):
    """A state of its own kind. `path`: the moves to it, from its opening; `mask`: on the way."""

    number: int
    walk: Walk
    opening: Opening
    path: tuple[Move, ...]
    mask: int
    edges: list[Edge]


class Reach(Struct, frozen=True):
    """How a goal was first reached, and the conversation as it was then."""

    opening: Opening
    path: tuple[Move, ...]
    walk: Walk


class Search:
    """`first`: by goal (its number), the shortest chat; `endless`: one that never comes to rest.
    `spots`: every kind of state, in order. `cut`: some chat was longer than we follow."""

    def __init__(
        self,
        ground: Ground,
        wanted: Wanted,
        budget: int,
        enough: Callable[[], bool] = lambda: False,
    ) -> None:
        self.ground, self.wanted = ground, wanted
        self.moves = Moves(ground)
        self.ahead = ground.ahead(wanted.places)
        self.missing = wanted.everything
        self.first: dict[int, Reach] = {}
        self.endless: dict[int, Reach] = {}
        self.spots: list[Spot] = []
        self.starts: list[int] = []
        self.made = 0
        self.budget = budget
        self.enough = enough
        self.wider = self.cut = False
        self._known: dict[Any, int] = {}
        self._queue: deque[int] = deque()

    @property
    def over(self) -> bool:
        """Nothing is missing, or there are no moves left."""
        return not self.missing or self.made >= self.budget or self.enough()

    def deepen(self, moves: int) -> None:
        """Go on from every spot that was left alone, with so many moves: more ways to the same."""
        self.wider = True
        limit = min(self.budget, self.made + moves)
        for spot in self.spots:  # grows on the way
            if self.made >= limit or self.enough():
                break
            if not spot.edges:
                self._expand(spot)
        self.wider = False

    def run(self, openings: Iterable[Opening], acts: Iterable[Move]) -> None:
        """Look from these beginnings, on top of all that is known."""
        firsts = list(acts)
        for opening in openings:
            walk = Walk(self.ground, opening.contact, opening.now)
            walk.do(opening.before)
            spot = self._spot(("start", len(self.starts)), walk, opening, (), 0)
            self.starts.append(spot.number)
            for move in firsts:
                if self.over:
                    return
                self._try(spot, move)
        while self._queue and not self.over:
            self._expand(self.spots[self._queue.popleft()])

    def _expand(self, spot: Spot) -> None:
        if not self._hopeful(spot.walk):
            return
        if len(spot.path) >= DEEPEST:
            self.cut = True
            return
        for move in self.moves.of(spot.walk):
            if self.over and not self.wider:
                return
            self._try(spot, move)

    @property
    def _looked_for(self) -> int:
        return self.wanted.everything if self.wider else self.missing

    def _hopeful(self, walk: Walk) -> bool:
        """Whether something that is looked for may lie ahead."""
        wanted = self._looked_for
        return any(self.ahead.get(place, 0) & wanted for place in self._stands(walk))

    def _stands(self, walk: Walk) -> Iterator[Place]:
        for state in walk.chat.executions.values():
            yield from ((frame.flow, frame.node) for frame in state.frames)
        for flow in walk.timetable.starting:
            yield from ((flow, node.id) for node in self.ground.flows[flow].nodes[:1])
            yield flow, HUB

    def _try(self, spot: Spot, move: Move) -> None:
        """Make a move; and again with each send refused that has an exit for that."""
        for node in self._make(spot, move):
            self._make(spot, (Step(fail=Fail(reason=REASON, node=node)), *move))

    def _make(self, spot: Spot, move: Move) -> Iterable[str]:
        self.made += 1
        walk = spot.walk.fork()
        try:
            if not walk.do(move):
                return ()
        except LookupError:
            return ()  # an edge to a node that is not there: `check` tells of it
        rows = simulated(walk.happened[len(spot.walk.happened) :], spot.walk.chat.executions)
        if not rows:
            return ()
        mask = self.wanted.seen(rows, walk)
        path = (*spot.path, move)
        if walk.endless:
            for goal in bits(mask):
                self.endless.setdefault(goal, Reach(spot.opening, path, walk))
            return ()
        self._reached(mask, Reach(spot.opening, path, walk))
        to = self._arrive(walk, spot, path, mask)
        spot.edges.append(Edge(move, to, mask))
        return self._could_fail(rows)

    def _arrive(self, walk: Walk, spot: Spot, path: tuple[Move, ...], mask: int) -> int:
        signature = walk.signature()
        known = self._known.get(signature)
        if known is not None:
            return known
        found = self._spot(signature, walk, spot.opening, path, spot.mask | mask)
        self._queue.append(found.number)
        return found.number

    def _spot(
        self, signature: Any, walk: Walk, opening: Opening, path: tuple[Move, ...], mask: int
    ) -> Spot:
        spot = Spot(len(self.spots), walk, opening, path, mask, [])
        self._known[signature] = spot.number
        self.spots.append(spot)
        return spot

    def _reached(self, mask: int, reach: Reach) -> None:
        self.missing &= ~mask
        for goal in bits(mask):
            self.first.setdefault(goal, reach)

    def number(self, walk: Walk) -> int | None:
        """Which spot a walk stands at, if it is a known one."""
        return self._known.get(walk.signature())

    def _could_fail(self, rows: list[Row]) -> list[str]:
        sends = [effect for row in rows for _, effect in row.effects if isinstance(effect, Send)]
        nodes = dict.fromkeys((send.flow, send.node) for send in sends)
        return [
            node
            for flow, node in nodes
            if (node, "failed") in self.ground.wired.get(flow, ())
            and self.ahead.get((flow, node), 0) & self._looked_for
        ]


def bits(mask: int) -> Iterator[int]:
    """The numbers of the bits that are set, the lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
