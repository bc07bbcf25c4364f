"""Meta's webhook bodies: events of several kinds in one envelope, signed with the app's secret."""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

import msgspec

from connectors.fake_graph.words import Json, Number


def wrap(number: Number, events: Sequence[Any]) -> bytes:
    """A body; each event is `(field, value)`. Texts are escaped to ASCII, as Meta does."""
    changes = [{"value": value, "field": field} for field, value in events]
    body: Json = {"object": "whatsapp_business_account"}
    body["entry"] = [{"id": number.waba, "changes": changes}]
    return _ascii(msgspec.json.encode(body))


def sign(number: Number, body: bytes) -> dict[str, str]:
    digest = hmac.new(number.app_secret.encode(), body, hashlib.sha256).hexdigest()
    return {"x-hub-signature-256": f"sha256={digest}"}


def value(number: Number, **more: Any) -> Json:
    """What every change of the field `messages` has."""
    metadata = {"display_phone_number": number.display, "phone_number_id": number.id}
    return {"messaging_product": "whatsapp", "metadata": metadata, **more}


def _ascii(raw: bytes) -> bytes:
    if raw.isascii():
        return raw
    pieces: list[str] = []
    for character in raw.decode():
        if character < "\x80":
            pieces.append(character)
        else:
            units = character.encode("utf-16-be").hex()
            pieces += (f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
    return "".join(pieces).encode()
