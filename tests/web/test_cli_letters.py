"""`flowengine dead-letters`: as an operator uses it on a terminal."""

import argparse
import json
from uuid import UUID

import pytest

from flowengine.store.tenants import tenant
from tests.web.living import wait_for
from tests.web.site import Site
from tests.web.test_letters import letter, room, status
from web.cli import main
from web.commands import dead_letters as command
from web.commands.opened import Opened
from workers.settings import read_settings


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["retry"], "name one letter, or say --all"),
        (["retry", "x", "--all"], "name one letter, or say --all"),
        (["retry", "nada"], "is no letter's id"),
        (["dismiss", "nada"], "is no letter's id"),
    ],
)
def test_what_cannot_be_is_said_with_the_mend(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dead-letters", *words]) == 2
    assert says in capsys.readouterr().err


async def test_letters_are_listed_and_sent_again(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    id = await letter(site, await room(site))
    async with site.database.worker(site.bia.tenant) as transaction:
        bia = await tenant(transaction)
    opened = Opened(read_settings({}), site.database, site.vault, bia)
    parser = argparse.ArgumentParser()
    command.configure(parser, "dead-letters")

    assert await command._list(opened, parser.parse_args(["list", "--json"])) == 0
    listed = json.loads(capsys.readouterr().out)
    assert (listed["id"], listed["reason"], listed["code"]) == (id, "unreachable", "131026")

    again = parser.parse_args(["retry", "--all", "--json"])
    assert await command._retry(opened, again, []) == 0
    assert json.loads(capsys.readouterr().out) == {"count": 1}

    async def arrived() -> bool:
        return await status(site, str(UUID(id))) in ("sent", "delivered", "read")

    assert await wait_for(arrived)
