"""Who stands above whom in each column, so that lines cross as little as they can.

Long links get a slot in every column that they pass, as if they were small boxes. Then columns are
sorted by the mean place of their neighbours, to and fro; the best order seen is kept. The classic
method of Sugiyama, Tagawa and Toda (1981); ports count, so exits of one card do not cross.
"""

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from web.drawing.shapes import Box, Link, Slot, Step

SWEEPS = 10


def make_slots(
    boxes: Mapping[str, Box], links: Sequence[Link], column: Mapping[str, int], back: set[int]
) -> tuple[list[list[Slot]], list[Step], dict[int, list[Slot]]]:
    """Columns of slots in a first order, the steps between them, and each long link's own slots."""
    layers: list[list[Slot]] = [[] for _ in range(max(column.values(), default=0) + 1)]
    steps: list[Step] = []
    through: dict[int, list[Slot]] = {}
    for box in boxes:
        layers[column[box]].append(Slot(column[box], box))
    for index, link in enumerate(links):
        first, last = column[link.source], column[link.target]
        if index in back:
            passed = [Slot(layer, link=index) for layer in range(last, first + 1)]
            chain = passed
        else:
            passed = [Slot(layer, link=index) for layer in range(first + 1, last)]
            chain = [Slot(first, link.source), *passed, Slot(last, link.target)]
        for slot in passed:
            layers[slot.layer].append(slot)
        through[index] = passed
        for left, right in pairwise(chain):
            leaves = boxes[left.box].ports.get(link.exit, 0) if left.box else 0
            enters = boxes[right.box].inlet if right.box else 0
            steps.append(Step(left, right, leaves, enters))
    return layers, steps, through


def sort_layers(
    layers: list[list[Slot]], steps: Sequence[Step], boxes: Mapping[str, Box]
) -> list[list[Slot]]:
    """The columns in the order with the fewest crossings that the sweeps found."""
    into: dict[Slot, list[Step]] = defaultdict(list)
    out_of: dict[Slot, list[Step]] = defaultdict(list)
    for step in steps:
        into[step.right].append(step)
        out_of[step.left].append(step)
    best, fewest = [list(layer) for layer in layers], crossings(layers, steps, boxes)
    for sweep in range(SWEEPS):
        rightwards = sweep % 2 == 0
        order = range(1, len(layers)) if rightwards else range(len(layers) - 2, -1, -1)
        for index in order:
            beside = layers[index - 1] if rightwards else layers[index + 1]
            sort_layer(layers[index], beside, into if rightwards else out_of, rightwards, boxes)
        count = crossings(layers, steps, boxes)
        if count < fewest:
            best, fewest = [list(layer) for layer in layers], count
    return best


def sort_layer(
    layer: list[Slot],
    beside: Sequence[Slot],
    steps: Mapping[Slot, Sequence[Step]],
    rightwards: bool,
    boxes: Mapping[str, Box],
) -> None:
    """Sorts one column by the mean place of its neighbours; slots without any keep theirs."""
    rank = {slot: index for index, slot in enumerate(beside)}
    weight: dict[Slot, float] = {}
    for index, slot in enumerate(layer):
        near = [
            rank[step.left] + share(step.left, step.leaves, boxes)
            if rightwards
            else rank[step.right] + share(step.right, step.enters, boxes)
            for step in steps.get(slot, ())
        ]
        fallback = (index + 0.5) / len(layer) * max(len(beside), 1)
        weight[slot] = sum(near) / len(near) if near else fallback
    layer.sort(key=lambda slot: weight[slot])


def share(slot: Slot, height: float, boxes: Mapping[str, Box]) -> float:
    """How far down its slot a port is, 0 to 1."""
    return height / boxes[slot.box].height if slot.box else 0.5


def crossings(
    layers: Sequence[Sequence[Slot]], steps: Sequence[Step], boxes: Mapping[str, Box]
) -> int:
    """How many pairs of lines between neighbouring columns cross."""
    rank = {slot: index for layer in layers for index, slot in enumerate(layer)}
    gaps: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for step in steps:
        start = rank[step.left] + share(step.left, step.leaves, boxes)
        gaps[step.left.layer].append((start, rank[step.right]))
    count = 0
    for lines in gaps.values():
        ends: list[float] = []
        for _start, end in sorted(lines):
            count += len(ends) - bisect_right(ends, end)
            insort(ends, end)
    return count
