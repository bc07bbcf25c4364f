"""Who only answers is told what was heard; where that cannot be read, the lane goes on."""

from connectors.evolution import EvolutionConnector
from flowengine.store.database import Database
from flowengine.store.verdicts import Again, Result
from tests.connectors.subjects import evolution_settings
from tests.services import postgres as services
from tests.workers.test_repeating_sends import SEND, head
from tests.workers.town import Town
from workers.outbox import STUMBLED, Sender
from workers.recorder import Recorder
from workers.sorting import Ready


async def test_a_database_that_stumbles_before_a_send_costs_a_moment_only(
    town: Town, database: services.Database
) -> None:
    assert town.workers is not None
    assert town.workers.working is not None
    ours = town.workers.working._sender
    away = await Database.open(database.web, database.worker)
    await away.close()
    recorder = Recorder(away, lambda *_: None)  # not started: it keeps what it is given
    sender = Sender(away, ours._claimer, recorder, 1, ours._files, ours._guarded)
    provider = EvolutionConnector(evolution_settings("http://127.0.0.1:1"), town.client)
    assert provider.replies_only
    sending = head("sending")
    sender.perform([Ready(sending, SEND, 3, provider)])
    await sender.drain()
    assert recorder._waiting == [Result(sending.id, sending.conversation, 3, Again(STUMBLED))]
