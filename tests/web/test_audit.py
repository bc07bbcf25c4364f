"""The page and the API of the audit log."""

from tests.web.site import Site
from web.audit_lines import contracted


async def test_the_page_says_who_changed_what(site: Site) -> None:
    client = await site.client(site.bia)
    await client.post("/settings/tags", data={"key": "ouro", "name": "Ouro"})
    await client.post("/settings/tags", data={"key": "ouro", "name": "<b>Prata</b>"})
    await client.post("/settings/secrets", data={"key": "erp", "value": "muito-secreto"})
    page = (await client.get("/settings/audit")).text
    assert "criou a etiqueta" in page
    assert "<del>Ouro</del> → <ins>&lt;b&gt;Prata&lt;/b&gt;</ins>" in page
    assert "muito-secreto" not in page
    assert "mudou, e não é mostrado" in page
    only = (await client.get("/settings/audit?kind=secrets")).text
    assert "erp" in only
    assert "Prata" not in only


async def test_a_document_is_told_part_by_part(site: Site) -> None:
    client = await site.client(site.bia)
    form = {"name": "aviso", "language": "pt_BR", "category": "utility", "body": "Oi {{1}}"}
    await client.post("/settings/templates", data=form)
    await client.post("/settings/templates", data=form | {"body": "Olá {{1}}"})
    page = (await client.get("/settings/audit?kind=templates")).text
    assert "texto: <del>Oi {{1}}</del> → <ins>Olá {{1}}</ins>" in page
    assert page.count("<del>") == 1


async def test_who_invites_is_told_though_a_worker_writes(site: Site) -> None:
    client = await site.client(site.bia)
    await client.post("/settings/people", data={"email": "nova@example.com", "role": "agent"})
    found = (await client.get("/settings/audit?kind=memberships")).text
    assert "nova@example.com" in found
    assert "Atendente" in found


async def test_programs_read_it_page_by_page(site: Site) -> None:
    people = await site.client(site.bia)
    for n in range(3):
        await people.post("/settings/constants", data={"key": f"k{n}", "value": "x"})
    program = await site.program(site.bia, "admin")
    first = (await program.get("/api/v1/audit?kind=constants&limit=2")).json()
    assert [each["key"] for each in first["items"]] == ["k2", "k1"]
    rest = (await program.get(f"/api/v1/audit?kind=constants&cursor={first['next']}")).json()
    assert "k0" in [each["key"] for each in rest["items"]]
    assert first["items"][0]["actor"] == f"user:{site.bia.people['owner']}"


async def test_a_stranger_sees_none_of_it(site: Site) -> None:
    client = await site.client(site.bia)
    await client.post("/settings/tags", data={"key": "ouro", "name": "Ouro"})
    stranger = await site.client(site.davi)
    assert "Ouro" not in (await stranger.get("/settings/audit")).text


async def test_what_tables_keep_as_slugs_and_json_is_told_in_words(site: Site) -> None:
    client = await site.client(site.bia)
    week = {"key": "plantao", "name": "Plantão", "timezone": "UTC", "mon": "08:00-12:00"}
    special = {"dates": "24/12/2030 09:00-12:00 Véspera\n25/12/2030 fechado Natal"}
    await client.post("/settings/schedules", data=week | special)
    form = {"name": "aviso", "language": "pt_BR", "category": "utility", "body": "Oi {{1}}"}
    await client.post("/settings/templates", data=form | {"buttons": "Confirmo\nDepois"})
    page = (await client.get("/settings/audit")).text
    assert "seg 08:00–12:00" in page
    assert "24 de dez. de 2030 09:00–12:00 Véspera" in page
    assert "25 de dez. de 2030 fechado Natal" in page
    assert "Confirmo, Depois" in page
    assert "utilidade" in page
    assert "{&#34;" not in page


def test_words_that_meet_are_contracted() -> None:
    assert contracted("trocou a senha de", "a pessoa") == ("trocou a senha da", "pessoa")
    assert contracted("apagou os dados de", "o contato") == ("apagou os dados do", "contato")
    assert contracted("borró los datos de", "el contacto") == ("borró los datos del", "contacto")
    assert contracted("changed", "the tag") == ("changed", "the tag")
    assert contracted("criou", "a etiqueta") == ("criou", "a etiqueta")
