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
from web.publishing import surroundings
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
    """Everybody who is under way, and the releases that they run, read from the store. `live`: the
    flows that are on the air, by key; `targets`: by key, the release that answers for each."""

    rows: tuple[Standing, ...]
    releases: Mapping[str, Release]
    flows: Mapping[str, Mapping[str, Flow]]
    queues: tuple[tuple[str, str], ...]
    live: Mapping[str, Flow]
    targets: Mapping[str, tuple[str, int]]


async def read_inside(transaction: Transaction, key: str, draft: bool = False) -> Inside:
    """Who stands in a flow in another version of it than the one on the air (`draft`: in whatever
    version), be it as the flow that began or as one that was called.

    Who began in a flow that is on the air no more has nowhere to go, and is left out.
    """
    rows = await recorded.standing(transaction, key)
    known, documents = await stored_releases(transaction, {row.release for row in rows})
    named = tuple((queue.key, queue.name) for queue in await queues.queues(transaction))
    listed = await flows.flows(transaction)
    targets = {
        row.key: (row.release, row.version)
        for row in listed
        if row.release is not None and row.version is not None
    }
    digest = None if draft else next((r.published_hash for r in listed if r.key == key), None)
    inside = [
        row
        for row in rows
        if row.release in known
        and _stands(row, known[row.release], key, digest)
        and (draft or targets.get(known[row.release].root, ("",))[0] not in ("", row.release))
    ]
    live = (await surroundings(transaction)).others
    return Inside(tuple(inside), known, documents, named, live, targets)


def _stands(row: Standing, release: Release, key: str, digest: str | None) -> bool:
    """Whether an execution is in the flow `key`, in another version than `digest`. One that began
    in it is, whatever it calls just now."""
    if release.root == key:
        return True
    if release.members.get(key) == digest:
        return False
    return any(frame.flow == key for frame in decode_state(row.state).frames)


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
    """Each one's way from the release that it runs to what its flow's release would be with `flow`
    published."""
    live = {**inside.live, flow.key: flow}
    made: dict[str, Release | None] = {}
    for row in inside.rows:
        old, known = inside.releases[row.release], inside.flows[row.release]
        if old.root not in made:
            made[old.root] = _compiled(old.root, live)
        new = made[old.root]
        if new is not None:
            called = {name: each for name, each in live.items() if name in new.flows}
            mapping = mapping_of(known, called, flow.key, chosen)
            yield plan_migration(decode_state(row.state), old, new, mapping)


def _compiled(root: str, flows: Mapping[str, Flow]) -> Release | None:
    """What answers for a flow; None where it is on the air no more, or does not run."""
    try:
        return compile_release(flows[root], flows) if root in flows else None
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
    new version; where that flow is published no more, it stays. Who is not in it stays as well.
    """
    inside = await read_inside(transaction, key)
    members = [
        NewMember(row.id, row.conversation_id, *inside.targets[inside.releases[row.release].root])
        for row in inside.rows
    ]
    if not members:
        return None
    targets = await releases.releases(transaction, {each.release for each in members})
    mapping = await asyncio.to_thread(mappings, targets, inside.flows, key, chosen)
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
