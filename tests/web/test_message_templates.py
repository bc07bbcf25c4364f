"""The page of message templates: what the provider approved, as the engine reads it."""

import msgspec
import pytest

from connectors.fake_graph import FakeGraph
from flowengine.store import channels
from flowengine.store.ids import new_id
from flowengine.store.workspace import workspace
from flowengine.workspace import parse_workspace
from tests.connectors.conftest import NUMBER
from tests.connectors.test_cloud_templates import ORDER, PLACE
from tests.web.site import Site
from web.problems import Problem
from web.settings.message_templates import places

FORM = {
    "name": "lembrete_consulta",
    "language": "pt_BR",
    "category": "utility",
    "status": "approved",
    "header": "none",
    "body": "Olá {{1}}, sua consulta é {{2}}. Até lá, {{1}}!",
    "buttons": "Confirmo\nNão posso",
}


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("Oi!", ()),
        ("Oi {{1}} e {{ 2 }}", ("1", "2")),
        ("{{2}} {{1}} {{2}}", ("1", "2")),
        ("Oi {{nome}}, {{dia}}", ("nome", "dia")),
    ],
)
def test_what_a_body_leaves_open(body: str, found: tuple[str, ...]) -> None:
    assert places(body) == found


@pytest.mark.parametrize("body", ["{{2}}", "{{1}} {{3}}", "{{1}} {{nome}}", "{{ }}", "{{Nome}}"])
def test_a_body_that_the_provider_would_refuse(body: str) -> None:
    with pytest.raises(Problem):
        places(body)


async def test_a_template_is_kept_shown_changed_and_removed(site: Site) -> None:
    client = await site.client(site.bia, "designer")
    assert (await client.post("/settings/templates", data=FORM)).status_code == 303
    async with site.database.web(site.bia.tenant) as transaction:
        document = parse_workspace(
            msgspec.json.encode(await workspace(transaction, lambda _raw: {}))
        )
    (found,) = [each for each in document.templates if each.name == "lembrete_consulta"]
    assert found.params == ("1", "2")
    assert [each.title for each in found.buttons] == ["Confirmo", "Não posso"]
    await client.post("/settings/templates", data=FORM | {"status": "paused"})
    page = (await client.get("/settings/templates")).text
    assert "<b>lembrete_consulta</b>" in page
    assert "pausado" in page
    assert "sua consulta é {{2}}" in page
    gone = await client.post("/settings/templates/pt_BR/lembrete_consulta/remove")
    assert gone.status_code == 303
    assert "<b>lembrete_consulta</b>" not in (await client.get("/settings/templates")).text


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Lembrete"},
        {"language": "português"},
        {"category": "outra"},
        {"header": "outro"},
        {"status": "outro"},
        {"body": "{{1}} {{nome}}"},
        {"body": "x" * 1025},
        {"buttons": "x" * 26},
        {"buttons": "\n".join("abcdefghijk")},
    ],
)
async def test_what_cannot_be_is_said_at_its_field(site: Site, wrong: dict[str, str]) -> None:
    client = await site.client(site.bia)
    answer = await client.post("/settings/templates", data=FORM | wrong)
    assert answer.status_code == 422


async def test_an_agent_may_not(site: Site) -> None:
    client = await site.client(site.bia, "agent")
    assert (await client.post("/settings/templates", data=FORM)).status_code == 403


async def test_a_channels_account_is_taken_over_by_page_and_by_program(site: Site) -> None:
    graph = FakeGraph()
    await graph.start()
    try:
        graph.add_number(NUMBER)
        graph.library = [ORDER, PLACE]
        channel = await connected(site, graph.url, NUMBER.waba)
        client = await site.client(site.bia, "designer")
        assert "Sincronizar com Meta" in (await client.get("/settings/templates")).text
        done = await client.post("/settings/templates/sync", data={"channel": channel})
        assert done.status_code == 303
        page = (await client.get("/settings/templates")).text
        assert "<b>pedido</b>" in page
        assert "<code>url.0</code>" in page
        assert "qualidade média" in page
        program = await site.program(site.bia)
        again = await program.post("/api/v1/templates/sync", json={"channel": channel})
        assert again.json() == {"found": 2, "added": 0, "changed": 0, "gone": 0}
        listed = (await program.get("/api/v1/templates")).json()["items"]
        order = next(each for each in listed if each["name"] == "pedido")
        assert order["params"] == ["1", "2", "header.1", "url.0", "code.4"]
        assert order["buttons"] == {"b2": "Obrigada", "b4": "Reclamar"}
        davi = await site.program(site.davi)
        stranger = await davi.post("/api/v1/templates/sync", json={"channel": channel})
        assert stranger.status_code == 404
        assert "pedido" not in (await davi.get("/api/v1/templates")).text
    finally:
        await graph.close()


async def test_why_an_account_cannot_be_taken_over(site: Site) -> None:
    graph = FakeGraph()
    await graph.start()
    try:
        graph.add_number(NUMBER)
        program = await site.program(site.bia)
        bare = await connected(site, graph.url, "")
        answer = await program.post("/api/v1/templates/sync", json={"channel": bare})
        assert answer.status_code == 409
        assert "ID da conta" in answer.json()["mend"]
        simulated = {"channel": str(site.bia.channel)}
        assert (await program.post("/api/v1/templates/sync", json=simulated)).status_code == 409
        wrong = await connected(site, graph.url, NUMBER.waba, token="wrong")
        refused = await program.post("/api/v1/templates/sync", json={"channel": wrong})
        assert refused.status_code == 502
        assert "190" in refused.text
        assert "wrong" not in refused.text
    finally:
        await graph.close()


async def connected(site: Site, url: str, waba: str, token: str = NUMBER.token) -> str:
    settings = {
        "phone_number_id": f"{NUMBER.id}", "token": token, "app_secret": "s", "verify_token": "v",
        "base_url": url, "waba_id": waba,
    }  # fmt: skip
    async with site.database.web(site.bia.tenant) as transaction:
        row = await channels.add_channel(
            transaction, site.vault, "cloud", "Meta", new_id().hex, msgspec.json.encode(settings)
        )
    return str(row.id)
