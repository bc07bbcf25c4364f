"""Every connector of the registry passes the test kit."""

from typing import Any

import pytest

from connectors.kit import CHECKS, Unfit
from connectors.kit.checks import Check
from connectors.registry import CONNECTORS
from flowengine.messages import Accepted, Capabilities, Parsed, Text, degrade
from tests.connectors.subjects import SUBJECTS
from tests.flowengine.playing import OI, Play, menu, release, text


def test_every_connector_is_looked_at():
    assert SUBJECTS.keys() == CONNECTORS.keys()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("kind", sorted(SUBJECTS))
async def test_a_connector_is_fit(kind: str, check: Check):
    async with SUBJECTS[kind]() as subject:
        assert subject.provider.kind == kind
        await check(subject)


class Careless:
    """Wraps a connector and breaks every rule that a check looks at."""

    def __init__(self, provider: Any) -> None:
        self.capabilities = provider.capabilities

    async def perform(self, *_: Any) -> Any:
        return Accepted("")

    def verify(self, *_: Any) -> bool:
        return True

    def parse(self, raw_body: bytes) -> Parsed:
        return Parsed() if raw_body else 1 / 0  # type: ignore[return-value] - it raises

    async def probe(self) -> Any:
        return None

    def __repr__(self) -> str:
        return "token-1"


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_a_check_finds_the_careless(check: Check):
    async with SUBJECTS["cloud"]() as subject:
        subject.provider = Careless(subject.provider)  # type: ignore[assignment] - it is none
        with pytest.raises((Unfit, ZeroDivisionError, AttributeError, IndexError)):
            await check(subject)


@pytest.mark.parametrize("choices", [("sim=Sim", "nao=Não"), ("a=A", "b=B", "c=C", "d=D", "e=E")])
def test_where_there_are_no_buttons_the_answer_2_takes_the_second_exit(choices: tuple[str, ...]):
    second, title = choices[1].split("=")
    nodes = [OI, menu("menu", "Quer?", *choices), text("foi", "Foi o segundo.")]
    play = Play(release("f", nodes, ["oi > menu", f"menu:choice:{second} > foi"]))
    play.say("oi")
    shown = degrade(play.sends[-1].content, Capabilities(kinds=("text",))).content
    assert isinstance(shown, Text)
    assert f"2. {title}" in shown.text
    play.heard()
    assert play.hears("2") == ["Foi o segundo."]
