"""The stage on which a draft is tried: its release as it stands now, and the flows beside it.

Nothing is written: the draft is compiled as if it had been published this moment.
"""

import asyncio
from collections.abc import Mapping
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct

from flowengine.catalog import build_catalog
from flowengine.durations import DurationError
from flowengine.errors import ReleaseError
from flowengine.expressions import ExpressionError
from flowengine.flow import Flow
from flowengine.release import compile_release
from flowengine.run import Release
from flowengine.store import flows
from flowengine.store.database import Transaction
from flowengine.store.flows import Draft
from flowengine.store.tenants import revisions
from flowengine.workspace import Workspace
from flowengine.zones import UnknownZone
from web.problems import Problem
from web.publishing import Surroundings, read_flow, surroundings
from web.texts import _
from workers.library import Shelf

KEPT = 200
"""Stages in memory: one for each draft that somebody tries just now."""

_Key: TypeAlias = tuple[UUID, int, str, str]


CANNOT_RUN = (
    _("Este fluxo ainda não roda."),
    _("A lista de verificação, no alto, mostra o lugar."),
)
"""What is said where a release cannot be made, and the mend: check names the place in words."""


class Stage(Struct, frozen=True):
    """`flows`: the draft and all that is published beside it, by key. `releases`: the draft's
    first."""

    flow: Flow
    flows: dict[str, Flow]
    releases: tuple[Release, ...]
    around: Surroundings

    @property
    def workspace(self) -> Workspace:
        return self.around.workspace

    @property
    def others(self) -> dict[str, Flow]:
        return {key: flow for key, flow in self.flows.items() if key != self.flow.key}


class Stages:
    """One per process."""

    def __init__(self) -> None:
        self._kept: Shelf[_Key, Stage] = Shelf(KEPT)

    async def of(self, transaction: Transaction, draft: Draft) -> Stage:
        """The stage of a draft of the transaction's workspace. A problem where it cannot run."""
        tenant = transaction.tenant
        rev = (await revisions(transaction, [tenant])).get(tenant, 0)
        key = (tenant, rev, draft.key, draft.hash)
        stage = self._kept.get(key)
        if stage is None:
            around = await surroundings(transaction)
            stage = await asyncio.to_thread(lambda: make_stage(read_flow(draft.document), around))
            self._kept.put(key, stage)
        return stage


async def stage_of(stages: Stages, transaction: Transaction, key: str) -> Stage:
    """The stage of a flow's draft as it is kept now."""
    return await stages.of(transaction, await flows.draft(transaction, key))


def make_stage(flow: Flow, around: Surroundings) -> Stage:
    """The draft's release, and those of the flows beside it that can run."""
    everything = {**around.others, flow.key: flow}
    releases = [released(flow, everything)]
    for key, other in around.others.items():
        if key == flow.key:
            continue
        try:
            releases.append(released(other, everything))
        except Problem:
            continue  # another flow's mistake is not this one's
    return Stage(flow, everything, tuple(releases), around)


def released(flow: Flow, flows: Mapping[str, Flow]) -> Release:
    """What publishing a flow now would run. A problem says why it cannot."""
    try:
        release = compile_release(flow, flows)
        build_catalog([release])
    except (ReleaseError, ExpressionError, DurationError, UnknownZone) as error:
        raise Problem(CANNOT_RUN[0], mend=CANNOT_RUN[1]) from error
    return release
