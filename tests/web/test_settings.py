"""Contacts, channels and settings: what teams type is kept, and what cannot be is said plainly."""

from typing import Any

import msgspec
import pytest

from flowengine.schedules import Schedule
from flowengine.store import (
    accounts,
    channels,
    consents,
    constants,
    contacts,
    queues,
    schedules,
    secrets,
    tenants,
)
from tests.web.site import Site
from web.forms import Form
from web.problems import Problem
from web.settings.schedules import line_of, read_schedule

CLOUD = {
    "channel_name": "Loja",
    "phone_number_id": "106540352242922",
    "token": "segredo-da-meta",
    "app_secret": "chave",
    "verify_token": "",
}


def schedule_form(**fields: str) -> Form:
    known = {"timezone": "America/Sao_Paulo"} | fields
    return Form({name: [value] for name, value in known.items()})


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("09:00-12:00, 13:00-18:00", [["09:00", "12:00"], ["13:00", "18:00"]]),
        ("9h às 18h", [["09:00", "18:00"]]),
        ("9-12 e 14-18h30", [["09:00", "12:00"], ["14:00", "18:30"]]),
        ("fechado", []),
        ("", []),
    ],
)
def test_hours_as_people_write_them(text: str, spans: list[list[str]]) -> None:
    schedule = read_schedule(schedule_form(mon=text))
    assert [list(span) for span in schedule.weekly.mon] == spans


@pytest.mark.parametrize(
    "fields",
    [
        {"mon": "de manhã"},
        {"mon": "25:00-26:00"},
        {"timezone": "Lua/Cratera"},
        {"dates": "amanhã fechado"},
        {"dates": "31/02/2026 fechado"},
    ],
)
def test_hours_that_cannot_be_read_are_a_plain_problem(fields: dict[str, str]) -> None:
    with pytest.raises(Problem):
        read_schedule(schedule_form(**fields))


def test_a_schedule_comes_back_as_it_was_typed() -> None:
    form = schedule_form(
        tue="09:00-12:00, 13:00-18:00",
        country="BR",
        state="SP",
        dates="24/12/2026 09:00-12:00 Véspera de Natal\n02/01/2027 fechado Balanço",
    )
    schedule = read_schedule(form)
    line = line_of("loja", "Loja", msgspec.json.encode(schedule))
    assert line.hours["tue"] == "09:00-12:00, 13:00-18:00"
    assert (line.country, line.state) == ("BR", "SP")
    assert line.dates == ("24/12/2026 09:00-12:00 Véspera de Natal\n02/01/2027 fechado Balanço")


async def test_the_workspace_and_its_opt_out_words(site: Site) -> None:
    client = await site.client(site.bia)
    form = {
        "name": "Nova",
        "language": "es",
        "timezone": "America/Manaus",
        "default_queue": "suporte",
    }
    assert (await client.post("/settings", data=form)).status_code == 303
    words = {"words": "parar\nsair, chega", "text": "Tudo bem."}
    assert (await client.post("/settings/opt-out", data=words)).status_code == 303
    async with site.database.web(site.bia.tenant) as transaction:
        tenant = await tenants.tenant(transaction)
    assert (tenant.name, tenant.timezone, tenant.default_queue) == (
        "Nova",
        "America/Manaus",
        "suporte",
    )
    assert tenant.opt_out_words == ("parar", "sair", "chega")
    assert (await client.post("/settings", data=form | {"timezone": "x"})).status_code == 422
    assert (await client.post("/settings/opt-out", data={"words": ""})).status_code == 422


async def test_queues_their_people_and_what_still_uses_them(site: Site) -> None:
    client = await site.client(site.bia)
    agent = str(site.bia.people["agent"])
    form: dict[str, Any] = {"key": "vendas", "name": "Vendas", "member": [agent], "schedule": ""}
    assert (await client.post("/settings/queues", data=form)).status_code == 303
    stranger = str(site.davi.people["agent"])
    await client.post("/settings/queues", data=form | {"member": [agent, stranger]})
    async with site.database.web(site.bia.tenant) as transaction:
        queue = await queues.queue(transaction, "vendas")
    assert queue.members == (site.bia.people["agent"],)
    assert (await client.post("/settings/queues", data=form | {"key": "Não!"})).status_code == 422
    used = await client.post("/settings/schedules/comercial/remove")
    assert used.status_code in (303, 409)


async def test_schedules_are_kept(site: Site) -> None:
    client = await site.client(site.bia)
    form = {"key": "loja", "name": "Loja", "timezone": "UTC", "sat": "09:00-13:00"}
    assert (await client.post("/settings/schedules", data=form)).status_code == 303
    async with site.database.web(site.bia.tenant) as transaction:
        stored = await schedules.schedule(transaction, "loja")
    assert msgspec.json.decode(stored.document, type=Schedule).weekly.sat == (("09:00", "13:00"),)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"timezone": "Marte/Base"}, "O fuso horário «Marte/Base» não existe."),
        ({"sat": "25:00-26:00"}, "Não entendi as horas de Sábado"),
        ({"sat": "09:75-10:00"}, "Não entendi as horas de Sábado"),
        ({"dates": "31/02/2027 fechado Nunca"}, "Não entendi a data especial"),
        ({"country": "Brasil"}, "O horário não pode ser lido."),
    ],
)
async def test_a_schedule_that_cannot_be_is_refused_in_words(
    site: Site, wrong: dict[str, str], words: str
) -> None:
    client = await site.client(site.bia)
    form = {"key": "loja", "name": "Loja", "timezone": "UTC"} | wrong
    answer = await client.post("/settings/schedules", data=form)
    assert answer.status_code == 422
    assert words in answer.text
    assert "Expected" not in answer.text


async def test_secrets_are_written_and_never_shown(site: Site) -> None:
    client = await site.client(site.bia)
    form = {"key": "erp", "value": "muito-secreto"}
    assert (await client.post("/settings/secrets", data=form)).status_code == 303
    page = await client.get("/settings/secrets")
    assert "erp" in page.text
    assert "muito-secreto" not in page.text
    async with site.database.worker(site.bia.tenant) as transaction:
        assert await secrets.reveal(transaction, site.vault, ["erp"]) == {"erp": "muito-secreto"}


async def test_fields_tags_constants_and_models(site: Site) -> None:
    client = await site.client(site.bia)
    fine = [
        ("/settings/fields", {"key": "plano", "name": "Plano", "type": "text"}),
        ("/settings/tags", {"key": "ouro", "name": "Ouro"}),
        ("/settings/constants", {"key": "frete", "value": "12,50", "type": "number"}),
        ("/settings/models", {"profile_key": "rapido", "model": "m-1", "key": "sk-1"}),
    ]
    for path, form in fine:
        assert (await client.post(path, data=form)).status_code == 303, path
    wrong = [
        ("/settings/fields", {"key": "com-traço", "name": "X", "type": "text"}),
        ("/settings/fields", {"key": "x", "name": "X", "type": "nada"}),
        ("/settings/tags", {"key": "Com Espaço", "name": "X"}),
        ("/settings/constants", {"key": "x", "value": "doze", "type": "number"}),
        ("/settings/models", {"profile_key": "x", "model": "m", "base_url": "ftp://x"}),
    ]
    for path, form in wrong:
        assert (await client.post(path, data=form)).status_code == 422, path
    async with site.database.web(site.bia.tenant) as transaction:
        known = {each.key: each.value for each in await constants.constants(transaction)}
    assert str(known["frete"]) == "12.50"
    assert "sk-1" not in (await client.get("/settings/models")).text


async def test_people_are_invited_by_a_link_that_is_shown_once(site: Site) -> None:
    client = await site.client(site.bia, "admin")
    form = {"email": " Nova@Bia.Example ", "name": "Nova", "role": "agent"}
    answer = await client.post("/settings/people", data=form)
    path = answer.headers["location"]
    page = await client.post(f"{path}/link")
    link = page.text.split("data-copy=")[1].split('"')[1]
    assert link.startswith(f"{site.address}/invite/")
    assert "/invite/" not in (await client.get(path)).text
    fresh = site.stranger()
    assert (await fresh.post(link)).headers["location"] == "/password"
    assert (await fresh.get("/settings/secrets")).status_code == 403
    # Twice the same address is the same person.
    again = await client.post("/settings/people", data=form)
    assert again.headers["location"] == path


async def test_the_last_owner_stays(site: Site) -> None:
    client = await site.client(site.bia)
    owner = site.bia.people["owner"]
    for action, form in (("role", {"role": "admin"}), ("remove", {})):
        answer = await client.post(f"/settings/people/{owner}/{action}", data=form)
        assert answer.status_code == 409
        assert "ao menos um dono" in answer.text
    async with site.database.web(site.bia.tenant) as transaction:
        assert (await accounts.member(transaction, owner)).role == "owner"


async def test_a_channel_s_form_keeps_its_secrets(site: Site) -> None:
    client = await site.client(site.bia)
    made = await client.post("/channels/new/cloud", data=CLOUD)
    path = made.headers["location"]
    page = await client.get(path)
    assert f"/webhooks/cloud/{path.rpartition('/')[2]}" in page.text
    assert "Este endereço só existe no seu computador" in page.text
    # By another host it may be anybody's, until the right one is set.
    unsure = "Este endereço é só o que o seu navegador usa"
    by_name = {"Host": "painel.exemplo.com.br"}
    assert unsure in (await client.get(path, headers=by_name)).text
    state = site.app.state
    state.runtime = msgspec.structs.replace(state.runtime, public_url="https://bot.exemplo.com.br")
    told = (await client.get(path, headers=by_name)).text
    assert f"https://bot.exemplo.com.br/webhooks/cloud/{path.rpartition('/')[2]}" in told
    assert unsure not in told
    state.runtime = msgspec.structs.replace(state.runtime, public_url="")
    assert "segredo-da-meta" not in page.text
    word = page.text.split("Token de verificação")[1].split("data-copy=")[1].split('"')[1]
    assert len(word) > 20  # left empty, so one was made
    changed = CLOUD | {"token": "", "app_secret": "", "channel_name": "Loja 2"}
    assert (await client.post(path, data=changed)).status_code == 303
    async with site.database.worker(site.bia.tenant) as transaction:
        channel = next(c for c in await channels.channels(transaction) if c.name == "Loja 2")
        raw = await channels.channel_settings(transaction, site.vault, channel.id)
    settings = msgspec.json.decode(raw)
    assert (settings["token"], settings["app_secret"]) == ("segredo-da-meta", "chave")
    assert settings["verify_token"] == word

    viewer = await site.client(site.bia, "viewer")
    seen = await viewer.get(path)
    assert word not in seen.text
    assert 'name="token"' not in seen.text
    for wrong in ({"phone_number_id": "com espaço"}, {"base_url": "http://10.0.0.1"}):
        refused = await client.post(path, data=changed | wrong)
        assert refused.status_code == 422, wrong
    twice = await client.post("/channels/new/cloud", data=CLOUD)
    assert twice.status_code == 409


async def test_a_channel_is_probed_paused_and_removed(site: Site) -> None:
    client = await site.client(site.bia)
    path = f"/channels/{site.bia.channel}"
    probe = await client.post(f"{path}/probe", headers={"HX-Request": "true"})
    assert "O provedor reconhece o canal" in probe.text
    await client.post(f"{path}/state", data={"state": "paused"})
    assert "Pausado" in (await client.get(path)).text
    await client.post(f"{path}/state", data={"state": "active"})
    again = (await client.get(path)).text
    assert "Pausado" not in again
    assert "Ainda não olhamos" in again
    assert (await client.post(f"{path}/remove")).status_code == 303
    assert (await client.get(path)).status_code == 404
    assert "O simulador não está ligado aqui" in (await client.get("/")).text


async def test_a_contact_is_found_made_and_changed(site: Site) -> None:
    client = await site.client(site.bia, "agent")
    made = await client.post("/contacts", data={"phone": "(11) 98765-4321", "name": "Zé"})
    path = made.headers["location"]
    assert "+55 11 98765-4321" in (await client.get(path)).text
    again = await client.post("/contacts", data={"phone": "+55 11 98765-4321"})
    assert again.headers["location"] == path
    assert (await client.post("/contacts", data={"phone": "123"})).status_code == 422

    form = {"name": "José", "language": "es", "field-pet": "Rex"}
    assert (await client.post(path, data=form)).status_code == 303
    await client.post(f"{path}/tags", data={"add": "vip"})
    tagged = await client.post(f"{path}/tags", data={"add": "novo"}, headers={"HX-Request": "true"})
    assert 'value="novo"' in tagged.text
    await client.post(f"{path}/tags", data={"remove": "novo"})
    assert "José" in (await client.get("/contacts?tag=vip")).text
    assert "José" not in (await client.get("/contacts?tag=novo")).text
    assert "José" in (await client.get("/contacts?q=jos")).text
    assert "Ninguém encontrado" in (await client.get("/contacts?q=ninguém")).text
    piece = await client.get("/contacts?q=4321", headers={"HX-Request": "true"})
    assert "<html" not in piece.text
    assert "José" in piece.text
    await client.post(path, data={"name": "José", "field-pet": ""})
    async with site.database.web(site.bia.tenant) as transaction:
        found = (await contacts.contacts(transaction, search="José")).items[0]
    assert found.fields == {}


async def test_consent_by_hand_keeps_who_wrote_it_down(site: Site) -> None:
    client = await site.client(site.bia, "agent")
    path = f"/contacts/{site.bia.contact}"
    form = {"purpose": "marketing", "given": "yes", "proof": "Disse “pode mandar” na loja"}
    assert (await client.post(f"{path}/consents", data=form)).status_code == 303
    assert (await client.post(f"{path}/consents", data=form | {"proof": ""})).status_code == 422
    async with site.database.web(site.bia.tenant) as transaction:
        log = await consents.consent_log(transaction, site.bia.contact)
    assert [(e.purpose, e.given, e.source) for e in log] == [("marketing", True, "person")]
    assert log[0].proof == "Disse “pode mandar” na loja (agent@bia.example)"
    assert "pode mandar" in (await client.get(path)).text
