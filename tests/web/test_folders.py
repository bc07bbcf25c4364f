"""Folders of the list of flows: renamed and dissolved at once, equal names joined by a question."""

import msgspec

from flowengine.store import auditing, flows
from flowengine.store.auditing import Sought
from tests.web.site import HELLO, Site


async def bring(site: Site, **folders: str) -> None:
    """Flows by their keys, each in its folder."""
    client = await site.client(site.bia)
    for key, folder in folders.items():
        document = msgspec.json.encode(HELLO | {"key": key, "name": f"Fluxo {key}"})
        upload = {"file": (f"{key}.flow.json", document)}
        assert (await client.post("/flows/import", files=upload)).status_code == 303
        assert (await client.post(f"/flows/{key}/folder", data={"folder": folder})).is_redirect


async def folders(site: Site) -> dict[str, str]:
    async with site.database.web(site.bia.tenant) as transaction:
        return {row.key: row.folder for row in await flows.flows(transaction) if row.key != "ola"}


async def test_a_folder_is_renamed_as_one_act_and_told_in_the_audit_log(site: Site) -> None:
    await bring(site, um="Vendas", dois="Vendas", tres="Outra")
    client = await site.client(site.bia, "designer")
    renamed = await client.post(
        "/folders/rename", data={"folder": "Vendas", "name": " Loja  online "}
    )
    assert renamed.status_code == 303, renamed.text
    assert await folders(site) == {"um": "Loja online", "dois": "Loja online", "tres": "Outra"}
    owner = await site.client(site.bia)
    log = (await owner.get("/settings/audit")).text
    assert "Loja online" in log
    assert "a pasta" in log
    async with site.database.web(site.bia.tenant) as transaction:
        lines = (await auditing.changes(transaction, Sought(kind="folders"))).items
    assert [(each.was, each.became) for each in lines] == [  # one act, however many flows
        ({"name": "Vendas"}, {"name": "Loja online"})
    ]
    # The same name in other letters is no other folder.
    again = await client.post(
        "/folders/rename", data={"folder": "Loja online", "name": "LOJA online"}
    )
    assert again.is_redirect
    assert (await folders(site))["um"] == "LOJA online"


async def test_equal_names_are_joined_only_where_that_is_meant(site: Site) -> None:
    await bring(site, um="Vendas", dois="Loja")
    client = await site.client(site.bia)
    form = {"folder": "Vendas", "name": "loja"}
    headers = {"HX-Request": "true", "HX-Source": "form#rename-folder-1"}
    asked = await client.post("/folders/rename", data=form, headers=headers)
    assert asked.status_code == 200
    assert 'hx-target="#rename-folder-1-error"' in asked.text
    assert "Juntar as duas?" in asked.text
    assert (await client.post("/folders/rename", data=form)).status_code == 409
    assert await folders(site) == {"um": "Vendas", "dois": "Loja"}
    merged = await client.post("/folders/rename", data=form | {"merge": "1"}, headers=headers)
    assert merged.headers["hx-redirect"] == "/flows"
    assert await folders(site) == {"um": "Loja", "dois": "Loja"}
    # A flow that is put into it by another spelling is in it too.
    await bring(site, tres="LOJA")
    assert (await folders(site))["tres"] == "Loja"


async def test_a_dissolved_folder_leaves_its_flows(site: Site) -> None:
    await bring(site, um="Vendas", dois="Vendas", tres="Outra")
    client = await site.client(site.bia)
    assert (await client.post("/folders/dissolve", data={"folder": "Vendas"})).is_redirect
    assert await folders(site) == {"um": "", "dois": "", "tres": "Outra"}
    for path in ("/folders/dissolve", "/folders/rename"):
        form = {"folder": "Vendas", "name": "x"}
        assert (await client.post(path, data=form)).status_code == 404
        # What is in no folder is not a folder of its own.
        assert (await client.post(path, data=form | {"folder": ""})).status_code in (404, 422)
    assert await folders(site) == {"um": "", "dois": "", "tres": "Outra"}


async def test_long_and_empty_names_are_refused(site: Site) -> None:
    await bring(site, um="Vendas")
    client = await site.client(site.bia)
    for name in ("x" * 61, "   ", ""):
        refused = await client.post("/folders/rename", data={"folder": "Vendas", "name": name})
        assert refused.status_code == 422, name
    put = await client.post("/flows/um/folder", data={"folder": "x" * 61})
    assert put.status_code == 422
    longest = "é" * 60
    assert (
        await client.post("/folders/rename", data={"folder": "Vendas", "name": longest})
    ).is_redirect
    assert await folders(site) == {"um": longest}
