"""The steps of `flowengine simulate`, kept in the order in which they stand on the line."""

import argparse
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, cast

import msgspec

from flowengine.durations import DurationError, to_timedelta
from flowengine.talks.format import Human, OutsideEvent, SaidLocation, SaidMedia, Step
from web.commands.output import bad_usage, read_json

MEDIA = ("image", "audio", "video", "document", "sticker")

HUMAN = ("take", "say", "return", "close")


class InOrder(argparse.Action):
    """Adds `(option, words)` to the one list of steps, whichever option it is."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        listed = cast("list[tuple[str, list[str]]]", getattr(namespace, self.dest))
        words = [values] if isinstance(values, str) else [str(each) for each in values or ()]
        setattr(namespace, self.dest, [*listed, ((option_string or "").lstrip("-"), words)])


def configure_steps(parser: argparse.ArgumentParser) -> None:
    """The options that are steps; `arguments.steps` is the list."""
    group = parser.add_argument_group("steps, done in the order in which they are written")
    parser.set_defaults(steps=[])

    def step(
        name: str, help: str, metavar: str | tuple[str, ...], words: int | None = None
    ) -> None:
        group.add_argument(
            f"--{name}", action=InOrder, dest="steps", metavar=metavar, help=help, nargs=words
        )

    step("say", "the customer writes", "TEXT")
    step("tap", "the customer taps a choice", "ID|TITLE")
    step("after", "time passes", "PT2H")
    step("media", "the customer sends an image, audio, video, document or sticker", "KIND")
    step("location", "the customer sends where they are", "LAT,LON")
    step("event", "something happened outside", ("NAME", "JSON"), 2)
    step("human", "a person acts: take, say=TEXT, return, close or close=REASON", "ACT")
    step("fail", "the next send is refused, for this reason", "REASON")


def read_steps(listed: Sequence[tuple[str, list[str]]]) -> list[Step]:
    """The steps as a talk would have them; raises `CommandError`."""
    return [_step(name, words) for name, words in listed]


def _step(name: str, words: list[str]) -> Step:
    word = words[0]
    match name:
        case "say":
            return Step(say=word)
        case "tap":
            return Step(tap=word)
        case "after":
            return Step(after=_duration(word))
        case "media":
            return Step(media=_media(word))
        case "location":
            return Step(location=_location(word))
        case "event":
            data = read_json(words[1], f"--event {word}")
            return Step(event=OutsideEvent(name=word, data=data))
        case "human":
            return Step(human=_human(word))
        case _:
            return Step(fail=word)


def _duration(word: str) -> str:
    try:
        to_timedelta(word)
    except DurationError as error:
        raise bad_usage(f"--after: {error.message}; {error.fix}") from None
    return word


def _media(word: str) -> SaidMedia:
    if word not in MEDIA:
        raise bad_usage(f"--media: {word!r} is none of {', '.join(MEDIA)}")
    return msgspec.convert({"kind": word}, SaidMedia)


def _location(word: str) -> SaidLocation:
    latitude, _, longitude = word.partition(",")
    try:
        return SaidLocation(latitude=Decimal(latitude), longitude=Decimal(longitude))
    except InvalidOperation:
        raise bad_usage(f"--location: {word!r} is not LATITUDE,LONGITUDE") from None


def _human(word: str) -> Human:
    act, _, words = word.partition("=")
    match act:
        case "take":
            return Human(take=True)
        case "say":
            return Human(say=words)
        case "return":
            return Human(return_=True)
        case "close":
            return Human(close=words)
        case _:
            raise bad_usage(f"--human: {act!r} is none of {', '.join(HUMAN)}")
