"""Migration plans in lines for people: those of many executions together, a line a place."""

from collections import Counter
from collections.abc import Iterable, Iterator

from flowengine.languages import family
from flowengine.migration.plan import Move, Plan
from flowengine.migration.words import WORDS, Words


def describe(plans: Iterable[Plan], language: str = "pt-BR") -> list[str]:
    """Plans as lines: a headline; then for every place where executions stand where they go, and
    what they lose. `language`: pt, en or es, as a tag. Cost: linear in the plans."""
    words = WORDS[family(language)]
    listed = list(plans)
    if not listed:
        return [words.nothing]
    can = sum(bool(plan.frames) for plan in listed)
    total = len(listed)
    lines = [words.headline.format(total=total, can=can, cannot=total - can)]
    groups: dict[Move, list[Plan]] = {}
    for plan in listed:
        groups.setdefault(plan.blocked or plan.moves[-1], []).append(plan)
    for move, group in sorted(groups.items(), key=lambda each: -len(each[1])):
        what = words.hows[move.how].format(to=move.to, why=words.whys.get(move.why, ""))
        place = words.line.format(count=len(group), flow=move.flow, node=move.node, what=what)
        lines.append(place)
        lines.extend(f"    {line}" for line in _costs(group, words))
    changed = sorted({flow for plan in listed for flow in plan.changed})
    if changed:
        lines.append(words.changed.format(flows=", ".join(changed)))
    return lines


def _costs(group: list[Plan], words: Words) -> Iterator[str]:
    lost: Counter[str] = Counter()
    for plan in group:
        # Two effects of one execution are told as one kind of loss each.
        lost.update({words.losses[e.what].format(name=e.name) for e in plan.losses})
    for what, count in lost.items():
        yield words.loses.format(count=count, what=what)
    again = sum(plan.asks_again for plan in group)
    if again:
        yield words.asks_again.format(count=again)
