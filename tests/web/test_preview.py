"""The preview's server side: a draft played by acts, nothing kept, and what it looks like."""

from typing import Any

import msgspec
import pytest

from flowengine.document import parse
from flowengine.workspace import EMPTY
from tests.web.shared import bring, end, small
from tests.web.site import HELLO, Site
from web.editor.stage import make_stage
from web.problems import Problem
from web.publishing import Surroundings

URL = "/flows/ola/edit/preview"


def script(*acts: dict[str, Any], **more: Any) -> dict[str, str]:
    return {"script": msgspec.json.encode({"acts": list(acts), **more}).decode()}


async def test_the_draft_answers_and_says_its_way(site: Site) -> None:
    client = await site.client(site.bia, "viewer")
    said = (await client.post(URL, data=script({"say": "oi"}, {"tap": "banho"}))).json()
    assert "Confirma o banho?" in said["chat"]
    assert [moment[0] for moment in said["moments"]] == ["oi", "menu", "menu", "certo"]
    assert said["rows"] == [1, 2]
    shown = [moment[2] for moment in said["moments"]]
    assert shown == sorted(shown)
    assert said["stands"]["owner"] == "bot"


async def test_a_flow_that_gathers_messages_says_why_it_keeps_silent(site: Site) -> None:
    nodes = [
        node | {"expect": {"kind": "any"}, "gather": "PT5S"} if node["id"] == "certo" else node
        for node in HELLO["nodes"]
    ]
    client = await site.client(site.bia)
    upload = {"file": ("ola.flow.json", msgspec.json.encode(HELLO | {"nodes": nodes}))}
    brought = await client.post("/flows/import", files=upload, data={"over": "replace"})
    assert brought.status_code == 303
    acts: list[dict[str, Any]] = [{"say": "oi"}, {"tap": "banho"}]
    asked = (await client.post(URL, data=script(*acts))).json()
    assert "por mais mensagens" not in asked["foot"]
    said = (await client.post(URL, data=script(*acts, {"say": "pode ser"}))).json()
    assert "O fluxo espera 5 s por mais mensagens" in said["foot"]
    assert 'data-act-after="PT5S"' in said["foot"]
    passed = (
        await client.post(URL, data=script(*acts, {"say": "pode ser"}, {"after": "PT5S"}))
    ).json()
    assert "por mais mensagens" not in passed["foot"]


async def test_who_answers_is_a_person_after_a_transfer(site: Site) -> None:
    client = await site.client(site.bia)
    said = (await client.post(URL, data=script({"say": "oi"}, {"tap": "pessoa"}))).json()
    assert said["stands"]["owner"] == "queue"
    assert "Responder como atendente" in said["foot"]


async def test_words_of_people_are_escaped(site: Site) -> None:
    client = await site.client(site.bia)
    evil = "<img src=x onerror=alert(1)>"
    acts = ({"say": "oi"}, {"tap": "banho"}, {"tap": "sim"}, {"say": evil})
    contact = {"name": evil, "phone": "+5511999990001"}
    said = (await client.post(URL, data=script(*acts, contact=contact))).json()
    assert "<img" not in said["chat"]
    assert "&lt;img" in said["chat"]


async def test_a_bad_script_is_refused_with_its_place(site: Site) -> None:
    client = await site.client(site.bia)
    bad = await client.post(URL, data={"script": '{"acts": [{"sya": 1}]}'})
    assert bad.status_code == 422
    nothing = await client.post("/flows/nada/edit/preview", data=script())
    assert nothing.status_code == 404
    unasked = await client.post(f"{URL}/call", data=script({"say": "oi"}))
    assert unasked.status_code == 409


async def test_only_designers_make_real_calls(site: Site) -> None:
    client = await site.client(site.bia, "agent")
    assert (await client.post(f"{URL}/call", data=script())).status_code == 403


async def test_a_call_is_asked_for_by_the_names_of_its_values(site: Site) -> None:
    call = {"id": "le", "type": "http", "url": "https://loja.example/{{ contact.name }}/horarios"}
    await bring(site, small("consulta", "consulta", [call, end()], "le next fim"))
    client = await site.client(site.bia)
    url = "/flows/consulta/edit/preview"
    foot = (await client.post(url, data=script({"say": "consulta"}))).json()["foot"]
    asked = 'GET https://loja.example/<i class="chip">nome do contato</i>/horarios'
    assert asked in foot
    assert "{{" not in foot


def test_a_draft_that_cannot_run_says_why() -> None:
    wrong = HELLO | {"nodes": [*HELLO["nodes"], {"id": "x", "type": "flow", "flow": "sumiu"}]}
    with pytest.raises(Problem, match="ainda não roda"):
        make_stage(parse(msgspec.json.encode(wrong)), Surroundings(EMPTY, {}))
