"""From the turns of executions to the sums that the numbers of flows are made of.

Kinds of sums: `began` (how many executions), `in` (came to a node), `out` (left it by the exit
`name`), `at` (stand there now), `drop` (ended there without having been meant to), `end` (ended
with the outcome `name`), `done` (were completed), and `ab`: of those who took a variant of an A/B
test, how they ended (`name`: exit, 1 or 0 for completed, outcome, with a tab between). An execution
counts once at each node and exit. What happens in a flow that is called stands at the calling node.

A turn counts for the version on which it was made. Of who is moved to another version: `moved` is
how many came to it so (without a node, and at the node where they stand then), `gone` how many left
for another one. Where they stand they have come to, `in` the new version. A node or exit that
counts already, for another version, is `in+`, `out+` or `ab+`: it counts for its version, and not
among all of them.
"""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

import msgspec
from msgspec import Struct

from flowengine import trail as trails
from flowengine.state import encode
from flowengine.store.flow_counts import Fresh, Key, Walk
from flowengine.trail import Trail

GONE = ("expired", "failed", "interrupted")
"""How executions end that nobody wanted to end so."""

CALLED, ASIDE = "c", "r"
"""Frames above an execution's own flow: of one that it called, of an interrupt that comes back."""

_trail = msgspec.json.Decoder(tuple[Trail, ...], float_hook=Decimal)


class Been(Struct):
    """What was counted of an execution for one version."""

    nodes: set[str] = set()
    exits: set[tuple[str, str]] = set()


class Way(Struct, omit_defaults=True):
    """The way of one execution along its own flow. `nodes`, `exits`: counted for any version; `on`:
    for each, once it was moved. `version`: where it is now (0: as its row says). `last`: the node
    where it is; `depth`: of called flows; `frames`: what stands on its own flow, "c" a called one,
    "r" an interrupt that comes back; `began`: whether it was counted at all."""

    nodes: set[str] = set()
    exits: set[tuple[str, str]] = set()
    last: str = ""
    depth: int = 0
    frames: str = ""
    began: bool = False
    over: bool = False
    version: int = 0
    on: dict[str, Been] = {}


class _Stood(Struct):
    node: str


class _Moved(Struct):
    frames: tuple[_Stood, ...]


class _Given(Struct):
    event: _Moved


read_way = msgspec.json.Decoder(Way).decode
_given = msgspec.json.Decoder(_Given)


class Tally:
    """Sums in the making."""

    def __init__(self) -> None:
        self.sums: Counter[Key] = Counter()
        self.walks: list[Walk] = []

    def take(self, turns: Iterable[Fresh]) -> None:
        """All turns of one execution that are not counted yet, in order."""
        listed = list(turns)
        last = listed[-1]
        way = read_way(last.way) if last.way else Way()
        way.frames = way.frames or CALLED * way.depth
        before = way.version = way.version or last.counted_version or listed[0].version
        was = "" if way.over else way.last
        if not way.began:
            way.began = True
            self._add(listed[0], "began")
        for each in listed:
            if each.version != way.version:
                self._move(each, way)
            self._walk(each, way)
        stands = "" if last.ended else way.last
        if (was, before) != (stands, last.version):
            if was:
                self._add(last, "at", was, n=-1, version=before)
            if stands:
                self._add(last, "at", stands)
        if last.ended and not way.over:
            way.over = True
            self._end(last, way)
        self.walks.append(
            Walk(last.execution_id, last.tenant_id, last.flow, last.version, last.day,
                 last.turn, last.at, last.ended, encode(_plain(way)))
        )  # fmt: skip

    def _move(self, turn: Fresh, way: Way) -> None:
        """It went on with another version: for the new one nothing of it counts yet. One that comes
        back has not gone."""
        way.on = way.on or {str(way.version): Been(set(way.nodes), set(way.exits))}
        self._add(turn, "gone", version=way.version)
        way.version = turn.version
        if str(turn.version) in way.on:
            self._add(turn, "gone", n=-1)
            return
        way.on[str(turn.version)] = Been()
        self._add(turn, "moved")
        if node := _root(turn, way):
            self._add(turn, "moved", node)

    def _walk(self, turn: Fresh, way: Way) -> None:
        try:
            events = _trail.decode(turn.trail)
        except msgspec.DecodeError:
            return  # erased with its person
        for event in events:
            match event:
                case trails.Called():
                    _stack(way, way.frames + CALLED)
                case trails.Interrupted(then="return"):
                    _stack(way, way.frames + ASIDE)
                case trails.Returned():
                    _stack(way, way.frames[:-1])
                case trails.MovedOver():
                    self._come(turn, way, _root(turn, way))
                case trails.Entered() if not way.depth:
                    self._come(turn, way, event.node)
                case trails.Left() if not way.depth:
                    self._leave(turn, way, event.node, event.exit)
                case _:
                    pass

    def _come(self, turn: Fresh, way: Way, node: str) -> None:
        way.last = node
        here = _here(way)
        if node not in here.nodes:
            self._add(turn, "in+" if node in way.nodes else "in", node)
            here.nodes.add(node)
            way.nodes.add(node)

    def _leave(self, turn: Fresh, way: Way, node: str, exit: str) -> None:
        here, taken = _here(way), (node, exit)
        if taken not in here.exits:
            self._add(turn, "out+" if taken in way.exits else "out", node, exit)
            here.exits.add(taken)
            way.exits.add(taken)

    def _end(self, turn: Fresh, way: Way) -> None:
        if turn.status in GONE:
            self._add(turn, "drop", way.last)
        if turn.outcome:
            self._add(turn, "end", "", turn.outcome)
        completed = turn.status == "completed"
        if completed:
            self._add(turn, "done")
        for node, exit in sorted(way.exits):
            if exit.startswith("variant:"):
                name = f"{exit}\t{int(completed)}\t{turn.outcome}"
                for place, version in enumerate(_taken_on(way, node, exit)):
                    self._add(turn, "ab+" if place else "ab", node, name, version=version)

    def _add(
        self, turn: Fresh, kind: str, node: str = "", name: str = "", n: int = 1, version: int = 0
    ) -> None:
        key = (turn.tenant_id, turn.flow, version or turn.version, turn.day, kind, node, name)
        self.sums[key] += n


def _stack(way: Way, frames: str) -> None:
    way.frames, way.depth = frames, frames.count(CALLED)


def _here(way: Way) -> Been:
    """What was counted for the version on which it is: all of it, where it was never moved."""
    return way.on[str(way.version)] if way.on else Been(way.nodes, way.exits)


def _taken_on(way: Way, node: str, exit: str) -> list[int]:
    """The versions on which it left a node by an exit."""
    if not way.on:
        return [way.version]
    return sorted(int(each) for each, been in way.on.items() if (node, exit) in been.exits)


def _root(turn: Fresh, way: Way) -> str:
    """The node of its own flow at which a move has put it: of the lowest frame, whatever it has
    called. Where it was, if its person is erased."""
    try:
        return _given.decode(turn.given).event.frames[0].node if turn.given else way.last
    except msgspec.DecodeError:
        return way.last


def _plain(way: Way) -> dict[str, object]:
    """The way as JSON that is the same for the same way."""
    plain = {
        **_sorted(Been(way.nodes, way.exits)), "last": way.last, "depth": way.depth,
        "frames": way.frames, "began": way.began, "over": way.over, "version": way.version,
    }  # fmt: skip
    if way.on:
        plain["on"] = {version: _sorted(been) for version, been in sorted(way.on.items())}
    return plain


def _sorted(been: Been) -> dict[str, object]:
    return {"nodes": sorted(been.nodes), "exits": sorted(been.exits)}
