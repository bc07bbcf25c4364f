"""One message, from the webhook to the reply, and what is left in the tables."""

from tests.flowengine.playing import OI, ask, text
from tests.workers.town import Town


async def test_a_message_is_answered(town: Town) -> None:
    await town.publish("oi", [OI, ask("nome", "Olá! Qual é o seu nome?", save_as="nome"),
                              text("fim", "Prazer, {{ nome }}!")],
                       ["oi > nome", "nome:reply > fim"],
                       variables=[{"name": "nome"}])  # fmt: skip
    town.say("oi")
    await town.hears("Olá! Qual é o seu nome?")
    town.say("Ana")
    await town.hears("Olá! Qual é o seu nome?", "Prazer, Ana!")
    await town.quiet()
    assert await town.value("SELECT count(*) FROM outbox") == 0
    assert await town.value("SELECT status FROM executions") == "completed"
    assert await town.value("SELECT count(*) FROM inbox") == 2
