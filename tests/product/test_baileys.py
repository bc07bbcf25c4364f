"""A number linked as a device, the whole way: the product, the real Baileys, a mock of WhatsApp.

What it proves: our states, storage, order and recovery. Nothing about WhatsApp's own servers.
"""

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from connectors.baileys.client import Service
from connectors.baileys.settings import BaileysSettings
from connectors.net import open_client
from flowengine.store.channels import channel_settings
from flowengine.store.database import Database
from flowengine.store.embedded import find
from flowengine.store.vault import Vault
from tests.product.running import Product
from tests.product.whatsapp import WhatsApp

_phones = count(44444)
QUESTION = "Como posso ajudar"
CSRF = re.compile(r'name="_csrf" value="([^"]+)"')
CODE = re.compile(r'<code class="big">([0-9A-Z]{4}-[0-9A-Z]{4})</code>')
PIECE = {"HX-Request": "true"}


class Linked(Product):
    """A product whose linked numbers speak with the mock."""

    def __init__(self, data: Path, log: Path, whatsapp: WhatsApp) -> None:
        super().__init__(data, log)
        self._whatsapp = whatsapp

    @property
    def environment(self) -> dict[str, str]:
        return {
            **super().environment,
            "FLOWENGINE_BAILEYS_MOCK": self._whatsapp.mock,
            "FLOWENGINE_BAILEYS_MODULES": str(self._whatsapp.modules),
        }

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def node(self) -> int:
        """The Node process beneath it; 0 where there is none."""
        for folder in Path("/proc").iterdir():
            if folder.name.isdecimal():
                try:
                    stat = (folder / "stat").read_text().rpartition(") ")[2].split()
                    command = (folder / "cmdline").read_bytes()
                except OSError:
                    continue
                if int(stat[1]) == self.pid and b"main.js" in command and stat[0] != "Z":
                    return int(folder.name)
        return 0


class Person:
    """Somebody of the workspace at the channel's page."""

    def __init__(self, http: httpx.AsyncClient, channel: str) -> None:
        self._http = http
        self._page = f"/channels/{channel}"

    async def session(self, **form: str) -> str:
        """The page's part about the session; with a form, after doing that."""
        if not form:
            return (await self._http.get(f"{self._page}/session")).text
        found = CSRF.search((await self._http.get(self._page)).text)
        assert found
        form["_csrf"] = found.group(1)
        return (await self._http.post(f"{self._page}/session", data=form, headers=PIECE)).text


@pytest.fixture(scope="module")
def mock(node: str, node_modules: Path) -> Iterator[WhatsApp]:
    mock = WhatsApp(node, node_modules, "")
    mock.start()
    yield mock
    mock.stop()


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, mock: WhatsApp) -> Iterator[Linked]:
    """One for all of these: a start is most of what they cost."""
    folder = tmp_path_factory.mktemp("linked")
    running = Linked(folder / "data", folder / "log", mock)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def whatsapp(mock: WhatsApp) -> WhatsApp:
    """The mock, for a phone that nobody has used yet."""
    return mock.of(f"55113333{next(_phones):05}")


@pytest.fixture
def channel(product: Linked, whatsapp: WhatsApp) -> str:
    made = product.command(
        "channel", "add", "baileys", "--number", f"+{whatsapp.phone}", "--consent", "true",
        "--messages-per-second", "50",
    )  # fmt: skip
    return str(made[-1]["id"])


@pytest.fixture
async def person(product: Linked, channel: str) -> AsyncIterator[Person]:
    async with httpx.AsyncClient(
        base_url=product.address, timeout=60, follow_redirects=True, trust_env=False
    ) as http:
        await http.get(product.link)
        yield Person(http, channel)


async def until(true: Callable[[], Awaitable[Any]], patience: float = 90) -> Any:
    """What it gives once it is true."""
    end = asyncio.get_running_loop().time() + patience
    while not (found := await true()):
        assert asyncio.get_running_loop().time() < end, "it did not come true"
        await asyncio.sleep(0.1)
    return found


async def pair_by_code(person: Person, whatsapp: WhatsApp) -> None:
    async def code() -> str:
        found = CODE.search(await person.session(act="pair", phone=f"+{whatsapp.phone}"))
        return found.group(1) if found else ""

    await whatsapp.act("type", code=(await until(code)).replace("-", ""))
    await until(lambda: connected(person))


async def connected(person: Person) -> bool:
    return "Conectado" in await person.session()


async def answered(whatsapp: WhatsApp, times: int) -> bool:
    return sum(QUESTION in text for _, text in await whatsapp.heard()) >= times


@pytest.mark.walk
async def test_paired_by_a_code_it_hears_answers_and_survives(
    product: Linked, person: Person, whatsapp: WhatsApp
):
    await pair_by_code(person, whatsapp)
    await whatsapp.say("3EB0AAAA0001", "oi")
    await until(lambda: answered(whatsapp, 1))
    said = "\n".join(text for _, text in await whatsapp.heard())
    assert "\n1. " in said  # no buttons here: a number takes the exit

    # Node dies; what is said meanwhile waits at WhatsApp; the same account goes on.
    logins = (await whatsapp.act("seen"))["logins"]
    os.kill(product.node(), signal.SIGKILL)
    await whatsapp.say("3EB0BBBB0001", "oi", "5511999990002")
    await until(lambda: answered(whatsapp, 2))
    assert (await whatsapp.act("seen"))["logins"] > logins
    await until(lambda: connected(person))

    # All of it dies, and Node with it.
    node = product.node()
    product.kill()
    await until(lambda: gone(node))
    await whatsapp.say("3EB0CCCC0001", "oi", "5511999990003")
    await whatsapp.say("3EB0BBBB0001", "oi", "5511999990002")  # WhatsApp gives it once more
    product.start()
    await until(lambda: answered(whatsapp, 3))

    # Put down with care, and begun again: still the same account.
    assert product.stop() == 0
    product.start()
    await whatsapp.say("3EB0DDDD0001", "oi", "5511999990004")
    await until(lambda: answered(whatsapp, 4))
    heard = await whatsapp.heard()
    assert sum(QUESTION in text for _, text in heard) == 4  # nobody twice
    assert len({id_ for id_, _ in heard}) == len(heard)


async def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.walk
async def test_paired_by_a_picture_logged_out_and_removed(
    product: Linked, person: Person, whatsapp: WhatsApp, channel: str
):
    await until(lambda: furnished(product, channel))
    picture = await until(lambda: shown(person))
    assert "data:image/png;base64," in picture
    async with open_client(timeout=60) as http:
        service = Service(await settings_of(product, channel), http)
        told = await service.ask("POST", "/pair", {})
    assert isinstance(told, dict)
    await whatsapp.act("scan", qr=told["qr"])
    await until(lambda: connected(person))
    assert "precisa parear" in await person.session(act="logout")
    await pair_by_code(person, whatsapp)
    await whatsapp.act("unlink")  # somebody took it off on the phone

    async def needs_pairing() -> bool:
        return "precisa parear" in await person.session()

    await until(needs_pairing)
    product.command("channel", "remove", channel)
    async with database(product) as store, store.worker() as transaction:
        left = "SELECT count(*) FROM device_keys WHERE channel_id = $1"
        assert await transaction.value(left, UUID(channel)) == 0


async def shown(person: Person) -> str:
    text = await person.session(act="pair")
    return text if "data:image/png" in text else ""


async def furnished(product: Linked, channel: str) -> bool:
    return bool((await settings_of(product, channel)).base_url)


@asynccontextmanager
async def database(product: Linked) -> AsyncIterator[Database]:
    """Beside the product, as its commands are."""
    address = find(product.data)
    assert address is not None
    web, worker = address.dsn("flow_web"), address.dsn("flow_worker")
    store = await Database.open(web, worker, web_size=1, worker_size=1)
    yield store
    await store.close()


async def settings_of(product: Linked, channel: str) -> BaileysSettings:
    vault = Vault([(product.data / "secret.key").read_text().strip()])
    async with database(product) as store, store.worker() as transaction:
        raw = await channel_settings(transaction, vault, UUID(channel))
    return BaileysSettings.model_validate_json(raw)
