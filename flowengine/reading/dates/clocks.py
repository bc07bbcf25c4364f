"""The time in a phrase: "10h", "10h30", "às 14h", "3 da tarde", "3:30 pm", "meio-dia"."""

import re  # noqa: TID251 - our own pattern, not an author's
from datetime import time

from flowengine.reading.dates.days import NUMBER, number_of
from flowengine.reading.dates.lexicon import AFTERNOON, MORNING, NIGHT
from flowengine.reading.dates.moment import Impossible
from flowengine.reading.dates.phrase import Phrase

MIDNIGHT = time(0, 0, fold=1)
"""The midnight that ends a day ("hoje à meia-noite"); told from 00:00 by its fold."""

_AT = r"(?:as|a las|a la|at|pelas|por volta das?|umas|tipo|para as|pras|las)"
_PARTS = f"{MORNING}|{AFTERNOON}|{NIGHT}"
_OF = "da|de|a|na|pela|por la|de la|in the|at|do"
_PART = rf"(?: ?(?:{_OF})? ?(?P<part>{_PARTS}))?\b"
_SUFFIX = rf"(?: ?(?P<half>[ap]m))?{_PART}"

_NOON = re.compile(
    r"\b(?:ao |a |al |at )?"
    r"(?:(meio[ -]?dia|mediodia|noon|midday)|(?:meia[ -]?noite|medianoche|midnight))\b"
    r"(?: (?:e|y) (meia|media)\b)?"
)
_WRITTEN = re.compile(
    rf"(?<![0-9/.:-])(?:{_AT} )?(?P<hour>[0-9]{{1,2}})(?: ?(?:h|hs|hrs|horas?) ?(?:e |y )?|:|\.)"
    rf"(?P<minute>[0-5][0-9])(?::[0-5][0-9])? ?(?:h|hs|hrs|horas?|min|minutos|m)?(?![a-z0-9/:])"
    + _SUFFIX
)
_HOURS = re.compile(
    rf"(?<![a-z0-9/.:-])(?:{_AT} )?(?P<hour>{NUMBER}) "
    rf"?(?:h|hs|hrs|horas?|o ?clock|en punto|em ponto)\b"
    rf"(?: (?:e|y) (?P<minute>meia|media|quinze|cuarto))?" + _SUFFIX
)
_HALVED = re.compile(
    rf"(?<![0-9/.:-])(?:{_AT} )?(?P<hour>[0-9]{{1,2}}) ?(?P<half>[ap]m)\b(?P<part>)(?P<minute>)"
)
_SPOKEN = re.compile(
    rf"\b{_AT} (?P<hour>{NUMBER})(?![0-9/.:-])"
    rf"(?: (?:e|y) (?P<minute>meia|media|quinze|cuarto|[0-5]?[0-9]))?" + _SUFFIX
)
_OF_PART = re.compile(
    rf"\b(?P<hour>[0-9]{{1,2}}|{NUMBER})"
    rf"(?: (?:e|y) (?P<minute>meia|media|quinze|cuarto|[0-5][0-9]))?"
    rf" (?:da|de la|in the|at) (?P<part>{_PARTS})\b(?P<half>)"
)
_PAST = re.compile(rf"\b(?P<minute>half|quarter) past (?P<hour>{NUMBER})" + _SUFFIX)
_MINUTES = {"meia": 30, "media": 30, "half": 30, "quinze": 15, "cuarto": 15, "quarter": 15}
_VAGUE_PART = re.compile(rf"\b(?:(?:{_OF}|en la) )?(?P<part>{_PARTS}|cedo|temprano|early)\b")


def find_clock(phrase: Phrase) -> time | None:
    """Take the time of day out of a phrase; None where it names none. Raises `Impossible`."""
    noon = phrase.take(_NOON)
    if noon is not None:
        half = 30 if noon[2] else 0
        if noon[1]:
            return time(12, half)
        return time(0, half) if half else MIDNIGHT
    for pattern in (_PAST, _WRITTEN, _HALVED, _HOURS, _SPOKEN, _OF_PART):
        found = phrase.take(pattern)
        if found is not None:
            part = found["part"] or ""
            if not part and (said := phrase.take(_VAGUE_PART)):
                part = said["part"]
            return _clock(found, part)
    phrase.take(_VAGUE_PART)
    return None


def _clock(found: re.Match[str], part: str) -> time:
    hour = number_of(found["hour"])
    minute = found["minute"] or "0"
    minutes = _MINUTES[minute] if minute in _MINUTES else int(minute)
    half = found["half"] or ""
    if half:
        if not 1 <= hour <= 12:
            raise Impossible
        hour = hour % 12 + (12 if half == "pm" else 0)
    elif re.fullmatch(AFTERNOON, part) and 1 <= hour < 12:
        hour += 12
    elif re.fullmatch(NIGHT, part):
        hour = hour + 12 if 5 <= hour < 12 else hour % 12 if hour == 12 else hour
    elif part == "madrugada" and hour == 12:
        hour = 0
    if hour == 24 and not minutes:
        return MIDNIGHT
    if hour > 23 or minutes > 59:
        raise Impossible
    return time(hour, minutes)
