"""`If-Match` of the API's flows, as RFC 9110 has it: nothing is done over what was not read."""

from collections.abc import Mapping

import httpx
import pytest

from flowengine.store.flows import draft_head
from tests.web.site import HELLO, Site
from tests.web.test_api import is_problem
from web.api.matching import Condition, read_if_match
from web.problems import Problem

PATH = "/api/v1/flows/ola"


async def put(
    program: httpx.AsyncClient, name: str, *tags: str, key: str = "ola"
) -> httpx.Response:
    headers = [("If-Match", each) for each in tags]
    document = HELLO | {"name": name, "key": key}
    return await program.put(f"/api/v1/flows/{key}", json=document, headers=headers)


@pytest.mark.parametrize(
    ("lines", "tags"),
    [
        (['"7"'], {"7"}),
        (['W/"7"'], {"7"}),
        (["7"], {"7"}),
        (["007"], {"7"}),
        (['"1", "2"'], {"1", "2"}),
        (['"1",,W/"2" ,\t"a,b"'], {"1", "2", "a,b"}),
        (['"1"', '"2"'], {"1", "2"}),
        (['""'], {""}),
        (['"*"'], {"*"}),
    ],
)
def test_tags_are_read(lines: list[str], tags: set[str]) -> None:
    assert read_if_match(lines) == Condition(frozenset(tags))


def test_a_star_is_anything_and_no_header_is_no_condition() -> None:
    assert read_if_match([" * "]) == Condition(anything=True)
    assert read_if_match([]) is None


@pytest.mark.parametrize(
    "line", ["", " ", ",", "abc", '"1', '1"', 'w/"1"', 'W/ "1"', '*, "1"', '"1" "2"', '"a b"', "-1"]
)
def test_what_is_no_tag_is_refused(line: str) -> None:
    with pytest.raises(Problem) as caught:
        read_if_match([line])
    assert (caught.value.status, caught.value.place) == (400, "If-Match")


async def test_a_draft_is_changed_only_over_what_was_read(site: Site) -> None:
    program = await site.program(site.bia, "designer")
    got = await program.get(PATH)
    assert got.headers["etag"] == f'"{got.json()["rev"]}"'
    first = got.json()["rev"]
    weak = await put(program, "Fraca", f"W/{got.headers['etag']}")
    assert (weak.status_code, weak.headers["etag"]) == (200, f'"{first + 1}"')
    several = await put(program, "Várias", '"9001"', f'"{first + 1}", "9002"')
    assert several.json()["rev"] == first + 2
    anything = await put(program, "Qualquer", "*")
    assert anything.json()["rev"] == first + 3
    unread: Mapping[str, int] = {
        f'"{first}"': 412, f'W/"{first}"': 412, '"abc"': 412, '"1000", "1001"': 412,
        "abc": 400, f'"{first + 3}': 400,
    }  # fmt: skip
    for tag, status in unread.items():
        body = is_problem(await put(program, "Por cima", tag), status)
        assert (body["place"], bool(body["mend"])) == ("If-Match", True)
    async with site.database.web(site.bia.tenant) as transaction:
        assert (await draft_head(transaction, "ola")).rev == first + 3


async def test_what_must_exist_is_not_made(site: Site) -> None:
    program = await site.program(site.bia, "designer")
    for tag in ("*", '"1"', '"0"'):
        is_problem(await put(program, "Nova", tag, key="nova"), 412)
    is_problem(await program.get("/api/v1/flows/nova"), 404)
    assert (await put(program, "Nova", key="nova")).status_code == 200


async def test_only_what_was_looked_at_is_published(site: Site) -> None:
    program = await site.program(site.bia, "designer")
    seen = (await program.get(PATH)).headers["etag"]
    now = (await put(program, "De outra pessoa")).headers["etag"]
    is_problem(await program.post(f"{PATH}/publish", headers={"If-Match": seen}), 412)
    is_problem(await program.post(f"{PATH}/publish", headers={"If-Match": "latest"}), 400)
    (flow,) = (await program.get("/api/v1/flows")).json()["items"]
    assert (flow["version"], flow["changed"]) == (1, True)
    for tag in (f"W/{now}", "*"):
        done = await program.post(f"{PATH}/publish", headers={"If-Match": tag})
        assert done.json()["version"] == 2
