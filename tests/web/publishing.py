"""Publishing as a person does: the page is looked at, and what it showed is published."""

import re

import httpx


async def look(client: httpx.AsyncClient, key: str) -> dict[str, str]:
    """What the page's form would send."""
    page = await client.get(f"/flows/{key}/publish")
    found = re.search(r'name="draft" value="([0-9a-f]{64})"', page.text)
    assert found, page.text
    return {"draft": found[1]}


async def publish(client: httpx.AsyncClient, key: str, **fields: str) -> httpx.Response:
    """The answer of a click on "Publicar agora"."""
    return await client.post(f"/flows/{key}/publish", data=await look(client, key) | fields)
