"""Ask: a message and its wait on one card."""

from flowengine.answers import Expect
from flowengine.contents import AuthoredContent, TemplateContent
from flowengine.durations import Typing
from flowengine.given import Pick
from flowengine.nodes.message import Instead, Speaker, offered_picks
from flowengine.nodes.wait import Waits, WaitStep
from flowengine.run import Run
from flowengine.state import Frame


class Ask(Waits, tag="ask", frozen=True, kw_only=True):
    """Says something and stands until it is answered: a `message` and its `wait` on one card.

    - `contents`: what is said; the last may offer choices.
    - `expect`: what counts as an answer.
    - `typing`: shows "typing…" before each: `auto` by its length, or so long.
    - `instead`: other contents on some channels.
    - `template`: sent in their place where the 24-hour window is closed.

    Exits: `reply` or `choice:ID`, `picked`, `empty`, `invalid`, `timeout`, `event:EXIT` as a wait
    has them, and `failed` as a message has it.

    Example::

        {"id": "nome", "type": "ask",
         "contents": [{"kind": "text", "text": "Olá! Qual é o seu nome?"}],
         "expect": {"kind": "text"}, "save_as": "nome", "timeout": "PT2H"}
    """

    contents: tuple[AuthoredContent, ...]
    expect: Expect
    typing: Typing | None = None
    instead: tuple[Instead, ...] = ()
    template: TemplateContent | None = None


class AskStep(WaitStep):
    def __init__(self, node: Ask, wired: frozenset[str]) -> None:
        super().__init__(node, wired)
        self.speaker = self.said = Speaker(node)
        self.reads = self.reads | self.said.reads
        self.of = node.id if self.said.main.choices else ""
        self.awaits_sends = "failed" in wired

    def enter(self, run: Run) -> str | None:
        said = self.said
        if said.dynamic and said.is_empty(run):
            return "empty"
        said.say(run, self.awaits_sends)
        if not self.of and run.frame.last_offered:
            run.set_frame(last_offered="")
        self.arm(run, self.seconds)
        return None

    def picks(self, frame: Frame) -> tuple[Pick, ...]:
        return offered_picks(self.said, frame, self.node)
