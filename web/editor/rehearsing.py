"""The draft before it is published, on yesterday's conversations. Nothing is changed."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from flowengine.diff import diff
from flowengine.flow import Flow
from flowengine.journals import Journals
from flowengine.rehearsal import Group, Journal, Rehearsal, Rehearsed, groups, rehearse
from web.editor.stage import Stage
from web.editor.suite import title_of
from web.texts import Texts

LAST = 50
"""Conversations that are rehearsed."""


class Parted(Struct, frozen=True):
    """Conversations that part alike; `conversation`: one of them, which does in its row `seq`, at
    the step `node`."""

    count: int
    title: str
    what: str
    conversation: str
    seq: int
    node: str


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
    # A step that is gone is called as it was.
    drawn = [flow, *(flows[flow.key] for flows in found.flows.values() if flow.key in flows)]
    whole = Rehearsal(version.hash, tuple(played), tuple(sorted(lacking)))
    return Rehearsing(
        len(played),
        len(whole.same),
        tuple(_parted(found, drawn, each, t) for each in groups(whole, t.language)),
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


def _parted(found: Journals, drawn: Sequence[Flow], group: Group, t: Texts) -> Parted:
    conversation = found.conversation_of(group.example) or ""
    has = (flow for flow in drawn if any(node.id == group.node for node in flow.nodes))
    title = title_of(next(has, drawn[0]), group.node, t) if group.node else drawn[0].name
    return Parted(group.count, title, group.what, conversation, group.seq, group.node)
