"""A draft on one's own phone: joining and leaving by a word, and what ends with it.

Who tests a flow gets its draft in place of what is published, in executions of its own. A draft's
version is its revision, negative: so whoever reads the journal knows what ran.
"""

from collections.abc import Collection

from flowengine.chat import Owner, Trials
from flowengine.given import Stop
from flowengine.messages import Inbound, Send, Text
from flowengine.route import Nothing, Routed, StartNew
from flowengine.taking import Taking
from flowengine.text import fold


def joins_or_leaves(taking: Taking, trials: Trials, message: Inbound) -> bool:
    """Whether a `message` is such a word of these `trials`; then `taking` answers it, and no flow
    hears of it. Cost: a look-up, where it is none.
    """
    word = fold(message.text).strip()
    flow = trials.codes.get(word)
    if flow is not None:
        taking.note("test")
        taking.note(flow)
        _take_back(taking)
        make_way(taking, flow)
        taking.add(Send(taking.own_id(), "", "", Text(trials.hello)))
        return True
    if trials.flows and word in trials.stops:
        taking.note("test_over")
        end_tests(taking, "the test is over")
        taking.add(Send(taking.own_id(), "", "", Text(trials.bye)))
        return True
    return False


def owns_up(taking: Taking, trials: Trials, routed: Routed) -> None:
    """A tester whose draft cannot run any more is told so, before what is published answers in its
    place or nothing does.

    `taking`: of what they wrote; `trials`: the drafts; `routed`: where it goes. Cost: a look, where
    every draft runs.
    """
    if not trials.broken:
        return
    begins = isinstance(routed, StartNew) and routed.flow in trials.broken
    if begins or isinstance(routed, Nothing):
        taking.add(Send(taking.own_id(), "", "", Text(trials.sorry)))


def end_tests(taking: Taking, why: str, flows: Collection[str] = ()) -> None:
    """What runs in `taking` of the drafts of these `flows` (none: of any) ends; `why` goes into the
    trail. Cost: a call of `advance` for each.
    """
    for execution in sorted(taking.live):
        if execution in taking.live:
            release = taking.release_of(execution)
            if release.version < 0 and (not flows or release.root in flows):
                taking.advance(execution, Stop("interrupted", why))
    taking.settle()


def end_strays(taking: Taking, trials: Trials) -> None:
    """What runs in `taking` of drafts that its contact tests no more, by these `trials`, ends: no
    word would, however it came to be left. Cost: a look at each live execution, and a call of
    `advance` for each that ends.
    """
    left = {
        release.root
        for digest in taking.live.values()
        if (release := taking.known_release(digest)) is not None
        and release.version < 0
        and release.root not in trials.flows
    }
    if left:
        end_tests(taking, "the test is over", left)


def make_way(taking: Taking, flow: str) -> None:
    """With a test of `flow` that begins ends what runs in `taking` of that flow, what runs of any
    draft, and whatever has the word. Cost: a call of `advance` for each.
    """
    for execution in sorted(taking.live):
        if execution in taking.live:
            release = taking.release_of(execution)
            if release.version < 0 or release.root == flow or execution == taking.holder:
                taking.advance(execution, Stop("interrupted", "a test begins"))
    taking.settle()


def _take_back(taking: Taking) -> None:
    """A draft that gave the chat to a person may be tried again: the word takes it back."""
    if taking.owner.kind in ("queue", "agent"):
        taking.owner = Owner()
        taking.epoch += 1
