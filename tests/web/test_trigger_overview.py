"""The page of all triggers, and its try-out."""

from tests.web.site import Site


async def test_it_lists_what_is_published_and_says_who_would_answer(site: Site) -> None:
    client = await site.client(site.bia, "viewer")
    page = (await client.get("/flows/triggers")).text
    assert "Boas-vindas bia" in page
    assert 'href="/flows/ola/edit#oi"' in page
    tried = (await client.get("/flows/triggers?said=oi+gente")).text
    assert 'id="takers"' in tried
    assert "responde</span>" in tried
    nobody = (await client.get("/flows/triggers", params={"said": "<b>xyz</b>"})).text
    assert "Ninguém responde" in nobody
    assert "<b>xyz</b>" not in nobody


async def test_a_stranger_sees_his_own_only(site: Site) -> None:
    client = await site.client(site.davi)
    assert "Boas-vindas bia" not in (await client.get("/flows/triggers?said=oi")).text
