"""Publish-time review: what is wrong with a flow, where, and how to mend it.

Each module proves one subject and yields findings; `words` puts them into a language.
"""

from collections.abc import Callable, Iterator, Mapping

from flowengine.check.choosing import choosing
from flowengine.check.costs import costs
from flowengine.check.cycles import cycles
from flowengine.check.edges import edges
from flowengine.check.exposed import exposed
from flowengine.check.fields import fields
from flowengine.check.finding import Finding, severity
from flowengine.check.holding import holding
from flowengine.check.idle import idle
from flowengine.check.kinds import kinds
from flowengine.check.language import language as texts
from flowengine.check.lasting import lasting
from flowengine.check.limits import limits
from flowengine.check.matching import matching
from flowengine.check.names import names
from flowengine.check.references import references
from flowengine.check.shadowed import shadowed
from flowengine.check.shown import shown
from flowengine.check.subject import Subject
from flowengine.check.tools import tools
from flowengine.check.translations import translations
from flowengine.check.triggers import triggers
from flowengine.check.unset import unset
from flowengine.check.window import window
from flowengine.check.words import say, thing
from flowengine.flow import Flow
from flowengine.issue import Issue, weight
from flowengine.workspace import Workspace

__all__ = ["PROOFS", "Finding", "check", "findings", "issue_of", "say", "thing"]

PROOFS: tuple[Callable[[Subject], Iterator[Finding]], ...] = (
    edges,
    cycles,
    references,
    shown,
    names,
    texts,
    limits,
    fields,
    translations,
    triggers,
    unset,
    window,
    lasting,
    shadowed,
    holding,
    choosing,
    costs,
    matching,
    kinds,
    exposed,
    tools,
    idle,
)
"""The table of contents."""


def check(
    flow: Flow,
    workspace: Workspace | None = None,
    others: Mapping[str, Flow] | None = None,
    language: str = "pt-BR",
) -> list[Issue]:
    """Every finding about a flow: errors first, then by place; the same flow gives the same list.

    `workspace`: without it a name that lives there is a warning. `others`: the flows published
    beside it, by key (calls, conflicts). `language`: of the sentences, pt, en or es. Never raises.
    Cost: about 0.2 ms a node.
    """
    return [issue_of(flow, each, language) for each in findings(flow, workspace, others)]


def findings(
    flow: Flow,
    workspace: Workspace | None = None,
    others: Mapping[str, Flow] | None = None,
) -> list[Finding]:
    """What `check` tells of `flow` beside `workspace` and `others`, in its order, not yet in words.
    Cost: as `check`."""
    subject = Subject(flow, workspace, others or {})
    found = {_order(subject, finding): finding for proof in PROOFS for finding in proof(subject)}
    return [found[order] for order in sorted(found)]


def _order(subject: Subject, finding: Finding) -> tuple[int, int, str, str, str, str]:
    place = subject.place.get(finding.node, -1)
    name = finding.values.get("name", "")
    return (weight(severity(finding)), place, finding.path, finding.code, finding.exit, name)


def issue_of(flow: Flow, finding: Finding, language: str) -> Issue:
    """A finding of `flow` in a `language`. Cost: ~12 µs."""
    message, fix = say(finding, language)
    return Issue(
        severity=severity(finding),
        code=finding.code,
        flow=flow.key,
        node=finding.node,
        exit=finding.exit,
        path=finding.path,
        message=message,
        fix=fix,
    )
