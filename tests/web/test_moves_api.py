"""Moves of running conversations by the API: who is left behind, where they may go, and going."""

import asyncio
from typing import Any

from flowengine.store import api_keys, flow_moves
from flowengine.store.flow_moves import Choices
from tests.web.living import wait_for
from tests.web.publishing import publish
from tests.web.site import HELLO, Site
from tests.web.test_publish_page import spoken

PATH = "/api/v1/flows/ola/moves"


def without_menu() -> dict[str, Any]:
    """The flow without the question at which everybody stands."""
    nodes = [node for node in HELLO["nodes"] if node["id"] != "menu"]
    lines = [e for e in HELLO["edges"] if "menu" not in (e["from"], e["to"])]
    lines.append({"from": "oi", "to": "certo"})
    lines.append({"from": "certo", "exit": "choice:nao", "to": "fila"})
    return HELLO | {"nodes": nodes, "edges": lines}


async def test_a_program_sees_who_is_left_behind_and_moves_them(site: Site) -> None:
    api = await site.program(site.bia)
    await spoken(site)
    before = (await api.get(PATH)).json()
    assert (before["left"], before["items"]) == ([], [])
    none = await api.post(PATH, json={})
    assert none.status_code == 409, none.text
    done = await api.post("/api/v1/flows/import?publish=true", json=without_menu())
    assert done.json()["version"] == 2, done.text
    found = (await api.get(PATH)).json()
    (place,) = found["left"]
    assert (place["node"], place["title"], place["count"]) == ("menu", "Menu da loja", 1)
    assert place["stuck"]
    assert {"@stay", "@end", "@queue:suporte", "certo"} <= found["targets"].keys()
    nobody = await api.post(PATH, json={"to": {"menuu": "@end"}})
    assert (nobody.status_code, nobody.json()["place"]) == (422, "to.menuu")
    wrong = await api.post(PATH, json={"to": {"menu": "nao-ha"}})
    assert wrong.status_code == 422, wrong.text
    assert wrong.json()["place"] == "to.menu"
    begun = await api.post(PATH, json={"to": {"menu": "certo"}})
    assert begun.status_code == 202, begun.text
    assert (begun.json()["version"], begun.json()["total"]) == (2, 1)

    async def over() -> dict[str, Any] | None:
        (move,) = (await api.get(PATH)).json()["items"]
        return move if move["state"] == "done" else None

    move = await wait_for(over, 60)
    assert (move["passed"], move["outcomes"]) == (1, {"moved": 1})
    assert (await api.post(f"{PATH}/{move['id']}/cancel")).status_code == 404
    assert (await api.get(PATH)).json()["left"] == []


async def test_one_move_at_a_time_and_it_can_be_stopped(site: Site) -> None:
    api = await site.program(site.bia)
    await spoken(site)
    await api.post("/api/v1/flows/import?publish=true", json=without_menu())
    assert site.workers is not None
    await site.workers.stop()  # so that it is still under way when one looks
    site.workers = None
    both = await asyncio.gather(*(api.post(PATH, json={"to": {"menu": "certo"}}) for _ in "12"))
    assert sorted(each.status_code for each in both) == [202, 409]
    begun = next(each for each in both if each.status_code == 202).json()
    assert begun["state"] == "running"
    again = await api.post(PATH, json={})
    assert again.status_code == 409
    assert "andamento" in again.json()["detail"]
    async with site.database.web(site.bia.tenant) as transaction:
        for _ in range(11):  # behind more than one page of newer ones
            newer = await flow_moves.begin_move(transaction, "ola", 2, Choices(), (), None)
            await flow_moves.cancel_move(transaction, "ola", newer)
    stopped = (await api.post(f"{PATH}/{begun['id']}/cancel")).json()
    assert (stopped["state"], stopped["passed"]) == ("cancelled", 0)


async def test_publishing_with_everybody_takes_over_from_a_move_under_way(site: Site) -> None:
    api, owner = await site.program(site.bia), await site.client(site.bia)
    await spoken(site)
    await api.post("/api/v1/flows/import?publish=true", json=without_menu())
    assert site.workers is not None
    await site.workers.stop()
    site.workers = None
    begun = (await api.post(PATH, json={"to": {"menu": "@stay"}})).json()
    form = {"move": "1", "to.menu": "certo", "anyway": "1"}
    done = await publish(owner, "ola", **form)
    assert done.status_code == 303, done.text
    states = {each["id"]: each["state"] for each in (await api.get(PATH)).json()["items"]}
    assert states.pop(begun["id"]) == "cancelled"
    assert list(states.values()) == ["running"]


async def test_who_may_only_look_moves_nobody(site: Site) -> None:
    viewer = await site.program(site.bia, "viewer")
    assert (await viewer.get(PATH)).status_code == 200
    assert (await viewer.post(PATH, json={})).status_code == 403
    async with site.database.web(site.bia.tenant) as transaction:
        _, text = await api_keys.make_api_key(transaction, "só lê", "designer", areas=("contacts",))
    narrow = site.stranger(Authorization=f"Bearer {text}")
    assert (await narrow.get(PATH)).status_code == 403
