"""Which of the offered options a customer means: exactly first, then loosely, never by a guess."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from flowengine.text import find_phrase, fold, one_typo, word_set, words

SHORTEST_TYPO = 4
"""Letters that a word needs before a slip in it is forgiven: "sim" and "sem" are two words."""

LONGEST = 200
"""Characters of an answer in which an option is looked for."""

_ORDINALS = (
    "primeiro primeira 1o 1a primero primera primer first 1st",
    "segundo segunda 2o 2a second 2nd",
    "terceiro terceira 3o 3a tercero tercera tercer third 3rd",
    "quarto quarta 4o 4a cuarto cuarta fourth 4th",
    "quinto quinta 5o 5a fifth 5th",
    "sexto sexta 6o 6a sixth 6th",
    "setimo setima 7o 7a septimo septima seventh 7th",
    "oitavo oitava 8o 8a octavo octava eighth 8th",
    "nono nona 9o 9a noveno novena ninth 9th",
    "decimo decima 10o 10a tenth 10th",
)
_POSITIONS = {word: at for at, line in enumerate(_ORDINALS) for word in line.split()}
_LAST = word_set("ultimo ultima last")
_FILLERS = word_set(
    "a o as os la el lo the de da do das dos del opcao opcion option numero number n quero quiero "
    "escolho fico com want i eu please por favor pode ser esse essa esta este item alternativa "
    "one me gustaria prefiro prefiero take"
)
_DENIALS = word_set("nao no not nunca never sem sin without nem ni exceto menos except")


class Option(Struct, frozen=True):
    """One option as it was offered: its id, the title as shown, other words for it."""

    id: str
    title: str
    synonyms: tuple[str, ...] = ()


def match_exact(options: Sequence[Option], text: str) -> str | None:
    """The id of the option that a text names: by id, title, number ("2", "2.") or synonym, folded.

    In this order; a name that two options share is nobody's. About 1 µs an option.
    """
    if text in [option.id for option in options]:
        return text
    said = fold(text)
    if not said:
        return None
    for names in (_ids, _titles):
        found = _only(options, lambda option, n=names: said in n(option))
        if found is not None:
            return found
    numbered = _numbered(options, said)
    if numbered is not None:
        return numbered
    return _only(options, lambda option: said in _synonyms(option))


def match_loose(options: Sequence[Option], text: str) -> str | None:
    """The id of the option that a text means without naming it exactly; None where two could be.

    In this order: an option's words inside the text ("quero suporte"), the text inside one title
    ("suporte" for "Suporte técnico"), an ordinal ("a segunda", "última", "opção 2"), one typo in a
    word of four letters or more. A text that denies ("não quero suporte") means none. Cost: ~10 µs,
    linear in `options`.
    """
    if not options or len(text) > LONGEST:
        return None
    said = words(text)
    if not said:
        return None
    titled = [[words(name) for name in _names(option)] for option in options]
    offered = {word for names in titled for name in names for word in name}
    if all(word not in _DENIALS or word in offered for word in said):
        found = _inside_text(said, titled)
        if found is None:
            found = _inside_title(said, titled)
        if found is None:
            found = _ordinal(said, titled)
        if found is not None:
            return options[found].id if found >= 0 else None
    return _only(options, lambda option: _is_near(" ".join(said), option))


def _numbered(options: Sequence[Option], said: str) -> str | None:
    """The option with this number. Where a title is a number itself that would be a guess."""
    if not said.isdigit() or len(said) > 3 or not 1 <= int(said) <= len(options):
        return None
    if any(title.isdigit() for option in options for title in _titles(option)):
        return None
    return options[int(said) - 1].id


_TWO = -1
"""Two options fit: an answer that must end the search."""


def _inside_text(said: list[str], titled: list[list[list[str]]]) -> int | None:
    """The option whose words stand in the text; a name within a longer name does not count."""
    spans: list[tuple[int, int, int]] = []
    for at, names in enumerate(titled):
        for name in names:
            start = find_phrase(said, name)
            if start >= 0 and any(len(word) > 1 or not word.isascii() for word in name):
                spans.append((start, start + len(name), at))
    whole = {
        at
        for start, end, at in spans
        if not any(s <= start and end <= e and e - s > end - start for s, e, _ in spans)
    }
    if not whole:
        return None
    return whole.pop() if len(whole) == 1 else _TWO


def _inside_title(said: list[str], titled: list[list[list[str]]]) -> int | None:
    """The option whose name holds all that was said, but for fillers."""
    core = _core(said)
    if not any(not word.isdigit() and (len(word) > 1 or not word.isascii()) for word in core):
        return None
    holding = [
        at for at, names in enumerate(titled) if any(find_phrase(n, core) >= 0 for n in names)
    ]
    if not holding:
        return None
    return holding[0] if len(holding) == 1 else _TWO


def _ordinal(said: list[str], titled: list[list[list[str]]]) -> int | None:
    core = _core(said)
    if len(core) != 1:
        return None
    word = core[0]
    if word in _LAST:
        return len(titled) - 1
    at = _POSITIONS.get(word)
    if at is None and word.isdigit() and len(word) <= 3 and len(said) > 1:
        at = int(word) - 1
    return at if at is not None and 0 <= at < len(titled) else None


def _core(said: list[str]) -> list[str]:
    return [word for word in said if word not in _FILLERS]


def _is_near(said: str, option: Option) -> bool:
    if len(said) < SHORTEST_TYPO:
        return False
    return any(
        len(name) >= SHORTEST_TYPO and one_typo(said, name) for name in map(fold, _names(option))
    )


def _names(option: Option) -> tuple[str, ...]:
    return (option.title, *option.synonyms)


def _ids(option: Option) -> tuple[str, ...]:
    return (fold(option.id),)


def _titles(option: Option) -> tuple[str, ...]:
    return (fold(option.title),)


def _synonyms(option: Option) -> tuple[str, ...]:
    return tuple(fold(synonym) for synonym in option.synonyms)


def _only(options: Sequence[Option], fits: Callable[[Option], bool]) -> str | None:
    found = [option.id for option in options if fits(option)]
    return found[0] if len(found) == 1 else None
