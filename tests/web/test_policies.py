"""How long things are kept and when it is quiet: set on the page and by programs."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from flowengine.store import policies
from flowengine.store.policies import Policy
from tests.web.site import Site
from tests.web.test_erasure import talk

ALL = {
    "keep_months": 6,
    "keep_media_days": 90,
    "quiet_from": "22:00",
    "quiet_until": "08:00",
}


async def standing(site: Site) -> Policy:
    async with site.database.web(site.bia.tenant) as transaction:
        found = await policies.policy(transaction)
    return replace(found, kept_from=None)  # a worker may have been quick


async def test_without_a_decision_all_is_kept(site: Site) -> None:
    program = await site.program(site.bia, "viewer")
    answer = await program.get("/api/v1/policy")
    assert answer.json() == {
        "keep_months": None,
        "keep_media_days": None,
        "quiet_from": "",
        "quiet_until": "",
        "kept_from": None,
    }


async def test_a_program_sets_the_whole_policy(site: Site) -> None:
    program = await site.program(site.bia, "admin")
    assert (await program.put("/api/v1/policy", json=ALL)).json() == ALL | {"kept_from": None}
    assert (await program.get("/api/v1/policy")).json() | {"kept_from": None} == ALL | {
        "kept_from": None
    }
    assert (await program.put("/api/v1/policy", json={})).json()["keep_months"] is None
    assert await standing(site) == Policy()


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"keep_months": 0}, "keep_months"),
        ({"keep_months": 121}, "keep_months"),
        ({"keep_media_days": -1}, "keep_media_days"),
        ({"quiet_from": "22:00"}, "quiet_until"),
        ({"quiet_from": "24:00", "quiet_until": "08:00"}, "quiet_from"),
        ({"quiet_from": "08:00", "quiet_until": "08:00"}, "quiet_until"),
    ],
)
async def test_nonsense_is_refused_with_its_place(
    site: Site, wrong: dict[str, object], place: str
) -> None:
    program = await site.program(site.bia, "admin")
    answer = await program.put("/api/v1/policy", json=wrong)
    assert answer.status_code == 422
    assert answer.json()["place"] == place
    assert await standing(site) == Policy()


async def test_the_page_asks_before_it_lets_go(site: Site) -> None:
    admin = await site.client(site.bia, "admin")
    form = {"keep_months": "6", "keep_media_days": ""}
    refused = await admin.post("/settings/keeping", data=form)
    assert refused.status_code == 422
    assert "Confirme" in refused.text
    done = await admin.post("/settings/keeping", data=form | {"sure": "yes"})
    assert done.status_code == 303
    quiet = {"quiet_from": "22:00", "quiet_until": "08:00"}
    assert (await admin.post("/settings/quiet", data=quiet)).status_code == 303
    assert await standing(site) == Policy(6, None, "22:00", "08:00")
    page = (await admin.get("/settings")).text
    assert 'value="22:00"' in page
    assert 'name="keep_months" type="number" value="6"' in page
    forever = {"keep_months": "", "keep_media_days": ""}
    assert (await admin.post("/settings/keeping", data=forever)).status_code == 303
    assert await standing(site) == Policy(None, None, "22:00", "08:00")
    odd = await admin.post("/settings/keeping", data={"keep_months": "seis", "sure": "yes"})
    assert odd.status_code == 422


async def test_a_conversation_says_what_was_deleted_of_it(site: Site) -> None:
    _contact, room = await talk(site)
    owner = await site.client(site.bia)
    assert (
        "foi apagado, como este espaço decidiu"
        not in (await owner.get(f"/conversations/{room}")).text
    )
    async with site.database.worker(site.bia.tenant) as transaction:
        await policies.set_keeping(transaction, 1, None)
        await transaction.run(
            "UPDATE policies SET kept_from = $1", datetime(2026, 10, 1, tzinfo=UTC)
        )
        await transaction.run("UPDATE conversations SET created_at = '2026-01-01'")
    page = (await owner.get(f"/conversations/{room}")).text
    assert "foi apagado, como este espaço decidiu" in page
    assert "1 de outubro" in page
    assert "1 de outubro" in (await owner.get("/settings")).text
