"""The Cloud API connector: settings in, sends out, webhooks read."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

import httpx
import msgspec
from msgspec.structs import replace

from connectors.base import (
    ChannelSettings,
    Context,
    Fetched,
    FoundTemplate,
    Look,
    Pace,
    Reached,
    Sent,
    Write,
)
from connectors.channel import Channel
from connectors.whatsapp_cloud import parse, signature
from connectors.whatsapp_cloud.client import Graph
from connectors.whatsapp_cloud.doctor import examine
from connectors.whatsapp_cloud.media import Files, Found
from connectors.whatsapp_cloud.payloads import Unsayable, envelope, file_of, kind_of, recipient
from connectors.whatsapp_cloud.settings import CloudSettings
from connectors.whatsapp_cloud.templates import read_templates
from flowengine.messages import (
    ALL_KINDS,
    Accepted,
    Audio,
    Content,
    Document,
    Identity,
    MediaRef,
    Parsed,
    Refused,
    Send,
    Unclear,
)

PAIR_BURST = 45
UNFETCHED = "131053"
"""Meta could not fetch a file, or it is not what it was said to be."""

_PROFILE = "id,display_phone_number,verified_name,quality_rating,status"


class CloudConnector(Channel):
    """One number of WhatsApp's Cloud API. Meta gives no idempotency key: an unclear send is never
    repeated blindly, its status (with our callback data) settles it."""

    kind: ClassVar[str] = "cloud"
    title: ClassVar[str] = "WhatsApp (API oficial da Meta)"
    Settings: ClassVar[type[ChannelSettings]] = CloudSettings

    def __init__(self, settings: CloudSettings, http: httpx.AsyncClient) -> None:
        super().__init__(settings, ALL_KINDS)
        self._settings = settings
        self._app_secret = settings.app_secret.get_secret_value()
        self._verify_token = settings.verify_token.get_secret_value()
        self._graph = Graph(settings, http)
        self.files = Files(settings, http, self._graph)

    @property
    def pace(self) -> Pace | None:
        """Meta's "pair rate": one message in six seconds to the same person, 45 at once after a
        rest (developers.facebook.com/docs/whatsapp/cloud-api/overview, "Pair rate limits")."""
        seconds = self._settings.seconds_per_contact
        return Pace(seconds, PAIR_BURST) if seconds else None

    # Out

    async def perform(self, send: Send, to: Sequence[Identity], context: Context) -> Sent:
        """Post one message; `Accepted` means that Meta took it, not that it was delivered."""
        content = self.fitted(send)
        if isinstance(content, Refused):
            return content
        whom = recipient(to)
        if whom is None:
            return Refused("unreachable", True, detail="neither a phone nor a BSUID is known")
        body = await self._body(send, content, whom, context)
        if not isinstance(body, bytes):
            return body
        answer = await self._graph.post_message(body, context.attempt)
        if isinstance(answer, Refused) and answer.code == UNFETCHED:
            answer = await self._brought(send, content, whom, context) or answer
        return answer if isinstance(answer, Refused | Unclear) else _accepted(answer)

    async def _brought(
        self, send: Send, content: Content, whom: dict[str, Any], context: Context
    ) -> dict[str, Any] | Refused | Unclear | None:
        """The same once more with an upload of what Meta could not fetch; None: nor could we."""
        media = file_of(content)
        found = media and await self.files.bring(media, kind_of(content), context)
        if not isinstance(found, Found):
            return found
        body = _written(send, content, whom, found, context)
        if not isinstance(body, bytes):
            return body
        return await self._graph.post_message(body, context.attempt)

    async def _body(
        self, send: Send, content: Content, whom: dict[str, Any], context: Context
    ) -> bytes | Refused:
        media = file_of(content)
        found = Found({})
        if media is not None:
            kind = kind_of(content)
            # A first try failed, perhaps in a status that told so: the file goes by our own hands.
            looked = await self.files.bring(media, kind, context) if context.attempt > 1 else None
            if not isinstance(looked, Found):
                looked = await self.files.reference(media, kind, context)
            if isinstance(looked, Refused):
                return looked
            found = looked
        return _written(send, content, whom, found, context)

    async def typing(self, to: Sequence[Identity], context: Context) -> bool:
        """Shown for 25 s or until our next message; marks the customer's message as read too."""
        return await self._seen(context.last_inbound, {"typing_indicator": {"type": "text"}})

    async def mark_read(self, message: str) -> bool:
        return await self._seen(message, {})

    async def _seen(self, message: str, extra: dict[str, Any]) -> bool:
        if not message:
            return False
        body = {"messaging_product": "whatsapp", "status": "read", "message_id": message, **extra}
        return isinstance(await self._graph.post_message(msgspec.json.encode(body)), dict)

    async def probe(self) -> Reached | Refused | Unclear:
        answer = await self._graph.get("", fields=_PROFILE)
        if isinstance(answer, Refused | Unclear):
            return answer
        number, name = answer.get("display_phone_number"), answer.get("verified_name")
        return Reached(str(number or ""), str(name or ""), answer)

    async def examine(self, webhook: str) -> tuple[Look, ...]:
        return await examine(self._settings, self._graph, webhook)

    @property
    def account(self) -> str:
        return self._settings.waba_id

    async def templates(self) -> tuple[FoundTemplate, ...] | Refused | Unclear:
        return await read_templates(self._graph, self._settings.waba_id)

    def sample(self) -> tuple[dict[str, str], bytes]:
        body = b'{"object":"whatsapp_business_account","entry":[]}'
        return {signature.HEADER: signature.sign(body, self._app_secret)}, body

    # In

    def verify(self, headers: Mapping[str, str], raw_body: bytes) -> bool:
        return signature.verify(headers, raw_body, self._app_secret)

    def challenge(self, query: Mapping[str, str]) -> str | None:
        return signature.challenge(query, self._verify_token)

    def parse(self, raw_body: bytes) -> Parsed:
        return parse.parse(raw_body, self._settings)

    async def fetch(self, media: MediaRef, write: Write, limit: int) -> Fetched | Refused | Unclear:
        return await self.files.fetch(media, write, limit)


def _written(
    send: Send, content: Content, whom: dict[str, Any], found: Found, context: Context
) -> bytes | Refused:
    """The whole body; why there is none."""
    try:
        shown = _completed(content, found)
        return msgspec.json.encode(envelope(send, shown, whom, found.file, context))
    except Unsayable as trouble:
        return Refused(trouble.reason, True, detail=str(trouble))
    except UnicodeEncodeError as trouble:
        return Refused("invalid", True, detail=str(trouble))


def _completed(content: Content, found: Found) -> Content:
    """With what is known of its file: a document's name; a voice note is ogg or none."""
    match content:
        case Document(filename=""):
            return replace(content, filename=found.name)
        case Audio(voice=True) if found.mime and not found.mime.startswith("audio/ogg"):
            return replace(content, voice=False)
        case _:
            return content


def _accepted(answer: dict[str, Any]) -> Accepted | Unclear:
    """Meta's yes. Without an id we could not tell its statuses: then nobody knows."""
    try:
        id_: Any = answer["messages"][0]["id"]
    except (KeyError, IndexError, TypeError):
        id_ = None
    if not isinstance(id_, str) or not id_:
        return Unclear("answer has no message id")
    return Accepted(id_, _recipient(answer.get("contacts")))


def _recipient(contacts: Any) -> str:
    """The id that Meta sent to: it may differ from what we wrote (Brazil's ninth digit)."""
    if not isinstance(contacts, list) or not contacts:
        return ""
    first = cast("list[Any]", contacts)[0]
    contact = cast("dict[str, Any]", first) if isinstance(first, dict) else {}
    wa_id = contact.get("wa_id")
    return f"+{wa_id}" if wa_id else str(contact.get("user_id") or "")
