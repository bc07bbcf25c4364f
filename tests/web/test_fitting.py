"""No edit of the editor makes a draft that could not be read again."""

from typing import Any

import msgspec
import pytest

from flowengine.document import MAX_BYTES, MAX_NODES, parse
from flowengine.store import flows
from tests.web.site import HELLO, Site
from web.publishing import save

pytestmark = pytest.mark.asyncio(loop_scope="module")


def said(id: str, text: str) -> dict[str, Any]:
    return {"id": id, "type": "message", "contents": [{"kind": "text", "text": text}]}


async def pasted(site: Site, key: str, nodes: list[dict[str, Any]]) -> tuple[int, dict[str, Any]]:
    """How pasting these into a small flow is answered."""
    async with site.database.web(site.bia.tenant) as transaction:
        await save(transaction, parse(msgspec.json.encode(HELLO | {"key": key})), 0, None)
    client = await site.client(site.bia, "designer")
    clip = {"format": "flowengine/clip", "nodes": nodes, "edges": [], "at": {}}
    form = {"clip": msgspec.json.encode(clip).decode(), "x": 0, "y": 0, "rev": 1, "seen": "{}"}
    address = f"/flows/{key}/edit/paste"
    answer = await client.post(address, data=form, headers={"Accept": "application/json"})
    # Whatever was said: the draft is read, and the list of all flows with it.
    async with site.database.web(site.bia.tenant) as transaction:
        parse((await flows.draft(transaction, key)).document)
    assert (await client.get("/flows")).status_code == 200
    return answer.status_code, answer.json()


async def test_more_steps_than_are_read_are_refused(product: Site) -> None:
    free = MAX_NODES - len(HELLO["nodes"])
    steps = [{"id": f"fim-{n}", "type": "end"} for n in range(free + 1)]
    status, answer = await pasted(product, "demais", steps)
    assert status == 422
    assert answer["detail"].startswith(f"O fluxo ficaria com {MAX_NODES + 1} passos")
    assert answer["mend"]
    assert (await pasted(product, "cheio", steps[:-1]))[0] == 201


async def test_more_bytes_than_are_read_are_refused(product: Site) -> None:
    half = "x" * (MAX_BYTES // 2)
    status, answer = await pasted(product, "pesado", [said("a", half), said("b", half)])
    assert status == 422
    assert "KB, e cabem 2000 KB" in answer["detail"]
    assert (await pasted(product, "leve", [said("a", half)]))[0] == 201


async def test_a_character_that_is_none_is_refused_and_its_name_is_not(product: Site) -> None:
    assert (await pasted(product, "nulo", [said("a", "a\x00b")]))[0] == 422
    assert (await pasted(product, "nome", [said("a", "a\\u0000b")]))[0] == 201
