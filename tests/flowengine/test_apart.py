"""Two long texts shortened: whatever is long in them, one sees where they part."""

from hypothesis import assume, given
from hypothesis import strategies as st

from flowengine.apart import apart

GREETING = "Oi, Bia! Eu sou a Lia, assistente virtual da *Patas & Cia*, desde 2009 na Vila Mariana."
PLAIN = st.text(st.characters(codec="ascii", categories=["L", "Zs"]), max_size=200)


def test_the_end_that_was_added_is_in_sight() -> None:
    old, new = apart(GREETING, GREETING + " Que bom te ver!", 60)
    assert old == "…*Patas & Cia*, desde 2009 na Vila Mariana."
    assert new == "…*Patas & Cia*, desde 2009 na Vila Mariana. Que bom te ver!"


def test_texts_that_fit_and_early_differences_are_told_from_the_start() -> None:
    assert apart("Oi", "Olá", 60) == ("Oi", "Olá")
    old, new = apart(GREETING, GREETING.replace("Bia", "Ana"), 60)
    assert (old[:8], new[:8]) == ("Oi, Bia!", "Oi, Ana!")


@given(PLAIN, PLAIN, PLAIN, st.integers(20, 80))
def test_different_texts_never_look_the_same(same: str, old: str, new: str, longest: int) -> None:
    assume(old != new)
    shown = apart(same + old, same + new, longest)
    assert shown[0] != shown[1]
    assert all(len(each) <= longest for each in shown)
