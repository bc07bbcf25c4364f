"""The exits of every node kind: the one place that says which edges a node may have.

The engine, check, the editor and the pages all ask here. FLOWS.md §4 is the table.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from flowengine.answers import ExpectChoice
from flowengine.contents import (
    AuthoredContent,
    ButtonsContent,
    Choice,
    ListContent,
    RowContent,
    TemplateContent,
)
from flowengine.flow import Flow
from flowengine.nodes import (
    AiReply,
    Ask,
    Condition,
    End,
    FlowCall,
    Hours,
    Http,
    Loop,
    Message,
    Node,
    Split,
    Start,
    Transfer,
    Trigger,
    Wait,
)


class Exit(Struct, frozen=True):
    """A named way out of a node.

    `label`: the author's words, else ours. `required`: the flow stops short without an edge here
    or at the exit that `fallback` names; any other unwired exit has a meaning of its own
    (FLOWS.md §4, "Unwired exits").
    """

    id: str
    label: str
    required: bool = False


LABELS = {
    "next": "Próximo",
    "reply": "Resposta",
    "picked": "Escolheu da lista",
    "empty": "Lista vazia",
    "invalid": "Não entendeu",
    "timeout": "Sem resposta",
    "failed": "Falhou",
    "else": "Senão",
    "open": "Aberto",
    "closed": "Fechado",
    "item": "Cada item",
    "done": "Terminou",
    "ok": "Deu certo",
    "unsure": "Em dúvida",
    "handoff": "Pediu uma pessoa",
    "limit": "Passou do limite",
    "unavailable": "Ninguém disponível",
}

_FALLBACKS = {"choice": "reply", "outcome": "next", "status": "failed"}


def exits(
    node: Node, offering: Sequence[Node] = (), outcomes: Iterable[str] = ()
) -> tuple[Exit, ...]:
    """The exits of a node, in the order in which the canvas shows them.

    `offering`: the nodes whose choices a `wait` means (`offering_nodes`). `outcomes`: of the flow
    that a `flow` node calls; its document is not known here, so edges name them (`all_exits`).
    Cost: a few µs.
    """
    match node:
        case Ask():
            return (*_wait_exits(node, (node,)), _exit("failed"))
        case Wait():
            return _wait_exits(node, offering)
        case Message():
            return (_exit("next", required=True), _exit("failed"))
        case Condition():
            cases = (Exit(f"case:{c.id}", c.label or c.id, required=True) for c in node.cases)
            return (*cases, _exit("else", required=True))
        case Split():
            return tuple(
                Exit(f"variant:{v.id}", v.id, required=v.weight > 0) for v in node.variants
            )
        case Hours():
            return (_exit("open", required=True), _exit("closed", required=True))
        case Loop():
            return (_exit("item", required=True), _exit("done", required=True))
        case Http():
            named = (Exit(f"status:{e.id}", e.id) for e in node.exits)
            return (_exit("ok", required=True), *named, _exit("failed"))
        case AiReply():
            return _ai_exits(node)
        case Transfer():
            return (_exit("closed"), _exit("unavailable"), _exit("timeout"))
        case FlowCall():
            if not node.return_:
                return (_exit("failed"),)
            named = (Exit(f"outcome:{o}", o) for o in outcomes)
            return (_exit("next", required=True), *named, _exit("failed"))
        case End():
            return ()
        case _:
            return (_exit("next", required=True),)


def fallback(node: Node, exit: str) -> str | None:
    """The exit of `node` that an exit without an edge takes instead; None if there is none.

    `choice:ID` and `picked` take `reply`, `outcome:ID` takes `next`, `status:ID` takes `failed`.
    Cost: under 1 µs.
    """
    if exit == "picked":
        return "reply"
    family, mark, _ = exit.partition(":")
    return _FALLBACKS.get(family) if mark else None


def all_exits(flow: Flow) -> dict[str, tuple[Exit, ...]]:
    """The exits of every node by its id; a `flow` node's outcomes are those that edges name.

    Cost: O(nodes + edges).
    """
    return exits_of(flow, flow.nodes)


def exits_of(flow: Flow, nodes: Iterable[Node]) -> dict[str, tuple[Exit, ...]]:
    """`all_exits` for some of a flow's nodes. Cost: a few µs a node, and a look at each edge."""
    nodes = tuple(nodes)
    calls = {node.id for node in nodes if isinstance(node, FlowCall)}
    named: dict[str, list[str]] = {}
    for edge in flow.edges if calls else ():
        if edge.from_ in calls and edge.exit.startswith("outcome:"):
            outcome = edge.exit.removeprefix("outcome:")
            listed = named.setdefault(edge.from_, [])
            if outcome not in listed:
                listed.append(outcome)
    offering = _offering(flow, [node for node in nodes if isinstance(node, Wait)])
    return {
        node.id: exits(node, offering.get(node.id, ()), named.get(node.id, ())) for node in nodes
    }


def choices(contents: Iterable[AuthoredContent]) -> tuple[Choice, ...]:
    """The static choices that contents offer, in their order; each id once. Cost: linear in the
    choices.
    """
    found: dict[str, Choice] = {}
    for content in contents:
        for choice in _offered(content):
            if not (isinstance(choice, RowContent) and choice.each is not None):
                found.setdefault(choice.id, choice)
    return tuple(found.values())


def has_dynamic_rows(contents: Iterable[AuthoredContent]) -> bool:
    """Whether a list among the contents makes rows out of a variable."""
    return any(
        isinstance(choice, RowContent) and choice.each is not None
        for content in contents
        for choice in _offered(content)
    )


def spoken(node: Node) -> tuple[AuthoredContent, ...]:
    """Everything that a node may say, on any channel: contents, `instead` and its template.
    Cost: ~1 µs.
    """
    if not isinstance(node, Message | Ask):
        return ()
    other = (content for instead in node.instead for content in instead.contents)
    return (*node.contents, *other, *((node.template,) if node.template else ()))


def offers(node: Node) -> bool:
    """Whether a node offers something to choose from."""
    return any(True for content in spoken(node) for _ in _offered(content))


def offering_nodes(flow: Flow) -> dict[str, tuple[Node, ...]]:
    """For every `wait`, the nodes whose choices it may mean.

    That is the node that `of` names, else the nearest ones before it on any path that offer some.
    Cost: O(nodes + edges) for each `wait` without `of`.
    """
    return _offering(flow, [node for node in flow.nodes if isinstance(node, Wait)])


def _offering(flow: Flow, waits: Sequence[Wait]) -> dict[str, tuple[Node, ...]]:
    if not waits:
        return {}
    nodes = {node.id: node for node in flow.nodes}
    before: dict[str, list[str]] = {}
    for edge in flow.edges:
        before.setdefault(edge.to, []).append(edge.from_)
    return {wait.id: _nearest_offers(wait, nodes, before) for wait in waits}


def _nearest_offers(
    wait: Wait, nodes: Mapping[str, Node], before: Mapping[str, Collection[str]]
) -> tuple[Node, ...]:
    if wait.of is not None:
        return (nodes[wait.of],) if wait.of in nodes else ()
    if wait.expect is None or not expects_choice(wait):
        return ()
    found: dict[str, Node] = {}
    seen: set[str] = {wait.id}
    ahead = list(before.get(wait.id, ()))
    while ahead:
        at = ahead.pop()
        if at in seen or at not in nodes:
            continue
        seen.add(at)
        if offers(nodes[at]):
            found[at] = nodes[at]
        else:
            ahead.extend(before.get(at, ()))
    return tuple(found[node] for node in sorted(found))


def expects_choice(node: Wait | Ask) -> bool:
    """Whether the answer must be one of the choices."""
    return isinstance(node.expect, ExpectChoice)


def _wait_exits(node: Wait | Ask, offering: Sequence[Node]) -> tuple[Exit, ...]:
    events = tuple(Exit(f"event:{e.exit}", e.exit, required=True) for e in node.events)
    if node.expect is None:
        return (*events, _exit("timeout"))
    ends = (_exit("invalid"), _exit("timeout"), *events)
    if not expects_choice(node):
        return (_exit("reply", required=True), *ends)
    contents = [content for offer in offering for content in spoken(offer)]
    named = tuple(Exit(f"choice:{c.id}", c.title or c.id, required=True) for c in choices(contents))
    if has_dynamic_rows(contents):
        picked = (Exit("picked", LABELS["picked"], required=True), _exit("empty"))
        return (*named, *picked, _exit("reply"), *ends)
    return (*named, _exit("reply", required=not named), *ends)


def _ai_exits(node: AiReply) -> tuple[Exit, ...]:
    """In a dialogue only an outcome leads out, so `next` is but where unwired outcomes go."""
    named = tuple(Exit(f"outcome:{o.id}", o.when or o.id, required=True) for o in node.outcomes)
    straight = _exit("next", required=not (node.dialogue and node.outcomes))
    troubles = ("unsure", "handoff", "timeout", "limit", "failed")
    return (straight, *named, *(_exit(name) for name in troubles))


def _offered(content: AuthoredContent) -> Iterator[Choice]:
    match content:
        case ButtonsContent():
            yield from content.buttons
        case ListContent():
            yield from content.rows
            for section in content.sections:
                yield from section.rows
        case TemplateContent():
            for reply in content.buttons:
                yield Choice(id=reply.id, title=reply.title)
        case _:
            return


def _exit(name: str, required: bool = False) -> Exit:
    return Exit(name, LABELS[name], required)


def entry(flow: Flow) -> str | None:
    """Where the flow begins when no trigger chose it; None where that is not said.

    `start`, else the node after the only trigger (or after all of them, if it is the same one).
    Cost: O(nodes + edges), nothing where `start` says it.
    """
    if flow.start is not None:
        return flow.start
    triggers = {node.id for node in flow.nodes if isinstance(node, Trigger)}
    after = {edge.to for edge in flow.edges if edge.from_ in triggers}
    return after.pop() if len(after) == 1 else None


def calls(node: Node) -> tuple[str, ...]:
    """Keys of the flows that a node runs as a part of its execution: called, jumped to, or tools
    of a model. Cost: under 1 µs."""
    match node:
        case FlowCall():
            return (node.flow,)
        case AiReply():
            return tuple(tool.flow for tool in node.tools if tool.flow)
        case _:
            return ()


def leads_to(node: Node) -> tuple[str, ...]:
    """Keys of the flows that a node runs or starts. Cost: under 1 µs."""
    return (node.flow,) if isinstance(node, Start) else calls(node)


def outcomes_of(flow: Flow) -> frozenset[str]:
    """The outcomes that a flow's `end` nodes can give to its caller."""
    return frozenset(node.outcome for node in flow.nodes if isinstance(node, End) and node.outcome)
