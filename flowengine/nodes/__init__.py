"""The table of contents of node kinds.

A new kind is its file, one line here, its cases in tests/flowengine/nodes, and its form.
"""

from collections.abc import Callable
from typing import Any

from flowengine.nodes.ai_reply import AiReply, AiReplyStep
from flowengine.nodes.ask import Ask, AskStep
from flowengine.nodes.cancel import Cancel, CancelStep
from flowengine.nodes.condition import Condition, ConditionStep
from flowengine.nodes.consent import Consent, ConsentStep
from flowengine.nodes.delay import Delay, DelayStep
from flowengine.nodes.end import End, EndStep
from flowengine.nodes.flow import FlowCall, FlowStep
from flowengine.nodes.hours import Hours, HoursStep
from flowengine.nodes.http import Http, HttpStep
from flowengine.nodes.loop import Loop, LoopStep
from flowengine.nodes.message import Message, MessageStep
from flowengine.nodes.notify import Notify, NotifyStep
from flowengine.nodes.set import Set, SetStep
from flowengine.nodes.split import Split, SplitStep
from flowengine.nodes.start import Start, StartStep
from flowengine.nodes.tag import Tag, TagStep
from flowengine.nodes.transfer import Transfer, TransferStep
from flowengine.nodes.trigger import Trigger, TriggerStep
from flowengine.nodes.wait import Wait, WaitStep
from flowengine.run import Step

Node = (
    Trigger
    | Message
    | Wait
    | Ask
    | Condition
    | Set
    | Tag
    | Delay
    | Hours
    | Split
    | Loop
    | Http
    | AiReply
    | Transfer
    | FlowCall
    | Start
    | Cancel
    | Notify
    | Consent
    | End
)

STEPS: dict[type, Callable[[Any, frozenset[str]], Step]] = {
    AiReply: AiReplyStep,
    Ask: AskStep,
    Cancel: CancelStep,
    Condition: ConditionStep,
    Consent: ConsentStep,
    Delay: DelayStep,
    End: EndStep,
    FlowCall: FlowStep,
    Hours: HoursStep,
    Http: HttpStep,
    Loop: LoopStep,
    Message: MessageStep,
    Notify: NotifyStep,
    Set: SetStep,
    Split: SplitStep,
    Start: StartStep,
    Tag: TagStep,
    Transfer: TransferStep,
    Trigger: TriggerStep,
    Wait: WaitStep,
}
"""How each kind is compiled: from the node and the exits of it that are wired."""
