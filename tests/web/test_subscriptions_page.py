"""The page of signed notices: what it lists, keeps, refuses, and never shows again."""

import pytest

from flowengine.store import subscriptions
from flowengine.store.subscriptions import Subscription
from tests.web.site import Site

HERE = "/settings/subscriptions"
NOTICE = {
    "url": "https://crm-da-bia.example/avisos",
    "names": "pedido\nfila.espera\n",
    "secret": "um-segredo-comprido",
}


async def stored(site: Site) -> tuple[Subscription, ...]:
    async with site.database.web(site.bia.tenant) as transaction:
        return await subscriptions.subscriptions(transaction)


async def test_an_address_is_kept_and_its_secret_is_not_shown_again(site: Site) -> None:
    admin = await site.client(site.bia, "admin")
    empty = await admin.get(HERE)
    assert "Nenhum aviso ainda" in empty.text
    assert (await admin.post(HERE, data=NOTICE)).status_code == 303
    page = await admin.get(HERE)
    assert "https://crm-da-bia.example/avisos" in page.text
    assert "pedido, fila.espera" in page.text
    assert NOTICE["secret"] not in page.text
    (kept,) = await stored(site)
    assert kept.names == ("pedido", "fila.espera")
    neighbour = await site.client(site.davi, "admin")
    assert "crm-da-bia" not in (await neighbour.get(HERE)).text

    assert (await admin.post(f"{HERE}/{kept.id}/remove")).status_code == 303
    assert await stored(site) == ()


async def test_each_visit_proposes_another_secret(site: Site) -> None:
    admin = await site.client(site.bia, "admin")
    pages = [(await admin.get(HERE)).text for _ in range(2)]
    proposed = {page.partition('name="secret"')[2].partition('value="')[2][:20] for page in pages}
    assert len(proposed) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"url": "sistema.example"}, "http"),
        ({"url": "javascript:alert(1)"}, "http"),
        ({"url": ""}, ""),
        ({"names": ""}, ""),
        ({"secret": ""}, ""),
        ({"secret": "x" * 201}, ""),
    ],
)
async def test_what_cannot_be_kept_is_said_and_nothing_is_kept(
    site: Site, change: dict[str, str], words: str
) -> None:
    admin = await site.client(site.bia, "admin")
    answer = await admin.post(HERE, data=NOTICE | change, headers={"HX-Request": "true"})
    assert answer.status_code == 422, answer.text
    assert words in answer.text
    assert await stored(site) == ()
