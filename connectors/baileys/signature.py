"""How we and the service sign what we say to each other: time, place and every byte of it."""

import hmac
import time
from collections.abc import Mapping

HEADER = "x-flowengine-signature"
LASTS = 300
"""Seconds that a signature counts."""


def sign(secret: str, method: str, target: str, body: bytes, at: int | None = None) -> str:
    """The header's value. `target`: path and query; `at`: Unix seconds, now where left out."""
    seconds = int(time.time()) if at is None else at
    return f"t={seconds},v1={_digest(secret, method, target, body, str(seconds))}"


def verify(
    secret: str,
    headers: Mapping[str, str],
    method: str,
    target: str,
    body: bytes,
    now: float | None = None,
) -> bool:
    """Whether it was signed with our secret, for this place, lately. Without a secret: never."""
    given = headers.get(HEADER, "")
    stamp, mark, shown = given.removeprefix("t=").partition(",v1=")
    if not secret or not mark or not (stamp.isascii() and stamp.isdigit()) or len(stamp) > 12:
        return False
    if abs((time.time() if now is None else now) - int(stamp)) > LASTS:
        return False
    right = _digest(secret, method, target, body, stamp)
    return hmac.compare_digest(shown.encode("utf-8", "replace"), right.encode())


def _digest(secret: str, method: str, target: str, body: bytes, stamp: str) -> str:
    told = f"{method}\n{target}\n{stamp}\n".encode() + body
    return hmac.digest(secret.encode(), told, "sha256").hex()
