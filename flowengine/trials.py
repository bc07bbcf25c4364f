"""A draft on one's own phone: joining and leaving by a word, and what ends with it.

Who tests a flow gets its draft in place of what is published, in executions of its own. A draft's
version is its revision, negative: so whoever reads the journal knows what ran.
"""

from flowengine.chat import Owner, Trials
from flowengine.given import Stop
from flowengine.messages import Inbound, Send, Text
from flowengine.taking import Taking
from flowengine.text import fold


def joins_or_leaves(taking: Taking, trials: Trials, message: Inbound) -> bool:
    """Whether a message is such a word; then it is answered, and no flow hears of it."""
    word = fold(message.text).strip()
    flow = trials.codes.get(word)
    if flow is not None:
        taking.note("test")
        taking.note(flow)
        _take_back(taking)
        end_tests(taking, flow, "a test begins")
        taking.add(Send(taking.own_id(), "", "", Text(trials.hello)))
        return True
    if trials.flows and word in trials.stops:
        taking.note("test_over")
        end_tests(taking, "", "the test is over")
        taking.add(Send(taking.own_id(), "", "", Text(trials.bye)))
        return True
    return False


def end_tests(taking: Taking, begins: str, why: str) -> None:
    """What runs of drafts ends; with a test that `begins`, so does what runs of that flow, and
    whatever has the word."""
    for execution in sorted(taking.live):
        if execution not in taking.live:
            continue
        release = taking.release_of(execution)
        talks = bool(begins) and (execution == taking.holder or release.root == begins)
        if release.version < 0 or talks:
            taking.advance(execution, Stop("interrupted", why))
    taking.settle()


def _take_back(taking: Taking) -> None:
    """A draft that gave the chat to a person may be tried again: the word takes it back."""
    if taking.owner.kind in ("queue", "agent"):
        taking.owner = Owner()
        taking.epoch += 1
