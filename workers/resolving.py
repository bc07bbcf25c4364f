"""What a decision on a head needs of the database: who may probe, whether silence means loss."""

from datetime import datetime

from connectors.base import Policy
from flowengine.messages import Send
from flowengine.store.apologies import apologise
from flowengine.store.circuits import PROBE, try_probe
from flowengine.store.database import Transaction
from flowengine.store.lanes import Head, proves_alive
from flowengine.store.verdicts import Verdict
from workers.deciding import Apologise, Ask, Go, Probe, Wait, by_policy


async def resolve(
    transaction: Transaction,
    head: Head,
    send: Send,
    decision: Ask | Probe | Apologise,
    policy: Policy,
    now: datetime,
    limit: float,
    repeatable: bool = False,
) -> Go | Wait | Verdict:
    """What becomes of a leased head after all, in the transaction that has leased its lane.

    `repeatable`: sent again it is the same message, so silence need not mean loss.
    """
    match decision:
        case Probe():
            won = await try_probe(transaction, [head.channel])
            return Go() if won else Wait(now + PROBE)
        case Apologise():
            await apologise(transaction, head.id, send)
            return Wait(now)
        case Ask():
            asked = policy == "resend"
            come = asked and (repeatable or await proves_alive(transaction, head.channel, head.id))
            return by_policy(policy, come, head, now, limit)
