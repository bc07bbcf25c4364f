"""Whether Meta itself called: the signature of a POST and the handshake of a GET."""

import hmac
from collections.abc import Mapping

HEADER = "x-hub-signature-256"
_PREFIX = "sha256="
_LENGTH = len(_PREFIX) + 64


def verify(headers: Mapping[str, str], raw_body: bytes, app_secret: str) -> bool:
    """HMAC-SHA256 of the very bytes; a JSON written again would have other escapes."""
    given = headers.get(HEADER, "")
    if len(given) != _LENGTH or not given.startswith(_PREFIX):
        return False
    expected = _PREFIX + hmac.digest(app_secret.encode(), raw_body, "sha256").hex()
    # Bytes: compare_digest raises for a str that is not ASCII.
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def sign(raw_body: bytes, app_secret: str) -> str:
    """The header's value for a body, as Meta writes it."""
    return _PREFIX + hmac.digest(app_secret.encode(), raw_body, "sha256").hex()


def challenge(query: Mapping[str, str], verify_token: str) -> str | None:
    """The bare challenge of `GET ?hub.mode=subscribe&hub.verify_token=…&hub.challenge=…`."""
    given = query.get("hub.verify_token", "").encode("utf-8", "replace")
    known = hmac.compare_digest(given, verify_token.encode())
    if query.get("hub.mode") != "subscribe" or not known:
        return None
    return query.get("hub.challenge")
