"""The page of message templates: what the provider approved, as the engine reads it."""

import msgspec
import pytest

from flowengine.store.workspace import workspace
from flowengine.workspace import parse_workspace
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
