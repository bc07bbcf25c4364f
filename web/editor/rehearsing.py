"""The draft before it is published: on yesterday's conversations, and under those who stand in it.

Nothing is changed: both are dry runs.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from flowengine.diff import diff
from flowengine.errors import ReleaseError
from flowengine.expressions import ExpressionError
from flowengine.flow import Flow
from flowengine.journals import Journals
from flowengine.migration import Plan, plan_migration
from flowengine.rehearsal import Group, Journal, Rehearsal, Rehearsed, groups, rehearse
from flowengine.release import compile_release
from flowengine.run import Release
from flowengine.state import decode_state
from flowengine.store.recorded import Standing
from web.editor.stage import Stage
from web.editor.suite import title_of
from web.texts import Texts, _

LAST = 50
"""Conversations that are rehearsed."""


class Parted(Struct, frozen=True):
    """Conversations that part alike; `conversation`: one of them."""

    count: int
    title: str
    what: str
    conversation: str


class Rehearsing(Struct, frozen=True):
    total: int
    same: int
    parted: tuple[Parted, ...]
    skipped: int
    lacking: tuple[str, ...]


def rehearse_draft(found: Journals, stage: Stage, t: Texts) -> Rehearsing:
    """The recorded conversations of the flow on its draft: where they part, and why."""
    flow, version = stage.flow, stage.releases[0]
    by_release: dict[str, list[Journal]] = {}
    for journal in found.executions(flow.key):
        by_release.setdefault(journal.rows[0].release, []).append(journal)
    played: list[Rehearsed] = []
    lacking: set[str] = set()
    for hash, journals in by_release.items():
        renamed = diff(found.flows[hash][flow.key], flow).renames
        part = rehearse(version, journals, found.releases, stage.workspace, renamed)
        played += part.played
        lacking |= set(part.lacking)
    whole = Rehearsal(version.hash, tuple(played), tuple(sorted(lacking)))
    return Rehearsing(
        len(played),
        len(whole.same),
        tuple(_parted(found, flow, each, t) for each in groups(whole, t.language)),
        sum(bool(each.skipped) for each in played),
        whole.lacking,
    )


def known_executions(found: Journals) -> Journals:
    """The same without rows of releases that can be read no more."""
    kept = {
        name: tuple(
            line for line in lines if not line.execution or line.recorded.release in found.releases
        )
        for name, lines in found.conversations.items()
    }
    return msgspec.structs.replace(found, conversations=kept)


def _parted(found: Journals, flow: Flow, group: Group, t: Texts) -> Parted:
    conversation = found.conversation_of(group.example) or ""
    title = title_of(flow, group.node, t) if group.node else flow.name
    return Parted(group.count, title, group.what, conversation)


# -- who stands in it ------------------------------------------------------------------------------

WHYS = {
    "gone": _("o passo foi apagado"),
    "kind": _("o passo agora é de outro tipo"),
    "choices": _("nenhuma das opções oferecidas existe mais"),
    "other_flow": _("a versão nova não tem este fluxo"),
    "over": _("já terminou"),
}


class Stuck(Struct, frozen=True):
    """Conversations at a node that have nowhere to go; `to`: where somebody wants them."""

    node: str
    title: str
    count: int
    why: str
    to: str


class Staying(Struct, frozen=True):
    """Who is under way in the flow, and where they would be in the draft.

    `targets`: nodes that may take those who have nowhere to go. `losses`: what would be lost.
    """

    total: int
    stays: int
    moved: int
    stuck: tuple[Stuck, ...]
    targets: tuple[tuple[str, str], ...]
    losses: int


def plan_draft(
    rows: Iterable[Standing],
    releases: Mapping[str, Release],
    flows: Mapping[str, Mapping[str, Flow]],
    stage: Stage,
    chosen: Mapping[str, str],
    t: Texts,
) -> Staying:
    """Everybody's place in the draft; `chosen`: old node to new one, by hand."""
    plans = [
        plan
        for row in rows
        if row.release in releases
        and (plan := _plan(row, releases[row.release], flows[row.release], stage, chosen))
    ]
    stuck: dict[tuple[str, str], int] = {}
    moved = 0
    for plan in plans:
        blocked = plan.blocked
        if blocked is not None:
            place = (blocked.node, blocked.why)
            stuck[place] = stuck.get(place, 0) + 1
        moved += plan.how in ("mapped", "anew")
    for node in chosen:
        stuck.setdefault((node, ""), 0)
    old = next(
        (flows[row.release].get(stage.flow.key) for row in rows if row.release in flows), None
    )
    shown = tuple(
        Stuck(
            node,
            title_of(old, node, t) if old else node,
            count,
            t(WHYS.get(why, why)) if why else "",
            chosen.get(node, ""),
        )
        for (node, why), count in stuck.items()
    )
    waits = [node for node in stage.flow.nodes if _kind(node) in ("ask", "wait", "message")]
    return Staying(
        len(plans),
        sum(plan.how == "stays" for plan in plans),
        moved,
        shown,
        tuple((node.id, title_of(stage.flow, node.id, t)) for node in waits),
        sum(bool(plan.losses) for plan in plans),
    )


def _kind(node: Any) -> str:
    return str(node.__struct_config__.tag)


def _plan(
    row: Standing,
    old: Release,
    flows: Mapping[str, Flow],
    stage: Stage,
    chosen: Mapping[str, str],
) -> Plan | None:
    key = stage.flow.key
    if key not in flows:
        return None
    known = {**flows, key: stage.flow}
    try:
        new = compile_release(known[old.root], known)
    except (ReleaseError, ExpressionError):
        return None
    renames = diff(flows[key], stage.flow).renames
    mapping = {f"{key}/{was}": now for was, now in (renames | dict(chosen)).items()}
    return plan_migration(decode_state(row.state), old, new, mapping)
