"""`degrade`: whatever is said, what comes out fits the channel, and choices keep their order."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.messages import (
    ALL_KINDS,
    Audio,
    Button,
    Buttons,
    Capabilities,
    Card,
    ContactRequest,
    Content,
    CtaUrl,
    Document,
    Form,
    Image,
    List,
    Location,
    LocationRequest,
    Media,
    Note,
    Phone,
    Reaction,
    Row,
    Section,
    Sticker,
    Template,
    Text,
    Video,
    degrade,
)

CLOUD = Capabilities()
URL = Media(url="https://example.com/a.png")


def without(*kinds: str) -> Capabilities:
    return Capabilities(kinds=tuple(k for k in ALL_KINDS if k not in kinds))


def titles(count: int) -> tuple[Button, ...]:
    return tuple(Button(f"b{n}", f"Opção {n}") for n in range(1, count + 1))


def test_what_fits_is_left_alone():
    menu = Buttons("Como ajudo?", titles(3), header="Menu", footer="24 h")
    assert degrade(menu, CLOUD).content == menu
    assert degrade(menu, CLOUD).notes == ()


def test_a_long_text_is_shortened_with_a_mark_and_a_note():
    degraded = degrade(Text("a" * 5000), CLOUD)
    assert degraded.content == Text("a" * 4095 + "…")
    assert degraded.notes == (Note("shortened", "text"),)


def test_more_than_three_buttons_become_a_list():
    degraded = degrade(Buttons("Escolha", titles(4)), CLOUD)
    rows = tuple(Row(b.id, b.title) for b in titles(4))
    assert degraded.content == List("Escolha", "Ver opções", (Section(rows),))
    assert degraded.notes == (Note("as_list"),)


def test_more_buttons_than_rows_become_numbered_text():
    content = degrade(Buttons("Escolha", titles(11)), CLOUD).content
    assert isinstance(content, Text)
    assert content.text.endswith("10. Opção 10\n11. Opção 11")


def test_buttons_that_would_look_alike_when_shortened_become_a_list():
    alike = (Button("a", "Falar com o atendente 1"), Button("b", "Falar com o atendente 2"))
    content = degrade(Buttons("Quem?", alike), CLOUD).content
    assert isinstance(content, List)
    assert [row.title for row in content.sections[0].rows] == [b.title for b in alike]


def test_a_channel_without_buttons_shows_numbers_in_order():
    menu = Buttons("Como ajudo?", titles(2), header="Menu", footer="24 h")
    degraded = degrade(menu, without("buttons", "list"))
    assert degraded.content == Text("*Menu*\n\nComo ajudo?\n\n1. Opção 1\n2. Opção 2\n\n_24 h_")
    assert degraded.notes == (Note("as_text"),)


def test_numbers_run_through_all_sections():
    sections = (
        Section((Row("a", "Azul"), Row("b", "Branco", "de leite")), "Claras"),
        Section((Row("p", "Preto"),), "Escuras"),
    )
    content = degrade(List("Cor?", "Ver", sections), without("list")).content
    assert content == Text("Cor?\n\n*Claras*\n1. Azul\n2. Branco – de leite\n*Escuras*\n3. Preto")


def test_the_options_stay_whole_when_the_text_is_too_long():
    content = degrade(Buttons("x" * 9000, titles(2)), without("buttons", "list")).content
    assert isinstance(content, Text)
    assert content.text.endswith("…\n\n1. Opção 1\n2. Opção 2")
    assert len(content.text) == 4096


def test_a_link_is_never_cut():
    link = CtaUrl("x" * 9000, "Pagar", "https://example.com/p?id=1")
    content = degrade(link, without("cta_url")).content
    assert isinstance(content, Text)
    assert content.text.endswith("…\n\nPagar: https://example.com/p?id=1")


def test_numbered_choices_keep_their_picture_as_its_caption():
    menu = Buttons("Qual?", titles(2), media=URL)
    degraded = degrade(menu, without("buttons", "list"))
    assert degraded.content == Image(URL, "Qual?\n\n1. Opção 1\n2. Opção 2")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (Image(URL, "Foto"), "Foto\n\n🖼 https://example.com/a.png"),
        (Document(URL, "a.pdf"), "📄 a.pdf https://example.com/a.png"),
        (Audio(URL), "🎧 https://example.com/a.png"),
        (LocationRequest("Onde?"), "Onde?"),
        (ContactRequest("Seu número?"), "Seu número?"),
        (Form("Preencha", "Abrir", "1"), "Preencha"),
        (Reaction("👍"), "👍"),
        (Card("Ana", (Phone("+5511999990001"),)), "Ana\n+5511999990001"),
        (
            Location(Decimal("-23.5"), Decimal("-46.6"), "Loja"),
            "Loja\nhttps://maps.google.com/?q=-23.5,-46.6",
        ),
    ],
)
def test_what_a_channel_cannot_show_is_told_in_text(content: Content, text: str):
    assert degrade(content, Capabilities(kinds=("text",))).content == Text(text)


def test_a_file_of_ours_without_an_address_is_said_to_be_missing():
    degraded = degrade(Image(Media(asset="sha256:aa"), "Foto"), Capabilities(kinds=("text",)))
    assert degraded.content == Text("Foto\n\n🖼")
    assert Note("media_dropped") in degraded.notes


def test_a_template_is_never_guessed_at():
    degraded = degrade(Template("lembrete", "pt_BR"), without("template"))
    assert degraded.content is None
    assert degraded.notes == (Note("unsupported"),)


def test_half_an_emoji_is_not_left():
    family = "a" * 17 + "👩\u200d👧"
    content = degrade(Buttons("x", (Button("a", family + "b"),)), CLOUD).content
    assert isinstance(content, Buttons)
    assert "\u200d…" not in content.buttons[0].title


# Whatever is said

words = st.text(max_size=60) | st.text(min_size=90, max_size=120).map(lambda t: t * 60)
ids = st.text("abc123", min_size=1, max_size=8)
media = st.builds(Media, asset=st.none() | st.just("sha256:a"), url=st.none() | words)
rows = st.lists(st.builds(Row, ids, words, words), max_size=14).map(tuple)
buttons = st.lists(st.builds(Button, ids, words), max_size=14).map(tuple)
decimals = st.decimals(-90, 90, places=3)
contents = st.one_of(
    st.builds(Text, words),
    st.builds(Image, media, words),
    st.builds(Video, media, words),
    st.builds(Document, media, words, words),
    st.builds(Audio, media),
    st.builds(Sticker, media),
    st.builds(Location, decimals, decimals, words, words),
    st.builds(Card, words, st.lists(st.builds(Phone, words), max_size=3).map(tuple)),
    st.builds(Buttons, words, buttons, words, words, st.none() | media),
    st.builds(
        List, words, words, st.lists(st.builds(Section, rows, words), max_size=4).map(tuple), words
    ),
    st.builds(CtaUrl, words, words, words, words, words),
    st.builds(LocationRequest, words),
    st.builds(ContactRequest, words),
    st.builds(Form, words, words, words),
    st.builds(Template, words, words),
    st.builds(Reaction, words),
)
small = st.integers(0, 120)
channels = st.just(CLOUD) | st.builds(
    Capabilities,
    kinds=st.sets(st.sampled_from(ALL_KINDS)).map(lambda s: tuple(sorted(s))),
    text=small,
    caption=small,
    body=small,
    header=small,
    footer=small,
    buttons=st.integers(0, 4),
    button_title=small,
    list_button=small,
    rows=st.integers(0, 12),
    sections=st.integers(0, 4),
    row_title=small,
    row_description=small,
    section_title=small,
    form_button=small,
)


def fits(content: Content, caps: Capabilities) -> bool:
    """The limits table of the channel, said a second time and differently."""
    if str(content.__struct_config__.tag) not in caps.kinds:
        return False
    match content:
        case Text(text=text):
            return len(text) <= caps.text
        case Image(caption=caption) | Video(caption=caption) | Document(caption=caption):
            return len(caption) <= caps.caption
        case Buttons():
            shown = [b.title for b in content.buttons]
            longest = max(map(len, shown))
            alike = len(set(shown)) < len(shown)
            several = bool(content.media and content.header)
            return framed(content, caps) and not (
                alike or several or len(shown) > caps.buttons or longest > caps.button_title
            )
        case List():
            every = [row for section in content.sections for row in section.rows]
            return (
                framed(content, caps)
                and 0 < len(every) <= caps.rows
                and len(content.button) <= caps.list_button
                and len(content.sections) <= caps.sections
                and all(len(s.title) <= caps.section_title for s in content.sections)
                and all(len(r.title) <= caps.row_title for r in every)
                and all(len(r.description) <= caps.row_description for r in every)
            )
        case CtaUrl(title=title):
            return framed(content, caps) and len(title) <= caps.button_title
        case Form(title=title):
            return framed(content, caps) and len(title) <= caps.form_button
        case LocationRequest(text=text) | ContactRequest(text=text):
            return len(text) <= caps.body
        case _:
            return True


def framed(content: Buttons | List | CtaUrl | Form, caps: Capabilities) -> bool:
    return (
        len(content.text) <= caps.body
        and len(content.header) <= caps.header
        and len(content.footer) <= caps.footer
    )


@given(contents, channels)
def test_the_result_always_fits_the_channel(content: Content, channel: Capabilities):
    degraded = degrade(content, channel)
    if degraded.content is None:
        assert Note("unsupported") in degraded.notes
    else:
        assert fits(degraded.content, channel)
        assert degrade(degraded.content, channel).content == degraded.content
    assert (
        degraded.notes
        or degraded.content == content
        or isinstance(content, Buttons | List | CtaUrl | Form | LocationRequest | ContactRequest)
    )


@given(st.lists(ids, min_size=1, max_size=9, unique=True))
def test_numbers_follow_the_order_of_the_choices(names: list[str]):
    menu = Buttons("?", tuple(Button(name, name.upper()) for name in names))
    content = degrade(menu, Capabilities(kinds=("text",))).content
    assert isinstance(content, Text)
    shown = re.findall(r"^(\d+)\. (.*)$", content.text, re.MULTILINE)
    assert shown == [(str(n), name.upper()) for n, name in enumerate(names, 1)]
