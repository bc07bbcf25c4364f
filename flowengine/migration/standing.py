"""Whether an execution that stands at one node may go on standing at another."""

from flowengine.answers import ExpectChoice
from flowengine.nodes.ai_reply import AiReplyStep
from flowengine.nodes.delay import DelayStep
from flowengine.nodes.flow import FlowStep
from flowengine.nodes.http import HttpStep
from flowengine.nodes.message import MessageStep, Speaker
from flowengine.nodes.transfer import TransferStep
from flowengine.nodes.wait import WaitStep
from flowengine.run import Step
from flowengine.speech import Choices
from flowengine.state import Stand

_KINDS = (AiReplyStep, DelayStep, HttpStep, MessageStep, TransferStep, WaitStep)
"""Kinds that stand. `wait` and `ask` are one."""


def fits(stand: Stand | None, old: Step, new: Step) -> bool:
    """Whether what the frame waits for is what `new` would wait for.

    Without a stand the frame lies under a flow that it called: only a call can be come back to, or
    a model that called it as a tool.
    """
    if stand is None:
        if isinstance(old, AiReplyStep):
            return isinstance(new, AiReplyStep)
        return isinstance(new, FlowStep) and new.comes_back
    if stand.waiting_for == "foreground":
        return True
    if not any(isinstance(old, kind) and isinstance(new, kind) for kind in _KINDS):
        return False
    if isinstance(new, WaitStep):
        return (new.expect is not None) == (stand.waiting_for == "reply")
    return True


def wants_choice(step: Step) -> bool:
    """Whether only one of the offered choices is an answer."""
    return isinstance(step, WaitStep) and isinstance(step.expect, ExpectChoice)


def has_timeout(step: Step) -> bool:
    """Whether it arms a timer for its `timeout`."""
    return isinstance(step, WaitStep | TransferStep) and step.seconds > 0


def is_timed(step: Step) -> bool:
    """Whether a timer of a frame that stands there means something."""
    return isinstance(step, DelayStep) or has_timeout(step)


def choices_of(step: Step) -> Choices | None:
    """What the step offers, if it does."""
    speaker: Speaker | None = getattr(step, "speaker", None)
    return speaker.main.choices if speaker else None
