"""AI reply: a language model answers."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import Meta
from msgspec.structs import replace

from flowengine.durations import Duration, seconds
from flowengine.expressions import EvaluationError, compile_expression, compile_template, show
from flowengine.given import ModelCame, Told
from flowengine.inputs import BadInput, read_inputs
from flowengine.limits import MAX_ROUNDS, MAX_TOOL_CALLS
from flowengine.messages import (
    AskModel,
    Inbound,
    ModelMessage,
    Refused,
    Said,
    Text,
    Tool,
    ToolCall,
    Unclear,
)
from flowengine.nodes.base import Base
from flowengine.run import Run, Step
from flowengine.state import Frame, Round
from flowengine.tools import OWN, arguments_of, json_type, object_of, told_result, told_trouble
from flowengine.trail import Called, PassagesShown, ToolAnswered, ToolCalled
from flowengine.values import Doc, Key, Name


class AiTool(Doc, frozen=True, kw_only=True):
    """A flow that the model may call. It runs as one that a `flow` node calls, with the arguments
    as its inputs; the model is told its outcome and outputs, and goes on.

    - `name`: what the model calls it.
    - `description`: what it does, for the model.
    - `flow`: the flow's key (left out: the model does not see the tool).
    - `parameters`: a JSON Schema of its arguments (left out: the flow's inputs with their types).
    """

    name: Name
    description: str = ""
    flow: Key | None = None
    parameters: dict[str, Any] = {}


class AiOutcome(Doc, frozen=True, kw_only=True):
    """A way out that the model may choose.

    - `id`: names the exit `outcome:ID`.
    - `when`: when to choose it, for the model.
    """

    id: Key
    when: str = ""


class Extract(Doc, frozen=True, kw_only=True):
    """A value that the model takes out of the conversation. What does not fit its type is left
    unset.

    - `to`: the variable.
    - `type`: what it must be.
    - `description`: what it is, for the model.
    """

    to: Name
    type: Literal["text", "number", "boolean", "date", "list"] = "text"
    description: str = ""


class AiReply(Base, tag="ai_reply", frozen=True, kw_only=True):
    """A language model answers the customer. It may choose an outcome, say how sure it is, or ask
    for a person.

    - `instructions`: what the model is told, a template.
    - `profile`: which model: a profile of the workspace (left out: its first).
    - `history`: messages of the transcript that it is shown.
    - `reads`: variables that it is shown.
    - `tools`: flows that it may call. What it says in the same breath is not sent: it answers
      when it knows what came of them.
    - `rounds`: how often it may call tools before it answers, else `limit`.
    - `outcomes`: ways out that it may choose.
    - `knowledge`: knowledge bases of the workspace: it is shown the passages that fit the
      customer's last words.
    - `unsure_below`: how sure it must be of itself, else `unsure`.
    - `dialogue`: stay and answer again until an outcome.
    - `timeout`: how long an answer may take.
    - `extract`: values that it fills in.
    - `budget`: tokens of one answer with all its rounds, else `limit` (0: the profile's, for each
      round).
    - `interruptible`: whether interrupts act while it stands.

    Exits: `next`, `outcome:ID`, `unsure`, `handoff`, `timeout`, `limit`, `failed`.

    Example::

        {"id": "ia", "type": "ai_reply", "instructions": "Responda em uma frase.", "history": 6}
    """

    instructions: str
    profile: Key | None = None
    history: Annotated[int, Meta(ge=0, le=50)] = 10
    reads: tuple[str, ...] = ()
    tools: tuple[AiTool, ...] = ()
    rounds: Annotated[int, Meta(ge=1, le=MAX_ROUNDS)] = 5
    outcomes: tuple[AiOutcome, ...] = ()
    knowledge: tuple[Key, ...] = ()
    unsure_below: Annotated[float, Meta(ge=0, le=1)] = 0
    dialogue: bool = False
    timeout: Duration = "PT1M"
    extract: tuple[Extract, ...] = ()
    budget: Annotated[int, Meta(ge=0)] = 0
    interruptible: bool = True


class AiReplyStep(Step):
    """The model's answer is said to the customer; an outcome that it chose is the way out."""

    claims = True
    holds = True

    def __init__(self, node: AiReply, wired: frozenset[str]) -> None:
        self.fields, self.wired = node, wired
        self.instructions = compile_template(node.instructions)
        self.shown = [(name, compile_expression(name)) for name in node.reads]
        self.seconds = float(seconds(node.timeout))
        self.own = _own(node, wired)
        self.tools = {tool.name: (tool, tool.flow) for tool in node.tools if tool.flow}
        self.catches = bool(self.tools)
        self.interruptible = node.interruptible
        history = {"history"} if node.history else frozenset[str]()
        self.reads = self.instructions.reads.union(history, *(e.reads for _, e in self.shown))

    def enter(self, run: Run) -> str | None:
        """Come back to, where the flows that it called let the foreground go; else begun."""
        round = self._round(run)
        return self._ask(run, 0) if round is None else self._go_on(run, round)

    def again(self, run: Run) -> str | None:
        """A model's late answer was dropped; it is asked anew."""
        return self._ask(run, run.stand.rounds)

    def reply(self, run: Run, message: Inbound, choice: str, early: bool) -> str | None:
        run.hear(message)
        run.last_send = ""
        return self._ask(run, run.stand.rounds + 1)

    def told(self, run: Run, event: Told) -> str | None:
        if not isinstance(event, ModelCame):
            return super().told(run, event)
        run.drop(event.effect)
        outcome = event.outcome
        if isinstance(outcome, Refused | Unclear):
            self._forget(run)
            run.failure = outcome.reason
            return {"timeout": "timeout", "limit": "limit"}.get(outcome.reason, "failed")
        return self._said(run, outcome)

    def _ask(self, run: Run, rounds: int) -> str | None:
        if rounds >= MAX_ROUNDS:
            return "limit"
        frame, round = run.frame, self._round(run)
        spent = round.tokens if round else 0
        effect = AskModel(
            id=run.new_id(),
            node=frame.node,
            flow=frame.flow,
            instructions=self._instructions(run),
            messages=self._messages(run, round),
            profile=self.fields.profile or "",
            tools=(*self.own, *(self._tool(run, *each) for each in self.tools.values())),
            timeout=self.seconds,
            max_tokens=self.fields.budget - spent if self.fields.budget else 0,
            knowledge=self.fields.knowledge,
        )
        run.add(effect, awaited=True)
        run.stand_for("model", rounds=rounds)
        return None

    def _instructions(self, run: Run) -> str:
        scope, env = run.scope, run.env
        text = self.instructions.render(scope, env)
        known = [f"{name}: {show(e.evaluate(scope, env), env)}" for name, e in self.shown]
        return "\n".join([text, *known])

    def _tool(self, run: Run, tool: AiTool, flow: str) -> Tool:
        parameters = tool.parameters or arguments_of(run.release.flows[flow])
        return Tool(tool.name, tool.description, parameters)

    def _messages(self, run: Run, round: Round | None) -> tuple[ModelMessage, ...]:
        """The last lines of the transcript, closed by the customer's last words; then what the
        model called since, and was told."""
        count = self.fields.history
        lines = run.world.history[-count:] if count else ()
        said = [
            ModelMessage("user" if line.role == "contact" else "assistant", line.text)
            for line in lines
            if line.text
        ]
        last = ModelMessage("user", run.last.text if run.last else "")
        if round is not None and last in said:  # what its flows said since is no part of the talk
            said = said[: len(said) - said[::-1].index(last)]
        if last.text and (not said or said[-1] != last):
            said.append(last)
        return (*said, *(round.told if round else ()))

    def _said(self, run: Run, said: Said) -> str | None:
        if said.shown:
            run.trail.append(PassagesShown(run.frame.node, said.shown))
        calls = {call.name: call.arguments for call in said.calls}
        for name, value in calls.get("extract", {}).items():
            if any(each.to == name for each in self.fields.extract):
                self._extract(run, name, value)
        asked = tuple(call for call in said.calls if call.name not in OWN) if self.tools else ()
        if asked:
            return self._call(run, said, asked)
        self._forget(run)
        if said.text.strip():
            run.send(Text(said.text.strip()))
        exit = self._exit(said, calls)
        if exit is None:
            run.stand_for("reply", rounds=run.stand.rounds)
        return exit

    # -- flows that it calls ---------------------------------------------------------------------

    def _round(self, run: Run) -> Round | None:
        """What it called since the customer's last words; of an older visit nothing counts."""
        round = run.frame.round
        return round if round is not None and round.visit == run.frame.visit else None

    def _forget(self, run: Run) -> None:
        if run.frame.round is not None:
            run.set_frame(round=None)

    def _call(self, run: Run, said: Said, asked: tuple[ToolCall, ...]) -> str | None:
        before = self._round(run) or Round(run.frame.visit, rounds=run.stand.rounds)
        spent, budget = before.tokens + said.tokens_out, self.fields.budget
        if before.times >= self.fields.rounds or (budget and spent >= budget):
            self._forget(run)
            run.failure = "tokens" if budget and spent >= budget else "rounds"
            return "limit"
        told = (*before.told, ModelMessage("assistant", said.text, asked))
        times = before.times + 1
        return self._go_on(run, replace(before, told=told, calls=asked, tokens=spent, times=times))

    def _go_on(self, run: Run, round: Round) -> str | None:
        """The next call; after the last one the model is told what came of them."""
        while round.calls:
            trouble = self._begin(run, round)
            if not trouble:
                return None
            round = self._answered(run, round, told_trouble(trouble), trouble)
        if not run.foreground:  # a flow let it go: it is entered anew, in its turn
            run.set_frame(stand=None, round=replace(round, visit=run.visits + 1))
            run.goto = run.frame.node
            return None
        run.set_frame(round=round)
        return self._ask(run, round.rounds)

    def _begin(self, run: Run, round: Round) -> str:
        """Runs the flow on top of this one; why not, where it cannot be called so."""
        call = round.calls[0]
        if self._made(round) >= MAX_TOOL_CALLS:
            return f"at most {MAX_TOOL_CALLS} calls at once; call it again"
        if call.name not in self.tools:
            return f"there is no tool {call.name!r}"
        tool, flow = self.tools[call.name]
        child = run.release.flows[flow]
        if not child.start:
            return "the flow does not say where it starts"
        try:
            args = read_inputs(child, call.arguments, replace(run.env, timezone=child.zone))
        except BadInput as error:
            return str(error)
        run.set_frame(stand=None, round=round)
        run.trail.append(ToolCalled(run.frame.node, tool.name, flow))
        run.trail.append(Called(flow))
        run.push(Frame(flow, child.start, variables=args, kind="call"), child.start)
        return ""

    def _made(self, round: Round) -> int:
        """How many calls of this breath are answered already."""
        asked = next(len(each.calls) for each in reversed(round.told) if each.calls)
        return asked - len(round.calls)

    def _answered(self, run: Run, round: Round, result: str, trouble: str = "") -> Round:
        call, *rest = round.calls
        run.trail.append(ToolAnswered(run.frame.node, call.name, trouble))
        told = (*round.told, ModelMessage("tool", result))
        return replace(round, told=told, calls=tuple(rest))

    def returned(self, run: Run, outcome: str, outputs: dict[str, Any]) -> str | None:
        round = self._round(run)
        if round is None or not round.calls:
            return self._ask(run, 0)
        return self._go_on(run, self._answered(run, round, told_result(outcome, outputs)))

    def broke(self, run: Run, reason: str) -> str | None:
        round = self._round(run)
        if round is None or not round.calls:
            return "failed"
        return self._go_on(run, self._answered(run, round, told_trouble(reason), reason))

    # -- what it decided -------------------------------------------------------------------------

    def _extract(self, run: Run, name: str, value: Any) -> None:
        """A value that does not fit its type is left unset: the model may be wrong."""
        try:
            run.assign(name, value)
        except EvaluationError:
            run.assign(name, None)

    def _exit(self, said: Said, calls: dict[str, dict[str, Any]]) -> str | None:
        if "handoff" in calls:
            return "handoff"
        chosen = calls.get("outcome", {}).get("id")
        if any(outcome.id == chosen for outcome in self.fields.outcomes):
            exit = f"outcome:{chosen}"
            return exit if exit in self.wired else "next"
        confidence = calls.get("confidence", {}).get("value")
        if isinstance(confidence, int | float | Decimal) and confidence < self.fields.unsure_below:
            return "unsure"
        if "unsure" in calls:
            return "unsure"
        if not said.text.strip() and not calls:
            return "failed"
        return None if self.fields.dialogue else "next"


def _own(node: AiReply, wired: frozenset[str]) -> tuple[Tool, ...]:
    """What every model may tell the node itself."""
    tools: list[Tool] = []
    if node.outcomes:
        told = "; ".join(f"{outcome.id}: {outcome.when}" for outcome in node.outcomes)
        ids = [outcome.id for outcome in node.outcomes]
        parameters = object_of({"id": {"type": "string", "enum": ids}})
        tools.append(Tool("outcome", f"Choose how the conversation goes on. {told}", parameters))
    if "handoff" in wired:
        reason = object_of({"reason": {"type": "string"}})
        tools.append(Tool("handoff", "Give the conversation to a person.", reason))
    if node.unsure_below:
        value = object_of({"value": {"type": "number", "minimum": 0, "maximum": 1}})
        tools.append(Tool("confidence", "Say how sure you are of your answer.", value))
    if node.extract:
        fields = {e.to: {**json_type(e.type), "description": e.description} for e in node.extract}
        tools.append(Tool("extract", "Record what the customer told.", object_of(fields)))
    return tuple(tools)
