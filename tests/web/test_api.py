"""The REST API: what programs may ask, page by page, and what they are told when it goes wrong."""

from typing import Any

import httpx
import msgspec
import pytest

from connectors.simulator import Saying
from tests.web.living import wait_for
from tests.web.site import HELLO, Site
from web.access import ACCESS


def is_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["title"]
    return body


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer fe_nothing", "Basic YTpi", "Bearer x" * 500]
)
async def test_without_a_good_key_nobody_gets_in(site: Site, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    is_problem(await site.stranger(**headers).get("/api/v1/flows"), 401)


async def test_a_revoked_key_ends_at_once(site: Site) -> None:
    program, owner = await site.program(site.bia), await site.client(site.bia)
    assert (await program.get("/api/v1/flows")).status_code == 200
    page = await owner.get("/settings/keys")
    path = page.text.split('action="/settings/keys/')[1].split('"')[0]
    await owner.post(f"/settings/keys/{path}")
    is_problem(await program.get("/api/v1/flows"), 401)


async def test_a_key_made_on_the_page_is_shown_once(site: Site) -> None:
    owner = await site.client(site.bia)
    page = await owner.post("/settings/keys", data={"name": "ERP", "role": "viewer"})
    secret = page.text.split("data-copy=")[1].split('"')[1]
    assert secret.startswith("fe_")
    assert secret not in (await owner.get("/settings/keys")).text
    program = site.stranger(Authorization=f"Bearer {secret}")
    assert (await program.get("/api/v1/flows")).status_code == 200
    is_problem(await program.post("/api/v1/flows/ola/publish"), 403)


async def test_a_flow_s_life_by_the_api(site: Site) -> None:
    program = await site.program(site.bia, "designer")
    document = HELLO | {"key": "pela-api", "name": "Pela API"}
    put = await program.put("/api/v1/flows/pela-api", json=document)
    assert put.status_code == 200, put.text
    assert put.json()["rev"] == 1
    assert put.json()["document"]["key"] == "pela-api"
    stale = document | {"name": "Outro"}
    headers = {"If-Match": '"7"'}
    is_problem(await program.put("/api/v1/flows/pela-api", json=stale, headers=headers), 412)
    fresh = {"If-Match": '"1"'}
    changed = await program.put("/api/v1/flows/pela-api", json=stale, headers=fresh)
    assert changed.json()["rev"] == 2

    issues = (await program.post("/api/v1/flows/pela-api/check")).json()["issues"]
    assert [(i["severity"], i["code"]) for i in issues] == [("warning", "keyword_conflict")]
    done = (await program.post("/api/v1/flows/pela-api/publish")).json()
    assert (done["version"], done["published"], done["new"]) == (1, True, True)
    again = (await program.post("/api/v1/flows/pela-api/publish")).json()
    assert (again["version"], again["new"]) == (1, False)

    flows = (await program.get("/api/v1/flows")).json()["items"]
    assert [(flow["key"], flow["version"], flow["changed"]) for flow in flows] == [
        ("ola", 1, False),
        ("pela-api", 1, False),
    ]
    exported = await program.get("/api/v1/flows/pela-api/export")
    back = await program.post("/api/v1/flows/import?publish=true", content=exported.content)
    assert back.json()["new"] is False


async def test_a_wrong_document_says_where_and_how_to_mend_it(site: Site) -> None:
    program = await site.program(site.bia)
    nodes = [*HELLO["nodes"], {"id": "x", "type": "message", "contentz": []}]
    body = is_problem(
        await program.post("/api/v1/flows/import", json=HELLO | {"nodes": nodes}), 422
    )
    assert body["place"].startswith("/nodes/")
    assert body["mend"]
    other = await program.put("/api/v1/flows/outra", json=HELLO)
    assert is_problem(other, 422)["place"] == "/key"
    is_problem(await program.post("/api/v1/flows/import", content=b"{"), 422)
    edges = [edge for edge in HELLO["edges"] if edge["from"] != "menu"]
    broken = HELLO | {"key": "quebrado", "edges": edges}
    await program.put("/api/v1/flows/quebrado", json=broken)
    found = (await program.post("/api/v1/flows/quebrado/check")).json()["issues"]
    assert {"severity", "code", "node", "path", "message", "fix"} <= found[0].keys()
    is_problem(await program.post("/api/v1/flows/quebrado/publish"), 422)
    is_problem(await program.post("/api/v1/flows/nada/check"), 404)


async def test_contacts_page_by_page(site: Site) -> None:
    program = await site.program(site.bia, "agent")
    for number in range(5):
        phone = f"+551198888000{number}"
        made = await program.post("/api/v1/contacts", json={"phone": phone, "name": f"C{number}"})
        assert made.json()["phone"] == phone
    again = await program.post("/api/v1/contacts", json={"phone": "+5511988880000", "name": "X"})
    assert again.json()["name"] == "C0"
    seen: list[str] = []
    cursor = ""
    while True:
        query = {"limit": "2", "cursor": cursor, "search": "8888"}
        page = (await program.get("/api/v1/contacts", params=query)).json()
        seen += [contact["name"] for contact in page["items"]]
        cursor = page["next"] or ""
        if not cursor:
            break
    assert seen == ["C4", "C3", "C2", "C1", "C0"]
    is_problem(await program.get("/api/v1/contacts?limit=1000"), 400)
    is_problem(await program.post("/api/v1/contacts", json={"phone": "98888"}), 400)
    is_problem(await program.get("/api/v1/contacts/nada"), 404)


async def test_a_contact_is_changed_in_part(site: Site) -> None:
    program = await site.program(site.bia, "agent")
    path = f"/api/v1/contacts/{site.bia.contact}"
    change = {"fields": {"pet": None, "plano": "ouro"}, "add_tags": ["vip"]}
    changed = (await program.patch(path, json=change)).json()
    assert changed["fields"] == {"plano": "ouro"}
    assert changed["tags"] == ["vip"]
    assert changed["name"] == "Ana bia"
    assert (await program.patch(path, json={"remove_tags": ["vip"]})).json()["tags"] == []
    is_problem(await program.patch(path, json={"nome": "x"}), 400)


async def test_channels_keep_their_secrets(site: Site) -> None:
    program = await site.program(site.bia, "admin")
    settings = {
        "phone_number_id": "106540352242922",
        "token": "muito-secreto",
        "app_secret": "a",
        "verify_token": "v",
    }
    body = {"kind": "cloud", "name": "Loja", "settings": settings, "flows": ["ola"]}
    made = await program.post("/api/v1/channels", json=body)
    assert made.status_code == 201, made.text
    channel = made.json()
    assert channel["webhook"] == f"{site.address}/webhooks/cloud/{channel['id']}"
    assert channel["flows"] == ["ola"]
    listed = await program.get("/api/v1/channels")
    assert "muito-secreto" not in listed.text
    is_problem(await program.post("/api/v1/channels", json=body), 409)
    wrong = is_problem(
        await program.post("/api/v1/channels", json=body | {"settings": {"token": "x"}}), 422
    )
    assert wrong["place"] == "phone_number_id"
    is_problem(await program.post("/api/v1/channels", json=body | {"kind": "fax"}), 422)
    assert (await program.delete(f"/api/v1/channels/{channel['id']}")).status_code == 204
    is_problem(await program.get(f"/api/v1/channels/{channel['id']}"), 404)


async def test_a_flow_is_started_once_for_a_key_and_the_conversation_goes_on(site: Site) -> None:
    program = await site.program(site.bia, "agent")
    person = "+5511900002222"
    # The person has written before, so that free text may be sent to them.
    site.network.say(site.bia.number, person, Saying(text="bom dia", name="Ana"))

    async def known() -> dict[str, Any] | None:
        found = (await program.get("/api/v1/conversations")).json()["items"]
        return found[0] if found else None

    conversation = await wait_for(known)
    start = {"channel": str(site.bia.channel), "contact": conversation["contact"]}
    headers = {"Idempotency-Key": "pedido-7"}
    one = await program.post("/api/v1/flows/ola/start", json=start, headers=headers)
    two = await program.post("/api/v1/flows/ola/start", json=start, headers=headers)
    assert one.status_code == two.status_code == 202, one.text
    assert one.json() == {"conversation": conversation["id"], "doubled": False}
    assert two.json()["doubled"] is True

    messages = f"/api/v1/conversations/{conversation['id']}/messages"

    async def said() -> list[dict[str, Any]]:
        found = (await program.get(messages)).json()["items"]
        return found if any(m["direction"] == "out" for m in found) else []

    lines = await wait_for(said)
    assert [line["text"] for line in lines] == ["bom dia", "Como posso ajudar?"]
    assert lines[1]["author"] == "bot"
    assert lines[1]["content"]["kind"] == "list"

    sent = await program.post(messages, json={"text": "Aqui é o ERP."}, headers=headers)
    again = await program.post(messages, json={"text": "Aqui é o ERP."}, headers=headers)
    assert (sent.status_code, again.status_code) == (202, 202)

    async def taken() -> bool:
        row = (await program.get(f"/api/v1/conversations/{conversation['id']}")).json()
        return row["owner"] == "agent"

    await wait_for(taken)
    lines = (await program.get(messages)).json()["items"]
    assert [line["text"] for line in lines].count("Aqui é o ERP.") == 1
    newest = (await program.get(messages, params={"limit": "1"})).json()
    assert newest["items"][0]["text"] == "Aqui é o ERP."
    older = (await program.get(messages, params={"limit": "1", "cursor": newest["next"]})).json()
    assert older["items"][0]["text"] == "Como posso ajudar?"

    closed = await program.post(
        f"/api/v1/conversations/{conversation['id']}/close", json={"reason": "resolvido"}
    )
    assert closed.status_code == 202

    async def over() -> bool:
        return bool((await program.get("/api/v1/conversations?closed=true")).json()["items"])

    await wait_for(over)


async def test_starting_needs_a_published_flow_a_channel_and_somebody(site: Site) -> None:
    program = await site.program(site.bia, "agent")
    nowhere = "01890000-0000-7000-8000-000000000000"
    start = {"channel": str(site.bia.channel), "phone": "+5511999990009"}
    is_problem(await program.post("/api/v1/flows/nada/start", json=start), 404)
    lost = start | {"channel": nowhere}
    is_problem(await program.post("/api/v1/flows/ola/start", json=lost), 404)
    alone = {"channel": str(site.bia.channel)}
    assert is_problem(await program.post("/api/v1/flows/ola/start", json=alone), 422)["mend"]
    foreign = start | {"channel": str(site.davi.channel)}
    is_problem(await program.post("/api/v1/flows/ola/start", json=foreign), 404)
    typo = is_problem(
        await program.post("/api/v1/flows/ola/start", json=start | {"node": "x"}), 422
    )
    assert typo["place"] == "node"
    assert typo["mend"]
    is_problem(await program.post("/api/v1/conversations/x/messages", json={}), 422)


async def test_the_description_has_every_operation_and_the_page_draws_it(site: Site) -> None:
    client = site.stranger()
    described = (await client.get("/api/openapi.json")).json()
    operations = {
        f"{method.upper()} {path}"
        for path, methods in described["paths"].items()
        for method in methods
        if path.startswith("/api/v1")
    }
    assert operations == {route for route in ACCESS if " /api/v1" in route}
    page = await client.get("/api/docs")
    for operation in operations:
        assert f"<code>{operation.partition(' ')[2]}</code>" in page.text
    assert "http" not in page.text.replace(site.address, "")


async def test_a_document_keeps_its_numbers_whoever_reads_it(site: Site) -> None:
    program = await site.program(site.bia, "designer")
    exact = "0.12345678901234567890123"
    add = {"id": "soma", "type": "set", "assign": [{"to": "x", "value": "EXACT"}]}
    document = HELLO | {"key": "exato", "nodes": [*HELLO["nodes"], add]}
    raw = msgspec.json.encode(document).replace(b'"EXACT"', exact.encode())
    put = await program.put("/api/v1/flows/exato", content=raw)
    assert put.status_code == 200, put.text
    assert exact in put.text
    got = await program.get("/api/v1/flows/exato")
    assert exact in got.text
    assert got.json()["document"]["key"] == "exato"
