"""The logs of a run: ids in them, and nothing that anybody said."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
import structlog

from tests.flowengine.playing import OI, ask, text
from tests.services import postgres as services
from tests.workers.town import Town
from web.commands.failures import Failures
from web.commands.logs import configure_logs, is_json
from workers import turn
from workers.settings import Settings, read_settings

SECRETS = ("meu cpf é 529.982.247-25", "pergunta sigilosa", "Ana Sigilosa", "resposta sigilosa")


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Everything that is logged, as JSON, at the lowest level."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    configure_logs(read_settings({}, log_level="debug", log_format="json"))
    monkeypatch.setattr(turn, "log", structlog.stdlib.get_logger())
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


async def test_a_run_logs_ids_and_no_texts(log: io.StringIO, town: Town) -> None:
    await town.publish(
        "oi",
        (OI, ask("nome", "pergunta sigilosa?", save_as="nome"), text("fim", "resposta sigilosa")),
        ("oi > nome", "nome:reply > fim"),
        variables=[{"name": "nome"}],
    )
    await town.writes("oi")
    await town.hears("pergunta sigilosa?", within=20)
    town.say(SECRETS[0])
    await town.hears("pergunta sigilosa?", "resposta sigilosa", within=20)
    await town.quiet(within=20)
    said = lines(log)
    conversation = str(await town.conversation())
    execution = str(await town.value("SELECT id FROM executions"))
    turns = [line for line in said if line["event"] == "turn taken"]
    assert {line["conversation"] for line in turns} == {conversation}
    assert {line["tenant"] for line in turns} == {str(town.place.tenant)}
    assert execution in {line["execution"] for line in turns}
    assert any(line["event"] == "webhook stored" for line in said)
    assert [line["outcome"] for line in said if line["event"] == "send ended"] == ["Accepted"] * 2
    for secret in SECRETS:
        assert secret not in log.getvalue()


async def test_what_breaks_is_logged_without_what_was_said(
    log: io.StringIO, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine breaks with the customer's words in the exception, as `int()` would put them."""

    def broken(chat: Any, happening: Any, *_: Any) -> Any:
        return int(happening.message.text)

    await town.publish("oi", (OI, text("um", "Um")), ("oi > um",))
    monkeypatch.setattr("workers.folding.take", broken)
    await town.writes(SECRETS[0])
    await town.sees("SELECT failures > 0 FROM conversations", within=20)
    (line, *_) = [line for line in lines(log) if line["event"] == "the engine broke"]
    assert line["conversation"] == str(await town.conversation())
    assert line["tenant"] == str(town.place.tenant)
    assert "ValueError" in line["exception"]
    assert SECRETS[0] not in log.getvalue()


def raised(error: Exception) -> Any:
    try:
        raise error
    except Exception as caught:
        return type(caught), caught, caught.__traceback__


async def test_a_database_error_says_its_code_and_not_its_values(
    database: services.Database,
) -> None:
    connection = await asyncpg.connect(database.owner)
    with pytest.raises(asyncpg.PostgresError) as refused:
        await connection.execute("SELECT 'meu cpf é 529.982.247-25'::int")
    await connection.close()
    shown = Failures(texts=False)(raised(refused.value))
    assert "sqlstate=22P02" in shown
    assert "cpf" not in shown.rpartition("asyncpg.exceptions")[2]
    assert "cpf" in Failures(texts=True)(raised(refused.value))


def test_causes_are_shown_without_their_words() -> None:
    try:
        try:
            int("meu cpf")
        except ValueError as error:
            raise ConnectionError("the database is away") from error
    except ConnectionError as error:
        shown = Failures(texts=False)((type(error), error, error.__traceback__))
    assert shown.index("ValueError") < shown.index("the database is away")
    assert "base 10" not in shown
    group = ExceptionGroup("two", [ValueError("meu cpf"), OSError("disk full")])
    shown = Failures(texts=False)(raised(group))
    assert "disk full" in shown
    assert "meu cpf" not in shown.rpartition("ExceptionGroup")[2]


@pytest.mark.parametrize(
    ("given", "terminal", "json"),
    [
        ({}, False, False),
        ({"database_url": "postgresql://x/y"}, False, True),
        ({"database_url": "postgresql://x/y"}, True, False),
        ({"log_format": "json"}, True, True),
        ({"database_url": "postgresql://x/y", "log_format": "text"}, False, False),
    ],
)
def test_how_it_is_logged(
    given: dict[str, Any], terminal: bool, json: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return terminal

    monkeypatch.setattr(sys, "stderr", Screen())
    settings: Settings = read_settings({}, **given)
    assert is_json(settings) is json
