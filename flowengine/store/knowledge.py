"""Knowledge bases: passages that a language model is shown where they fit the customer's words.

A passage's id is BASE/NUMBER; a number is never given twice, so an old trail names what it meant.
"""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from flowengine.knowledge import LONGEST_TEXT, LONGEST_TITLE, Paragraph, typed
from flowengine.messages import Passage
from flowengine.store.errors import TooMany
from flowengine.store.rows import must_touch, plain, read_all, read_found
from flowengine.store.transaction import Transaction

Language = Literal["pt", "en", "es", "other"]

MOST = 2_000
"""Passages of a base: a search looks at all of them (~15 ms at most)."""

SHOWN = 5
"""Passages that a model is shown, the best fitting first."""

SHOWN_CHARS = 6_000
"""Characters of all of them together; the first is shown whatever its length."""

ASKED_WORDS = 40
"""Words of a question that are looked for."""


class Base(Struct, frozen=True):
    """`passages`: how many it has."""

    key: str
    name: str
    language: Language
    passages: int


class Stored(Struct, frozen=True):
    """A passage in its base."""

    number: int
    title: str
    text: str


async def bases(transaction: Transaction) -> tuple[Base, ...]:
    """The workspace's knowledge bases, by name."""
    rows = await transaction.rows(
        "SELECT key, name, language, passages FROM knowledge_bases WHERE tenant_id = $1"
        " ORDER BY name, key",
        transaction.tenant,
    )
    return read_all(Base, rows)


async def base(transaction: Transaction, key: str) -> Base:
    """One of them. Raises `NotFound`."""
    row = await transaction.row(
        "SELECT key, name, language, passages FROM knowledge_bases WHERE tenant_id = $1"
        " AND key = $2",
        transaction.tenant,
        key,
    )
    return read_found(Base, row, f"knowledge base {key}")


async def put_base(
    transaction: Transaction, key: str, name: str, language: Language = "pt"
) -> Base:
    """Make a base, or change it; its words are read anew where the language changes."""
    before = await transaction.value(
        "SELECT language FROM knowledge_bases WHERE tenant_id = $1 AND key = $2 FOR UPDATE",
        transaction.tenant,
        key,
    )
    await transaction.run(
        """
        INSERT INTO knowledge_bases (tenant_id, key, name, language) VALUES ($1, $2, $3, $4)
        ON CONFLICT (tenant_id, key) DO UPDATE
        SET name = excluded.name, language = excluded.language, updated_at = now()
        """,
        transaction.tenant,
        key,
        plain(name),
        language,
    )
    if before not in (None, language):
        await _write(transaction, key, language, await passages(transaction, key))
    return await base(transaction, key)


async def remove_base(transaction: Transaction, key: str) -> None:
    """With all that is in it. Raises `NotFound`."""
    count = await transaction.run(
        "DELETE FROM knowledge_bases WHERE tenant_id = $1 AND key = $2", transaction.tenant, key
    )
    must_touch(count, f"knowledge base {key}")


# -- passages ------------------------------------------------------------------------------------


async def passages(
    transaction: Transaction, key: str, after: int = 0, limit: int = MOST
) -> tuple[Stored, ...]:
    """Passages of a base with numbers beyond `after`, in their order."""
    rows = await transaction.rows(
        "SELECT number, title, text FROM knowledge_passages WHERE tenant_id = $1 AND base = $2"
        " AND number > $3 ORDER BY number LIMIT $4",
        transaction.tenant,
        key,
        after,
        limit,
    )
    return read_all(Stored, rows)


async def add_passages(
    transaction: Transaction, key: str, added: Sequence[Paragraph], replace: bool = False
) -> Base:
    """Put passages behind those that are there, or in their place.

    Raises `NotFound`, and `TooMany` where the base would have more than `MOST`.
    """
    row = await transaction.row(
        "SELECT language, last_number, passages FROM knowledge_bases WHERE tenant_id = $1"
        " AND key = $2 FOR UPDATE",
        transaction.tenant,
        key,
    )
    found = read_found(_Counted, row, f"knowledge base {key}")
    if len(added) + (0 if replace else found.passages) > MOST:
        raise TooMany(f"a knowledge base has at most {MOST} passages")
    if replace:
        await transaction.run(
            "DELETE FROM knowledge_passages WHERE tenant_id = $1 AND base = $2",
            transaction.tenant,
            key,
        )
    first = found.last_number + 1
    listed = [Stored(first + at, each.title, each.text) for at, each in enumerate(added)]
    await _write(transaction, key, found.language, listed)
    await _count(transaction, key)
    return await base(transaction, key)


async def put_passage(
    transaction: Transaction, key: str, number: int, paragraph: Paragraph
) -> Stored:
    """Change a passage. Raises `NotFound`."""
    found = await base(transaction, key)
    await _passage(transaction, key, number)
    changed = Stored(number, paragraph.title, paragraph.text)
    await _write(transaction, key, found.language, [changed])
    return await _passage(transaction, key, number)


async def remove_passage(transaction: Transaction, key: str, number: int) -> None:
    """Raises `NotFound`."""
    count = await transaction.run(
        "DELETE FROM knowledge_passages WHERE tenant_id = $1 AND base = $2 AND number = $3",
        transaction.tenant,
        key,
        number,
    )
    must_touch(count, f"passage {key}/{number}")
    await _count(transaction, key)


async def _passage(transaction: Transaction, key: str, number: int) -> Stored:
    row = await transaction.row(
        "SELECT number, title, text FROM knowledge_passages WHERE tenant_id = $1 AND base = $2"
        " AND number = $3",
        transaction.tenant,
        key,
        number,
    )
    return read_found(Stored, row, f"passage {key}/{number}")


class _Counted(Struct, frozen=True):
    language: Language
    last_number: int
    passages: int


async def _count(transaction: Transaction, key: str) -> None:
    await transaction.run(
        """
        UPDATE knowledge_bases SET updated_at = now(),
            passages = (SELECT count(*) FROM knowledge_passages p
                WHERE p.tenant_id = $1 AND p.base = $2),
            last_number = greatest(last_number, (SELECT max(number) FROM knowledge_passages p
                WHERE p.tenant_id = $1 AND p.base = $2))
        WHERE tenant_id = $1 AND key = $2
        """,
        transaction.tenant,
        key,
    )


async def _write(
    transaction: Transaction, key: str, language: Language, listed: Sequence[Stored]
) -> None:
    """Words as they are written and as people type them, without accents: both find them."""
    titles = [plain(each.title)[:LONGEST_TITLE] for each in listed]
    texts = [plain(each.text)[:LONGEST_TEXT] for each in listed]
    await transaction.run(
        """
        INSERT INTO knowledge_passages (tenant_id, base, number, title, text, words)
        SELECT $1, $2, number, title, text,
            setweight(to_tsvector($3::text::regconfig, title || ' ' || plain_title), 'A')
            || setweight(to_tsvector($3::text::regconfig, text || ' ' || plain_text), 'B')
        FROM unnest($4::int[], $5::text[], $6::text[], $7::text[], $8::text[])
            AS p (number, title, text, plain_title, plain_text)
        ON CONFLICT (tenant_id, base, number) DO UPDATE
        SET title = excluded.title, text = excluded.text, words = excluded.words
        """,
        transaction.tenant,
        key,
        _DICTIONARIES[language],
        [each.number for each in listed],
        titles,
        texts,
        [typed(title) for title in titles],
        [typed(text) for text in texts],
    )


_DICTIONARIES: dict[Language, str] = {
    "pt": "portuguese",
    "en": "english",
    "es": "spanish",
    "other": "simple",
}

# -- what fits -----------------------------------------------------------------------------------


async def fitting(
    transaction: Transaction, keys: Sequence[str], question: str
) -> tuple[Passage, ...]:
    """The passages of these bases that fit a question best, none where no word of it is there.

    Words that few passages have count more, those in titles double; words such as "para" or "the"
    do not count. Bases that there are not are passed over. Cost: ~7 µs a passage and 10 words.
    """
    written = plain(question).lower().split()[:ASKED_WORDS]
    rows = await transaction.rows(
        _FITTING,
        transaction.tenant,
        list(keys),
        written,
        [typed(word) for word in written],
        SHOWN,
        list(_DICTIONARIES),
        list(_DICTIONARIES.values()),
    )
    found: list[Passage] = []
    for row in rows:
        found.append(Passage(f"{row['base']}/{row['number']}", row["title"], row["text"]))
        if sum(len(each.text) for each in found) > SHOWN_CHARS and len(found) > 1:
            return tuple(found[:-1])
    return tuple(found)


# A word that its language's dictionary leaves out is left out in its folded form, too.
_FITTING = """
WITH base AS MATERIALIZED (
    SELECT b.key, d.dictionary::regconfig AS dictionary, b.passages
    FROM knowledge_bases b
    JOIN unnest($6::text[], $7::text[]) AS d (language, dictionary) USING (language)
    WHERE b.tenant_id = $1 AND b.key = ANY($2)
), asked AS MATERIALIZED (
    SELECT DISTINCT b.key, b.passages, quote_literal(l.lexeme)::tsquery AS query, l.lexeme
    FROM base b, unnest($3::text[], $4::text[]) AS w (written, folded),
        unnest(to_tsvector(b.dictionary, w.written || ' ' || w.folded)) AS l
    WHERE to_tsvector(b.dictionary, w.written) <> ''::tsvector
), hits AS (
    SELECT p.base, p.number, ts_rank('{0.1, 0.2, 0.5, 1.0}', p.words, a.query, 1) AS rank,
        ln(1 + a.passages::float8 / count(*) OVER (PARTITION BY a.key, a.lexeme)) AS weight
    FROM asked a
    JOIN knowledge_passages p ON p.tenant_id = $1 AND p.base = a.key AND p.words @@ a.query
), best AS (
    SELECT base, number, sum(rank * weight) AS score FROM hits GROUP BY base, number
    ORDER BY score DESC, base, number LIMIT $5
)
SELECT p.base, p.number, p.title, p.text FROM best
JOIN knowledge_passages p ON p.tenant_id = $1 AND p.base = best.base AND p.number = best.number
ORDER BY best.score DESC, best.base, best.number
"""
