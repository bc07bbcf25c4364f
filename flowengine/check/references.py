"""Proofs about names of the workspace: queues, schedules, templates, fields, tags, other flows.

Without a workspace nothing is known, so each name is one warning. `pieces` of paths that hold a
template are left alone: they are known only when the flow runs.
"""

from collections.abc import Collection, Iterator
from typing import Any, cast

from msgspec import UNSET

from flowengine.check.comparing import comparisons
from flowengine.check.finding import Finding, pointer
from flowengine.check.subject import Subject, nearest
from flowengine.conditions import When
from flowengine.contents import TemplateContent
from flowengine.graph import entry, outcomes_of
from flowengine.messages import Target
from flowengine.nodes import (
    AiReply,
    Ask,
    Cancel,
    Condition,
    Consent,
    Delay,
    FlowCall,
    Hours,
    Http,
    Message,
    Node,
    Set,
    Start,
    Tag,
    Transfer,
    Trigger,
)
from flowengine.nodes.trigger import OnCron, OnEvent, OnFieldChanged, OnTagAdded
from flowengine.workspace import Template, Workspace

PURPOSES = ("utility", "marketing", "authentication")
"""Purposes that every workspace has."""

Use = tuple[str, str, str]
"""What kind of thing is used, its name, and where below the node."""


def references(subject: Subject) -> Iterator[Finding]:
    """Every name that a flow uses of its workspace, and what it asks of other flows."""
    settings = subject.flow.settings
    if settings.on_problem is not None:
        for use in target_uses(settings.on_problem, "/settings/on_problem"):
            yield from _known(subject, "", use)
    if settings.purpose:
        yield from _known(subject, "", ("purpose", settings.purpose, "/settings/purpose"))
    for node_id, node in subject.nodes.items():
        base = subject.path(node_id)
        for kind, name, path in node_uses(node):
            if "{{" not in name and "{%" not in name:
                yield from _known(subject, node_id, (kind, name, base + path))
        yield from _templates(subject, node_id, node)
        if isinstance(node, FlowCall | Start) and node.flow in subject.others:
            yield from _call(subject, node_id, node)


def node_uses(node: Node) -> Iterator[Use]:
    """The names that a node's own fields use, expressions and templates aside. Cost: linear in the
    fields.
    """
    match node:
        case Transfer():
            yield from target_uses(node.to, "/to")
        case Hours():
            yield "schedule", node.schedule, "/schedule"
        case Delay() if node.until is not None and node.until.open is not None:
            yield "schedule", node.until.open, "/until/open"
        case Tag():
            yield from (("tag", tag, pointer("add", at)) for at, tag in enumerate(node.add))
            yield from (("tag", tag, pointer("remove", at)) for at, tag in enumerate(node.remove))
        case Set():
            for at, assign in enumerate(node.assign):
                if assign.to.startswith("contact.fields."):
                    name = assign.to.removeprefix("contact.fields.")
                    yield "field", name, pointer("assign", at, "to")
        case Http() if node.auth is not None:
            yield "secret", node.auth.secret, "/auth/secret"
        case AiReply():
            if node.profile is not None:
                yield "profile", node.profile, "/profile"
            for at, name in enumerate(node.knowledge):
                yield "knowledge", name, pointer("knowledge", at)
            for at, tool in enumerate(node.tools):
                if tool.flow is not None:
                    yield "flow", tool.flow, pointer("tools", at, "flow")
        case FlowCall():
            yield "flow", node.flow, "/flow"
        case Start():
            yield "flow", node.flow, "/flow"
            if node.purpose:
                yield "purpose", node.purpose, "/purpose"
        case Cancel() if node.flow is not None:
            yield "flow", node.flow, "/flow"
        case Consent():
            yield "purpose", node.purpose, "/purpose"
        case Trigger():
            yield from _trigger_uses(node)
            if node.when is not None:
                yield from _tags(node.when, "/when")
        case Condition():
            for at, case in enumerate(node.cases):
                yield from _tags(case.when, pointer("cases", at, "when"))
        case _:
            return


def _tags(when: When, path: str) -> Iterator[Use]:
    for each in comparisons(when):
        right: Any = each.right
        listed = cast("list[Any]", right) if isinstance(right, list) else [right]
        if each.op == "has_tag" and each.left in (UNSET, {"expr": "contact.tags"}):
            yield from (("tag", tag, path) for tag in listed if isinstance(tag, str))


def _trigger_uses(node: Trigger) -> Iterator[Use]:
    match node.on:
        case OnTagAdded():
            yield "tag", node.on.tag, "/on/tag"
        case OnFieldChanged():
            yield "field", node.on.field, "/on/field"
        case OnCron() | OnEvent() if node.on.purpose:
            yield "purpose", node.on.purpose, "/on/purpose"
        case _:
            return


def target_uses(target: Target, path: str) -> Iterator[Use]:
    """The queue that a hand-over (`target`) names, if any, with its place below `path`. Cost: under
    1 µs.
    """
    if target.queue:
        yield "queue", target.queue, f"{path}/queue"


def _known(subject: Subject, node: str, use: Use) -> Iterator[Finding]:
    kind, name, path = use
    if kind == "purpose" and name in PURPOSES:
        return
    if kind == "flow" and (name in subject.others or name == subject.flow.key):
        return
    if subject.workspace is None:
        yield Finding("not_known_here", node, path=path, values={"kind": kind, "name": name})
        return
    known = _names(subject.workspace, kind)
    if kind == "flow":
        known = [*known, *subject.others]
    if name not in known:
        values = {"name": name, "near": nearest(name, known)}
        yield Finding(f"unknown_{kind}", node, path=path, values=values)


def _names(workspace: Workspace, kind: str) -> Collection[str]:
    match kind:
        case "queue":
            return workspace.queues
        case "schedule":
            return workspace.schedules
        case "tag":
            return workspace.tags
        case "field":
            return workspace.fields
        case "secret":
            return workspace.secrets
        case "constant":
            return workspace.constants
        case "profile":
            return workspace.profiles
        case "knowledge":
            return workspace.knowledge
        case "flow":
            return workspace.flows
        case _:
            return workspace.purposes


def read_references(subject: Subject, node: str, path: str, name: str) -> Iterator[Finding]:
    """The workspace's side of a name that an expression reads, such as `const.preco`."""
    root, _, rest = name.partition(".")
    first = rest.partition(".")[0]
    if name.startswith("contact.fields."):
        use = ("field", name.split(".")[2], path)
    elif root in ("const", "secret", "schedule") and first:
        use = ({"const": "constant"}.get(root, root), first, path)
    else:
        return
    if use[1] != "*":
        yield from _known(subject, node, use)


def _templates(subject: Subject, node_id: str, node: Node) -> Iterator[Finding]:
    if not isinstance(node, Message | Ask):
        return
    base = subject.path(node_id)
    for at, content in enumerate(node.contents):
        if isinstance(content, TemplateContent):
            yield from _template(subject, node_id, content, f"{base}/contents/{at}")
    for at, instead in enumerate(node.instead):
        for place, content in enumerate(instead.contents):
            if isinstance(content, TemplateContent):
                path = base + pointer("instead", at, "contents", place)
                yield from _template(subject, node_id, content, path)
    if node.template is not None:
        yield from _template(subject, node_id, node.template, f"{base}/template")


def _template(
    subject: Subject, node: str, content: TemplateContent, path: str
) -> Iterator[Finding]:
    if subject.workspace is None:
        values = {"kind": "template", "name": content.name}
        yield Finding("not_known_here", node, path=f"{path}/name", values=values)
        return
    named = [each for each in subject.workspace.templates if each.name == content.name]
    known = next((each for each in named if each.language == content.language), None)
    if known is None:
        near = ", ".join(each.language for each in named)
        names = {each.name for each in subject.workspace.templates}
        code = "unknown_template_language" if named else "unknown_template"
        values = {
            "name": content.name,
            "language": content.language,
            "near": near or nearest(content.name, names),
        }
        yield Finding(code, node, path=f"{path}/name", values=values)
        return
    yield from _template_fits(node, content, known, path)


def _template_fits(
    node: str, content: TemplateContent, known: Template, path: str
) -> Iterator[Finding]:
    values = {"name": content.name}
    if set(content.params) != set(known.params):
        wanted = {**values, "wanted": ", ".join(known.params) or "—"}
        yield Finding("template_params", node, path=f"{path}/params", values=wanted)
    if len(content.buttons) > len(known.buttons):
        wanted = {**values, "wanted": str(len(known.buttons))}
        yield Finding("template_buttons", node, path=f"{path}/buttons", values=wanted)
    media = known.header in ("image", "video", "document")
    if media != (content.header is not None):
        yield Finding("template_header", node, path=f"{path}/header", values=values)


def _call(subject: Subject, node_id: str, node: FlowCall | Start) -> Iterator[Finding]:
    """What the called flow's document says of its beginning, inputs, outputs and outcomes."""
    child = subject.others[node.flow]
    base = subject.path(node_id)
    called = {"flow": node.flow}
    if entry(child) is None:
        yield Finding("call_without_start", node_id, path=f"{base}/flow", values=called)
    inputs = {variable.name: variable for variable in child.inputs}
    for name in node.with_:
        if name not in inputs:
            values = {**called, "name": name, "near": nearest(name, inputs)}
            yield Finding(
                "unknown_input", node_id, path=base + pointer("with", name), values=values
            )
    for name, variable in inputs.items():
        if variable.required and name not in node.with_:
            values = {**called, "name": name}
            yield Finding("missing_input", node_id, path=f"{base}/with", values=values)
    if isinstance(node, FlowCall):
        yield from _results(subject, node_id, node)


def _results(subject: Subject, node_id: str, node: FlowCall) -> Iterator[Finding]:
    child, base = subject.others[node.flow], subject.path(node_id)
    outputs = {variable.name for variable in child.outputs}
    for at, save in enumerate(node.save):
        name = save.path.removeprefix("/").partition("/")[0]
        if save.path and name not in outputs:
            values = {"flow": node.flow, "name": name, "near": nearest(name, outputs)}
            path = base + pointer("save", at, "path")
            yield Finding("unknown_output", node_id, path=path, values=values)
    outcomes = outcomes_of(child)
    for at, edge in enumerate(subject.flow.edges):
        if edge.from_ == node_id and edge.exit.startswith("outcome:"):
            name = edge.exit.removeprefix("outcome:")
            if name not in outcomes:
                values = {"flow": node.flow, "name": name, "near": nearest(name, outcomes)}
                yield Finding("unknown_outcome", node_id, edge.exit, f"/edges/{at}/exit", values)
