"""A chat exported from WhatsApp: who wrote what, and who of them the bot stands for."""

import re
from collections.abc import Sequence

from msgspec import Struct

_LINE = re.compile(r"^\[?(\d{1,2}[/.]\d{1,2}[/.]\d{2,4})[, ]+[^\]-]*?[\]-]\s*([^:]{1,60}):\s(.*)$")
_GONE = re.compile(
    r"<[^<>\n]{0,30}\b(?:m[ií]dia|media|multimedia|arquivo|file)\b[^<>\n]{0,30}>"
    r"|\b(?:imagem|áudio|vídeo|figurinha|documento|gif) (?:ocultad|omitid)[oa]\b"
    r"|\b(?:image|audio|video|sticker|document|gif) omitted\b"
    r"|\b(?:imagen|audio|video|sticker|documento|gif) omitid[oa]\b"
    r"|<[^<>\n]{0,30}\b(?:editada|edited|editó)\b[^<>\n]{0,30}>",
    re.IGNORECASE,
)
_DELETED = re.compile(
    r"^(?:você apagou esta mensagem|(?:esta )?mensagem (?:foi )?apagada"
    r"|(?:you deleted this|this) message(?: was deleted)?"
    r"|eliminaste este mensaje|(?:se eliminó )?este mensaje(?: fue eliminado)?)\.?$",
    re.IGNORECASE,
)
WORDIER = 1.5
"""Who begins a chat is its customer, unless they write so many times as much in a turn."""
SENT = "📎"
"""What stands for a customer's turn of which the export has no words."""


class Turn(Struct, frozen=True):
    """What one of the two says before the other goes on. `bot`: the flow says it."""

    bot: bool
    words: str


class Chat(Struct, frozen=True):
    """`bot`: the name of who the flow speaks for. `missing`: pictures, films, voices and deleted
    messages that the export does not have."""

    turns: tuple[Turn, ...]
    bot: str = ""
    missing: int = 0


def is_chat(lines: Sequence[str]) -> bool:
    """Whether two lines or more begin with a date and a name."""
    return sum(bool(_LINE.match(line)) for line in lines) >= 2


def read_chat(lines: Sequence[str]) -> Chat:
    """The chat from the bot's first words on; what a customer says before begins the flow."""
    said: list[tuple[str, str]] = []
    for line in lines:
        hit = _LINE.match(line)
        if hit:
            said.append((hit[2].strip(), hit[3].strip()))
        elif said:
            said[-1] = (said[-1][0], f"{said[-1][1]}\n{line}")
    bot, missing = bot_of(said), 0
    turns: list[Turn] = []
    for who, whole in said:
        words, gone = without_gone(whole)
        missing += gone
        ours = who == bot
        if not words and (ours or not turns):
            continue
        if turns and turns[-1].bot == ours:
            both = f"{turns[-1].words}\n{words}".strip() if words else turns[-1].words
            turns[-1] = Turn(ours, both)
        else:
            turns.append(Turn(ours, words or SENT))
    return Chat(tuple(turns if not turns or turns[0].bot else turns[1:]), bot, missing)


def bot_of(said: Sequence[tuple[str, str]]) -> str:
    """Who answers: whoever did not begin; but who begins with many words more is a business that
    wrote first."""
    first = said[0][0]
    others = [who for who, _words in said if who != first]
    if not others:
        return ""
    other = max(dict.fromkeys(others), key=others.count)
    return first if average(said, first) > WORDIER * average(said, other) else other


def average(said: Sequence[tuple[str, str]], who: str) -> float:
    """Letters of one's messages, in the mean."""
    lengths = [len(without_gone(words)[0]) for name, words in said if name == who]
    return sum(lengths) / len(lengths)


def without_gone(words: str) -> tuple[str, int]:
    """The words without what an export says in the place of a picture or a deleted message, and
    how much that was."""
    if _DELETED.match(words.strip()):
        return "", 1
    kept, gone = _GONE.subn("", words)
    edits = sum("edit" in hit[0].lower() for hit in _GONE.finditer(words))
    return "\n".join(line.strip() for line in kept.splitlines() if line.strip()), gone - edits
