"""Who is in the middle of a flow when another version is published: where each would go, and the
move that carries them there."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from msgspec import Struct

from flowengine.diff import diff
from flowengine.document import parse
from flowengine.errors import ReleaseError
from flowengine.expressions import ExpressionError
from flowengine.flow import Flow
from flowengine.migration import Plan, plan_migration
from flowengine.release import compile_release
from flowengine.run import Release
from flowengine.state import decode_state
from flowengine.store import flow_moves, flows, queues, recorded, releases
from flowengine.store.database import Transaction
from flowengine.store.flow_moves import Choices, NewMember
from flowengine.store.recorded import Standing
from flowengine.store.releases import StoredRelease
from web.editor.suite import title_of
from web.recordings import stored_releases
from web.texts import Texts, _

WHYS = {
    "gone": _("o passo foi apagado"),
    "kind": _("o passo agora é de outro tipo"),
    "choices": _("nenhuma das opções oferecidas existe mais"),
    "other_flow": _("a versão nova não tem este fluxo"),
    "over": _("já terminou"),
}
GOES = {
    "stays": _("continua no mesmo passo"),
    "mapped": _("continua em «{name}»"),
    "anew": _("recomeça em «{name}»"),
    "nowhere": _("fica na versão de antes"),
}

STAY, END, QUEUE = "@stay", "@end", "@queue:"
"""What may be chosen for a place beside a step of the new version."""

WAITING = ("ask", "wait", "message")


class Place(Struct, frozen=True):
    """Conversations that stand at one step. `stuck`: why they have nowhere to go, "" where they
    have. `goes`: what becomes of them; `to`: what somebody chose; `losses`: how many lose
    something."""

    node: str
    title: str
    count: int
    stuck: str
    goes: str
    to: str
    losses: int


class Staying(Struct, frozen=True):
    """Who is under way in the flow, and where they would be in the new version.

    `targets`: what may be chosen instead, each with its words.
    """

    total: int
    stays: int
    moved: int
    places: tuple[Place, ...]
    targets: tuple[tuple[str, str], ...]
    losses: int

    @property
    def chosen(self) -> bool:
        """Somebody said where they go, so they are to go."""
        return any(place.to for place in self.places)

    @property
    def stuck(self) -> int:
        return sum(place.count for place in self.places if place.stuck and not place.to)


class Inside(Struct, frozen=True):
    """Everybody who is under way, and the releases that they run, read from the store."""

    rows: tuple[Standing, ...]
    releases: Mapping[str, Release]
    flows: Mapping[str, Mapping[str, Flow]]
    queues: tuple[tuple[str, str], ...]


async def read_inside(transaction: Transaction, key: str, but: str | None = None) -> Inside:
    """Who is in a flow, leaving out those that run the release `but` already."""
    rows = [row for row in await recorded.standing(transaction, key) if row.release != but]
    known, documents = await stored_releases(transaction, {row.release for row in rows})
    named = tuple((queue.key, queue.name) for queue in await queues.queues(transaction))
    return Inside(tuple(rows), known, documents, named)


def plan_inside(inside: Inside, flow: Flow, chosen: Mapping[str, str], t: Texts) -> Staying:
    """Everybody's place in the new version of `flow`. `chosen`: node to what was chosen for it.
    Cost: ~50 µs a conversation."""
    plans = list(_plans(inside, flow, chosen))
    groups: dict[tuple[str, str], list[Plan]] = {}
    for plan in plans:
        place = plan.blocked or plan.moves[-1]
        node = place.node if place.flow == flow.key else ""
        groups.setdefault((node, plan.blocked.why if plan.blocked else ""), []).append(plan)
    old = next((known[flow.key] for known in inside.flows.values() if flow.key in known), None)
    places = [
        _place(node, why, group, old, flow, chosen, t) for (node, why), group in groups.items()
    ]
    waits = [node for node in flow.nodes if _kind(node) in WAITING]
    targets = [(node.id, t("vão para «{name}»", name=title_of(flow, node.id, t))) for node in waits]
    persons = [
        (QUEUE + key, t("vão para uma pessoa: fila «{name}»", name=name))
        for key, name in inside.queues
    ]
    end = (END, t("terminam aqui"))
    return Staying(
        len(plans),
        sum(plan.how == "stays" for plan in plans),
        sum(plan.how in ("mapped", "anew") for plan in plans),
        tuple(sorted(places, key=lambda place: (not place.stuck, -place.count))),
        (*targets, *persons, end),
        sum(bool(plan.losses) for plan in plans),
    )


def _place(
    node: str,
    why: str,
    group: list[Plan],
    old: Flow | None,
    new: Flow,
    chosen: Mapping[str, str],
    t: Texts,
) -> Place:
    move = group[0].blocked or group[0].moves[-1]
    goes = t(GOES[move.how], name=title_of(new, move.to, t) if move.to else "")
    title = title_of(old, node, t) if old and node else t("em um fluxo que ele chama")
    losses = sum(bool(plan.losses) for plan in group)
    return Place(node, title, len(group), t(WHYS.get(why, why)) if why else "", goes,
                 chosen.get(node, ""), losses)  # fmt: skip


def _kind(node: Any) -> str:
    return str(node.__struct_config__.tag)


def _plans(inside: Inside, flow: Flow, chosen: Mapping[str, str]) -> Iterable[Plan]:
    made: dict[str, Release | None] = {}
    for row in inside.rows:
        old, known = inside.releases.get(row.release), inside.flows.get(row.release, {})
        if old is None or flow.key not in known:
            continue
        if row.release not in made:
            made[row.release] = _compiled(old, {**known, flow.key: flow})
        new = made[row.release]
        if new is not None:
            mapping = mapping_of(known, {flow.key: flow}, flow.key, chosen)
            yield plan_migration(decode_state(row.state), old, new, mapping)


def _compiled(old: Release, flows: Mapping[str, Flow]) -> Release | None:
    try:
        return compile_release(flows[old.root], flows)
    except (ReleaseError, ExpressionError):
        return None


def mapping_of(
    old: Mapping[str, Flow], new: Mapping[str, Flow], key: str, chosen: Mapping[str, str]
) -> dict[str, str]:
    """Old step to new one ("flow/node"): what was renamed, and what was chosen for steps of
    `key`."""
    found = {
        f"{name}/{was}": now
        for name, flow in new.items()
        if name in old
        for was, now in diff(old[name], flow).renames.items()
    }
    return found | {f"{key}/{n}": to for n, to in chosen.items() if not to.startswith("@")}


def elsewhere_of(key: str, chosen: Mapping[str, str]) -> dict[str, str]:
    """What was chosen that is no step: staying, ending, a person."""
    return {f"{key}/{n}": to.removeprefix("@") for n, to in chosen.items() if to.startswith("@")}


async def move_inside(
    transaction: Transaction, key: str, version: int, chosen: Mapping[str, str], by: UUID | None
) -> UUID | None:
    """Begin the move of everybody who is in a flow to what is published now; None: nobody is.

    A conversation that began in another flow goes to that flow's release of today, which calls the
    new version; where it is published no more, it stays.
    """
    rows = await recorded.under_way(transaction, key)
    known, documents = await stored_releases(transaction, {row.release for row in rows})
    published = {
        row.key: (row.release, row.version)
        for row in await flows.flows(transaction)
        if row.release is not None and row.version is not None
    }
    members = [
        NewMember(row.id, row.conversation_id, *published[known[row.release].root])
        for row in rows
        if row.release in known
        and known[row.release].root in published
        and published[known[row.release].root][0] != row.release
    ]
    if not members:
        return None
    targets = await releases.releases(transaction, {each.release for each in members})
    mapping = await asyncio.to_thread(mappings, targets, documents, key, chosen)
    choices = Choices(elsewhere_of(key, chosen), mapping)
    return await flow_moves.begin_move(transaction, key, version, choices, members, by)


def mappings(
    targets: Iterable[StoredRelease],
    documents: Mapping[str, Mapping[str, Flow]],
    key: str,
    chosen: Mapping[str, str],
) -> dict[str, dict[str, str]]:
    """For each release that somebody runs, `mapping_of` to what is published now."""
    new = {name: parse(document) for each in targets for name, document in each.documents.items()}
    return {hash: mapping_of(old, new, key, chosen) for hash, old in documents.items()}


def chosen_of(values: Mapping[str, str]) -> dict[str, str]:
    """Fields `to.NODE` of a form or address: what was chosen for whom stands there."""
    return {
        name.removeprefix("to."): value
        for name, value in values.items()
        if name.startswith("to.") and value
    }
