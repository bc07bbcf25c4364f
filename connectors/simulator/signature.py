"""How the simulator signs its webhooks: as Meta does, under a name of its own."""

import hmac
from collections.abc import Mapping

from connectors.simulator.words import SIGNATURE


def sign(body: bytes, secret: str) -> dict[str, str]:
    """The header of a body."""
    return {SIGNATURE: "sha256=" + hmac.digest(secret.encode(), body, "sha256").hex()}


def verify(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    given = headers.get(SIGNATURE, "").encode("utf-8", "replace")
    return hmac.compare_digest(given, sign(body, secret)[SIGNATURE].encode())
