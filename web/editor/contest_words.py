"""How an A/B test goes, in words: each way's share, and the best one against each of the others."""

from collections.abc import Iterable

from msgspec import Struct

from flowengine.flow import Flow
from web.editor.contests import Test, Versus
from web.editor.suite import exit_words, title_of
from web.texts import Texts, _

CLEAR = _("{best} está {gap} pontos à frente de {other} (de {low} a {high}): não é acaso.")
CHANCE = _(
    "{best} está {gap} pontos à frente de {other} (de {low} a {high}): ainda pode ser acaso."
)
EVEN = _("{best} e {other} estão empatados (de {low} a {high} pontos): pode ser acaso.")
EARLY = _(
    "Ainda é cedo para comparar {best} e {other}: por {few} só {n} conversa chegou ao fim."
    " | Ainda é cedo para comparar {best} e {other}: por {few} só {n} conversas chegaram ao fim."
)
NOTHING = _(
    "Ainda é cedo para comparar {best} e {other}: por {few} nenhuma conversa chegou ao fim."
)


class VariantShown(Struct, frozen=True):
    name: str
    hits: int
    total: int
    percent: str
    low: float
    high: float
    rate: float


class TestShown(Struct, frozen=True):
    """An A/B test in words. `verdicts`: of the best way against each other one, and its kind
    (`contests.Versus`)."""

    node: str
    title: str
    variants: tuple[VariantShown, ...]
    verdicts: tuple[tuple[str, str], ...]


def tests_shown(flow: Flow, tests: Iterable[Test], t: Texts) -> tuple[TestShown, ...]:
    return tuple(
        TestShown(
            test.node,
            title_of(flow, test.node, t),
            tuple(
                VariantShown(
                    exit_words(flow, test.node, f"variant:{each.id}", t),
                    each.share.hits,
                    each.share.total,
                    f"{100 * each.share.rate:.0f}%",
                    each.share.low,
                    each.share.high,
                    each.share.rate,
                )
                for each in test.variants
            ),
            tuple((verdict(flow, test.node, each, t), each.verdict) for each in test.versus),
        )
        for test in tests
    )


def verdict(flow: Flow, node: str, found: Versus, t: Texts) -> str:
    """Who is ahead of whom by how many points of a hundred, with its bounds."""

    def named(id: str) -> str:
        return "«" + exit_words(flow, node, f"variant:{id}", t) + "»"

    best, other = named(found.best), named(found.other)
    if found.verdict == "early":
        words = EARLY if found.ended else NOTHING
        return t(words, n=found.ended, best=best, other=other, few=named(found.few))
    gap, low, high = (100 * each for each in found.gap)
    words = CLEAR if found.verdict == "clear" else CHANCE if round(gap, 1) else EVEN
    return t(words, best=best, other=other, gap=_points(gap, t),
             low=_points(low, t, "+"), high=_points(high, t, "+"))  # fmt: skip


def _points(points: float, t: Texts, sign: str = "") -> str:
    """One decimal where that matters; "+4,5", "−3", "12"."""
    said = f"{points:{sign}.{0 if abs(points) >= 10 else 1}f}".replace("-", "−")
    return said if t.language == "en" else said.replace(".", ",")
