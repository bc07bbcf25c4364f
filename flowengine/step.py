"""What every kind of node does: the methods that the engine calls."""

from typing import Any

from flowengine.given import Pick, Told
from flowengine.messages import Inbound
from flowengine.state import Frame


class Step:
    """One compiled node: what it does when it is entered, and with what comes while it stands.

    Each method gives the exit to take, or None: it stands (or has gone elsewhere by itself). `run`
    is a `flowengine.run.Run`; it is not named here, for a run knows its steps. Cost: 1 to 5 µs a
    call, and the templates that the node has.
    """

    node: str = ""
    """Its id; set by the release that compiles it."""
    claims = False
    """It needs the foreground."""
    holds = False
    """It stands in the foreground: it is more than something said in passing."""
    reads: frozenset[str] = frozenset()
    interruptible = True
    keeps_early = True
    stale = "reprompt"
    answers_at: str = ""
    """The wait by whose exits its choices leave, where that is another node."""
    event_names: frozenset[str] = frozenset()
    catches = False
    """It says what happens when the flow that it called breaks off."""

    def enter(self, run: Any) -> str | None:
        """The node is reached."""
        raise NotImplementedError

    def told(self, run: Any, event: Told) -> str | None:
        """Something comes for the node while it stands: an outcome, a wake, an event."""
        run.ignore("nothing here takes it")
        return None

    def reply(self, run: Any, message: Inbound, choice: str, early: bool) -> str | None:
        """A customer's message, while standing for a reply. `choice`: already known which."""
        run.ignore("no reply is taken here")
        return None

    def picks(self, frame: Frame) -> tuple[Pick, ...]:
        """What this node offered last, all pages."""
        return ()

    def chosen(self, run: Any, pick: Pick) -> str:
        """One of its choices is the answer, whenever it was offered; gives the exit."""
        return "picked" if pick.dynamic else f"choice:{pick.id}"

    def again(self, run: Any) -> str | None:
        """Stand again after an interruption or suspension: the prompt once more, with the time
        that was left."""
        return None

    def returned(self, run: Any, outcome: str, outputs: dict[str, Any]) -> str | None:
        """The flow that this node called is over."""
        return None

    def broke(self, run: Any, reason: str) -> str | None:
        """The flow that this node called broke off; asked only where it `catches`."""
        return "failed"
