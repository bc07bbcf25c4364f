"""Quiet hours: what nobody asked for waits, replies and people do not, and the order stays."""

from datetime import UTC, datetime, timedelta

import pytest

from flowengine.messages import Text
from flowengine.store import policies
from tests.flowengine.playing import OI, ask, text
from tests.services.postgres import on_both
from tests.workers.test_people import ids
from tests.workers.town import Town


async def hush(town: Town, begins: timedelta, ends: timedelta) -> None:
    """Silent from so long from now until so long from now, in UTC."""
    now = datetime.now(UTC)
    await town.owner("UPDATE tenants SET timezone = 'UTC'")
    async with town.database.worker(town.place.tenant) as transaction:
        await policies.set_quiet(transaction, f"{now + begins:%H:%M}", f"{now + ends:%H:%M}")


SILENT = (timedelta(hours=-2), timedelta(hours=2))
LOUD = (timedelta(hours=2), timedelta(hours=4))


async def promote(town: Town) -> None:
    """A program starts a flow that nobody asked for."""
    tenant, _, _ = await ids(town)
    assert town.workers is not None
    contact = str(await town.value("SELECT contact_id FROM conversations"))
    await town.workers.start_flow(tenant, "promo", contact=contact, channel=str(town.place.channel))


@pytest.fixture
async def greeted(town: Town) -> Town:
    """Ana has said hello and was answered, and it is the middle of the night."""
    await town.publish("oi", (OI, ask("n", "Nome?"), text("b", "Boa noite.")),
                       ("oi > n", "n:reply > b"))  # fmt: skip
    await town.publish("promo", (text("m", "Só hoje!"),), (), start="m")
    await hush(town, *SILENT)
    town.say("oi")
    await town.hears("Nome?")
    await town.quiet()
    return town


async def waits(town: Town) -> None:
    """The promotion stands in its lane until the silence ends."""
    await town.sees(
        "SELECT count(*) = 1 FROM lanes WHERE owner IS NULL AND next_at > now() + '1 hour'"
    )


@on_both
async def test_what_nobody_asked_for_waits_until_the_silence_ends(greeted: Town) -> None:
    await promote(greeted)
    await waits(greeted)
    assert greeted.heard() == ["Nome?"]
    await hush(greeted, *LOUD)
    await greeted.run("UPDATE lanes SET next_at = now()")
    await greeted.hears("Nome?", "Só hoje!")


async def test_a_reply_never_waits_and_comes_after_what_waited(greeted: Town) -> None:
    await promote(greeted)
    await waits(greeted)
    greeted.say("Ana")
    await greeted.hears("Nome?", "Só hoje!", "Boa noite.")


async def test_neither_does_a_person(greeted: Town) -> None:
    await promote(greeted)
    await waits(greeted)
    tenant, conversation, agent = await ids(greeted)
    assert greeted.workers is not None
    await greeted.workers.say(tenant, conversation, agent, Text("Oi, Ana!"), "k")
    await greeted.until(lambda: "Oi, Ana!" in greeted.heard())


async def test_consent_is_asked_again_when_the_silence_is_over(greeted: Town) -> None:
    await promote(greeted)
    await waits(greeted)
    await greeted.run(
        "INSERT INTO consents (tenant_id, contact_id, purpose, given)"
        " SELECT tenant_id, id, 'all', false FROM contacts"
    )
    await hush(greeted, *LOUD)
    await greeted.run("UPDATE lanes SET next_at = now()")
    await greeted.sees("SELECT count(*) = 1 FROM dead_letters WHERE reason = 'opted_out'")
    assert greeted.heard() == ["Nome?"]


async def test_another_workspace_s_silence_is_nobody_else_s(greeted: Town) -> None:
    await greeted.run("UPDATE policies SET quiet_from = '', quiet_until = ''")
    await promote(greeted)
    await greeted.hears("Nome?", "Só hoje!")
