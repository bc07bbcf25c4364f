"""AI reply: a language model answers."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import Meta

from flowengine.durations import Duration, seconds
from flowengine.expressions import EvaluationError, compile_expression, compile_template, show
from flowengine.given import ModelCame, Told
from flowengine.limits import MAX_ROUNDS
from flowengine.messages import AskModel, Inbound, ModelMessage, Refused, Said, Text, Tool, Unclear
from flowengine.nodes.base import Base
from flowengine.run import Run, Step
from flowengine.values import Doc, Key, Name


class AiTool(Doc, frozen=True, kw_only=True):
    """A function that the model may call.

    - `name`: what the model calls it.
    - `description`: what it does, for the model.
    - `parameters`: a JSON Schema of its arguments.
    """

    name: Name
    description: str = ""
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
    - `tools`: functions that it may call.
    - `outcomes`: ways out that it may choose.
    - `knowledge`: knowledge bases of the workspace.
    - `unsure_below`: how sure it must be of itself, else `unsure`.
    - `dialogue`: stay and answer again until an outcome.
    - `timeout`: how long an answer may take.
    - `extract`: values that it fills in.
    - `budget`: tokens of one answer (0: the profile's).
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
        self.tools = _tools(node, wired)
        self.interruptible = node.interruptible
        history = {"history"} if node.history else frozenset[str]()
        self.reads = self.instructions.reads.union(history, *(e.reads for _, e in self.shown))

    def enter(self, run: Run) -> str | None:
        return self._ask(run, rounds=0)

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
            run.failure = outcome.reason
            return {"timeout": "timeout", "limit": "limit"}.get(outcome.reason, "failed")
        return self._said(run, outcome)

    def _ask(self, run: Run, rounds: int) -> str | None:
        if rounds >= MAX_ROUNDS:
            return "limit"
        frame = run.frame
        effect = AskModel(
            id=run.new_id(),
            node=frame.node,
            flow=frame.flow,
            instructions=self._instructions(run),
            messages=self._messages(run),
            profile=self.fields.profile or "",
            tools=self.tools,
            timeout=self.seconds,
            max_tokens=self.fields.budget,
        )
        run.add(effect, awaited=True)
        run.stand_for("model", rounds=rounds)
        return None

    def _instructions(self, run: Run) -> str:
        scope, env = run.scope, run.env
        text = self.instructions.render(scope, env)
        known = [f"{name}: {show(e.evaluate(scope, env), env)}" for name, e in self.shown]
        return "\n".join([text, *known])

    def _messages(self, run: Run) -> tuple[ModelMessage, ...]:
        """The last lines of the transcript; the customer's last words always close them."""
        count = self.fields.history
        lines = run.world.history[-count:] if count else ()
        said = [
            ModelMessage("user" if line.role == "contact" else "assistant", line.text)
            for line in lines
            if line.text
        ]
        last = run.last.text if run.last else ""
        if last and (not said or said[-1] != ModelMessage("user", last)):
            said.append(ModelMessage("user", last))
        return tuple(said)

    def _said(self, run: Run, said: Said) -> str | None:
        calls = {call.name: call.arguments for call in said.calls}
        for name, value in calls.get("extract", {}).items():
            if any(each.to == name for each in self.fields.extract):
                self._extract(run, name, value)
        if said.text.strip():
            run.send(Text(said.text.strip()))
        exit = self._exit(said, calls)
        if exit is None:
            run.stand_for("reply", rounds=run.stand.rounds)
        return exit

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


def _tools(node: AiReply, wired: frozenset[str]) -> tuple[Tool, ...]:
    tools: list[Tool] = []
    if node.outcomes:
        told = "; ".join(f"{outcome.id}: {outcome.when}" for outcome in node.outcomes)
        ids = [outcome.id for outcome in node.outcomes]
        parameters = _object({"id": {"type": "string", "enum": ids}})
        tools.append(Tool("outcome", f"Choose how the conversation goes on. {told}", parameters))
    if "handoff" in wired:
        reason = _object({"reason": {"type": "string"}})
        tools.append(Tool("handoff", "Give the conversation to a person.", reason))
    if node.unsure_below:
        value = _object({"value": {"type": "number", "minimum": 0, "maximum": 1}})
        tools.append(Tool("confidence", "Say how sure you are of your answer.", value))
    if node.extract:
        fields = {e.to: {**_TYPES[e.type], "description": e.description} for e in node.extract}
        tools.append(Tool("extract", "Record what the customer told.", _object(fields)))
    return tuple(tools)


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}


_TYPES: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "list": {"type": "array", "items": {}},
}
