"""The form of a step of every kind opens, with all that a flow can say of it."""

import msgspec
import pytest

from tests.pages.kinds import KEY, KINDS, every_kind
from tests.pages.words import kind
from tests.web.site import Site


@pytest.fixture
async def with_all(site: Site) -> Site:
    client = await site.client(site.bia)
    document = msgspec.json.encode(every_kind(kind))
    upload = {"file": (f"{KEY}.flow.json", document)}
    answer = await client.post("/flows/import", files=upload)
    assert answer.status_code == 303, answer.text
    return site


async def test_the_form_of_every_kind_opens(with_all: Site) -> None:
    client = await with_all.client(with_all.bia)
    for step in KINDS:
        answer = await client.get(f"/flows/{KEY}/edit/steps/{step}")
        assert answer.status_code == 200, f"{step}: {answer.text[:300]}"
        assert f'data-node="{step}"' in answer.text
