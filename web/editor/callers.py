"""The published flows that call a flow: what publishing another version of it would break in them.

A caller goes on the air again in the same moment, with the new version inside, so its check and its
talks are asked before, as if it were published itself.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence

import msgspec
from msgspec import Struct

from flowengine.flow import Flow
from flowengine.issue import Issue
from flowengine.release import called_flows
from flowengine.store import talks
from flowengine.store.database import Transaction
from flowengine.store.talks import StoredTalk
from web.editor.stage import make_stage
from web.editor.suite import run
from web.editor.told import told
from web.problems import Problem
from web.publishing import Review, Surroundings, review, surroundings, with_files
from web.texts import Texts, _

ANYWAY = _(
    "Publique pela página de publicar, que mostra o que quebra neles e deixa seguir mesmo assim."
)


class Caller(Struct, frozen=True):
    """A published flow that calls another one, directly or not, and what the other's new version
    would bring about in it. `errors`: of its check; `talks`: names of its talks that came true and
    fail then."""

    key: str
    name: str
    errors: tuple[Issue, ...] = ()
    talks: tuple[str, ...] = ()

    @property
    def breaks(self) -> bool:
        return bool(self.errors or self.talks)


async def callers_of(
    transaction: Transaction, changed: Sequence[Flow], t: Texts
) -> tuple[Caller, ...]:
    """Who calls one of the `changed` flows on the air, and what publishing them would break there;
    by name.

    Cost: two checks a caller, and two plays of each of its talks.
    """
    around = await surroundings(transaction)
    found: list[Caller] = []
    new = {flow.key: flow for flow in changed}
    for key in calling(new, around.others):
        caller = around.others[key]
        stored = await talks.talks(transaction, key)
        today = await with_files(transaction, caller, around)
        then = msgspec.structs.replace(today, others={**around.others, **new})
        fails = await asyncio.to_thread(_failing, caller, stored, today, then, t)
        errors = await _new_errors(caller, today, then, t)
        found.append(Caller(key, caller.name, errors, fails))
    return tuple(sorted(found, key=lambda each: (each.name, each.key)))


async def admit_callers(transaction: Transaction, flow: Flow, t: Texts, mend: str = ANYWAY) -> None:
    """The gate of publishing: a problem (`mend`: what to do) that names the flows on the air which
    another version of `flow` would break."""
    broken = [each for each in await callers_of(transaction, (flow,), t) if each.breaks]
    if broken:
        raise Problem(
            _("Um fluxo no ar deixaria de funcionar: {names}. | Fluxos no ar deixariam de "
              "funcionar: {names}."),
            status=409,
            mend=mend,
            n=len(broken),
            names=", ".join(f"«{each.name}»" for each in broken),
        )  # fmt: skip


def calling(called: Collection[str], flows: Mapping[str, Flow]) -> tuple[str, ...]:
    """Keys of the `flows` that call one of `called`, directly or through others; these left out."""
    callers: set[str] = set()
    waiting = set(called)
    calls = {each: called_flows(flow) for each, flow in flows.items()}
    while waiting:
        waiting = {each for each, keys in calls.items() if keys & waiting} - callers - set(called)
        callers |= waiting
    return tuple(sorted(callers))


async def _new_errors(
    caller: Flow, today: Surroundings, then: Surroundings, t: Texts
) -> tuple[Issue, ...]:
    """The errors that the caller has not today."""
    known = {_place(issue) for issue in (await review(caller, today, t.language)).issues}
    found = await review(caller, then, t.language)
    new = [
        (issue, finding)
        for issue, finding in zip(found.issues, found.findings, strict=True)
        if issue.severity == "error" and _place(issue) not in known
    ]
    errors = Review(caller, tuple(pair[0] for pair in new), tuple(pair[1] for pair in new))
    return told(errors, then, t.language)


def _place(issue: Issue) -> tuple[str, str, str, str]:
    return issue.code, issue.node, issue.exit, issue.path


def _failing(
    caller: Flow, stored: Sequence[StoredTalk], today: Surroundings, then: Surroundings, t: Texts
) -> tuple[str, ...]:
    """Names of the talks that come true today and not then."""
    if not stored:
        return ()
    try:
        stages = make_stage(caller, today), make_stage(caller, then)
    except Problem:  # it does not run: its check says why
        return ()
    before, after = (
        {result.id: result for result in run(stored, stage, t).results} for stage in stages
    )
    return tuple(each.name for each in after.values() if each.why and not before[each.id].why)
