"""Which column a box belongs to: after everything that leads to it, as near to it as it can be."""

from collections import defaultdict
from collections.abc import Sequence

from web.drawing.shapes import Box, Link


def back_links(boxes: Sequence[Box], links: Sequence[Link], roots: Sequence[str]) -> set[int]:
    """The links (by index) that close a circle when one walks from the roots in document order."""
    after = outgoing(links)
    state: dict[str, int] = {}  # 1: on the path that is walked, 2: done
    back: set[int] = set()
    for root in [*roots, *(box.id for box in boxes)]:
        if root in state:
            continue
        state[root] = 1
        path = [(root, iter(after[root]))]
        while path:
            at, rest = path[-1]
            index = next(rest, None)
            if index is None:
                state[at] = 2
                path.pop()
                continue
            target = links[index].target
            if state.get(target) == 1:
                back.add(index)
            elif target not in state:
                state[target] = 1
                path.append((target, iter(after[target])))
    return back


def columns(boxes: Sequence[Box], links: Sequence[Link], back: set[int]) -> dict[str, int]:
    """The column of every box: one more than the farthest before it.

    A box that nothing leads to (a trigger) stands next to what it leads to, not at the far left.
    """
    forward = [link for index, link in enumerate(links) if index not in back]
    before: dict[str, list[str]] = defaultdict(list)
    after: dict[str, list[str]] = defaultdict(list)
    for link in forward:
        before[link.target].append(link.source)
        after[link.source].append(link.target)
    waiting = {box.id: len(before[box.id]) for box in boxes}
    free = [box.id for box in boxes if not waiting[box.id]]
    column = dict.fromkeys(waiting, 0)
    for at in free:  # grows while it is read: a box is free when all before it are placed
        for target in after[at]:
            column[target] = max(column[target], column[at] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                free.append(target)
    for box in boxes:
        if not before[box.id] and after[box.id]:
            column[box.id] = min(column[target] for target in after[box.id]) - 1
    return column


def outgoing(links: Sequence[Link]) -> dict[str, list[int]]:
    """Indices of the links that leave each box, in their order."""
    found: dict[str, list[int]] = defaultdict(list)
    for index, link in enumerate(links):
        found[link.source].append(index)
    return found
