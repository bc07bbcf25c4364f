"""Chats that show findings: for each of check's, the shortest that comes to its place.

They are looked for all at once, with a small budget, and only when somebody asks: `check` itself
stays fast.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from flowengine.document import canonical
from flowengine.errors import FlowError
from flowengine.explore.begins import openings, start_acts, trigger_acts
from flowengine.explore.ground import Ground
from flowengine.explore.search import Reach, Search, Wanted
from flowengine.explore.showing import Look, Shown, shows
from flowengine.explore.trying import Trying
from flowengine.explore.walk import Walk
from flowengine.flow import Flow
from flowengine.graph import leads_to
from flowengine.issue import Issue
from flowengine.simulation import Simulation
from flowengine.talks.coverage import Place, reached
from flowengine.talks.format import Talk
from flowengine.talks.recording import record
from flowengine.talks.rows import Row, simulated
from flowengine.talks.writing import write_talk
from flowengine.workspace import Workspace

BUDGET = 4_000
"""Moves that are tried for all findings of a flow together: well under a second."""

ANSWERS = 5
"""Calls that are answered after the last move."""


def with_chats(
    issues: Iterable[Issue],
    flow: Flow,
    others: Mapping[str, Flow],
    workspace: Workspace | None = None,
    file: str = "",
    budget: int = BUDGET,
    enough: Callable[[], bool] = lambda: False,
) -> list[Issue]:
    """The same `issues`, each with the talk of the shortest chat that shows it in `Issue.talk`.

    A finding about no node, one that no chat leads to, and all of a flow that does not compile stay
    without. `others`: flows published beside it, by key. `workspace`: its queues, schedules and
    constants. `file`: the flow's name in the talks. `enough`: is asked whether to stop before
    `budget` moves are made. Cost: some 0.1 ms a move, and ~1 ms a finding.
    """
    listed = list(issues)
    ground = _ground(flow, others, workspace)
    if ground is None:
        return listed
    document = msgspec.json.decode(canonical(flow))
    wanted = [shows(ground, document, issue) for issue in listed]
    search = _search(ground, flow, wanted, budget, enough)
    file = file or f"{flow.key}.flow.json"
    trying = Trying(ground)
    return [
        _with(search, trying, issue, _found(search, at), file) for at, issue in enumerate(listed)
    ]


def _ground(flow: Flow, others: Mapping[str, Flow], workspace: Workspace | None) -> Ground | None:
    """All flows; where one of them cannot run, only those that this one needs."""
    for known in ({**others, flow.key: flow}, _needed(flow, others)):
        try:
            return Ground(known, workspace)
        except FlowError:
            continue
    return None


def _needed(flow: Flow, others: Mapping[str, Flow]) -> dict[str, Flow]:
    found = {flow.key: flow}
    waiting = [flow]
    while waiting:
        for node in waiting.pop().nodes:
            for key in leads_to(node):
                if key in others and key not in found:
                    found[key] = others[key]
                    waiting.append(others[key])
    return found


def _search(
    ground: Ground,
    flow: Flow,
    wanted: list[tuple[Shown, ...]],
    budget: int,
    enough: Callable[[], bool],
) -> Search:
    """Each finding has two goals: what shows it best, and at least the way there."""
    goals = [(1 << (2 * at + rank), shown) for at, both in enumerate(wanted)
             for rank, shown in enumerate(both)]  # fmt: skip
    places: dict[Place, int] = {}
    for bit, shown in goals:
        for place in shown.places:
            places[place] = places.get(place, 0) | bit

    def seen(rows: list[Row], sim: Simulation) -> int:
        found = 0
        look = Look(rows, sim, reached(rows, sim.chat.releases))
        for bit, shown in goals:
            if search.missing & bit and shown.holds(look):
                found |= bit
        return found

    search = Search(ground, Wanted(places, seen), budget, enough)
    ways = list(openings(ground))
    acts = list(trigger_acts(ground, flow))
    search.run(ways[:1], acts)
    search.run(ways[:1], list(start_acts(ground, flow)))
    search.run(ways[1:], acts)
    return search


class _Found(Struct, frozen=True):
    reach: Reach
    endless: bool


def _found(search: Search, at: int) -> _Found | None:
    """What shows it best; else the way there."""
    for goal in (2 * at, 2 * at + 1):
        if goal in search.first:
            return _Found(search.first[goal], False)
        if goal in search.endless:
            return _Found(search.endless[goal], True)
    return None


def _with(search: Search, trying: Trying, issue: Issue, found: _Found | None, file: str) -> Issue:
    if found is None:
        return issue
    walk = found.reach.walk.fork()
    _answer(search, walk)
    talk = _talk(trying, walk, file, issue.message, found.endless)
    written: dict[str, Any] = msgspec.json.decode(write_talk(talk))
    return replace(issue, talk=written)


def _answer(search: Search, walk: Walk) -> None:
    """A talk holds no call without an answer: the plainest is given, and if that leads to ever
    more calls, the last, which is no answer."""
    for turn in range(2 * ANSWERS):
        if walk.call is None:
            return
        moves = list(search.moves.of(walk))
        if not moves or not walk.do(moves[0 if turn < ANSWERS else -1]):
            return


def _talk(trying: Trying, walk: Walk, file: str, name: str, endless: bool) -> Talk:
    """With all that comes of it; of what has no end only what is done."""
    rows = simulated(walk.happened)
    talk = record(rows, walk.chat.releases, file, name, walk.contact).talk
    if endless or not trying.comes_true(talk):
        return replace(talk, steps=tuple(step for step in talk.steps if step.expect is None))
    return talk
