"""The page on which a flow begins: the gallery, a look at an example, and what it becomes."""

from flowengine.document import parse
from flowengine.nodes import Trigger
from flowengine.nodes.trigger import OnKeyword
from flowengine.store import flows, queues, tags, talks
from flowengine.talks import parse_talk
from tests.test_examples import FLOWS
from tests.web.site import Site
from web.editor.beginning import first_draft
from web.examples import ABOUT, examples, shown_talk
from web.texts import TEXTS


def test_every_example_is_in_the_gallery_with_its_sentence() -> None:
    assert {path.name.partition(".")[0] for path in FLOWS} == ABOUT.keys() == examples().keys()
    shown = {key for key, each in examples().items() if shown_talk(each)}
    assert shown == {key for key, each in examples().items() if each.talks}


async def test_the_gallery_shows_every_example_and_leads_to_a_look(site: Site) -> None:
    client = await site.client(site.bia, "designer")
    assert 'href="/flows/new"' in (await client.get("/flows")).text
    gallery = (await client.get("/flows/new")).text
    for key, each in examples().items():
        assert f'href="/flows/new?example={key}"' in gallery
        assert each.flow.name in gallery
    assert "Começar do zero" in gallery
    assert 'name="pasted"' in (await client.get("/flows/new?start=paste")).text
    look = (await client.get("/flows/new?example=pesquisa")).text
    assert "Como foi o atendimento?" in look
    assert "Usar este" in look
    assert (await client.get("/flows/new?example=nada")).status_code == 404


async def test_every_example_can_be_looked_at_and_taken(site: Site) -> None:
    client = await site.client(site.bia)
    for key in ABOUT:
        assert (await client.get(f"/flows/new?example={key}")).status_code == 200
        made = await client.post("/flows/new", data={"example": key, "make": "1"})
        assert made.headers["location"] == f"/flows/{key}/edit"
        assert (await client.get(f"/flows/{key}/edit")).status_code == 200


async def test_an_example_becomes_a_draft_under_a_free_key_with_its_talks(site: Site) -> None:
    client = await site.client(site.bia)
    for key in ("pedido", "pedido-2"):
        made = await client.post("/flows/new", data={"example": "pedido"})
        assert made.headers["location"] == f"/flows/{key}/edit"
    async with site.database.web(site.bia.tenant) as transaction:
        flow = parse((await flows.draft(transaction, "pedido-2")).document)
        kept = await talks.talks(transaction, "pedido-2")
        assert "atendimento" not in {each.key for each in await queues.queues(transaction)}
    assert (flow.key, flow.name) == ("pedido-2", "Acompanhar pedido (2)")
    assert kept
    assert {parse_talk(each.document).flow for each in kept} == {"pedido-2.flow.json"}
    assert "Acompanhar pedido (2)" in (await client.get("/flows")).text


async def test_what_the_workspace_lacks_is_said_with_links_and_made_if_asked(site: Site) -> None:
    owner, designer = await site.client(site.bia), await site.client(site.bia, "designer")
    look = (await designer.get("/flows/new?example=plano")).text
    assert '<a href="/settings/queues">vendas</a>' in look
    assert '<a href="/settings/tags">lead-quente</a>' in look
    await designer.post("/flows/new", data={"example": "plano", "make": "1"})
    async with site.database.web(site.bia.tenant) as transaction:
        assert "lead-quente" in {each.key for each in await tags.tags(transaction)}
        # A queue is an admin's.
        assert "vendas" not in {each.key for each in await queues.queues(transaction)}
    await owner.post("/flows/new", data={"example": "plano", "make": "1"})
    look = (await owner.get("/flows/new?example=plano")).text
    assert "Tudo o que este exemplo usa já existe neste espaço." in look
    assert (
        'href="/flows/new?example=agendamento"'
        in (await owner.get("/flows/new?example=triagem")).text
    )


async def test_only_who_may_draw_begins_a_flow(site: Site) -> None:
    agent = await site.client(site.bia, "agent")
    assert (await agent.get("/flows/new")).status_code == 403
    assert (await agent.post("/flows/new", data={"example": "pedido"})).status_code == 403
    assert "/flows/new" not in (await agent.get("/flows")).text


def test_a_new_flow_begins_at_what_somebody_would_write() -> None:
    begun = first_draft("Meu 1º  fluxo: Ação!", TEXTS["pt-BR"])
    assert begun.key == "meu-1o-fluxo-acao"
    first = begun.nodes[0]
    assert isinstance(first, Trigger)
    assert isinstance(first.on, OnKeyword)
    assert first.on.words == ("meu 1º fluxo ação",)


async def test_a_flow_named_as_a_page_gets_a_key_of_its_own(site: Site) -> None:
    client = await site.client(site.bia)
    made = await client.post("/flows", data={"name": "New"})
    assert made.headers["location"] == "/flows/new-2/edit"
    assert (await client.get("/flows/new-2")).status_code == 200
