"""Somebody else's connector, installed beside us: found by its entry point, and as fit as ours."""

import json
import sys
import tomllib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.base import Provider
from connectors.kit import CHECKS, Subject, Trouble
from connectors.kit.checks import Check
from connectors.net import open_client
from connectors.net.serving import Listener, Reply, Request
from connectors.registry import CONNECTORS, build, connector, known, schema
from flowengine.messages import Identity

HERE = Path(__file__).parent / "pigeon"
ANA = "+5511999990001"


@pytest.fixture(scope="module", autouse=True)
def _installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """As an installer leaves it: the module, and its entry points beside it."""
    told = tomllib.loads((HERE / "pyproject.toml").read_text())["project"]
    site = tmp_path_factory.mktemp("site")
    info = site / "carrier_pigeon-1.0.dist-info"
    info.mkdir()
    named = f"Name: {told['name']}\nVersion: {told['version']}\n"
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\n{named}")
    lines = ["[flowengine.connectors]"]
    entries = told["entry-points"]["flowengine.connectors"]
    lines += [f"{kind} = {place}" for kind, place in entries.items()]
    (info / "entry_points.txt").write_text("\n".join(lines))
    (site / "carrier_pigeon.py").write_text((HERE / "carrier_pigeon.py").read_text())
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(site)
        yield
    sys.modules.pop("carrier_pigeon", None)


class Loft:
    """The pigeon's provider: what flew, and what the next flight meets."""

    name = "Pombal da Praça"

    def __init__(self) -> None:
        self.flown: list[Any] = []
        self.next = Reply()

    def handle(self, asked: Request) -> Reply:
        if asked.headers.get("authorization") != "feed-1":
            return Reply(401)
        if asked.target == "/loft":
            return Reply(body=json.dumps({"name": self.name}).encode())
        trouble, self.next = self.next, Reply()
        if trouble.cut or trouble.status != 200:
            return trouble
        self.flown.append(json.loads(asked.body))
        return Reply(body=json.dumps({"ring": f"R{len(self.flown)}"}).encode())


class PigeonSubject:
    """The pigeon beside its loft."""

    to: tuple[Identity, ...] = (Identity("phone", ANA),)
    secrets: tuple[str, ...] = ("feed-1", "seal-1")

    def __init__(self, http: httpx.AsyncClient, loft: Loft, url: str) -> None:
        self.loft = loft
        settings = {"loft": url, "feed": "feed-1", "seal": "seal-1"}
        self.provider: Provider = build("pigeon", settings, http)

    def posted(self) -> list[Any]:
        return self.loft.flown

    def headers(self, body: bytes) -> Mapping[str, str]:
        pigeon: Any = self.provider
        return {"x-pigeon-signature": pigeon.sealed(body)}

    def said(self, *messages: tuple[str, str]) -> bytes:
        return self._body([{"ring": id_, "from": ANA, "note": text} for id_, text in messages])

    def said_beside(self, message: tuple[str, str], broken: Any) -> bytes:
        return self._body([{"ring": message[0], "from": ANA, "note": message[1]}, broken])

    def _body(self, landed: list[Any]) -> bytes:
        return json.dumps({"landed": landed}).encode()

    def trouble(self, what: Trouble) -> None:
        status = {"refused": 404, "auth": 401, "busy": 429}
        self.loft.next = Reply(cut=True) if what == "cut" else Reply(status[what])


@asynccontextmanager
async def pigeon() -> AsyncIterator[Subject]:
    async with open_client(timeout=5) as http:
        loft = Loft()
        listener = Listener(loft.handle)
        port = await listener.start()
        try:
            yield PigeonSubject(http, loft, f"http://127.0.0.1:{port}")
        finally:
            await listener.close()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_a_pigeon_is_fit(check: Check):
    async with pigeon() as subject:
        await check(subject)


def test_it_is_one_of_those_that_can_be_connected():
    assert connector("pigeon").kind == "pigeon"
    assert known().keys() == {*CONNECTORS, "pigeon"}
    form = schema("pigeon")["properties"]
    assert form["loft"]["title"] == "Endereço do pombal"
    assert form["feed"]["format"] == "password"
