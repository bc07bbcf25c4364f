"""From bytes that somebody brings to a draft, its review, and a published version.

Pages and API do the same here: a document is parsed strictly, reviewed against the workspace and
the flows published beside it, and published only if no finding is an error.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from msgspec import Struct

from flowengine.check import Finding, findings, issue_of
from flowengine.check.shown import shown_files
from flowengine.document import canonical, logic_hash, parse, whole_hash
from flowengine.errors import FlowError
from flowengine.flow import Flow
from flowengine.issue import Issue, has_errors
from flowengine.release import called_flows
from flowengine.state import encode
from flowengine.store import flows
from flowengine.store import workspace as workspaces
from flowengine.store.assets import kept_files
from flowengine.store.database import Transaction
from flowengine.store.earlier_drafts import keep_earlier
from flowengine.store.flows import Draft, NewVersion, Published
from flowengine.workspace import Workspace, parse_workspace
from web.problems import Problem
from web.refused import Refused
from web.texts import _
from workers.library import Shelf

_published: Shelf[str, Flow] = Shelf(256)
"""Published flows as they were read, by their hash: each check after an edit needs all of them."""


class Blocked(Problem):
    """It has errors, so it was not published; `issues` are all its findings, `found` the review
    that they are of, and `around` what that was against."""

    def __init__(self, found: "Review", around: "Surroundings") -> None:
        issues = found.issues
        count = sum(issue.severity == "error" for issue in issues)
        super().__init__(
            _("O fluxo não foi publicado: {n} erro. | O fluxo não foi publicado: {n} erros."),
            place=issues[0].path if issues else "",
            mend=_("Corrija o que está em vermelho na lista de verificação."),
            n=count,
        )
        self.issues, self.found, self.around = issues, found, around


class Review(Struct, frozen=True):
    """A flow and what check says of it: `issues` in words, `findings` what each is made of."""

    flow: Flow
    issues: tuple[Issue, ...]
    findings: tuple[Finding, ...]


class Surroundings(Struct, frozen=True):
    """What a flow is reviewed against. `files`: those of its own, "sha256:…", that are there; None
    where that is not known."""

    workspace: Workspace
    others: dict[str, Flow]
    files: frozenset[str] | None = None


def read_flow(raw: bytes) -> Flow:
    """The document's flow; where it is none, a problem in the words of people."""
    try:
        return parse(raw)
    except FlowError as error:
        raise Refused(error) from None


def read_document(raw: bytes) -> Flow:
    """The same for programs: the problem is in the format's own words."""
    try:
        return parse(raw)
    except FlowError as error:
        raise Problem(error.message, place=error.path, mend=error.fix) from None


async def surroundings(transaction: Transaction) -> Surroundings:
    """The workspace's names, and the flows as they are published."""
    names = await workspaces.workspace(transaction)
    workspace = parse_workspace(encode(names))
    others: dict[str, Flow] = {}
    for row in await flows.flows(transaction):
        if row.version is not None and row.published_hash is not None:
            flow = _published.get(row.published_hash)
            if flow is None:
                version = await flows.version(transaction, row.key, row.version)
                try:
                    flow = parse(version.document)
                except FlowError:  # told on its own page; the others go on without it
                    continue
                _published.put(row.published_hash, flow)
            others[row.key] = flow
    return Surroundings(workspace, others)


async def around_flow(transaction: Transaction, flow: Flow) -> Surroundings:
    """What a flow is reviewed against, and which of its files are there."""
    return await with_files(transaction, flow, await surroundings(transaction))


async def with_files(transaction: Transaction, flow: Flow, around: Surroundings) -> Surroundings:
    """The same surroundings with those of the flow's files that are there."""
    kept = await kept_files(transaction, shown_files(flow))
    return msgspec.structs.replace(around, files=kept)


async def review(flow: Flow, around: Surroundings, language: str) -> Review:
    """What check says. In a thread: a large flow takes longer than a loop should stand still."""
    others = {key: other for key, other in around.others.items() if key != flow.key}
    workspace = around.workspace
    if around.files is not None:
        workspace = msgspec.structs.replace(workspace, files=tuple(sorted(around.files)))
    found = await asyncio.to_thread(findings, flow, workspace, others)
    issues = tuple(issue_of(flow, finding, language) for finding in found)
    return Review(flow, issues, tuple(found))


async def save(transaction: Transaction, flow: Flow, rev: int | None, by: UUID | None) -> Draft:
    """Keep a draft: its canonical bytes, and their hash (`whole_hash`). Without a `rev` it takes
    the place of whatever is there, which is kept where it is published nowhere."""
    if rev is None:
        await keep_earlier(transaction, flow.key, whole_hash(flow), by)
    return await save_written(transaction, flow, canonical(flow), rev, by)


async def save_written(
    transaction: Transaction, flow: Flow, document: bytes, rev: int | None, by: UUID | None
) -> Draft:
    """The same for who has the canonical bytes of `flow` already."""
    digest = hashlib.sha256(document).hexdigest()
    return await flows.save_draft(
        transaction, flow.key, flow.name, document, digest, rev=rev, by=by
    )


async def publish(
    transaction: Transaction, flow: Flow, language: str, by: UUID | None, message: str = ""
) -> tuple[Published, tuple[Issue, ...]]:
    """Review and publish; `message` says why. Raises `Blocked` where there are errors, and the
    store's `NotFound` where somebody removes the flow meanwhile: its draft must be there."""
    around = await around_flow(transaction, flow)
    found = await review(flow, around, language)
    if has_errors(found.issues):
        raise Blocked(found, around)
    version = msgspec.structs.replace(version_of(flow), message=message)
    return await flows.publish(transaction, version, by, here=True), found.issues


def version_of(flow: Flow) -> NewVersion:
    """A flow as the store wants it."""
    return NewVersion(
        flow.key, flow.name, canonical(flow), whole_hash(flow), logic_hash(flow), called_flows(flow)
    )


def worst_by_node(issues: Sequence[Issue]) -> Mapping[str, str]:
    """For each node the worst that is said of it: error, else warning."""
    found: dict[str, str] = {}
    for issue in issues:
        if issue.severity == "error" or (issue.severity == "warning" and issue.node not in found):
            found[issue.node] = issue.severity
    return found
