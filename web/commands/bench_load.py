"""A closed-loop load: users who write to the webhook and wait for the reply at a loopback provider.

Both ends are raw protocols on this loop, so that the measuring costs little. A user sends the next
message when the last one was acknowledged *and* answered. Latency is from the webhook's bytes
written to the reply's request read.
"""

import asyncio
import hashlib
import hmac
import re
import time
from typing import Any, cast

import msgspec

TURNS = 3
NAMES = ("Maria", "João", "Ana", "Zé", "Lívia", "Pedro", "Íris", "Caio")
TIMEOUT = 20.0
"""Seconds after which a reply is lost."""

WELL: dict[str, Any] = {"id": "100", "status": "CONNECTED", "quality_rating": "GREEN", "data": {}}
"""What the provider tells those who look at the channel's health."""

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


def said(turn: int, name: str) -> str:
    """What a customer writes at each turn."""
    return ("oi", name, "2")[turn]


def heard(turn: int, name: str) -> str:
    """What must come back, to the letter."""
    return (
        "Olá! Qual é o seu nome?",
        f"Prazer, {name}! Escolha: 1 vendas, 2 suporte",
        f"Encaminhando para o suporte, {name}.",
    )[turn]


def split_http(buffer: bytearray) -> tuple[bytes, bytes] | None:
    """Takes one whole message (head, body) off the buffer; None while it is not whole."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(buffer[:end])
    found = _LENGTH.search(head)
    size = end + 4 + (int(found.group(1)) if found else 0)
    if len(buffer) < size:
        return None
    body = bytes(buffer[end + 4 : size])
    del buffer[:size]
    return head, body


class Provider(asyncio.Protocol):
    """One connection to the loopback provider: takes every send, as Meta would."""

    def __init__(self, load: "Load") -> None:
        self._load = load
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (message := split_http(self._buffer)) is not None:
            asked = not message[0].startswith(b"POST")
            answer = msgspec.json.encode(WELL if asked else self._load.sent(message[1]))
            if self._transport is not None:
                self._transport.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n" % len(answer) + answer
                )


class Customer(asyncio.Protocol):
    """One keep-alive connection to the webhook."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.transport: asyncio.Transport | None = None
        self.answer: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        self._settle(0)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        message = split_http(self._buffer)
        if message is not None:
            self._settle(int(message[0].split(b" ", 2)[1]))

    def _settle(self, status: int) -> None:
        if self.answer is not None and not self.answer.done():
            self.answer.set_result(status)


class Load:
    """What is played, and what was seen of it. `secret` signs the webhooks; `timeout` in
    seconds."""

    def __init__(
        self, port: int, webhook: str, number: str, secret: str, timeout: float = TIMEOUT
    ) -> None:
        self.port, self.webhook, self.number = port, webhook, number
        self.timeout = timeout
        self._secret = secret.encode()
        self._waiting: dict[str, tuple[asyncio.Future[None], float, str]] = {}
        self._sent = 0
        self.latencies: list[float] = []
        self.lost = self.duplicated = self.wrong = self.errors = self.done = 0
        self.seconds = 0.0

    def reset(self) -> None:
        """Forget the warm-up."""
        self.latencies, self.seconds = [], 0.0
        self.lost = self.duplicated = self.wrong = self.errors = self.done = 0

    def sent(self, body: bytes) -> dict[str, Any]:
        """A send came to the provider; its answer."""
        now = time.perf_counter()
        self._sent += 1
        message: dict[str, Any] = msgspec.json.decode(body)
        phone = str(message.get("to", "")).lstrip("+")
        waiting = self._waiting.pop(phone, None)
        if waiting is None:
            self.duplicated += 1
        else:
            seen, began, wanted = waiting
            self.wrong += message.get("text", {}).get("body") != wanted
            self.latencies.append(now - began)
            if not seen.done():
                seen.set_result(None)
        return {
            "messaging_product": "whatsapp",
            "contacts": [{"input": phone, "wa_id": phone}],
            "messages": [{"id": f"wamid.out.{self._sent}"}],
        }

    async def play(self, first: int, conversations: int, users: int) -> None:
        """Whole conversations, `users` at a time."""
        ahead = list(range(first, first + conversations))[::-1]
        began = time.perf_counter()
        await asyncio.gather(*(self._user(ahead) for _ in range(min(users, conversations))))
        self.seconds = time.perf_counter() - began

    async def _user(self, ahead: list[int]) -> None:
        customer: Customer | None = None
        while ahead:
            number = ahead.pop()
            for turn in range(TURNS):
                if customer is None or customer.transport is None:
                    customer = await self.connect()
                if not await self._turn(customer, number, turn):
                    if customer.transport is not None:
                        customer.transport.close()
                    customer = None
                    self.lost += 1
                    break
            else:
                self.done += 1
        if customer is not None and customer.transport is not None:
            customer.transport.close()

    async def _turn(self, customer: Customer, number: int, turn: int) -> bool:
        phone, name = str(5511900000000 + number), NAMES[number % len(NAMES)]
        words, wanted = said(turn, name), heard(turn, name)
        return await self.ask(customer, phone, words, f"wamid.in.{number}.{turn}", wanted)

    async def ask(
        self, customer: Customer, phone: str, words: str, identifier: str, wanted: str
    ) -> bool:
        """Writes, and waits for the acknowledgement and for the reply; False if one is missing."""
        loop = asyncio.get_running_loop()
        body = self._body(phone, words, identifier)
        seen: asyncio.Future[None] = loop.create_future()
        customer.answer = loop.create_future()
        self._waiting[phone] = (seen, time.perf_counter(), wanted)
        if customer.transport is not None:
            customer.transport.write(self._request(body))
        try:
            async with asyncio.timeout(self.timeout):
                status = await customer.answer
                self.errors += not 200 <= status < 300
                await seen
        except TimeoutError:
            self._waiting.pop(phone, None)
            return False
        return True

    async def connect(self) -> Customer:
        """A connection to the webhook."""
        loop = asyncio.get_running_loop()
        _, customer = await loop.create_connection(Customer, "127.0.0.1", self.port)
        return customer

    def _request(self, body: bytes) -> bytes:
        signature = hmac.new(self._secret, body, hashlib.sha256).hexdigest()
        head = (
            f"POST {self.webhook} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            f"Content-Type: application/json\r\nX-Hub-Signature-256: sha256={signature}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def _body(self, phone: str, words: str, identifier: str) -> bytes:
        message = {
            "from": phone,
            "id": identifier,
            "timestamp": str(int(time.time())),
            "type": "text",
            "text": {"body": words},
        }
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "551130000000", "phone_number_id": self.number},
            "contacts": [{"profile": {"name": "Cliente"}, "wa_id": phone}],
            "messages": [message],
        }
        entry = {"id": "1", "changes": [{"field": "messages", "value": value}]}
        return msgspec.json.encode({"object": "whatsapp_business_account", "entry": [entry]})

    def figures(self) -> dict[str, Any]:
        """Rates and percentiles of what was played since `reset`."""
        ordered = sorted(self.latencies)

        def percentile(share: float) -> float | None:
            if not ordered:
                return None
            return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 1)

        return {
            "turns_per_s": round(len(ordered) / self.seconds, 1) if self.seconds else 0.0,
            "p50_ms": percentile(0.5),
            "p95_ms": percentile(0.95),
            "p99_ms": percentile(0.99),
            "turns": len(ordered),
            "conversations": self.done,
            "lost": self.lost,
            "duplicated": self.duplicated,
            "wrong": self.wrong,
            "http_errors": self.errors,
        }
