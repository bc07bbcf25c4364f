"""The simulated network: numbers, phones, and what happens between them.

Honest where a provider is: it takes a send, gives it an id, moves its status up the ladder, keeps
the 24-hour window and WhatsApp's limits, and calls the webhook until it is answered 200. It is
deterministic unless told of troubles (`behave`). All of it lives in memory, bounded.
"""

import asyncio
import itertools
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec

from connectors.base import File
from connectors.net import Postman
from connectors.simulator.chat import Chat
from connectors.simulator.contents import file_of
from connectors.simulator.inbound import arrived
from connectors.simulator.limits import broken_file, broken_limit
from connectors.simulator.signature import sign
from connectors.simulator.words import (
    Change,
    Day,
    Entry,
    Fault,
    Line,
    Saying,
    Sending,
    Transcript,
    bsuid_of,
)
from flowengine.messages import Content, Identity, Refused, Status, Template

KEPT_CHATS = 1000
KEPT_FILES = 200


class UnknownNumber(KeyError):
    """No business has that number here."""


class _Number:
    """A registered number and all that happens on it."""

    def __init__(self, line: Line, http: httpx.AsyncClient) -> None:
        self.line = line
        self.postman = Postman(http, line.webhook, self._wrap, self._sign)
        self.day = Day()
        self.troubles: list[tuple[Fault, int]] = []
        self.chats: OrderedDict[str, Chat] = OrderedDict()
        self.phones: dict[str, str] = {}

    def template_state(self, name: str) -> str:
        known = self.day.templates
        return "approved" if known is None else known.get(name, "not there")

    def _wrap(self, events: Sequence[Any]) -> bytes:
        return msgspec.json.encode({"number": self.line.number, "events": events})

    def _sign(self, body: bytes) -> dict[str, str]:
        return sign(body, self.line.secret)

    def chat(self, phone: str) -> Chat:
        chat = self.chats.setdefault(phone, Chat())
        self.chats.move_to_end(phone)
        if len(self.chats) > KEPT_CHATS:
            unwatched = (name for name, kept in self.chats.items() if not kept.watched)
            self.chats.pop(next(unwatched, phone), None)
        return chat


class Network:
    """All numbers of the process. `http` posts the webhooks; `clock` tells the time (aware)."""

    def __init__(
        self, http: httpx.AsyncClient, clock: Callable[[], datetime] | None = None
    ) -> None:
        self._http = http
        self._clock = clock or (lambda: datetime.now(UTC))
        self._numbers: dict[str, _Number] = {}
        self._files: OrderedDict[str, File] = OrderedDict()
        self._kept_at: dict[str, datetime] = {}
        self._count = itertools.count(1)
        # Ids are remembered by the product for weeks: they must not begin again after a restart.
        self._era = format(int(self._clock().timestamp() * 1000), "x")

    # Numbers

    def register(self, line: Line) -> None:
        """Open a number, or give an open one another webhook; its chats stay."""
        known = self._numbers.get(line.number)
        if known is not None:
            known.line = line
            known.postman.address = line.webhook
            return
        self._numbers[line.number] = _Number(line, self._http)

    def forget(self, number: str) -> None:
        """Close a number; its chats are gone."""
        known = self._numbers.pop(number, None)
        if known is not None:
            known.postman.stop()

    def line(self, number: str) -> Line:
        return self._number(number).line

    def token_expired(self, number: str) -> bool:
        """Whether the business is let in no more."""
        return self._number(number).day.token_expired

    def behave(self, number: str, day: Day) -> None:
        """Have troubles, or an easy day again with `Day()`."""
        found = self._number(number)
        found.day, found.troubles = day, [(fault, fault.count) for fault in day.faults]
        found.postman.manner = day.manner

    async def settled(self, number: str) -> None:
        """Wait until every webhook that is due has been answered 200."""
        await self._number(number).postman.settled()

    def close(self) -> None:
        """Stop calling webhooks."""
        for number in self._numbers.values():
            number.postman.stop()

    # The phone

    def say(self, number: str, phone: str, saying: Saying) -> str:
        """A person writes; the id of the message. The same `saying.id` twice is one message."""
        found = self._number(number)
        chat = found.chat(phone)
        id_ = f"sim.{phone}.{saying.id}" if saying.id else self._new_id()
        if chat.entry(id_) is not None:
            return id_
        event = arrived(id_, self._identity(found, phone), saying, self._clock(), self._files)
        chat.add(event.entry)
        found.postman.post(event.arrived)
        return id_

    def look(self, number: str, phone: str) -> None:
        """The person looks at the chat: what was delivered is read."""
        found = self._number(number)
        for entry in found.chat(phone).entries:
            if entry.side == "business" and entry.status in ("sent", "delivered"):
                self._raise(found, phone, entry.id, "read")

    def transcript(self, number: str, phone: str) -> Transcript:
        chat = self._number(number).chat(phone)
        return Transcript(number, phone, chat.entries, chat.window_open(self._clock()))

    def events(self, number: str, phone: str) -> AsyncIterator[Change]:
        """Every change of a chat from this call on, for a live page."""
        return self._number(number).chat(phone).changes()

    # The business

    def next_trouble(self, number: str, phone: str) -> Fault | None:
        """The trouble that the next send to a phone shall have; it is used up."""
        troubles = self._number(number).troubles
        for at, (fault, left) in enumerate(troubles):
            if fault.phone in ("", phone):
                troubles[at : at + 1] = [(fault, left - 1)] if left > 1 else []
                return fault
        return None

    def accept(
        self, number: str, sending: Sending, failing: Refused | None = None
    ) -> str | Refused:
        """Take a send: its id, or why not. `failing`: it will be reported failed for that."""
        found = self._number(number)
        phone = found.phones.get(sending.to, sending.to)
        chat, now = found.chat(phone), self._clock()
        broken = broken_limit(sending.content)
        if broken is not None:
            return Refused("invalid", True, code="limit", detail=broken)
        odd = self._odd_file(sending.content)
        if odd is not None:
            return Refused("media", True, code="limit", detail=odd)
        if isinstance(sending.content, Template):
            state = found.template_state(sending.content.name)
            if state != "approved":
                return Refused("template", True, code="template", detail=f"it is {state}")
        elif not chat.window_open(now):
            return Refused("window_closed", True, code="window")
        entry = Entry(
            self._new_id(),
            now,
            "business",
            sending.content,
            quoted=sending.quote,
            callback=sending.callback,
        )
        chat.add(entry)
        self._climb(found, phone, entry.id, failing)
        return entry.id

    def typing(self, number: str, message: str) -> bool:
        """The business types an answer to a customer's message, which is read by that."""
        phone = self.mark_read(number, message)
        if phone is None:
            return False
        self._number(number).chat(phone).tell(Change("typing"))
        return True

    def mark_read(self, number: str, message: str) -> str | None:
        """Two blue ticks at the customer's message; whose phone it is on."""
        for phone, chat in self._number(number).chats.items():
            entry = chat.entry(message)
            if entry is not None and entry.side == "customer":
                chat.raise_status(message, "read")
                return phone
        return None

    # Files

    def keep_file(self, file: File) -> str:
        """Keep a file of either side; its id."""
        id_ = f"file-{self._era}-{next(self._count)}"
        self._files[id_] = file
        self._kept_at[id_] = self._clock()
        if len(self._files) > KEPT_FILES:
            self._kept_at.pop(self._files.popitem(last=False)[0], None)
        return id_

    def fetched(self, number: str, id_: str) -> File | None:
        """A file as the business may still fetch it; None where there is none, or its time is
        over."""
        age = self._clock() - self._kept_at.get(id_, self._clock())
        over = age.total_seconds() >= self._number(number).day.media_seconds
        return None if over else self.file(id_)

    def file(self, id_: str) -> File | None:
        return self._files.get(id_)

    def _odd_file(self, content: Content) -> str | None:
        """Why a file that the business uploaded cannot be shown so."""
        file = self.file(file_of(content) or "")
        return None if file is None else broken_file(content, file.mime, len(file.data))

    # Statuses

    def _climb(self, number: _Number, phone: str, id_: str, failing: Refused | None) -> None:
        steps: list[tuple[str, float | None]] = [("sent", 0)]
        if failing is not None:
            steps.append(("failed", number.day.delivered or 0))
        else:
            steps += [("delivered", number.day.delivered), ("read", number.day.read)]
        for status, after in steps:
            failed = failing if status == "failed" else None
            if after:
                loop = asyncio.get_running_loop()
                loop.call_later(after, self._raise, number, phone, id_, status, failed)
            elif after is not None:
                self._raise(number, phone, id_, status, failed)

    def _raise(
        self, number: _Number, phone: str, id_: str, status: str, failed: Refused | None = None
    ) -> None:
        entry = number.chat(phone).raise_status(id_, status, failed.reason if failed else "")
        if entry is None:
            return
        number.postman.post(
            Status(
                key=f"status:{id_}:{status}",
                provider_id=id_,
                status=status,
                at=self._clock(),
                callback=entry.callback,
                refused=failed,
                recipient=(self._identity(number, phone),),
            )
        )

    def _identity(self, number: _Number, phone: str) -> Identity:
        """By what the business knows somebody."""
        if phone not in number.day.hidden:
            return Identity("simulator", phone)
        bsuid = bsuid_of(phone)
        number.phones[bsuid] = phone
        return Identity("bsuid", bsuid, number.line.number)

    def _number(self, number: str) -> _Number:
        found = self._numbers.get(number)
        if found is None:
            raise UnknownNumber(number)
        return found

    def _new_id(self) -> str:
        return f"sim.{self._era}.{next(self._count)}"
