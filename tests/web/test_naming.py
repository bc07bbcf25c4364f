"""Keys made of names, and what is there changed in a form of its own with its present value."""

import re
from typing import Any

import pytest

from flowengine.store import constants, fields, knowledge, queues, schedules, secrets, tags
from tests.web.site import Site

NAMED = (
    ("/settings/queues", {"name": "Suporte técnico"}, "suporte-tecnico"),
    ("/settings/schedules", {"name": "Plantão 24h", "timezone": "UTC"}, "plantao-24h"),
    ("/settings/tags", {"name": "Não ligar"}, "nao-ligar"),
    ("/settings/fields", {"name": "Nome do pet", "type": "text"}, "nome_do_pet"),
    ("/settings/constants", {"name": "Endereço da loja", "value": "Rua Um, 2"}, "endereco_da_loja"),
    ("/settings/secrets", {"name": "Token do ERP", "value": "x"}, "token-do-erp"),
    ("/settings/knowledge", {"name": "Manual da loja"}, "manual-da-loja"),
)


async def keys(site: Site) -> set[str]:
    async with site.database.web(site.bia.tenant) as transaction:
        return {
            each.key
            for read in (
                queues.queues,
                schedules.schedules,
                tags.tags,
                fields.fields,
                constants.constants,
                secrets.secret_names,
                knowledge.bases,
            )
            for each in await read(transaction)
        }


@pytest.mark.parametrize(("path", "form", "key"), NAMED, ids=[each[0] for each in NAMED])
async def test_a_key_is_made_of_the_name_and_takes_nobodys_place(
    site: Site, path: str, form: dict[str, Any], key: str
) -> None:
    client = await site.client(site.bia)
    first = await client.post(path, data=form | {"new": "1"})
    assert first.status_code == 303, first.text
    assert key in await keys(site)
    again = await client.post(path, data=form | {"new": "1", "key": ""})
    assert again.status_code == 409
    assert f"“{key}” já existe aqui." in again.text
    own = await client.post(path, data=form | {"new": "1", "key": "outra"})
    assert own.status_code == 303
    assert "outra" in await keys(site)
    none = await client.post(path, data=form | {"new": "1", "name": "日本"})
    assert none.status_code == 422
    assert "não tem letras de que se faça uma chave" in none.text


async def test_a_profile_of_a_model_has_a_name_too(site: Site) -> None:
    client = await site.client(site.bia)
    form = {"name": "Rápido e barato", "model": "m-1", "key": "sk-1", "new": "1"}
    assert (await client.post("/settings/models", data=form)).status_code == 303
    assert "rapido-e-barato" in (await client.get("/settings/models")).text
    assert (await client.post("/settings/models", data=form)).status_code == 409


@pytest.mark.parametrize(
    ("typed", "type_", "kept", "shown"),
    [
        ("Rua Um, 2", "text", "Rua Um, 2", "Rua Um, 2"),
        ("12,50", "number", "12.50", "12,50"),
        ("sim", "boolean", "True", "sim"),
        ('["a","b"]', "json", "['a', 'b']", "[&#34;a&#34;,&#34;b&#34;]"),
    ],
)
async def test_a_constant_is_changed_from_its_present_value(
    site: Site, typed: str, type_: str, kept: str, shown: str
) -> None:
    client = await site.client(site.bia)
    form = {"name": "O que vale", "value": typed, "type": type_, "new": "1"}
    assert (await client.post("/settings/constants", data=form)).status_code == 303
    async with site.database.web(site.bia.tenant) as transaction:
        there = {each.key: each.value for each in await constants.constants(transaction)}
    assert str(there["o_que_vale"]) == kept
    page = (await client.get("/settings/constants")).text
    line = page[page.index("const.o_que_vale") :]
    assert f">{shown}</textarea>" in line
    assert f'<option value="{type_}" selected>' in line
    change = {"key": "o_que_vale", "value": "outro", "type": "text"}
    assert (await client.post("/settings/constants", data=change)).status_code == 303
    assert ">outro</textarea>" in (await client.get("/settings/constants")).text


@pytest.mark.parametrize(
    ("value", "type_", "words"),
    [
        ("talvez", "boolean", "Escreva sim ou não."),
        ("[1", "json", "não é uma lista nem um objeto"),
        ("doze", "number", "não é um número"),
    ],
)
async def test_a_value_of_another_type_is_refused(
    site: Site, value: str, type_: str, words: str
) -> None:
    client = await site.client(site.bia)
    form = {"name": "X", "value": value, "type": type_, "new": "1"}
    answer = await client.post("/settings/constants", data=form)
    assert answer.status_code == 422
    assert words in answer.text


async def test_what_flows_use_asks_before_it_changes(site: Site) -> None:
    client = await site.client(site.bia)
    await client.post("/settings/queues", data={"name": "Vendas", "new": "1"})
    page = (await client.get("/settings/queues")).text
    used = re.search(r'<form id="queue-suporte"[^>]*>', page)
    unused = re.search(r'<form id="queue-vendas"[^>]*>', page)
    assert used is not None
    assert unused is not None
    assert "1 fluxo usa isto e passa a agir diferente" in used[0]
    assert "data-sure" not in unused[0]
