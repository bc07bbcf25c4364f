"""Templates of an account: taken over, kept up to date by webhooks, counted before a send."""

import asyncio
from typing import Any

import msgspec
import pytest

from connectors.fake_graph import webhooks
from connectors.fake_graph.server import Reply
from flowengine.messages import Refused, Send, Template, TemplateButton
from flowengine.store import templates
from flowengine.store.templates import Synced
from flowengine.store.workspace import workspace
from flowengine.templates import misfit, placed
from flowengine.workspace import Template as Known
from tests.connectors.test_cloud_templates import ORDER, PARAMS, PLACE, text
from tests.peers.plain import Peer
from tests.services.postgres import on_both
from tests.workers.town import Town
from workers.channels import Channels
from workers.template_clock import sync_by_clock
from workers.templating import fitted, sync
from workers.watch import Watch


async def take_over(town: Town) -> Synced | Refused | Any:
    await town.change(waba_id=town.number.waba)
    town.connector = type(town.connector)(town.known, town.client)
    return await sync(town.database, town.connector, town.place.tenant)


async def known(town: Town) -> dict[str, templates.StoredTemplate]:
    async with town.database.worker(town.place.tenant) as transaction:
        return {each.name: each for each in await templates.templates(transaction)}


@on_both
async def test_an_account_is_taken_over_and_what_changed_is_told(still: Town) -> None:
    still.graph.library = [ORDER, PLACE]
    assert await take_over(still) == Synced(2, 2, 0, 0)
    assert await take_over(still) == Synced(2, 0, 0, 0)
    still.graph.library = [{**ORDER, "status": "PAUSED"}, text("novo", "Oi")]
    assert await take_over(still) == Synced(2, 1, 1, 1)
    found = await known(still)
    assert {name: each.status for name, each in found.items()} == {
        "pedido": "paused", "loja_perto": "deleted", "novo": "approved",
    }  # fmt: skip
    assert found["pedido"].quality == "yellow"


async def test_what_was_written_by_hand_keeps_the_ids_that_flows_know(still: Town) -> None:
    byhand = msgspec.convert(
        {
            "name": "pedido", "language": "pt_BR", "params": ["1"],
            "buttons": [{"id": "grata", "title": "Obrigada"}],
        },
        Known,
    )  # fmt: skip
    async with still.database.worker(still.place.tenant) as transaction:
        await templates.put_template(
            transaction, "pedido", "pt_BR", "utility", msgspec.json.encode(byhand)
        )
        await templates.put_template(transaction, "outro", "pt_BR", "utility", b"{}")
    still.graph.library = [ORDER]
    assert await take_over(still) == Synced(1, 0, 1, 0)
    found = await known(still)
    document = msgspec.json.decode(found["pedido"].document, type=Known)
    titles = {button.id: button.title for button in document.buttons}
    assert titles == {"grata": "Obrigada", "b4": "Reclamar"}
    assert found["outro"].account == ""


async def test_two_accounts_keep_what_they_call_by_the_same_name(still: Town) -> None:
    still.graph.library = [ORDER]
    await take_over(still)
    await still.work(pumps=False)
    other = still.known.model_copy(update={"waba_id": "another"})
    elsewhere = type(still.connector)(other, still.client)
    document = msgspec.json.encode(Known(name="pedido", language="pt_BR", params=("1",)))
    short = templates.SyncedTemplate("pedido", "pt_BR", "marketing", "approved", document)
    async with still.database.worker(still.place.tenant) as transaction:
        assert await templates.sync_templates(transaction, "another", [short]) == Synced(1, 1, 0, 0)
        assert len(await templates.templates(transaction)) == 2
        whole = await workspace(transaction)
    assert [each["name"] for each in whole["templates"]] == ["pedido"]
    # Each is held against its own account's.
    tenant = still.place.tenant
    said = Send("s", "n", "f", Template("pedido", "pt_BR", {"1": "Ana"}))
    assert isinstance(await fitted(still.database, tenant, said, still.connector), Refused)
    assert await fitted(still.database, tenant, said, elsewhere) == said
    # What the one account tells says nothing of the other's; nor does synchronising it anew.
    told = {
        "message_template_name": "pedido", "message_template_language": "pt_BR",
        "event": "PAUSED",
    }  # fmt: skip
    hook = webhooks.wrap(still.number, [("message_template_status_update", told)])
    assert await still.deliver(hook) == 200
    assert await take_over(still) == Synced(1, 0, 1, 0)
    async with still.database.worker(still.place.tenant) as transaction:
        found = await templates.templates(transaction)
        assert {each.account: each.status for each in found} == {
            still.number.waba: "approved", "another": "approved",
        }  # fmt: skip
        await templates.remove_template(transaction, "pedido", "pt_BR", "another")
        (left,) = await templates.templates(transaction)
    assert left.account == still.number.waba


async def test_the_clock_takes_them_over_every_six_hours(still: Town) -> None:
    await still.change(waba_id=still.number.waba)
    still.graph.library = [ORDER]
    watch = Watch(still.database, Channels(still.vault, still.client), "")
    await watch.look_now(still.place.tenant, deep=True)
    assert set(await known(still)) == {"pedido"}
    still.graph.library = [ORDER, PLACE]
    await watch.look_now(still.place.tenant, deep=True)
    assert set(await known(still)) == {"pedido"}
    await still.run("UPDATE channel_health SET templates_at = now() - interval '6 hours'")
    await watch.look_now(still.place.tenant, deep=False)
    assert set(await known(still)) == {"pedido"}
    await watch.look_now(still.place.tenant, deep=True)
    assert set(await known(still)) == {"pedido", "loja_perto"}


async def test_what_meta_does_not_give_is_asked_for_again_sooner(still: Town) -> None:
    known = still.known.model_copy(update={"waba_id": "another"})
    elsewhere = type(still.connector)(known, still.client)
    place = still.place
    await still.run(
        "INSERT INTO channel_health (tenant_id, channel_id) VALUES ($1, $2)",
        place.tenant,
        place.channel,
    )
    assert not await sync_by_clock(still.database, elsewhere, place.tenant, place.channel)
    assert await still.value(
        "SELECT templates_at BETWEEN now() - interval '6 hours' AND now() - interval '5 hours'"
        " FROM channel_health"
    )


async def test_what_is_cut_short_with_its_round_is_asked_for_again_sooner(still: Town) -> None:
    place = still.place
    await still.run(
        "INSERT INTO channel_health (tenant_id, channel_id) VALUES ($1, $2)",
        place.tenant,
        place.channel,
    )
    async with Peer(lambda _request: Reply(after=30)) as silent:
        known = still.known.model_copy(update={"base_url": silent.url, "waba_id": "w"})
        slow = type(still.connector)(known, still.client)
        taking = asyncio.create_task(
            sync_by_clock(still.database, slow, place.tenant, place.channel)
        )
        await still.until(lambda: len(silent.asked) == 1)
        taking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await taking
    assert await still.value(
        "SELECT templates_at BETWEEN now() - interval '6 hours' AND now() - interval '5 hours'"
        " FROM channel_health"
    )


async def test_webhooks_keep_them_up_to_date(still: Town) -> None:
    still.graph.library = [ORDER]
    await take_over(still)
    await still.work(pumps=False)

    async def tells(field: str, **value: Any) -> templates.StoredTemplate:
        told = {"message_template_name": "pedido", **value}
        assert await still.deliver(webhooks.wrap(still.number, [(field, told)])) == 200
        return (await known(still))["pedido"]

    language = {"message_template_language": "pt_BR"}
    paused = await tells("message_template_status_update", event="PAUSED", **language)
    assert paused.status == "paused"
    refused = await tells(
        "message_template_status_update", event="REJECTED", reason="ABUSIVE_CONTENT", **language
    )
    assert (refused.status, refused.reason) == ("rejected", "ABUSIVE_CONTENT")
    assert (
        await tells("message_template_quality_update", new_quality_score="RED")
    ).quality == "red"
    category = await tells("template_category_update", new_category="MARKETING")
    assert (category.category, category.status) == ("marketing", "rejected")
    elsewhere = {"event": "APPROVED", "message_template_language": "en_US"}
    assert (await tells("message_template_status_update", **elsewhere)).status == "rejected"


async def test_a_count_that_does_not_fit_never_reaches_meta(still: Town) -> None:
    still.graph.library = [ORDER]
    await take_over(still)
    tenant, short = still.place.tenant, Template("pedido", "pt-BR", {"1": "Ana"})
    outcome = await fitted(still.database, tenant, Send("s", "n", "f", short), still.connector)
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.code) == ("template", "132000")
    assert "2, header.1" in outcome.detail
    buttons = (TemplateButton("b2", "Obrigada"), TemplateButton("b4", "Reclamar"))
    whole = Template("pedido", "pt_BR", PARAMS, buttons=buttons)
    sent = await fitted(still.database, tenant, Send("s", "n", "f", whole), still.connector)
    assert isinstance(sent, Send)
    assert isinstance(sent.content, Template)
    assert [button.place for button in sent.content.buttons] == [1, 3]
    unknown = Send("s", "n", "f", Template("nunca_visto", "pt_BR", {"1": "x"}))
    assert await fitted(still.database, tenant, unknown, still.connector) == unknown
    other = still.known.model_copy(update={"waba_id": "another"})
    elsewhere = type(still.connector)(other, still.client)
    same_name = Send("s", "n", "f", short)
    assert await fitted(still.database, tenant, same_name, elsewhere) == same_name


KNOWN = Known(name="t", language="pt_BR", params=("1",), header="image")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (Template("t", "pt_BR", {}), "no value for 1"),
        (Template("t", "pt_BR", {"1": "a", "2": "b"}), "no place for 2"),
        (Template("t", "pt_BR", {"1": "a"}), "a file above it"),
    ],
)
def test_why_it_does_not_fit(said: Template, why: str) -> None:
    assert why in misfit(said, KNOWN)


def test_quick_replies_alone_stay_as_they_are() -> None:
    alone = Known(name="t", language="pt_BR")
    said = Template("t", "pt_BR", buttons=(TemplateButton("sim"),))
    assert placed(said, alone) is said
    assert "0 quick replies" in misfit(said, alone)
