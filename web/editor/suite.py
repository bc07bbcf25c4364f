"""A flow's talks, played on its draft: which come true, and what none of them reaches."""

from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec
from msgspec import Struct

from flowengine.errors import FlowError
from flowengine.flow import Flow
from flowengine.graph import all_exits
from flowengine.preview import Act, Script
from flowengine.store.talks import StoredTalk
from flowengine.talks.coverage import FlowCoverage, Reached, coverage, reached
from flowengine.talks.format import Talk, parse_talk
from flowengine.talks.player import Failure, play_through
from flowengine.talks.rows import simulated
from web.drawing.cards import label_of
from web.drawing.says import called
from web.editor.board import line_id
from web.editor.differing import differing
from web.editor.stage import Stage
from web.refused import Refused
from web.texts import Texts, _

SAYS = (
    ("a send was not expected", _("O fluxo disse mais do que o teste espera.")),
    ("nothing was sent", _("O fluxo não disse nada.")),
    ("this is not what came", _("Veio outra coisa.")),
    ("nothing that was offered", _("O que o teste toca não foi oferecido.")),
    ("the flow goes round", _("O fluxo dá voltas sem fim.")),
    ("canned answers", _("O fluxo não pediu uma resposta que o teste traz pronta.")),
)
ELSE = _("O teste não se repete neste fluxo.")
ASKS = _("O fluxo pede uma resposta de fora, e o teste não traz nenhuma.")


class Result(Struct, frozen=True):
    """A talk and how it went on the draft; `why` is empty where it came true."""

    id: UUID
    name: str
    steps: int
    why: str = ""
    expected: str = ""
    got: str = ""


class Missing(Struct, frozen=True):
    """A node, or an exit of it, that no talk reaches; in words for people."""

    node: str
    words: str


class Suite(Struct, frozen=True):
    """All talks of a flow. `nodes`, `lines`: what of the canvas none of them reaches."""

    results: tuple[Result, ...]
    percent: int
    nodes: tuple[str, ...]
    lines: tuple[str, ...]
    missing: tuple[Missing, ...]

    @property
    def failed(self) -> int:
        return sum(bool(result.why) for result in self.results)


def run(stored: Sequence[StoredTalk], stage: Stage, t: Texts) -> Suite:
    """Plays every talk on the draft. Nothing is called. Cost: ~3 ms a talk."""
    found = Reached(set(), set())
    results = tuple(_one(each, stage, found, t) for each in stored)
    covered = coverage(stage.flow, found)
    lines = [each.partition(":")[::2] for each in covered.missing_exits]
    return Suite(
        results,
        int(covered.percent) if stored else 0,
        covered.missing_nodes,
        tuple(line_id(node, exit) for node, exit in lines),
        tuple(_missing(stage.flow, covered, t)),
    )


def _one(stored: StoredTalk, stage: Stage, found: Reached, t: Texts) -> Result:
    try:
        talk = parse_talk(stored.document)
    except FlowError as error:
        detail, mend = Refused(error).said(t)
        return Result(stored.id, stored.name, 0, f"{detail} {mend}".strip())
    played, sim = play_through(talk, stage.releases, stage.workspace)
    found.add(reached(simulated(sim.happened), sim.chat.releases))
    if played.failure is None:
        return Result(stored.id, stored.name, played.steps)
    first = next(iter(played.failure.differences), None)
    sides = differing(first, lambda id: title_of(stage.flow, id, t), t) if first else ("", "")
    return Result(stored.id, stored.name, played.steps, tell(played.failure, t), *sides)


def tell(failure: Failure, t: Texts) -> str:
    """Why a talk failed, for people."""
    known = next((words for said, words in SAYS if failure.message.startswith(said)), None)
    if known is None and "asks for an" in failure.message:
        known = ASKS
    return t(known or ELSE)


def _missing(flow: Flow, covered: FlowCoverage, t: Texts) -> Iterable[Missing]:
    titles = {node.id: title_of(flow, node.id, t) for node in flow.nodes}
    yield from (Missing(node, titles[node]) for node in covered.missing_nodes)
    for each in covered.missing_exits:
        node, _colon, exit = each.partition(":")
        if node not in covered.missing_nodes:
            yield Missing(node, f"{titles[node]} → {exit_words(flow, node, exit, t)}")


def title_of(flow: Flow, id: str, t: Texts) -> str:
    """A node by its title, else by its kind and how what it says begins."""
    node = next((each for each in flow.nodes if each.id == id), None)
    if node is None:
        return id
    return node.title or called(node, t)


def exit_words(flow: Flow, node: str, exit: str, t: Texts) -> str:
    """An exit as its card shows it."""
    known = next((each for each in flow.nodes if each.id == node), None)
    ways = all_exits(flow).get(node, ())
    found = next((way for way in ways if way.id == exit), None)
    return label_of(found, known, t) if found and known else exit


def script_of_talk(talk: Talk) -> Script:
    """A talk as the preview plays it: its acts without what it expects."""
    acts = tuple(
        Act(**{step.kind: getattr(step, step.kind)}) for step in talk.steps if step.expect is None
    )
    return Script(contact=talk.contact, now=talk.now, http=talk.http, model=talk.model, acts=acts)


_encoder = msgspec.json.Encoder(decimal_format="number")


def write_script(script: Script) -> bytes:
    """Its JSON, for the browser."""
    return _encoder.encode(script)
