"""The demo pet shop's own system: the appointment book and the orders that its flows ask over HTTP.

It listens on loopback, on a port of its own, for as long as the product runs: so that a newcomer
sees a booking work, not fail. What it books is forgotten at the end. Only the demo workspace's
constants `agenda` and `loja` point here; whoever puts their own addresses there is left alone.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from connectors.fake_graph.server import Listener, Reply, Request
from flowengine.store import constants
from flowengine.store.database import Database

CONSTANTS = ("agenda", "loja")

LOOPBACK = "http://127.0.0.1:"

OPENINGS = (("Caio", time(10, 0)), ("Lia", time(14, 30)), ("Caio", time(16, 0)))
"""Who has time, and when, on every day but Sunday."""

SHOP_ZONE = "America/Sao_Paulo"

EXAMPLES_DOMAIN = "patasecia.example"
"""What the examples' constants name: nobody's address (RFC 2606)."""

STAGES = ("em separação", "saiu para entrega", "entregue")

SUNDAY = 6


class Shop:
    """The pet shop's system. `now` tells the time (aware)."""

    def __init__(self, now: Callable[[], datetime], zone: ZoneInfo) -> None:
        self._now, self._zone = now, zone
        self._taken: dict[str, str] = {}
        self._listener = Listener(self.answer)

    async def start(self) -> str:
        """Listen; the address, as `http://127.0.0.1:PORT`."""
        return f"{LOOPBACK}{await self._listener.start()}"

    async def close(self) -> None:
        await self._listener.close()

    def answer(self, request: Request) -> Reply:
        """`GET /horarios?dia=`, `POST /reservas`, `GET /pedidos/NUMBER`."""
        url = urlsplit(request.target)
        match request.method, url.path.strip("/").split("/"):
            case "GET", ["horarios"]:
                day = parse_qs(url.query).get("dia", [""])[0]
                return _json(200, {"horarios": self._free(day)})
            case "POST", ["reservas"]:
                return self._book(request.body)
            case "GET", ["pedidos", number]:
                return self._order(number)
            case _:
                return _json(404, {"erro": "não existe"})

    def _free(self, wanted: str) -> list[dict[str, str]]:
        """Free times of the day that is wanted, else of the next two days that are open."""
        try:
            first = date.fromisoformat(wanted[:10])
        except ValueError:
            first = self._now().astimezone(self._zone).date() + timedelta(days=1)
        days = [first + timedelta(days=ahead) for ahead in range(4)]
        open_days = [day for day in days if day.weekday() != SUNDAY][:2]
        return [slot for day in open_days for slot in self._day(day)]

    def _day(self, day: date) -> list[dict[str, str]]:
        slots: list[dict[str, str]] = []
        for who, at in OPENINGS:
            begins = datetime.combine(day, at, self._zone)
            name = begins.strftime("h%Y%m%d%H%M")
            if name not in self._taken and begins > self._now():
                slots.append({"id": name, "inicio": begins.isoformat(), "profissional": who})
        return slots

    def _book(self, body: bytes) -> Reply:
        """A time that somebody has already is 409; the same request again is the same booking."""
        try:
            wanted = msgspec.json.decode(body, type=dict[str, str | None])
        except msgspec.DecodeError:
            return _json(400, {"erro": "não entendi"})
        name, who = wanted.get("horario") or "", f"{wanted.get('tutor')}/{wanted.get('pet')}"
        if self._taken.setdefault(name, who) != who:
            return _json(409, {"erro": "horário ocupado"})
        return _json(201, {"id": f"r-{name.removeprefix('h')}"})

    def _order(self, number: str) -> Reply:
        """Any number of four digits or more is an order; how far it is follows from the number."""
        if not number.isdigit() or len(number) < len("1234"):
            return _json(404, {"erro": "pedido não encontrado"})
        arrives = self._now().astimezone(self._zone).date() + timedelta(days=1)
        stage = STAGES[int(number) % len(STAGES)]
        return _json(200, {"situacao": stage, "previsao": arrives.isoformat()})


def _json(status: int, value: object) -> Reply:
    return Reply(status, msgspec.json.encode(value))


async def point_to_shop(database: Database, tenant: UUID, address: str) -> None:
    """The demo's constants name the shop that listens now."""
    async with database.worker(tenant) as transaction:
        found = {each.key: each.value for each in await constants.constants(transaction)}
        for key in CONSTANTS:
            value = found.get(key)
            if isinstance(value, str) and (value.startswith(LOOPBACK) or EXAMPLES_DOMAIN in value):
                await constants.put_constant(transaction, key, address)
