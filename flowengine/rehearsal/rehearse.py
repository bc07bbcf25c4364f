"""`rehearse`: recorded conversations on another release."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec

from flowengine.catalog import Catalog, build_catalog
from flowengine.given import Begin, Given, Moved
from flowengine.rehearsal.actor import Actor
from flowengine.rehearsal.findings import Journal, Parting, Rehearsal, Rehearsed
from flowengine.rehearsal.story import Difference, Place, Story, compare_places, differences, tell
from flowengine.replay import Recorded
from flowengine.run import Release, Turn
from flowengine.state import encode
from flowengine.trail import Began
from flowengine.workspace import Workspace

_given = msgspec.json.Decoder(Given, float_hook=Decimal)

_OUTSIDE = ("contact.fields", "contact.tags", "const", "schedule", "history")
"""What a recording holds only where its own release read it."""


def rehearse(
    version: Release,
    journals: Iterable[Journal],
    releases: Mapping[str, Release] = {},
    workspace: Workspace | None = None,
    renamed: Mapping[str, str] = {},
) -> Rehearsal:
    """Plays every journal on `version`, a release of the same flow.

    `releases`: by hash, those that the journals name, to tell what the recordings lack. `workspace`
    gives constants and schedules that were not recorded. `renamed`: old node id to new one
    (`flowengine.diff.Difference.renames`). Nothing is called, nothing is changed. Cost: that of
    the turns, twice.
    """
    catalog = build_catalog([version])
    played: list[Rehearsed] = []
    reads: set[str] = set()
    for journal in journals:
        played.append(_play(version, journal, catalog, workspace, renamed))
        hashes = {row.release for row in journal.rows}
        reads |= _lacking(version, [releases[h] for h in hashes if h in releases], workspace)
    return Rehearsal(version.hash, tuple(played), tuple(sorted(reads)))


def _lacking(
    version: Release, recorded: Iterable[Release], workspace: Workspace | None
) -> frozenset[str]:
    lacking = frozenset[str]()
    for release in recorded:
        new = version.reads - release.reads
        lacking |= {name for name in new if name.startswith(_OUTSIDE) or name == "contact"}
    if workspace is None:
        return lacking
    given = {f"const.{name}" for name in workspace.constants}
    return lacking - given - {f"schedule.{name}" for name in workspace.schedules}


def _play(
    version: Release,
    journal: Journal,
    catalog: Catalog,
    workspace: Workspace | None,
    renamed: Mapping[str, str],
) -> Rehearsed:
    try:
        rows = [(row, *_read(row, renamed)) for row in journal.rows]
    except msgspec.DecodeError:
        erased = any(not row.given for row in journal.rows)
        return Rehearsed(journal.execution, skipped="erased" if erased else "unreadable")
    if not rows or not isinstance(rows[0][1].event, Begin):
        return Rehearsed(journal.execution, skipped="middle")
    if any(isinstance(e, Began) and e.flow != version.root for e in rows[0][2].trail):
        return Rehearsed(journal.execution, skipped="other_flow")
    playing = _Playing(Actor(version, journal.execution, catalog, workspace, renamed))
    turns = 0
    for row, given, story in rows:
        if isinstance(given.event, Moved):
            break  # from here on it was told of another version's nodes
        turns += 1
        if playing.turn(row, given, story):
            break
    return Rehearsed(journal.execution, turns, tuple(playing.partings))


def _read(row: Recorded, renamed: Mapping[str, str]) -> tuple[Given, Story]:
    return _given.decode(row.given), tell(row.effects, row.trail, renamed)


class _Playing:
    """One conversation under way, on both sides."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.partings: list[Parting] = []
        self.there, self.here = Place(), Place()

    def turn(self, row: Recorded, given: Given, recorded: Story) -> bool:
        """Plays one row; whether the story ends here."""
        turn, changed = self.actor.play(given)
        ours = _story(turn)
        node = self.here.node
        self.there.follow(recorded.trail)
        self.here.follow(ours.trail)
        if turn is None and recorded.ignored:
            # The recording did not ask for it either.
            return False
        if turn is not None:
            self.actor.pair(recorded.effects, ours.effects)
            if turn.ignored and not recorded.ignored:
                changed = changed or _unasked(given, node)
        found = [changed] if changed else []
        ends = turn is None and changed is not None and changed.what != "outcome"
        if not ends:
            found.extend(differences(recorded, ours))
            place = compare_places(self.there, self.here)
            found.extend([place] if place else [])
            ends = place is not None
        for each in found:
            self.partings.append(_parting(row, each, node, ends and each is found[-1]))
        return ends


def _unasked(given: Given, node: str) -> Difference | None:
    kind = str(given.event.__struct_config__.tag)
    return Difference("outcome", node, kind, None) if hasattr(given.event, "effect") else None


def _story(turn: Turn | None) -> Story:
    if turn is None:
        return tell(b"[]", b"[]", {})
    return tell(encode(turn.effects), encode(turn.trail), {})


def _parting(row: Recorded, found: Difference, node: str, ends: bool) -> Parting:
    return Parting(
        seq=row.seq,
        step=row.step,
        what=found.what,
        node=found.node or node,
        name=found.name,
        recorded=found.recorded,
        rehearsed=found.rehearsed,
        ends=ends,
    )
