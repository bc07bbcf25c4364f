"""Where every box stands and how the lines run, once columns and their order are known."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from web.drawing.shapes import Box, Layout, Link, Route, Slot, Step

GAP_X = 88.0
GAP_Y = 22.0
LANE = 12.0  # the height of a line that passes through a column
GAP_LANES = 4.0
TURN = 36.0  # how far a line that goes back swings out
PASSES = 12


def place(
    boxes: Mapping[str, Box],
    links: Sequence[Link],
    layers: Sequence[Sequence[Slot]],
    steps: Sequence[Step],
    through: Mapping[int, Sequence[Slot]],
    back: set[int],
) -> Layout:
    """The finished layout; its left upper corner is (0, 0)."""
    top = heights(boxes, layers, steps, turns(boxes, links, through, back))
    left, right = spans(boxes, layers)
    places = {
        slot.box: (left[slot.layer], top[slot]) for layer in layers for slot in layer if slot.box
    }
    pens = Pen(boxes, places, top, left, right)
    routes = tuple(
        pens.backwards(link, through[index])
        if index in back
        else pens.onwards(link, through[index])
        for index, link in enumerate(links)
    )
    bottoms = [top[slot] + height_of(slot, boxes) for layer in layers for slot in layer]
    return Layout(places, routes, right[-1] if right else 0, max(bottoms, default=0))


def height_of(slot: Slot, boxes: Mapping[str, Box]) -> float:
    return boxes[slot.box].height if slot.box else LANE


def spans(
    boxes: Mapping[str, Box], layers: Sequence[Sequence[Slot]]
) -> tuple[list[float], list[float]]:
    """Left and right border of every column."""
    left: list[float] = []
    right: list[float] = []
    x = 0.0
    for layer in layers:
        width = max((boxes[slot.box].width for slot in layer if slot.box), default=0.0)
        left.append(x)
        right.append(x + width)
        x += width + GAP_X
    return left, right


def heights(
    boxes: Mapping[str, Box],
    layers: Sequence[Sequence[Slot]],
    steps: Sequence[Step],
    turning: Mapping[Slot, tuple[str, float]],
) -> dict[Slot, float]:
    """The top of every slot: as near to straight lines as order and distance allow."""
    slots = {slot.box: slot for layer in layers for slot in layer if slot.box}
    top: dict[Slot, float] = {}
    for layer in layers:
        y = 0.0
        for slot in layer:
            top[slot] = y
            y += height_of(slot, boxes) + GAP_Y
    pulls: dict[Slot, list[tuple[Slot, float]]] = defaultdict(list)
    for step in steps:  # (neighbour, how much lower we want to stand than it)
        leaves = step.leaves if step.left.box else LANE / 2
        enters = step.enters if step.right.box else LANE / 2
        pulls[step.right].append((step.left, leaves - enters))
        pulls[step.left].append((step.right, enters - leaves))
    for slot, (box, height) in turning.items():  # a line that turns stays by its card
        pulls[slot].append((slots[box], height))
    for turn in range(PASSES):
        for layer in layers if turn % 2 == 0 else reversed(layers):
            wanted = [
                sum(top[near] + offset for near, offset in pulls[slot]) / len(pulls[slot])
                if pulls[slot]
                else top[slot]
                for slot in layer
            ]
            for slot, y in zip(layer, spread(wanted, layer, boxes), strict=True):
                top[slot] = y
    highest = min(top.values(), default=0.0)
    return {slot: y - highest for slot, y in top.items()}


def turns(
    boxes: Mapping[str, Box],
    links: Sequence[Link],
    through: Mapping[int, Sequence[Slot]],
    back: set[int],
) -> dict[Slot, tuple[str, float]]:
    """The slots where a line that goes back turns round: the box, and the height on it."""
    found: dict[Slot, tuple[str, float]] = {}
    for index in back:
        link, passed = links[index], through[index]
        found[passed[0]] = (link.target, boxes[link.target].inlet)
        found[passed[-1]] = (link.source, boxes[link.source].ports.get(link.exit, 0))
    return found


def spread(wanted: Sequence[float], layer: Sequence[Slot], boxes: Mapping[str, Box]) -> list[float]:
    """Heights nearest to the wanted ones (least squares) that keep order and distance.

    Pool adjacent violators: subtract what the slots above take, make the rest non-decreasing.
    """
    taken, offsets = 0.0, list[float]()
    for number, slot in enumerate(layer):
        offsets.append(taken)
        below = layer[number + 1] if number + 1 < len(layer) else slot
        gap = GAP_Y if slot.box or below.box else GAP_LANES
        taken += height_of(slot, boxes) + gap
    pools: list[tuple[float, int]] = []  # (mean, how many)
    for want, offset in zip(wanted, offsets, strict=True):
        pools.append((want - offset, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (mean_a, count_a), (mean_b, count_b) = pools[-2], pools[-1]
            total = count_a + count_b
            pools[-2:] = [((mean_a * count_a + mean_b * count_b) / total, total)]
    level = [mean for mean, count in pools for _ in range(count)]
    return [mean + offset for mean, offset in zip(level, offsets, strict=True)]


class Pen:
    """Draws links as SVG paths over a finished layout."""

    def __init__(
        self,
        boxes: Mapping[str, Box],
        places: Mapping[str, tuple[float, float]],
        top: Mapping[Slot, float],
        left: Sequence[float],
        right: Sequence[float],
    ) -> None:
        self.boxes, self.places, self.top = boxes, places, top
        self.left, self.right = left, right

    def ends(self, link: Link) -> tuple[float, float, float, float]:
        """Where a link starts (right side of a card) and ends (left side)."""
        source, target = self.boxes[link.source], self.boxes[link.target]
        x1, y1 = self.places[link.source]
        x2, y2 = self.places[link.target]
        start = source.ports.get(link.exit, source.inlet)
        return x1 + source.width, y1 + start, x2, y2 + target.inlet

    def onwards(self, link: Link, passed: Sequence[Slot]) -> Route:
        x, y, x2, y2 = self.ends(link)
        path = [f"M{x:.0f} {y:.1f}"]
        for slot in passed:
            lane = self.top[slot] + LANE / 2
            path.append(curve(x, y, self.left[slot.layer], lane))
            path.append(f"H{self.right[slot.layer]:.0f}")
            x, y = self.right[slot.layer], lane
        path.append(curve(x, y, x2, y2))
        return Route(link, "".join(path), False)

    def backwards(self, link: Link, passed: Sequence[Slot]) -> Route:
        x, y, x2, y2 = self.ends(link)
        path = [f"M{x:.0f} {y:.1f}"]
        for number, slot in enumerate(reversed(passed)):
            lane = self.top[slot] + LANE / 2
            edge = self.right[slot.layer]
            if number == 0:
                out = max(x, edge) + TURN
                path.append(f"C{out:.0f} {y:.1f} {out:.0f} {lane:.1f} {edge:.0f} {lane:.1f}")
            else:
                path.append(curve(x, y, edge, lane))
            path.append(f"H{self.left[slot.layer]:.0f}")
            x, y = self.left[slot.layer], lane
        out = min(x, x2) - TURN
        path.append(f"C{out:.0f} {y:.1f} {out:.0f} {y2:.1f} {x2:.0f} {y2:.1f}")
        return Route(link, "".join(path), True)


def curve(x: float, y: float, x2: float, y2: float) -> str:
    """A smooth line between two level ends."""
    middle = (x + x2) / 2
    return f"C{middle:.0f} {y:.1f} {middle:.0f} {y2:.1f} {x2:.0f} {y2:.1f}"
