"""What check says of a draft after each edit: asked again only where what the flow does changed."""

import asyncio
from uuid import UUID

import msgspec
from msgspec import Struct

from flowengine.flow import Flow, View
from flowengine.issue import Issue
from web.editor.told import told
from web.publishing import Surroundings, review
from workers.library import Shelf

_encoder = msgspec.json.Encoder(decimal_format="number")

KEPT = 128
"""Drafts whose last findings are kept, of all workspaces."""


class Checked(Struct, frozen=True):
    """A flow without its looks, what it was checked against, and what was found."""

    flow: Flow
    around: Surroundings
    issues: tuple[Issue, ...]


_last: Shelf[tuple[UUID, str, str], Checked] = Shelf(KEPT)


async def issues_of(
    tenant: UUID, flow: Flow, around: Surroundings, language: str
) -> tuple[Issue, ...]:
    """The findings of a draft. Cards that moved and notes change none: then it is what was found
    before, which costs a look at each node and edge."""
    bare = msgspec.structs.replace(flow, view=View())
    place = (tenant, flow.key, language)
    last = _last.get(place)
    if last is None or not (_same(last.flow, bare) and _alike(last.around, around)):
        found = await review(bare, around, language)
        said = await asyncio.to_thread(told, found, around, language)
        last = Checked(bare, around, said)
        _last.put(place, last)
    return last.issues


def _same(one: Struct, other: Struct) -> bool:
    """Whether two say the same. Values alone do not tell: 1 equals true, and check minds that."""
    return one is other or (one == other and _encoder.encode(one) == _encoder.encode(other))


def _alike(one: Surroundings, other: Surroundings) -> bool:
    return (
        _same(one.workspace, other.workspace)
        and one.files == other.files
        and one.others.keys() == other.others.keys()
        and all(_same(flow, other.others[key]) for key, flow in one.others.items())
    )
