"""Contents as flows may say them: any texts, but unique ids and addresses that are some."""

from hypothesis import strategies as st

from flowengine.messages import (
    Audio,
    Button,
    Buttons,
    Card,
    ContactRequest,
    CtaUrl,
    Document,
    Form,
    Image,
    List,
    Location,
    LocationRequest,
    Media,
    Phone,
    Reaction,
    Row,
    Section,
    Sticker,
    Template,
    TemplateButton,
    Text,
    Video,
)

# Surrogates cannot come out of the engine; a content with one is refused in a test of its own.
letters = st.characters(exclude_categories=("Cs",))
words = st.text(letters, max_size=60) | st.text(letters, min_size=90, max_size=120).map(
    lambda text: text * 60
)
names = st.text("ação Bia", min_size=1, max_size=12).filter(str.strip)
media = st.sampled_from([Media(url="https://example.com/a.png"), Media(asset="sha256:aa")])
decimals = st.decimals(-90, 90, places=3)
numbers = st.integers(0, 14)


def _rows(count: int) -> st.SearchStrategy[tuple[Row, ...]]:
    return st.tuples(*(st.builds(Row, st.just(f"r{n}"), words, words) for n in range(count)))


def _buttons(count: int) -> st.SearchStrategy[tuple[Button, ...]]:
    return st.tuples(*(st.builds(Button, st.just(f"b{n}"), words) for n in range(count)))


def _sections(rows: tuple[Row, ...], cut: int, title: str) -> tuple[Section, ...]:
    return (Section(rows[:cut], title), Section(rows[cut:]))


sections = st.builds(_sections, numbers.flatmap(_rows), st.integers(0, 5), words)

contents = st.one_of(
    st.builds(Text, words, st.booleans()),
    st.builds(Image, media, words),
    st.builds(Video, media, words),
    st.builds(Document, media, words, words),
    st.builds(Audio, media, st.booleans()),
    st.builds(Sticker, media),
    st.builds(Location, decimals, decimals, words, words),
    st.builds(Card, names, st.lists(st.builds(Phone, names), max_size=3).map(tuple)),
    st.builds(Buttons, words, numbers.flatmap(_buttons), words, words, st.none() | media),
    st.builds(List, words, words, sections, words, words),
    st.builds(CtaUrl, words, words, st.just("https://example.com/p"), words, words),
    st.builds(LocationRequest, words),
    st.builds(ContactRequest, words),
    st.builds(
        Form, words, words, names, names, st.dictionaries(names, words, max_size=2), words, words
    ),
    st.builds(
        Template,
        st.text("aviso_1", min_size=1, max_size=12),
        st.just("pt-BR"),
        st.dictionaries(names, words, max_size=3),
        st.none() | media,
        st.just("image"),
        st.just((TemplateButton("sim"),)),
    ),
    st.builds(Reaction, words, st.just("wamid.HERS")),
)
