"""Knowledge bases: what is in them, and which passages fit a question."""

from itertools import pairwise

import pytest

from flowengine.knowledge import Paragraph
from flowengine.store import knowledge
from flowengine.store.database import Database
from flowengine.store.errors import NotFound, TooMany
from flowengine.store.knowledge import MOST, SHOWN, SHOWN_CHARS
from tests.services.postgres import on_both
from tests.store.conftest import Place

pytestmark = on_both

MANUAL = [
    Paragraph("Trocas e devoluções", "Você pode trocar o produto em até 7 dias com a nota fiscal."),
    Paragraph("Entrega", "Entregamos em toda a cidade. O prazo é de dois dias úteis."),
    Paragraph("Pagamento", "Aceitamos cartão, Pix e boleto. O boleto vence em três dias."),
    Paragraph("Horário", "A loja abre de segunda a sábado, das 9h às 18h."),
    Paragraph("", "O frete grátis vale para compras acima de R$ 200."),
]


async def titles(store: Database, place: Place, question: str, *keys: str) -> list[str]:
    async with store.worker(place.tenant) as transaction:
        found = await knowledge.fitting(transaction, keys or ("manual",), question)
    return [each.title for each in found]


@pytest.fixture
async def manual(store: Database, bia: Place) -> Place:
    async with store.web(bia.tenant, bia.owner) as transaction:
        await knowledge.put_base(transaction, "manual", "Manual da loja")
        await knowledge.add_passages(transaction, "manual", MANUAL)
    return bia


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Posso trocar meu produto?", "Trocas e devoluções"),
        ("como faço uma devolucao", "Trocas e devoluções"),  # typed without accents
        ("QUAL O PRAZO DE ENTREGA???", "Entrega"),
        ("vcs aceitam boleto", "Pagamento"),
        ("que horas a loja abre no sabado", "Horário"),
        ("tem frete gratis?", ""),
    ],
)
async def test_the_passage_that_fits_comes_first(
    store: Database, manual: Place, question: str, first: str
) -> None:
    assert (await titles(store, manual, question))[0] == first


@pytest.mark.parametrize(
    "question", ["para de com o a", "xadrez", "", "  ", "!!!", "' & | ! :* \\"]
)
async def test_words_that_say_nothing_find_nothing(
    store: Database, manual: Place, question: str
) -> None:
    assert await titles(store, manual, question) == []


async def test_only_the_bases_that_are_named_and_only_ones_own(
    store: Database, manual: Place, davi: Place
) -> None:
    async with store.web(manual.tenant, manual.owner) as transaction:
        await knowledge.put_base(transaction, "faq", "FAQ", "en")
        await knowledge.add_passages(transaction, "faq", [Paragraph("Returns", "Boleto refunds")])
    assert await titles(store, manual, "boleto") == ["Pagamento"]
    assert await titles(store, manual, "boleto", "faq") == ["Returns"]
    assert set(await titles(store, manual, "boleto", "faq", "manual")) == {"Pagamento", "Returns"}
    assert await titles(store, manual, "boleto", "nenhuma") == []
    assert await titles(store, davi, "boleto") == []


async def test_few_passages_and_few_characters_are_shown(store: Database, bia: Place) -> None:
    long = [Paragraph(f"P{at}", "boleto " + "x" * 1_990) for at in range(9)]
    short = [Paragraph(f"S{at}", "pix") for at in range(9)]
    async with store.web(bia.tenant, bia.owner) as transaction:
        await knowledge.put_base(transaction, "manual", "Manual")
        await knowledge.add_passages(transaction, "manual", [*long, *short])
        found = await knowledge.fitting(transaction, ["manual"], "boleto")
        assert 1 < sum(len(each.text) for each in found) <= SHOWN_CHARS
        assert len(await knowledge.fitting(transaction, ["manual"], "pix")) == SHOWN


async def test_a_number_never_means_another_passage(store: Database, manual: Place) -> None:
    async with store.web(manual.tenant, manual.owner) as transaction:
        assert (await knowledge.base(transaction, "manual")).passages == 5
        await knowledge.remove_passage(transaction, "manual", 5)
        found = await knowledge.add_passages(transaction, "manual", MANUAL[:2])
        assert found.passages == 6
        numbers = [each.number for each in await knowledge.passages(transaction, "manual")]
        assert numbers == [1, 2, 3, 4, 6, 7]
        await knowledge.add_passages(transaction, "manual", MANUAL, replace=True)
        listed = await knowledge.passages(transaction, "manual", after=9, limit=2)
        assert [each.number for each in listed] == [10, 11]
        assert (await knowledge.base(transaction, "manual")).passages == 5


async def test_what_is_changed_is_found_by_its_new_words(store: Database, manual: Place) -> None:
    changed = Paragraph("Entrega", "Motoboy no mesmo dia\x00.")
    async with store.web(manual.tenant, manual.owner) as transaction:
        stored = await knowledge.put_passage(transaction, "manual", 2, changed)
    assert stored.text == "Motoboy no mesmo dia."
    assert await titles(store, manual, "tem motoboy?") == ["Entrega"]
    assert await titles(store, manual, "cidade") == []


async def test_a_base_of_another_language_has_other_stems(store: Database, manual: Place) -> None:
    assert await titles(store, manual, "compra") == [""]
    async with store.web(manual.tenant, manual.owner) as transaction:
        await knowledge.put_base(transaction, "manual", "Manual", "other")
    assert await titles(store, manual, "compra") == []
    assert await titles(store, manual, "compras") == [""]


async def test_what_there_is_not_and_what_is_too_much(store: Database, manual: Place) -> None:
    async with store.web(manual.tenant, manual.owner) as transaction:
        with pytest.raises(NotFound):
            await knowledge.add_passages(transaction, "outra", MANUAL)
        with pytest.raises(NotFound):
            await knowledge.put_passage(transaction, "manual", 99, MANUAL[0])
        with pytest.raises(NotFound):
            await knowledge.remove_passage(transaction, "manual", 99)
        with pytest.raises(TooMany):
            await knowledge.add_passages(transaction, "manual", MANUAL * (MOST // 5))
        await knowledge.add_passages(transaction, "manual", MANUAL * (MOST // 5), replace=True)


async def test_rare_words_count_more_than_common_ones(store: Database, bia: Place) -> None:
    """ "loja" is everywhere; "garantia" says what is asked."""
    common = [Paragraph(f"L{at}", "A loja da loja é uma loja.") for at in range(8)]
    rare = Paragraph("Garantia", "A garantia dura um ano.")
    async with store.web(bia.tenant, bia.owner) as transaction:
        await knowledge.put_base(transaction, "manual", "Manual")
        await knowledge.add_passages(transaction, "manual", [*common, rare])
    found = await titles(store, bia, "qual a garantia da loja")
    assert found[0] == "Garantia"
    assert all(one != other for one, other in pairwise(found))
